"""The lists of groups: who finds what, in which order, page by page (spec 2.14, 2.15, 5.3, 5.4, 5.5)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, Member, Team
from groups.listing import PAGE_SIZE, Sort
from groups.models import Group, Master
from tests.factories import CompanyFactory, GroupFactory, MemberFactory, TeamFactory
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
    """Spec 1.1, 5.3, 5.4."""
    assert set(listed(request.getfixturevalue(who))) == found


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    "query", ["q=Secret", "q=surprise-list", "q=Ines", "q=ines@hanbit", "visibility=private"]
)
def test_a_private_group_is_not_found_by_others(
    query: str, private_group: Group, outsider: Member, insider: Member
) -> None:
    """Neither by name, address nor master (spec 5.3)."""
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
    """Spec 5.5; managing is not belonging (spec 2.12), a team makes one belong (spec 2.10)."""
    assert set(listed(master, name="groups:managed")) == {"Platform guild", "Joint venture"}
    assert listed(master, name="groups:belonging") == []
    assert set(listed(member, name="groups:belonging")) == {"Platform guild", "Joint venture"}
    assert listed(teammate, name="groups:belonging") == ["Platform guild"]
    assert listed(outsider, name="groups:managed") == []


@pytest.mark.usefixtures("everything")
def test_a_guest_sees_which_company_owns_a_group(guest: Member, member: Member) -> None:
    """Spec 6.4."""
    assert "Hanbit" in client_of(guest).get(LIST).content.decode()
    assert 'class="mark company"' not in client_of(member).get(LIST).content.decode()


def test_a_guest_cannot_find_out_a_stranger_s_address(
    external_group: Group, guest: Member, member: Member
) -> None:
    """Of a master in another company one knows the name, not the address (spec 6.4)."""
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
    Group.objects.update(uses_mailing_list=False, name_folded="other", message=False)
    Master.objects.all().delete()
    assert listed(administrator, "q=platform") == []


def test_masters_who_left_are_neither_shown_nor_searched(
    group: Group, administrator: Member, master: Member
) -> None:
    """Spec 2.15: without an active master a group is marked, and an administrator names one."""
    Member.objects.filter(pk=master.pk).update(is_active=False)
    page = client_of(administrator).get(LIST).content.decode()
    assert "Mira" not in page
    assert "No master" in page
    assert reverse("groups:name_master", args=[group.pk]) in page
    assert listed(administrator, "q=Mira") == []


def test_members_are_not_asked_to_name_masters(group: Group, member: Member) -> None:
    Master.objects.all().delete()
    page = client_of(member).get(LIST).content.decode()
    assert "Name a master" not in page
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
    """Spec 2.14, 2.15, 2.22."""
    for query, mark in (
        ("external", "External"),
        ("private", "Private"),
        ("headless", "No master"),
        ("empty", "No members"),
    ):
        page = client_of(administrator).get(f"{LIST}?q={query}").content.decode()
        marks = re.findall(r'class="mark[^>]*>.*?</svg>([^<]+)</span>', page, re.DOTALL)
        assert mark in marks


@pytest.mark.usefixtures("variety")
def test_features_are_said_on_or_off(administrator: Member) -> None:
    """An external group has no Task and no mailing list to be off (spec 3.1)."""
    client = client_of(administrator)
    page = client.get(f"{LIST}?q=public").content.decode()
    assert 'aria-label="Message: on"' in page
    assert 'aria-label="Task: off"' in page
    page = client.get(f"{LIST}?q=external").content.decode()
    assert 'aria-label="Note: off"' in page
    assert "Task: off" not in page
    assert "Mailing list: off" not in page


def test_people_are_counted_effectively(company: Company, administrator: Member) -> None:
    """Once each, by team and group too, without those who left (spec 2.10)."""
    people = [MemberFactory.create(company=company) for _ in range(3)]
    gone = MemberFactory.create(company=company, is_active=False)
    team = TeamFactory.create(company=company, people=[*people[:2], gone])
    inner = GroupFactory.create(company=company, name="inner", members=[people[2]], private=True)
    GroupFactory.create(company=company, name="outer", teams=[team], members=[people[0]], subgroups=[inner])
    response = client_of(administrator).get(f"{LIST}?q=outer")
    assert [row.people for row in response.context["rows"]] == [3]


# Adding groups


def test_who_may_add_groups_is_offered_it(administrator: Member, member: Member) -> None:
    """Spec 1.5."""
    assert "Add Group" in client_of(administrator).get(LIST).content.decode()
    assert "Add Group" not in client_of(member).get(LIST).content.decode()


def test_external_groups_are_offered_disabled_without_core(administrator: Member, company: Company) -> None:
    """Spec 2.3: shown, disabled, with the reason."""
    page = client_of(administrator).get(LIST).content.decode()
    assert 'aria-disabled="true"' not in page
    Company.objects.filter(pk=company.pk).update(has_core=False)
    page = client_of(administrator).get(LIST).content.decode()
    assert 'aria-disabled="true"' in page
    assert "External groups need Core" in page


def test_a_new_group_stands_at_the_top_and_out(administrator: Member, company: Company) -> None:
    """Spec 2.13."""
    made = [GroupFactory.create(company=company, name=f"group {n}") for n in range(3)]
    response = client_of(administrator).get(f"{LIST}?new={made[-1].pk}")
    assert names(response)[0] == "group 2"
    assert response.content.decode().count('<tr class="new">') == 1


def test_empty_lists_say_what_to_do(administrator: Member, member: Member) -> None:
    assert "Add the first group" in client_of(administrator).get(LIST).content.decode()
    assert "Add the first group" not in client_of(member).get(LIST).content.decode()
    page = client_of(administrator).get(f"{LIST}?q=x&kind=external").content.decode()
    assert "Nothing found" in page
    assert "Clear filters" in page
    assert "Clear search" in page
    assert "You manage no group" in client_of(member).get(reverse("groups:managed")).content.decode()
    assert "You are in no group" in client_of(member).get(reverse("groups:belonging")).content.decode()


# Order and pages


def pages(member: Member, address: str) -> list[list[str]]:
    """All pages from the first on, each reached by the link of the one before, and back again."""
    client = client_of(member)
    seen, response = [], client.get(address)
    while True:
        seen.append(names(response))
        page = response.context["page"]
        if not page.next:
            break
        response = client.get(LIST + page.next)
    back = [names(response)]
    while (page := response.context["page"]).previous:
        response = client.get(LIST + page.previous)
        back.insert(0, names(response))
    assert back == seen
    return seen


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_walk_the_whole_list_there_and_back(
    sort: Sort, administrator: Member, company: Company
) -> None:
    """Also where many groups share a time, or the beginning of a name as long as what is sorted by."""
    now = timezone.now()
    for n in range(2 * PAGE_SIZE + 7):
        name = f"{'same ' * 25}{n}" if n % 2 else f"group {n % 10} {n}"
        group = GroupFactory.create(company=company, name=name)
        Group.objects.filter(pk=group.pk).update(created_at=now - timedelta(minutes=n // 20))
    field = "created_at" if "created" in sort else "name_sort"
    wanted = list(Group.objects.order_by(field, "pk").values_list("name", flat=True))
    if sort.startswith("-"):
        wanted.reverse()
    walked = pages(administrator, f"{LIST}?sort={sort}")
    assert [len(page) for page in walked] == [PAGE_SIZE, PAGE_SIZE, 7]
    assert [name for page in walked for name in page] == wanted


def test_pages_keep_search_filters_and_order(administrator: Member, company: Company) -> None:
    for n in range(PAGE_SIZE + 1):
        GroupFactory.create(company=company, name=f"yes {n:02}", private=True)
        GroupFactory.create(company=company, name=f"yes public {n}")
    walked = pages(administrator, f"{LIST}?q=yes&visibility=private&sort=-name")
    assert [name for page in walked for name in page] == [f"yes {n:02}" for n in range(PAGE_SIZE, -1, -1)]


def test_groups_added_meanwhile_do_not_shift_the_pages(administrator: Member, company: Company) -> None:
    for n in range(2 * PAGE_SIZE):
        GroupFactory.create(company=company, name=f"old {n:02}")
    client = client_of(administrator)
    first = client.get(LIST)
    for n in range(3):
        GroupFactory.create(company=company, name=f"new {n}")
    second = client.get(LIST + first.context["page"].next)
    assert names(first) + names(second) == [f"old {n:02}" for n in range(2 * PAGE_SIZE - 1, -1, -1)]


def test_headings_say_the_order(administrator: Member, group: Group) -> None:
    client = client_of(administrator)
    for sort, heading in (("name", "ascending"), ("-name", "descending"), ("created", "ascending")):
        page = client.get(f"{LIST}?sort={sort}").content.decode()
        assert re.findall(r'aria-sort="(\w+)"', page) == [heading]


# Queries


def test_queries_do_not_grow_with_rows(administrator: Member, company: Company) -> None:
    """One for the page, and one each for people, masters and entries."""
    client = client_of(administrator)
    masters = [MemberFactory.create(company=company) for _ in range(3)]

    def add(number: int) -> None:
        for _ in range(number):
            GroupFactory.create(company=company, masters=masters, members=masters, listed=True)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    add(1)
    few = count()
    add(PAGE_SIZE - 1)
    assert count() == few


@pytest.mark.usefixtures("everything")
def test_queries_of_members_do_not_grow_with_rows(member: Member, company: Company, teammate: Member) -> None:
    client = client_of(member)
    address = reverse("groups:belonging")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    few = count()
    for _ in range(20):
        GroupFactory.create(company=company, members=[member], masters=[teammate])
    assert count() == few


# Bad input

NASTY = [
    "\0",
    "a\0b",
    "%ff",
    "9" * 400,
    "-1",
    "\ud800",
    "'\"<script>{{ 7 }}{% now %}",
    "WyJhIl0",
    "bnVsbA",
    "W251bGwsbnVsbF0",
    "WyIyMDI2LTEwLTAxVDAwOjAwOjAwIiwxXQ",  # a time without its zone
    "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwxXQ",  # the year 1
    "WyIyMDI2LTEwLTAxVDAwOjAwOjAwKzAwOjAwIiw5OTk5OTk5OTk5OTk5OTk5OTk5OV0",  # too large a number
    "WyIyMDI2LTEwLTAxVDAwOjAwOjAwKzAwOjAwIix0cnVlXQ",  # no number
    "[" * 1500,
    "\u202e",
]


PARAMETERS = ["q", "after", "before", "sort", "kind", "feature", "master", "new"]


@pytest.mark.parametrize("value", NASTY)
def test_nasty_parameters_are_survived(value: str, administrator: Member, group: Group) -> None:
    client = client_of(administrator)
    raw = value.encode("utf-8", "surrogatepass")
    for name in PARAMETERS:
        response = client.get(LIST, {name: raw})
        assert response.status_code == 200
        assert name == "q" or names(response) == ["Platform guild"]
    for address in (reverse("groups:belonging"), reverse("groups:deleted")):
        assert client.get(address, dict.fromkeys(PARAMETERS, raw)).status_code == 200


def test_bytes_that_are_no_text_are_survived(administrator: Member, group: Group) -> None:
    for query in ("q=%ff%fe", "after=%ff", "q=%00", "q=%ed%a0%80", "sort=%c0"):
        assert client_of(administrator).get(f"{LIST}?{query}").status_code == 200


@pytest.mark.django_db
@given(text=st.text(max_size=60))
def test_whatever_is_searched_stays_typed(text: str) -> None:
    """Never a failure, and the search field keeps it, cleaned."""
    company = Company.objects.filter(name="Any").first() or CompanyFactory.create(name="Any")
    member = Member.objects.filter(company=company).first() or MemberFactory.create(company=company)
    response = client_of(member).get(LIST, {"q": text.encode("utf-8", "surrogatepass")})
    assert response.status_code == 200


def test_names_are_harmless(administrator: Member, company: Company, team: Team) -> None:
    """Spec 2.4: shown exactly as typed, in a bdi, and nothing of them is markup."""
    GroupFactory.create(company=company, name="<b>\u202eevil</b> {{ 7|add:7 }} 'x'", description="<i>bad</i>")
    page = client_of(administrator).get(LIST).content.decode()
    assert "&lt;b&gt;\u202eevil&lt;/b&gt; {{ 7|add:7 }} &#x27;x&#x27;\u202c" in page
    assert "<i>bad" not in page


def test_only_reading_is_allowed(administrator: Member) -> None:
    for name in ("list", "managed", "belonging", "deleted"):
        assert client_of(administrator).post(reverse(f"groups:{name}")).status_code == 405


def test_htmx_gets_the_rows_alone(administrator: Member, group: Group) -> None:
    client = client_of(administrator, htmx=True)
    part = client.get(LIST, headers={"HX-Target": "results"}).content.decode()
    assert "<html" not in part
    assert "Platform guild" in part
    whole = client.get(LIST, headers={"HX-Target": "results", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()
