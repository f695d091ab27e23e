"""The lists of groups: who finds what (rules 2.14, 2.15, 5.3, 5.4, 5.5)."""

import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Company, Member
from groups.models import Group, Master
from tests.factories import GroupFactory, MemberFactory, TeamFactory
from tests.helpers import client_of

LIST = reverse("groups:list")


def names(response: Any) -> list[str]:
    """The names in the rows, in order."""
    return [row.group.name for row in response.context["rows"]]


def listed(member: Member, query: str = "", name: str = "groups:list") -> list[str]:
    """The names on the first page of a list."""
    response = client_of(member).get(f"{reverse(name)}?{query}")
    assert response.status_code == 200
    return names(response)


# Who finds what


@pytest.fixture
def everything(group: Group, private_group: Group, external_group: Group, deleted_group: Group) -> None:
    """The cast's groups."""


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("who", "found"),
    [
        ("administrator", {"Platform guild", "Secret surprise", "Joint venture"}),
        ("master", {"Platform guild", "Joint venture"}),
        ("member", {"Platform guild", "Joint venture"}),
        ("teammate", {"Platform guild"}),
        ("insider", {"Platform guild", "Secret surprise"}),
        ("outsider", {"Platform guild"}),
        ("guest", {"Joint venture"}),
        ("stranger", set()),
        ("other_administrator", set()),
    ],
)
def test_a_list_has_what_its_reader_may_know_of(
    who: str, found: set[str], request: pytest.FixtureRequest
) -> None:
    """Rules 1.1, 5.3, 5.4."""
    assert set(listed(request.getfixturevalue(who))) == found


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    "query", ["q=Secret", "q=surprise-list", "q=Ines", "q=ines@hanbit", "visibility=private"]
)
def test_a_private_group_is_not_found_by_others(
    query: str, private_group: Group, outsider: Member, insider: Member
) -> None:
    """Neither by name, address nor master (rule 5.3)."""
    other = GroupFactory.create(
        company=private_group.company,
        name="Other",
        private=True,
        masters=[insider],
        listed=True,
        mailing_list__address__local_part="surprise-list",
    )
    assert listed(outsider, query) == []
    assert set(listed(insider, query)) <= {"Secret surprise", other.name}
    assert listed(insider, query)


@pytest.mark.usefixtures("everything")
def test_three_lists_for_members(master: Member, member: Member, teammate: Member, outsider: Member) -> None:
    """Rule 5.5; managing is not belonging (rule 2.12), a team makes one belong (rule 2.10)."""
    assert set(listed(master, name="groups:managed")) == {"Platform guild", "Joint venture"}
    assert listed(master, name="groups:belonging") == []
    assert set(listed(member, name="groups:belonging")) == {"Platform guild", "Joint venture"}
    assert listed(teammate, name="groups:belonging") == ["Platform guild"]
    assert listed(outsider, name="groups:managed") == []


@pytest.mark.usefixtures("everything")
def test_a_guest_sees_which_company_owns_a_group(guest: Member, member: Member) -> None:
    """Rule 6.4."""
    assert "Hanbit" in client_of(guest).get(LIST).content.decode()
    assert 'class="mark company"' not in client_of(member).get(LIST).content.decode()


def test_a_guest_cannot_find_out_a_stranger_s_address(
    external_group: Group, guest: Member, member: Member
) -> None:
    """Of a master in another company one knows the name, not the address (rule 6.4)."""
    assert listed(guest, "q=Mira") == ["Joint venture"]
    assert listed(guest, "q=mira@hanbit") == []
    assert listed(member, "q=mira@hanbit") == ["Joint venture"]


def test_nobody_is_let_in_without_signing_in(client: Any) -> None:
    for name in ("list", "managed", "belonging"):
        assert client.get(reverse(f"groups:{name}")).status_code == 302


