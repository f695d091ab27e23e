"""An import from its records to what it has brought (rules 10.2, 10.4)."""

import pytest

from accounts.models import Company, Member, Team
from groups.models import Group, ImportRow

from .importing import brought_in, entry, group, judged, master, member, place, verdicts, whole_group

pytestmark = pytest.mark.django_db

RECORDS = [
    *whole_group("Outer", "kim@hanbit.example"),
    entry("Outer", subgroup="Inner"),
    place("Sales / Europe", "kim@hanbit.example"),
    member("kim@hanbit.example", name="Kim", aliases=["k@hanbit.example"], job_title="Boss"),
    member("lee@hanbit.example", manager="kim@hanbit.example"),
    *whole_group("Inner", "lee@hanbit.example", "k@hanbit.example", "nobody@hanbit.example"),
    entry("Inner", team="Sales / Europe"),
    group("Empty"),
    master("Empty", "kim@hanbit.example"),
]


def test_everything_comes_in_from_any_order(company: Company) -> None:
    """A group stands before the one in it, a place before its person and team (rule 10.2)."""
    directory_import = brought_in(company, RECORDS)
    kim, lee = (Member.objects.get(email=f"{name}@hanbit.example") for name in ("kim", "lee"))
    assert (kim.name, kim.job_title, kim.source) == ("Kim", "Boss", "import")
    assert (lee.name, lee.manager) == ("lee@hanbit.example", kim)
    europe = Team.objects.get(name="Europe", parent__name="Sales")
    assert list(europe.members.all()) == [kim]
    outer, inner = Group.objects.get(name="Outer"), Group.objects.get(name="Inner")
    assert [one.subgroup for one in outer.entries.all()] == [inner]
    assert {one.member or one.team for one in inner.entries.all()} == {kim, europe}
    assert [one.member for one in inner.masters.all()] == [lee]
    assert not Group.objects.filter(name="Empty").exists()
    waiting = ImportRow.objects.filter(directory_import=directory_import).good().filter(state="")
    assert not waiting.exists()


def test_again_nothing_changes_and_it_says_so(company: Company) -> None:
    """Repeating an import (rule 10.2)."""
    brought_in(company, RECORDS)
    again = verdicts(judged(company, RECORDS))
    refused = {name: verdict for name, verdict in again.items() if verdict != "same"}
    assert refused == {
        "entry nobody@hanbit.example › Inner": (
            "refused: nobody@hanbit.example is not a member of your company."
        ),
        "group Empty": "refused: The group has no members.",
        "master kim@hanbit.example › Empty": "refused: The group is refused: row 2 of groups.csv.",
    }
