"""Many people lost at once are asked about at every door, with the numbers (rule 10.5)."""

import re
from collections.abc import Callable, Iterable, Sequence
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.actions.company import CompanySettings, update_settings
from accounts.actions.deactivation import deactivate_members
from accounts.actions.teams import delete_team, move_team, set_team_people
from accounts.actor import Actor
from accounts.jobs import engine
from accounts.losses import FIELD, LosesMany
from accounts.models import AuditEntry, Company, Job, Member, Team, TeamMembership
from groups import actions
from groups.actions import Entries
from groups.entries import present_entries
from groups.membership import effective
from groups.models import Group, Membership
from tests.admin_pages import admin_url
from tests.factories import GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ActorOf, ClientOf

from .dialogs import as_it_is, edit_url

NOBODY: frozenset[int] = frozenset()


@pytest.fixture(autouse=True)
def _few_are_many(settings: Any) -> None:
    """Three people, if they are more than a tenth."""
    settings.LOSS_ASKS_FROM = 3


@pytest.fixture
def crew(company: Company) -> list[Member]:
    return MemberFactory.create_batch(4, company=company)


@pytest.fixture
def crew_team(company: Company, crew: list[Member]) -> Team:
    return TeamFactory.create(company=company, name="Crew", people=crew)


@pytest.fixture
def sales(company: Company, master: Member, member: Member, crew_team: Team) -> Group:
    """Five people: four by their team."""
    return GroupFactory.create(
        company=company, name="Sales", masters=[master], members=[member], teams=[crew_team]
    )