# Search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("로봇", True),
        ("봇", True),
        ("ＲＯＢＯＴ", True),
        ("robot ", True),
        ("ZÜRICH", True),
        ("zu\u0308rich", True),
        ("launch-", True),
        ("LAUNCH-7", True),
        ("launch-7@hanbit", True),
        ("launch@hanbit", False),
        ("aunch-7", False),
        ("mira", True),
        ("MIRA@", True),
        ("%", False),
        ("_", False),
        ("\\", False),
        ("'", False),
        ("nothing", False),
    ],
)
def test_search_by_name_address_and_master(
    query: str, found: bool, administrator: Member, master: Member
) -> None:
    """From one character on, in any script, without regard to case, width and composition."""
    GroupFactory.create(company=administrator.company, name="Elsewhere")
    GroupFactory.create(
        company=administrator.company,
        name="로봇 Robot Zürich",
        masters=[master],
        listed=True,
        mailing_list__address__local_part="launch-7",
    )
    response = client_of(administrator).get(LIST, {"q": query})
    assert names(response) == (["로봇 Robot Zürich"] if found else [])


def test_an_address_that_is_switched_off_finds_nothing(group: Group, administrator: Member) -> None:
    Group.objects.update(uses_mailing_list=False, name_search="\n other\n", message=False)
    Master.objects.all().delete()
    assert listed(administrator, "q=platform") == []


def test_masters_who_left_are_neither_shown_nor_searched(
    group: Group, administrator: Member, master: Member
) -> None:
    """Rule 2.15: without an active master a group is marked, and an administrator names one."""
    Member.objects.filter(pk=master.pk).update(is_active=False)
    page = client_of(administrator).get(LIST).content.decode()
    assert "Mira" not in page
    assert "No master" in page
    assert reverse("groups:name_master", args=[group.pk]) in page
    assert listed(administrator, "q=Mira") == []


def test_members_are_not_asked_to_name_masters(group: Group, member: Member) -> None:
    Master.objects.all().delete()
    page = client_of(member).get(LIST).content.decode()
    assert "Add master" not in page
    assert "No master" in page


# Filters and marks


@pytest.fixture
def variety(company: Company, master: Member, member: Member) -> None:
    """One group a kind."""
    GroupFactory.create(
        company=company, name="public", masters=[master], members=[member], message=True, note=True
    )
    GroupFactory.create(company=company, name="private", private=True, masters=[master], members=[member])
    GroupFactory.create(
        company=company, name="external", external=True, masters=[master], members=[member], message=True
    )
    GroupFactory.create(company=company, name="listed", listed=True, masters=[master], members=[member])
    GroupFactory.create(company=company, name="headless", members=[member], message=True)
    GroupFactory.create(company=company, name="empty", masters=[master])


@pytest.mark.usefixtures("variety")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "empty external headless listed private public"),
        ("kind=internal", "empty headless listed private public"),
        ("kind=external", "external"),
        ("visibility=private", "external private"),
        ("kind=internal&visibility=private", "private"),
        ("visibility=public", "empty headless listed public"),
        ("feature=uses_mailing_list", "listed"),
        ("feature=message", "external headless public"),
        ("feature=message&feature=note", "public"),
        ("feature=message&kind=external", "external"),
        ("master=none", "headless"),
        ("members=none", "empty"),
        ("master=none&members=none", ""),
        ("q=e&members=none", "empty"),
        ("kind=nonsense&feature=name&visibility=&master=1", "empty external headless listed private public"),
    ],
)
def test_filters_combine(query: str, found: str, administrator: Member) -> None:
    assert listed(administrator, f"sort=name&{query}") == found.split()


@pytest.mark.usefixtures("variety")
def test_every_pill_leads_to_a_list(administrator: Member) -> None:
    """Each link of the page is an address of its own, and a chosen filter's link takes it back."""
    client = client_of(administrator)
    page = client.get(f"{LIST}?kind=external&q=x")
    chosen = [choice for choice in page.context["filters"] if choice.is_chosen]
    assert [choice.href for choice in chosen] == [f"{LIST}?q=x"]
    for choice in (*page.context["filters"], *page.context["warnings"], *page.context["features"]):
        assert client.get(choice.href).status_code == 200


