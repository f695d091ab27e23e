"""The pages of teams (rules 1.3, 7)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Address, Company, Member, Team
from tests.factories import AddressFactory, GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ClientOf

from .pages import OTHERS, by_role, fragment, refuses, text_of

LIST = reverse("accounts:team_list")
ADD = reverse("accounts:team_add")
PAGES = ["team_people", "team_below", "team_edit", "team_move", "team_delete", "team_people_add"]


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def url_of(name: str, team: Team, *args: int) -> str:
    return reverse(f"accounts:{name}", args=[team.pk, *args])


def posted(**values: str) -> dict[str, str]:
    return {"name": "New team", "description": "", "local_part": "", "domain": "", "version": "1"} | values


@pytest.mark.parametrize("role", OTHERS)
def test_others_are_refused(
    role: str, team: Team, teammate: Member, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    client = client_of(by_role(request, role))
    for url in (LIST, ADD, *(url_of(name, team) for name in PAGES)):
        assert refuses(client, url)
    for url in (ADD, *(url_of(name, team) for name in PAGES[2:])):
        assert refuses(client, url, "post")
    assert refuses(client, url_of("team_people_remove", team, teammate.pk), "post")
    assert Team.objects.filter(pk=team.pk, memberships__member=teammate).exists()


def test_wrong_verbs(client: Client, team: Team) -> None:
    assert client.post(LIST).status_code == 405
    assert client.post(url_of("team_people", team)).status_code == 405
    assert client.put(url_of("team_edit", team)).status_code == 405
    assert client.get(url_of("team_people_remove", team, 1)).status_code == 405


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("pk", ["other", "0", "9" * 40])
def test_teams_that_are_not_there_or_of_another_company(
    client: Client, other_company: Company, name: str, pk: str
) -> None:
    """Rule 1.1: both answer alike."""
    other = TeamFactory.create(company=other_company)
    number = other.pk if pk == "other" else int(pk)
    assert client.get(reverse(f"accounts:{name}", args=[number])).status_code == 404


def test_the_chart_from_the_top_with_all_people_below(
    client: Client, company: Company, member: Member, teammate: Member
) -> None:
    top = TeamFactory.create(company=company, name="Topteam", people=[member])
    TeamFactory.create(company=company, name="Lowteam", parent=top, people=[member, teammate])
    answer = client.get(LIST)
    (branch,) = answer.context["branches"]
    assert branch.team == top
    assert branch.people == 2
    assert "Lowteam" not in text_of(answer)


def test_one_level_at_a_time(client: Client, company: Company) -> None:
    top = TeamFactory.create(company=company, name="Topteam")
    low = TeamFactory.create(company=company, name="Lowteam", parent=top)
    TeamFactory.create(company=company, name="Lowest", parent=low)
    level = fragment(client, url_of("team_below", top), f"below-{top.pk}")
    assert "Lowteam" in level
    assert "Lowest" not in level
    assert "<html" not in level
    assert client.get(url_of("team_below", top))["Location"] == url_of("team_people", top)


def test_a_level_of_many_teams_is_paged(client: Client, company: Company) -> None:
    top = TeamFactory.create(company=company)
    for number in range(120):
        TeamFactory.create(company=company, parent=top, name=f"Child {number:03}")
    first = client.get(url_of("team_below", top), headers={"HX-Request": "true", "HX-Target": "x"})
    assert len(first.context["branches"]) == 100
    more = url_of("team_below", top) + first.context["page"].next
    assert more.replace("&", "&amp;") in text_of(first)
    rest = fragment(client, more, "y")
    assert "Child 119" in rest
    assert "Child 099" not in rest


@pytest.mark.parametrize(
    ("typed", "found"), [("조", {"조립"}), ("PLAT", {"Platform"}), ("plat@", {"Platform"}), ("\0zz", set())]
)
def test_search_by_name_and_address_at_any_depth(
    client: Client, company: Company, typed: str, found: set[str]
) -> None:
    address = AddressFactory.create(company=company, local_part="my-plat", kind=Address.Kind.TEAM)
    top = TeamFactory.create(company=company, name="Platform", address=address)
    TeamFactory.create(company=company, name="조립", parent=top)
    answer = client.get(LIST, {"q": typed})
    assert {branch.team.name for branch in answer.context["branches"]} == found
    for branch in answer.context["branches"]:
        assert branch.path == ([top] if branch.team.name == "조립" else [])


def test_queries_do_not_grow_with_rows(client: Client, company: Company) -> None:
    counts: dict[str, list[int]] = {}
    top = TeamFactory.create(company=company)
    for _ in range(2):
        for _ in range(15):
            parent = TeamFactory.create(
                company=company, parent=top, people=MemberFactory.create_batch(1, company=company)
            )
            TeamFactory.create(company=company, parent=parent)
            top.members.add(MemberFactory.create(company=company))
        for url in (
            LIST,
            f"{LIST}?q=team",
            url_of("team_people", top),
            f"{url_of('team_people', top)}?show=below",
        ):
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.setdefault(url, []).append(len(queries))
    for first, second in counts.values():
        assert first == second <= 14


def test_added_at_the_top_and_below(client: Client, company: Company) -> None:
    domain = str(company.primary_domain.pk)
    client.post(ADD, posted(name="Top", local_part="top", domain=domain, description="What it does"))
    top = Team.objects.get(name="Top")
    assert str(top.address) == "top@hanbit.example"
    assert top.description == "What it does"
    assert f'name="parent" value="{top.pk}"' in text_of(client.get(ADD, {"parent": top.pk}))
    answer = client.post(ADD, posted(name="Low", parent=str(top.pk)))
    low = Team.objects.get(name="Low")
    assert low.parent == top
    assert answer["Location"] == url_of("team_people", low)


@pytest.mark.parametrize("parent", ["999999999", "x", "9" * 40])
def test_a_parent_that_is_gone_does_not_put_the_team_at_the_top(client: Client, parent: str) -> None:
    assert client.post(ADD, posted(parent=parent)).status_code == 404
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "a/b"}, "Use only letters, digits"),
        ({"name": "platform"}, "already a team with this name"),
        ({"description": "x" * 301}, "300 characters"),
        ({"local_part": "UPPER"}, "lower-case"),
        ({"local_part": "momo"}, "taken by a member"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client: Client, company: Company, team: Team, member: Member, values: dict[str, str], message: str
) -> None:
    domain = str(company.primary_domain.pk)
    sent = posted(name="Typed name", description="Typed description", domain=domain) | values
    answer = client.post(ADD, sent)
    assert answer.status_code == 422
    assert message in text_of(answer)
    for key in ("name", "description"):
        assert sent[key] in text_of(answer)
    assert Team.objects.count() == 1


def test_edited(client: Client, team: Team) -> None:
    assert 'value="Platform"' in text_of(client.get(url_of("team_edit", team)))
    client.post(url_of("team_edit", team), posted(name="Renamed"))
    team.refresh_from_db()
    assert team.name == "Renamed"
    assert client.post(url_of("team_edit", team), posted(name="#")).status_code == 422


def test_moved_and_the_loop_refused_with_its_chain(client: Client, company: Company, team: Team) -> None:
    low = TeamFactory.create(company=company, name="Low", parent=team)
    other = TeamFactory.create(company=company, name="Other")
    answer = client.post(url_of("team_move", team), {"parent": f"team:{low.pk}", "version": "1"})
    assert answer.status_code == 422
    assert "A team cannot be inside itself" in text_of(answer)
    client.post(url_of("team_move", low), {"parent": f"team:{other.pk}", "version": "1"})
    low.refresh_from_db()
    assert low.parent == other
    client.post(url_of("team_move", low), {"parent": "", "version": "2"})
    low.refresh_from_db()
    assert low.parent is None


@pytest.mark.parametrize("parent", ["team:999999999", "group:1", "nonsense", "two"])
def test_moves_that_make_no_sense(client: Client, company: Company, team: Team, parent: str) -> None:
    top = TeamFactory.create(company=company)
    low = TeamFactory.create(company=company, parent=top)
    typed = f"team:{top.pk} team:{team.pk}" if parent == "two" else parent
    answer = client.post(url_of("team_move", low), {"parent": typed, "version": "1"})
    low.refresh_from_db()
    assert (answer.status_code, low.parent) in [(422, top), (302, None)]


def test_deletion_names_what_it_touches(client: Client, company: Company, team: Team) -> None:
    GroupFactory.create(company=company, name="Container <1>", teams=[team])
    GroupFactory.create(company=company, name="Deleted one", teams=[team], deleted=True)
    shown = text_of(client.get(url_of("team_delete", team)))
    assert "Container &lt;1&gt;" in shown
    assert "Deleted one" not in shown
    assert "1 person leaves the team" in shown
    assert client.post(url_of("team_delete", team)).status_code == 302
    assert not Team.objects.exists()


def test_a_team_with_teams_below_is_not_deleted(client: Client, company: Company, team: Team) -> None:
    TeamFactory.create(company=company, name="Below it", parent=team)
    assert "disabled" in text_of(client.get(url_of("team_delete", team)))
    answer = client.post(url_of("team_delete", team))
    assert answer.status_code == 422
    assert "Below it" in text_of(answer)
    assert Team.objects.filter(pk=team.pk).exists()


def test_page_of_a_team(client: Client, company: Company, team: Team, member: Member) -> None:
    TeamFactory.create(company=company, name="Lowteam", parent=team, people=[member])
    url = url_of("team_people", team)
    own = client.get(url)
    assert [person.name for person in own.context["page"].rows] == ["Tae Teammate"]
    assert own.context["in_team"] == 1
    assert own.context["in_all"] == 2
    everybody = client.get(url, {"show": "below"})
    assert len(everybody.context["page"].rows) == 2
    assert "Momo Member" in fragment(client, f"{url}?show=below&q=momo")
    assert "No one found" in fragment(client, f"{url}?q=momo")


def test_filled_and_emptied(client: Client, team: Team, teammate: Member, member: Member) -> None:
    answer = client.post(url_of("team_people_add", team), {"people": "momo@hanbit.example"})
    assert answer["Location"] == url_of("team_people", team)
    assert set(team.members.all()) == {teammate, member}
    client.post(url_of("team_people_remove", team, teammate.pk))
    assert set(team.members.all()) == {member}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "at least one person"),
        ("nobody@hanbit.example", "Not found"),
        ("greta@nordlicht.example", "Not found"),
        ("stranger", "Some of the people you chose"),
    ],
)
def test_people_who_cannot_be_added(
    client: Client, team: Team, guest: Member, typed: str, message: str
) -> None:
    sent = f"member:{guest.pk}" if typed == "stranger" else typed
    answer = client.post(url_of("team_people_add", team), {"people": sent})
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert sent in text_of(answer)
    assert team.memberships.count() == 1


def test_people_of_other_companies_cannot_be_removed(client: Client, team: Team, guest: Member) -> None:
    assert client.post(url_of("team_people_remove", team, guest.pk)).status_code == 404
    assert client.post(f"/teams/{team.pk}/people/{'9' * 40}/remove/").status_code == 404