@pytest.fixture
def by(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


def losses(error: pytest.ExceptionInfo[LosesMany]) -> set[tuple[str, int, int]]:
    return {(loss.name, loss.lost, loss.of) for loss in error.value.losses}


def ids(people: Sequence[Member]) -> frozenset[int]:
    return frozenset(person.pk for person in people)


def agreed(answer: Any) -> dict[str, list[str]]:
    """What the question sends."""
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<(?:input|button)[^>]*name="([^"]+)"\s+value="([^"]*)"', answer.content.decode()
    ):
        sent.setdefault(name, []).append(unescape(value))
    return {name: values for name, values in sent.items() if name != "csrfmiddlewaretoken"}


# What counts as lost


def test_an_entry_of_a_team_is_its_people(sales: Group, crew_team: Team, by: Actor) -> None:
    with pytest.raises(LosesMany) as asked:
        actions.edit_entries(sales, Entries(), Entries(teams=frozenset({crew_team.pk})), actor=by)
    assert losses(asked) == {("Sales", 4, 5)}
    assert sales.entries.count() == 2


def test_who_stays_another_way_is_not_lost(
    sales: Group, crew: list[Member], crew_team: Team, by: Actor
) -> None:
    """Some of four come back as people, in the same step."""
    removed = Entries(teams=frozenset({crew_team.pk}))
    with pytest.raises(LosesMany) as asked:
        actions.edit_entries(sales, Entries(members=ids(crew[:1])), removed, actor=by)
    assert losses(asked) == {("Sales", 3, 5)}
    actions.edit_entries(sales, Entries(members=ids(crew[:2])), removed, actor=by)
    assert effective.people_of(sales).count() == 3


def test_as_many_new_people_do_not_hide_those_who_are_lost(
    sales: Group, company: Company, crew_team: Team, by: Actor
) -> None:
    others = Entries(members=ids(MemberFactory.create_batch(4, company=company)))
    with pytest.raises(LosesMany) as asked:
        actions.edit_entries(sales, others, Entries(teams=frozenset({crew_team.pk})), actor=by)
    assert losses(asked) == {("Sales", 4, 5)}


def test_inactive_people_are_nobody(sales: Group, crew: list[Member], crew_team: Team, by: Actor) -> None:
    Member.objects.filter(pk__in=ids(crew[:2])).update(is_active=False)
    actions.edit_entries(sales, Entries(), Entries(teams=frozenset({crew_team.pk})), actor=by)


def test_a_small_share_is_not_asked_about(company: Company, crew: list[Member], by: Actor) -> None:
    others = MemberFactory.create_batch(36, company=company)
    group = GroupFactory.create(company=company, members=[*crew, *others])
    actions.edit_entries(group, Entries(), Entries(members=ids(crew)), actor=by)


@pytest.mark.parametrize("change", ["people", "move", "delete"])
def test_teams_change_the_groups_above(
    sales: Group, company: Company, crew: list[Member], crew_team: Team, by: Actor, change: str
) -> None:
    """A team below the group's loses people, is moved away, or is deleted; groups above count as well."""
    top = TeamFactory.create(company=company, name="Top")
    Team.objects.filter(pk=crew_team.pk).update(parent=top)
    crew_team.refresh_from_db()
    Membership.objects.filter(group=sales, team=crew_team).update(team=top)
    GroupFactory.create(company=company, name="All hands", subgroups=[sales])
    do: Callable[[], object] = {
        "people": lambda: set_team_people(crew_team, NOBODY, ids(crew), actor=by),
        "move": lambda: move_team(crew_team, None, actor=by),
        "delete": lambda: delete_team(crew_team, actor=by),
    }[change]
    with pytest.raises(LosesMany) as asked:
        do()
    assert losses(asked) == {("Sales", 4, 5), ("All hands", 4, 5)}
    assert TeamMembership.objects.filter(team=crew_team).count() == 4


def test_a_move_that_keeps_everybody_in_is_not_asked_about(
    sales: Group, company: Company, crew_team: Team, by: Actor
) -> None:
    above, beside = (TeamFactory.create(company=company, name=name) for name in ("Above", "Beside"))
    Team.objects.filter(pk=crew_team.pk).update(parent=above)
    crew_team.refresh_from_db()
    sales.entries.filter(team=crew_team).delete()
    Membership.objects.bulk_create(Membership(group=sales, team=team) for team in (above, beside))
    move_team(crew_team, beside, actor=by)
    assert effective.people_of(sales).count() == 5


def test_a_deleted_group_is_lost_to_those_that_contain_it(sales: Group, company: Company, by: Actor) -> None:
    """Of itself its own question has asked."""
    actions.delete_group(
        GroupFactory.create(company=company, members=list(sales.company.members.all())), actor=by
    )
    GroupFactory.create(company=company, name="All hands", subgroups=[sales])
    with pytest.raises(LosesMany) as asked:
        actions.delete_group(sales, actor=by)
    assert losses(asked) == {("All hands", 5, 5)}


def test_a_rule_that_many_break_is_asked_about(
    company: Company, crew: list[Member], guest: Member, by: Actor
) -> None:
    """Who stops connecting takes people from external groups (rule 2.15)."""
    GroupFactory.create(company=company, name="Venture", external=True, members=[*crew, guest])
    wanted = CompanySettings(**{**CompanySettings.of(company).__dict__, "connecting": "nobody"})
    with pytest.raises(LosesMany) as asked:
        update_settings(company, wanted, actor=by)
    assert losses(asked) == {("Venture", 5, 5)}


def test_deactivating_many(sales: Group, crew: list[Member], administrator: Member, by: Actor) -> None:
    """Of the company, and of its groups."""
    with pytest.raises(LosesMany) as asked:
        deactivate_members(sorted(ids(crew)), actor=by)
    assert losses(asked) == {("Hanbit", 4, 7), ("Sales", 4, 5)}
    assert Member.objects.active().filter(pk__in=ids(crew)).count() == 4


def test_it_is_counted_only_where_many_could_go(
    sales: Group, crew: list[Member], by: Actor, settings: Any
) -> None:
    """And then as often for many groups as for few."""
    settings.LOSS_ASKS_FROM = 20
    with CaptureQueriesContext(connection) as few:
        actions.edit_entries(sales, Entries(members=ids(crew[:2])), Entries(), actor=by)
        actions.edit_entries(sales, Entries(), Entries(members=ids(crew[:2])), actor=by)
    assert not [query for query in few if "count(*)" in query["sql"] and "group_above" in query["sql"]]

    settings.LOSS_ASKS_FROM = 3
    accepting = Actor(by.member, by.door)

    def asked_for() -> int:
        with CaptureQueriesContext(connection) as queries, pytest.raises(LosesMany):
            actions.edit_entries(
                sales, Entries(), present_entries(sales) - Entries(members=keep), actor=accepting
            )
        return len(queries)

    keep = frozenset(sales.entries.filter(member__isnull=False).values_list("member_id", flat=True))
    alone = asked_for()
    for number in range(5):
        GroupFactory.create(company=sales.company, name=f"Above {number}", subgroups=[sales])
    assert asked_for() == alone


# Pages


def test_the_page_asks_and_carries_on(
    client_of: ClientOf, master: Member, sales: Group, crew_team: Team
) -> None:
    """With everything that was typed; once agreed it is not asked again."""
    client, url = client_of(master), reverse("groups:edit_members", args=[sales.pk])
    member = sales.entries.get(member__isnull=False).member_id
    asked = client.post(
        url, {"members": f"member:{member}", "version": sales.version}, headers={"Referer": url}
    )
    page = asked.content.decode()
    assert asked.status_code == 409
    assert "4 of 5 people from" in page
    assert "Remove 4 people" in page
    assert sales.entries.count() == 2

    assert client.post(asked.context["action"], agreed(asked)).status_code == 302
    assert not sales.entries.filter(team=crew_team).exists()
    assert AuditEntry.objects.filter(action="group.edit_members").count() == 1


def test_more_than_was_agreed_to_is_asked_again(
    client_of: ClientOf, master: Member, sales: Group, crew_team: Team, company: Company
) -> None:
    client, url = client_of(master), reverse("groups:edit_members", args=[sales.pk])
    member = sales.entries.get(member__isnull=False).member_id
    asked = client.post(url, {"members": f"member:{member}", "version": sales.version})
    TeamMembership.objects.create(team=crew_team, member=MemberFactory.create(company=company))
    again = client.post(url, agreed(asked))
    assert again.status_code == 409
    assert "5 of 6 people from" in again.content.decode()
    assert client.post(url, agreed(again)).status_code == 302


def test_a_dialog_asks_inside_its_form(client_of: ClientOf, master: Member, sales: Group) -> None:
    """The form stays as it was typed; the button that agrees is one of its own."""
    client = client_of(master)
    member = sales.entries.get(member__isnull=False).member_id
    data = as_it_is(sales, members=f"member:{member}", name="Sales 2")
    headers = {"HX-Request": "true", "HX-Target": "group-form"}
    asked = client.post(edit_url(sales), data, headers=headers)
    assert asked.status_code == 409
    assert asked["HX-Retarget"] == "#asks-again"
    assert 'id="asks-again"' in client.get(edit_url(sales)).content.decode()
    assert "<form" not in asked.content.decode()
    assert agreed(asked).keys() == {FIELD}
    done = client.post(edit_url(sales), data | agreed(asked), headers=headers)
    assert done["HX-Redirect"]
    sales.refresh_from_db()
    assert sales.name == "Sales 2"


def test_what_htmx_asks_for_otherwise_gets_a_dialog(
    client_of: ClientOf, master: Member, sales: Group, crew_team: Team
) -> None:
    """Such as the removal of one entry; its form is sent plainly."""
    client = client_of(master, htmx=True)
    entry = sales.entries.get(team=crew_team)
    url = reverse("groups:remove_entry", args=[sales.pk, entry.pk])
    asked = client.post(url, {"show": "entries"})
    assert (asked.status_code, asked["HX-Retarget"]) == (409, "#dialog")
    assert f'action="{url}"' in asked.content.decode()
    assert client_of(master).post(url, agreed(asked)).status_code == 302
    assert not sales.entries.filter(team=crew_team).exists()


def test_an_uploaded_photo_is_kept(client_of: ClientOf, master: Member, sales: Group) -> None:
    """As a draft, which the page sends along."""
    picture = BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    upload = SimpleUploadedFile("photo.png", picture.getvalue())
    client = client_of(master)
    member = sales.entries.get(member__isnull=False).member_id
    asked = client.post(edit_url(sales), as_it_is(sales, members=f"member:{member}", photo=upload))
    assert asked.status_code == 409
    assert not asked.context["forgets_files"]
    client.post(edit_url(sales), agreed(asked))
    sales.refresh_from_db()
    assert sales.photo


def test_groups_that_one_may_not_see_have_no_name_there(
    client_of: ClientOf, master: Member, sales: Group, crew_team: Team, company: Company, insider: Member
) -> None:
    """Rule 2.21: a master is told that there is one, an administrator its name."""
    GroupFactory.create(
        company=company, name="Secret plan", private=True, masters=[insider], subgroups=[sales]
    )
    url = reverse("groups:remove_entry", args=[sales.pk, sales.entries.get(team=crew_team).pk])
    shown = client_of(master).post(url).content.decode()
    assert "Secret plan" not in shown
    assert "people from 1 private group" in shown


def test_who_comes_from_elsewhere_is_led_home(client_of: ClientOf, master: Member, sales: Group) -> None:
    url = reverse("groups:edit_members", args=[sales.pk])
    member = sales.entries.get(member__isnull=False).member_id
    data = {"members": f"member:{member}", "version": sales.version}
    asked = client_of(master).post(url, data, headers={"Referer": "https://evil.example/"})
    assert asked.context["back"] == reverse("home")


# Django admin


def test_django_admin_asks_about_rows_that_are_chosen(
    admin: Client, sales: Group, company: Company, crew: list[Member]
) -> None:
    """Two entries of two people each are one step: a group that contains both loses four."""
    teams = [
        TeamFactory.create(company=company, name=f"T{n}", people=crew[2 * n : 2 * n + 2]) for n in (0, 1)
    ]
    inner = [GroupFactory.create(company=company, name=f"G{n}", teams=[team]) for n, team in enumerate(teams)]
    GroupFactory.create(company=company, name="All hands", subgroups=inner)
    entries = [str(group.entries.get().pk) for group in inner]
    Membership.objects.create(group=inner[0], member=sales.masters.get().member)
    Membership.objects.create(group=inner[1], member=sales.masters.get().member)
    data = {"action": "delete_selected", "_selected_action": entries, "post": "yes"}
    url = admin_url(Membership, "changelist")
    asked = admin.post(url, data)
    assert asked.status_code == 409
    assert "4 of 5 people from" in asked.content.decode()
    assert "All hands" in asked.content.decode()
    assert Membership.objects.filter(pk__in=entries).count() == 2
    assert admin.post(asked.context["action"], agreed(asked)).status_code == 302
    assert not Membership.objects.filter(pk__in=entries).exists()


@pytest.mark.parametrize("model", [Member, Team, TeamMembership, Group])
def test_django_admin_asks_before_people_go_in_small_parts(
    admin: Client, company: Company, member: Member, crew: list[Member], model: type[Model]
) -> None:
    """All rows chosen are one step: people, teams of two, places in them, and groups of two."""
    teams = [TeamFactory.create(company=company, people=crew[n : n + 2]) for n in (0, 2)]
    groups = [GroupFactory.create(company=company, teams=[team]) for team in teams]
    GroupFactory.create(company=company, name="All hands", members=[member], subgroups=groups)
    rows: dict[type[Model], Iterable[Any]] = {
        Member: crew,
        Team: teams,
        TeamMembership: TeamMembership.objects.all(),
        Group: groups,
    }
    chosen = [str(row.pk) for row in rows[model]]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    asked = admin.post(admin_url(model, "changelist"), data)
    assert asked.status_code == 409
    assert "4 of 5 people from ⁨All hands" in asked.content.decode()
    assert model._default_manager.filter(pk__in=chosen).count() == len(chosen)


def test_django_admin_asks_in_a_form_too(admin: Client, sales: Group) -> None:
    url = admin_url(Group, "change", sales.pk)
    form = admin.get(url).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    asked = admin.post(url, data | {"teams": []})
    assert asked.status_code == 409
    assert admin.post(url, agreed(asked)).status_code == 302
    assert not sales.entries.filter(team__isnull=False).exists()


# Jobs


def test_a_job_is_agreed_to_before_it_starts(admin: Client, sales: Group, crew: list[Member]) -> None:
    """Its own question has named no number (rule 2.23)."""
    chosen = [str(person.pk) for person in crew]
    data = {"action": "deactivate_chosen", "_selected_action": chosen, "confirmed": "yes"}
    url = admin_url(Member, "changelist")
    asked = admin.post(url, data)
    assert asked.status_code == 409
    assert not Job.objects.exists()
    assert admin.post(url, agreed(asked)).status_code == 302
    assert Job.objects.get().state == Job.State.DONE
    assert not Member.objects.active().filter(pk__in=ids(crew)).exists()


@pytest.mark.parametrize("accepts", [False, True])
def test_a_job_that_nobody_agreed_to_changes_nothing(
    company: Company, administrator: Member, crew: list[Member], accepts: bool
) -> None:
    """Unless it was told to accept it."""
    actor = Actor(administrator, AuditEntry.Door.WEB, accepts_loss=accepts)
    job = engine.start("member.deactivate", company, {"members": sorted(ids(crew))}, actor=actor)
    job.refresh_from_db()
    assert job.state == (Job.State.DONE if accepts else Job.State.FAILED)
    assert ("Nothing was changed" in job.message) is not accepts
    assert Member.objects.active().filter(pk__in=ids(crew)).count() == (0 if accepts else 4)
