"""Deactivating asks first, and what it takes away can be given back (rule 2.23)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions.deactivation import deactivate_members, touches_of_deactivation
from accounts.actions.members import activate_member, deactivate_member
from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Job, Member, Team
from groupadmin.base.errors import Invalid
from groups.external import returning
from groups.models import FormerPlace, Group
from tests.admin_pages import admin_url, errors, save
from tests.factories import CalendarFeedFactory, GroupFactory
from tests.helpers import ActorOf, ClientOf

from .pages import text_of

SYSTEM = Actor.system()


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def deactivate_url(member: Member) -> str:
    return reverse("accounts:member_deactivate", args=[member.pk])


class TestAsking:
    def test_names_what_it_touches(
        self,
        client: Client,
        group: Group,
        external_group: Group,
        member: Member,
        teammate: Member,
        outsider: Member,
    ) -> None:
        GroupFactory.create(company=member.company, masters=[member], members=[teammate])
        CalendarFeedFactory.create(group=group, member=member)
        client.get("/")
        shown = text_of(client.get(deactivate_url(member)))
        for said in (
            "no longer in <strong>2 groups</strong>",
            "no more emails from <strong>1 mailing list</strong>",
            "no longer manage <strong>1 group</strong>",
            "<strong>1 group</strong> will have no master",
            "They leave <strong>1 external group</strong>",
            "<strong>1 private calendar address</strong> stops working",
            "The masters of their groups are told.",
        ):
            assert said in shown
        assert "The masters" not in text_of(client.get(deactivate_url(outsider)))
        member.refresh_from_db()
        assert member.is_active

    def test_counts_groups_by_way_of_teams_and_sessions(
        self, group: Group, team: Team, teammate: Member, client_of: ClientOf
    ) -> None:
        client_of(teammate).get("/groups/")
        touches = touches_of_deactivation(teammate)
        assert (touches.groups, touches.external, touches.lists) == (1, 0, 1)
        assert touches.masterships == touches.without_master == 0

    def test_the_edit_page_leads_there(self, client: Client, member: Member) -> None:
        page = text_of(client.get(reverse("accounts:member_edit", args=[member.pk])))
        assert f'href="{deactivate_url(member)}"' in page
        assert f'action="{deactivate_url(member)}"' not in page

    def test_the_last_administrator_stays(
        self, company: Company, superuser: Member, administrator: Member, client_of: ClientOf
    ) -> None:
        """Said in place of the question in Django admin, too."""
        url = admin_url(Member, "change", administrator.pk)
        assert "is_active" in errors(save(client_of(superuser), url, is_active=False))

    def test_django_admin_asks_too(self, superuser: Member, member: Member, client_of: ClientOf) -> None:
        admin, url = client_of(superuser), admin_url(Member, "change", member.pk)
        asked = save(admin, url, is_active=False)
        assert asked.status_code == 200
        assert "They can no longer sign in." in asked.content.decode()
        member.refresh_from_db()
        assert member.is_active
        assert not AuditEntry.objects.exists()
        assert save(admin, url, is_active=False, confirmed="yes").status_code == 302
        member.refresh_from_db()
        assert not member.is_active


class TestManyAtOnce:
    def test_all_of_them_or_none(
        self, company: Company, administrator: Member, member: Member, outsider: Member
    ) -> None:
        ids = [member.pk, outsider.pk, administrator.pk]
        with pytest.raises(Invalid, match=r"Ada Administrator.*at least one active administrator"):
            deactivate_members(ids, actor=SYSTEM)
        assert Member.objects.active().filter(pk__in=ids).count() == 3
        assert deactivate_members(ids[:2], actor=SYSTEM) == 2
        assert deactivate_members(ids[:2], actor=SYSTEM) == 0
        assert AuditEntry.objects.filter(action="member.deactivate", result="done").count() == 2

    def test_in_django_admin(
        self, superuser: Member, member: Member, guest: Member, external_group: Group, client_of: ClientOf
    ) -> None:
        """People of several companies, as a job, once it is confirmed."""
        admin, url = client_of(superuser), admin_url(Member, "changelist")
        data: dict[str, Any] = {
            "action": "deactivate_chosen",
            "_selected_action": [member.pk, guest.pk],
        }
        asked = admin.post(url, data).content.decode()
        assert "2 people are deactivated" in asked
        assert "Momo Member" in asked
        assert Member.objects.active().filter(pk__in=[member.pk, guest.pk]).count() == 2
        admin.post(url, data | {"confirmed": "yes"})
        job = Job.objects.get()
        assert (job.kind, job.company, job.state) == ("member.deactivate", None, Job.State.DONE)
        assert not Member.objects.active().filter(pk__in=[member.pk, guest.pk]).exists()
        assert FormerPlace.objects.count() == 2

    def test_of_very_many_only_some_are_asked_about_by_name(
        self, superuser: Member, member: Member, guest: Member, client_of: ClientOf, monkeypatch: Any
    ) -> None:
        """What each one loses takes some queries; all of them are in the form."""
        monkeypatch.setattr("accounts.admin.member.NAMED_AT_MOST", 1)
        data = {"action": "deactivate_chosen", "_selected_action": [member.pk, guest.pk]}
        asked = client_of(superuser).post(admin_url(Member, "changelist"), data).content.decode()
        assert asked.count("They can no longer sign in.") == 1
        assert "and 1 more" in asked
        for pk in (member.pk, guest.pk):
            assert f'<input type="hidden" name="_selected_action" value="{pk}">' in asked

    def test_one_who_leaves_very_many_groups_does_so_as_a_job(
        self, client: Client, member: Member, external_group: Group, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("accounts.jobs.engine.AT_ONCE", 0)
        answer = client.post(deactivate_url(member))
        assert answer["Location"] == reverse("accounts:job", args=[Job.objects.get().pk])
        member.refresh_from_db()
        assert not member.is_active


def gone(member: Member) -> None:
    """Deactivated, and activated again."""
    deactivate_member(member, actor=SYSTEM)
    member.refresh_from_db()
    activate_member(member, actor=SYSTEM)
    member.refresh_from_db()


class TestTheWayBack:
    def test_activating_leads_to_what_was_taken_away(
        self, client: Client, member: Member, outsider: Member, external_group: Group
    ) -> None:
        url = reverse("groups:give_back", args=[member.pk])
        edit = reverse("accounts:member_edit", args=[member.pk])
        deactivate_member(member, actor=SYSTEM)
        assert "You can then give back the external group" in text_of(client.get(edit))
        answer = client.post(reverse("accounts:member_activate", args=[member.pk]))
        assert answer["Location"] == url
        assert "Joint venture" in text_of(client.get(url))
        assert f'href="{url}"' in text_of(client.get(edit))
        deactivate_member(outsider, actor=SYSTEM)
        answer = client.post(reverse("accounts:member_activate", args=[outsider.pk]))
        assert answer["Location"] == reverse("accounts:member_edit", args=[outsider.pk])

    @pytest.mark.parametrize("give", ["chosen", "all", "none"])
    def test_all_some_or_none(
        self, client: Client, company: Company, member: Member, external_group: Group, give: str
    ) -> None:
        other = GroupFactory.create(company=company, external=True, name="Other", members=[member])
        gone(member)
        url = reverse("groups:give_back", args=[member.pk])
        chosen = FormerPlace.objects.get(group=external_group).pk
        assert client.post(url, {"give": give, "places": [chosen]}).status_code == 302
        back = {group.pk for group in (external_group, other) if group.entries.filter(member=member).exists()}
        assert (
            back
            == {
                "chosen": {external_group.pk},
                "all": {external_group.pk, other.pk},
                "none": set(),
            }[give]
        )
        assert FormerPlace.objects.count() == (1 if give == "chosen" else 0)
        if give == "chosen":
            # They were in two: what is left is said, not what there was.
            assert "1 external group that" in text_of(client.get(url))
            edit = reverse("accounts:member_edit", args=[member.pk])
            assert "1 external group that they left by being deactivated has not" in text_of(client.get(edit))
        forgotten = AuditEntry.objects.filter(action=returning.FORGET)
        assert forgotten.exists() is (give == "none")

    def test_nothing_selected(self, client: Client, member: Member, external_group: Group) -> None:
        gone(member)
        answer = client.post(reverse("groups:give_back", args=[member.pk]), {"give": "chosen"})
        assert answer.status_code == 422
        assert "Select at least one group." in text_of(answer)

    def test_who_is_second_is_told(self, client: Client, member: Member, external_group: Group) -> None:
        """Two administrators at once: nothing is given back twice, and nobody is told that it was."""
        gone(member)
        url = reverse("groups:give_back", args=[member.pk])
        first, second = (text_of(client.post(url, {"give": "all"}, follow=True)) for _number in range(2))
        assert "1 group was given back." in first
        assert "None of these groups can be given back now." in second

    def test_who_is_inactive_can_be_given_nothing(
        self, client: Client, member: Member, external_group: Group
    ) -> None:
        deactivate_member(member, actor=SYSTEM)
        shown = text_of(client.get(reverse("groups:give_back", args=[member.pk])))
        assert "Activate this person first." in shown
        assert "Give the selected back" not in shown
        assert "Give none back" in shown

    def test_other_companies_people_are_nobodys_business(
        self, client: Client, guest: Member, external_group: Group
    ) -> None:
        gone(guest)
        url = reverse("groups:give_back", args=[guest.pk])
        assert client.get(url).status_code == client.post(url, {"give": "all"}).status_code == 404
        assert not external_group.entries.filter(member=guest).exists()

    def test_django_admin_says_so_and_gives_back(
        self, superuser: Member, member: Member, external_group: Group, client_of: ClientOf
    ) -> None:
        admin, url = client_of(superuser), admin_url(Member, "change", member.pk)
        deactivate_member(member, actor=SYSTEM)
        answer = save(admin, url, is_active=True)
        page = admin.get(answer["Location"])
        assert "1 external group before" in " ".join(str(one) for one in page.context["messages"])
        data = {"action": "give_chosen_back", "_selected_action": [FormerPlace.objects.get().pk]}
        admin.post(admin_url(FormerPlace, "changelist"), data)
        assert external_group.entries.filter(member=member).exists()

    def test_pages_of_many(self, client: Client, company: Company, member: Member) -> None:
        for number in range(52):
            GroupFactory.create(company=company, external=True, name=f"G{number:02}", members=[member])
        gone(member)
        url = reverse("groups:give_back", args=[member.pk])
        shown = text_of(client.get(url))
        assert "G49" in shown
        assert "G50" not in shown
        assert "Give all 52 back" in shown
        client.post(url, {"give": "all"})
        assert member.memberships.count() == 52


def test_who_is_still_inactive_gets_nothing_back(
    member: Member, external_group: Group, administrator: Member, actor_of: ActorOf
) -> None:
    deactivate_member(member, actor=SYSTEM)
    with pytest.raises(Invalid, match="Activate this person first"):
        returning.give_back(member, None, actor=actor_of(administrator))
    assert FormerPlace.objects.count() == 1
