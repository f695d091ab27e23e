"""Names of every kind stay in their place (rule 2.4): no script runs, nothing is turned or pushed out."""

import pytest
from playwright.sync_api import Page

from accounts.models import Company, Member
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory, TeamFactory

from .helpers import PageOf

SCRIPT = '<img src=x onerror="window.ran=1">"\'><script>window.ran=1</script>{{ 7|add:7 }}'
LONG = "W" * 100
PILED = "a" + "\N{COMBINING ACUTE ACCENT}" * 999
TURNED = "\N{RIGHT-TO-LEFT OVERRIDE}turned"
HEBREW = "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}"
NAMES = [SCRIPT, LONG, PILED, TURNED, "\N{POP DIRECTIONAL ISOLATE}pops", HEBREW]

PLACES = ["", "?show=direct", "settings/", "history/", "part-of/", "members/edit/", "edit/", "delete/"]
WIDTH = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
TOWERS = """Array.from(document.querySelectorAll(".name")).filter((name) =>
  /\\u0301{9}/.test(name.textContent) && getComputedStyle(name).display !== "inline"
  && getComputedStyle(name).overflowY !== "clip").length"""


@pytest.fixture
def nasty(company: Company, administrator: Member) -> Group:
    """A group whose people, teams and groups have every one of the names, as it has itself."""
    people = [MemberFactory.create(company=company, name=name) for name in NAMES]
    teams = [TeamFactory.create(company=company, name=name, people=people) for name in (LONG, PILED, HEBREW)]
    below = TeamFactory.create(company=company, name=LONG, parent=teams[2], people=people[:2])
    inner = [
        GroupFactory.create(company=company, name=name, description=name[:300], members=people)
        for name in NAMES
    ]
    outer = GroupFactory.create(
        company=company, name="Outer", masters=people, members=people, teams=[*teams, below], subgroups=inner
    )
    GroupFactory.create(company=company, name=f"{LONG[1:]}!", subgroups=[outer])
    return outer


def assert_in_place(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    assert page.evaluate("window.ran") is None, address
    wide, seen = page.evaluate(WIDTH)
    assert wide <= seen, address
    assert page.evaluate(TOWERS) == 0, address


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_bears_every_name(
    page_of: PageOf, administrator: Member, nasty: Group, width: int
) -> None:
    page = page_of(administrator, width=width)
    for place in PLACES:
        assert_in_place(page, f"/groups/{nasty.pk}/{place}")
    person = nasty.entries.filter(member__isnull=False).first()
    assert person is not None
    for address in ("/groups/", "/members/", "/teams/", f"/members/{person.member_id}/"):
        assert_in_place(page, address)


def test_a_right_to_left_team_does_not_turn_its_path(
    page_of: PageOf, administrator: Member, nasty: Group
) -> None:
    page = page_of(administrator)
    page.goto(f"/groups/{nasty.pk}/members/edit/")
    label = page.locator(".picker-chip", has_text=f"{HEBREW}").locator(".name").first
    assert label.evaluate("(label) => getComputedStyle(label).direction") == "ltr"