@pytest.mark.usefixtures("variety")
def test_marks_have_words(administrator: Member) -> None:
    """Rules 2.14, 2.15, 2.22."""
    for query, mark in (
        ("external", "External"),
        ("private", "Private"),
        ("headless", "No master"),
        ("empty", "No members"),
    ):
        page = client_of(administrator).get(f"{LIST}?q={query}").content.decode()
        marks = re.findall(r'class="mark[^>]*>.*?</svg>\s*([^<]+?)\s*</span>', page, re.DOTALL)
        assert mark in marks


@pytest.mark.usefixtures("variety")
def test_no_icon_is_drawn_in_the_page(administrator: Member) -> None:
    """Each is a reference of a line's length: the drawings are in a file that browsers keep."""
    page = client_of(administrator).get(LIST).content.decode()
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) > 50
    assert not re.search(r"<(path|circle|rect|line)\b", "".join(drawn))
    assert max(map(len, drawn)) < 140


@pytest.mark.usefixtures("variety")
def test_features_are_said_on_or_off(administrator: Member) -> None:
    """An external group has no Task and no mailing list to be off (rule 3.1)."""
    client = client_of(administrator)
    page = client.get(f"{LIST}?q=public").content.decode()
    assert 'aria-label="Message: on"' in page
    assert 'aria-label="Task: off"' in page
    page = client.get(f"{LIST}?q=external").content.decode()
    assert 'aria-label="Note: off"' in page
    assert "Task: off" not in page
    assert "Mailing list: off" not in page


def test_people_are_counted_effectively(company: Company, administrator: Member) -> None:
    """Once each, by team and group too, without those who left (rule 2.10)."""
    people = [MemberFactory.create(company=company) for _ in range(3)]
    gone = MemberFactory.create(company=company, is_active=False)
    team = TeamFactory.create(company=company, people=[*people[:2], gone])
    inner = GroupFactory.create(company=company, name="inner", members=[people[2]], private=True)
    GroupFactory.create(company=company, name="outer", teams=[team], members=[people[0]], subgroups=[inner])
    response = client_of(administrator).get(f"{LIST}?q=outer")
    assert [row.people for row in response.context["rows"]] == [3]


# Adding groups


def test_who_may_add_groups_is_offered_it(administrator: Member, member: Member) -> None:
    """Rule 1.5."""
    assert "Add Group" in client_of(administrator).get(LIST).content.decode()
    assert "Add Group" not in client_of(member).get(LIST).content.decode()


def test_external_groups_are_offered_disabled_without_core(administrator: Member, company: Company) -> None:
    """Rule 2.3: shown, disabled, with the reason."""
    page = client_of(administrator).get(LIST).content.decode()
    assert 'aria-disabled="true"' not in page
    Company.objects.filter(pk=company.pk).update(has_core=False)
    page = client_of(administrator).get(LIST).content.decode()
    assert 'aria-disabled="true"' in page
    assert "External groups need Core" in page


def test_a_new_group_stands_at_the_top_and_out(administrator: Member, company: Company) -> None:
    """Rule 2.13."""
    made = [GroupFactory.create(company=company, name=f"group {n}") for n in range(3)]
    response = client_of(administrator).get(f"{LIST}?new={made[-1].pk}")
    assert names(response)[0] == "group 2"
    assert response.content.decode().count('<tr class="new">') == 1


def test_empty_lists_say_what_to_do(administrator: Member, member: Member) -> None:
    assert "Add your first group" in client_of(administrator).get(LIST).content.decode()
    assert "Add your first group" not in client_of(member).get(LIST).content.decode()
    page = client_of(administrator).get(f"{LIST}?q=x&kind=external").content.decode()
    assert "Nothing found" in page
    assert "Clear filters" in page
    assert "Clear search" in page
    assert "You do not manage any groups" in client_of(member).get(reverse("groups:managed")).content.decode()
    assert "You are not in any group" in client_of(member).get(reverse("groups:belonging")).content.decode()
