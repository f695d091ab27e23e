"""Two rows about one thing (rule 10.2)."""

import pytest

from accounts.models import Company, Member, Team
from groups.directory.records import Kind, Record
from groups.models import Group, ImportRow

from .importing import brought_in, entry, group, judged, member, verdicts, whole_group

pytestmark = pytest.mark.django_db

MIRA = "mira@hanbit.example"


@pytest.fixture(autouse=True)
def people(master: Member) -> None:
    """Mira."""


def team(path: str, **values: object) -> Record:
    return Record(Kind.TEAM, {"team": path, **values}, "teams.csv", 2)


def mailing_list(name: str, **values: object) -> Record:
    return Record(Kind.LIST, {"group": name, **values}, "lists.csv", 2)


def test_a_row_that_repeats_a_refused_one_is_refused_with_what_depends_on_it(company: Company) -> None:
    """Nothing is promised that could then not be brought in."""
    stranger = "x@elsewhere.example"
    directory_import = brought_in(
        company,
        [
            *[member(stranger)] * 2,
            *[group("Empty")] * 2,
            *[group("Alone"), entry("Alone", member=stranger)] * 2,
            *whole_group("Good", MIRA, MIRA),
            *[entry("Good", subgroup="Empty")] * 2,
        ],
        default_master=MIRA,
    )
    rows = ImportRow.objects.filter(directory_import=directory_import)
    assert not rows.left_out().exists()
    about_good = rows.filter(name__endswith="Good").exclude(name__startswith="Empty")
    assert set(about_good.values_list("verdict", flat=True)) == {"add"}
    assert set(rows.exclude(pk__in=about_good).values_list("verdict", flat=True)) == {"refused"}


def test_what_only_the_second_row_says_is_refused_where_it_cannot_be(company: Company) -> None:
    """The first row stays as good as it was, and so does the rest of the import."""
    found = verdicts(
        judged(
            company,
            [
                *[team("Sales"), team("Sales", address=MIRA), team("Sales", description="x" * 5000)],
                *[member("a@hanbit.example", name="Ann"), member("a@hanbit.example", aliases=[MIRA])],
                *[*whole_group("Robots", MIRA, MIRA), group("Robots", description="x" * 5000)],
                *[mailing_list("Robots", address="robots@hanbit.example")],
                *[mailing_list("Robots", aliases=["postmaster@hanbit.example"])],
            ],
        )
    )
    taken = "refused: mira@hanbit.example is taken by a member. Choose another one."
    assert found["team Sales"] == "refused: Use at most 300 characters (now 5,000)."
    assert found["member a@hanbit.example"] == taken
    assert found["member Ann <a@hanbit.example>"] == "add"
    assert found["entry mira@hanbit.example › Robots"] == "add"
    assert found["list Robots"] == "refused: postmaster@hanbit.example is reserved. Choose another one."


def test_what_only_the_second_row_says_of_a_list_counts(company: Company) -> None:
    brought_in(
        company,
        [
            *whole_group("Robots", MIRA, MIRA),
            mailing_list("Robots", address="robots@hanbit.example"),
            mailing_list("Robots", blocks_external_domains=True),
        ],
    )
    robots = Group.objects.get(name="Robots")
    assert robots.mailing_list is not None
    assert robots.mailing_list.blocks_external_domains


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("Cafe\u0301", "same"),
        ("CAFÉ", "refused: Row 2 of groups.csv writes this name another way: “Café”."),
        ("Ｃafé", "refused: Row 2 of groups.csv writes this name another way: “Café”."),
    ],
)
def test_a_name_in_two_spellings_is_one_group(company: Company, other: str, verdict: str) -> None:
    """The one that stands first counts; what only Unicode writes in two ways is the same (rule 2.4)."""
    records = [*whole_group("Café", MIRA, MIRA), *whole_group(other, MIRA, MIRA)]
    assert verdicts(judged(company, records))[f"group {other}"] == verdict


def test_the_row_that_closes_a_loop_twice_is_refused_twice(company: Company) -> None:
    inside = [entry("A", subgroup="B"), entry("B", subgroup="A"), entry("B", subgroup="A")]
    directory_import = judged(
        company, [*whole_group("A", MIRA, MIRA), *whole_group("B", MIRA, MIRA), *inside]
    )
    rows = ImportRow.objects.filter(directory_import=directory_import, name="A › B")
    assert list(rows.values_list("verdict", flat=True)) == ["refused"] * 2


@pytest.mark.parametrize("kind", ["member", "team", "group"])
def test_two_things_cannot_have_one_external_id(company: Company, kind: str) -> None:
    """The second row is refused when it is looked at, not on the way (rule 10.4)."""
    records = {
        "member": [member(f"{name}@hanbit.example", id="7") for name in "ab"],
        "team": [team(name, id="7") for name in ("Sales", "Ops")],
        "group": [one for name in "AB" for one in whole_group(name, MIRA, MIRA, id="7")],
    }[kind]
    directory_import = brought_in(company, records)
    rows = ImportRow.objects.filter(directory_import=directory_import, kind=kind).order_by("id")
    assert list(rows.values_list("verdict", "reason")) == [
        ("add", ""),
        ("refused", f"Row 2 of {kind}s.csv has the same external ID."),
    ]
    assert not rows.left_out().exists()


def test_teams_and_groups_may_be_called_like_numbers(company: Company) -> None:
    """What looks like JSON stays a name."""
    names = ["1", "null", "true"]
    groups = [one for name in names for one in whole_group(name, MIRA, MIRA)]
    inside = [entry("1", subgroup="null"), entry("null", subgroup="true"), entry("true", subgroup="1")]
    directory_import = brought_in(company, [*map(team, names), *groups, *inside])
    assert set(Team.objects.values_list("name", flat=True)) == set(names)
    rows = ImportRow.objects.filter(directory_import=directory_import, verdict="refused")
    assert [row.name for row in rows] == ["1 › true"]
