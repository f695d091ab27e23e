"""The main menu (rule 1.13)."""

import re
from html import unescape

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Member
from groupadmin.menu import Menu, ShownItem, ShownSection, Viewer
from groups.models import Group
from tests.factories import GroupFactory, MembershipFactory, MessageFactory
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ADMINISTRATION = ["Member", "Service", "Audit", "Company"]


def menu_of(member: Member, path: str = "/profile/", cookie: str = "") -> Menu:
    request = RequestFactory().get(path, headers={"Cookie": f"menu={cookie}"})
    request.user, request.resolver_match = member, resolve(path)
    return Menu.of(request, Viewer(member, member.is_administrator))


def items_of(entries: list[ShownItem | ShownSection]) -> list[ShownItem]:
    found: list[ShownItem] = []
    for entry in entries:
        found += items_of(entry.entries) if isinstance(entry, ShownSection) else [entry]
    return found


def labels_of(menu: Menu) -> list[str]:
    return [str(entry.label) for entry in menu.entries]


def folds_of(menu: Menu) -> dict[str, bool]:
    return {entry.key: entry.is_open for entry in menu.entries if isinstance(entry, ShownSection)}


def current_of(menu: Menu) -> list[tuple[str, str]]:
    return [(str(item.label), item.current) for item in items_of(menu.entries) if item.current]


def words(pattern: str, page: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", found[1])).split()) if found else ""


@pytest.fixture
def room(member: Member, administrator: Member, group: Group) -> Group:
    """Of both, with something new in it."""
    MembershipFactory.create(group=group, member=administrator)
    MessageFactory.create(group=group)
    return group


@pytest.mark.parametrize("role", ["administrator", "member"])
def test_each_line_is_the_heading_and_the_title_of_its_page(
    role: str, request: pytest.FixtureRequest, room: Group, client_of: ClientOf
) -> None:
    member = request.getfixturevalue(role)
    client = client_of(member)
    items = items_of(menu_of(member).entries)
    assert len(items) > 5
    for item in items:
        page = client.get(item.href).content.decode()
        assert words("<h1[^>]*>(.*?)</h1>", page) == item.label
        assert words("<title>(.*?)</title>", page).split(" · ")[0] == item.label
        line = re.search(rf'<a href="{item.href}"\s+aria-current="page"[^>]*>(.*?)</a>', page, re.DOTALL)
        assert line is not None, item.label


def test_administration_comes_first_and_the_own_things_are_folded(
    room: Group, administrator: Member, member: Member
) -> None:
    menu = menu_of(administrator)
    assert labels_of(menu) == [*ADMINISTRATION, "Personal", "Rooms"]
    assert folds_of(menu) == {
        "member": True,
        "service": True,
        "audit": True,
        "personal": False,
        "rooms": False,
    }
    rooms = menu.entries[-1]
    assert isinstance(rooms, ShownSection)
    assert rooms.has_unread
    menu = menu_of(member)
    assert labels_of(menu) == ["Rooms", "Groups", "People from other companies"]
    assert folds_of(menu) == {"rooms": True, "groups": True}


def test_no_word_stands_twice(room: Group, administrator: Member) -> None:
    entries = menu_of(administrator).entries
    sections = [
        one for entry in entries if isinstance(entry, ShownSection) for one in [entry, *entry.entries]
    ]
    said = [str(item.label) for item in items_of(entries)]
    said += [str(section.label) for section in sections if isinstance(section, ShownSection)]
    assert sorted(said) == sorted(set(said))


@pytest.mark.parametrize(
    ("path", "line", "how"),
    [
        ("/members/add/", "Members", "true"),
        ("/teams/", "Teams", "page"),
        ("/groups/", "Groups", "page"),
        ("/groups/1/", "Groups", "true"),
        ("/groups/managed/", "Groups I manage", "page"),
        ("/settings/", "General", "page"),
        ("/settings/domains/1/", "Company", "true"),
        ("/settings/tokens/add/", "Access tokens", "true"),
        ("/settings/webhooks/1/", "Webhooks", "true"),
    ],
)
def test_where_one_is(path: str, line: str, how: str, administrator: Member) -> None:
    assert current_of(menu_of(administrator, path)) == [(line, how)]


@pytest.mark.parametrize("path", ["/profile/", "/notifications/"])
def test_pages_that_the_menu_does_not_lead_to(path: str, administrator: Member) -> None:
    assert current_of(menu_of(administrator, path)) == []


def test_what_somebody_folded_stays_folded_but_where_they_are(administrator: Member) -> None:
    pk = administrator.pk
    folds = folds_of(menu_of(administrator, cookie=f"{pk}.audit=0.personal=1"))
    assert (folds["audit"], folds["personal"], folds["member"]) == (False, True, True)
    assert folds_of(menu_of(administrator, "/audit/", f"{pk}.audit=0"))["audit"]
    assert folds_of(menu_of(administrator, cookie=f"{pk + 1}.audit=0"))["audit"]


@pytest.mark.parametrize(
    "cookie", ["x", "..", "=.=", ".audit=0", "{pk}.audit", "{pk}.nonsense=1=0.=", "{pk}"]
)
def test_a_cookie_that_says_nothing(cookie: str, administrator: Member) -> None:
    menu = menu_of(administrator, cookie=cookie.format(pk=administrator.pk))
    assert folds_of(menu)["service"]


def test_the_section_of_the_open_room_is_open(room: Group, administrator: Member) -> None:
    folds = folds_of(menu_of(administrator, reverse("room:room", args=[room.pk])))
    assert folds["rooms"]


def test_two_queries_however_many_rooms(
    room: Group, administrator: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        more = GroupFactory.create(company=administrator.company, name=f"Room {number}", message=True)
        MembershipFactory.create(group=more, member=administrator)
        MessageFactory.create(group=more)
    with django_assert_num_queries(2):
        assert menu_of(administrator).entries


def test_superusers_without_a_company(superuser: Member) -> None:
    assert labels_of(menu_of(superuser)) == ["All groups", "Django admin"]


def test_signed_out_there_is_none(client: Client) -> None:
    assert b'id="menu"' not in client.get("/sign-in/").content
