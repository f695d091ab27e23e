"""The lists of groups page by page: order, pages, queries, and what an address may hold (rules 2.4, 5.5)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, Member
from groups.listing.query import PAGE_SIZE, Sort
from groups.models import Group
from tests.factories import CompanyFactory, GroupFactory, MemberFactory
from tests.helpers import client_of

from .test_query import LIST, names


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
    field = "created_at" if "created" in sort else "name_sort__collated"
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


@pytest.mark.usefixtures("group", "external_group")
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


def test_names_are_harmless(administrator: Member, company: Company) -> None:
    """Rule 2.4: shown exactly as typed, in a bdi, and nothing of them is markup."""
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
