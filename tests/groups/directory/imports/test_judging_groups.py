"""What becomes of rows about groups (rules 1.8, 2.2, 2.3, 2.7, 2.8, 2.11, 3.2, 4, 10.2, 10.4)."""

import pytest

from accounts.models import Company, Member
from groups import limits
from groups.directory.records import Kind, Record
from groups.models import Group, ImportRow
from tests.factories import GroupFactory

from .importing import brought_in, entry, group, judged, master, member, place, verdicts, whole_group

pytestmark = pytest.mark.django_db
MIRA, MOMO = "mira@hanbit.example", "momo@hanbit.example"


@pytest.fixture(autouse=True)
def people(master: Member, member: Member) -> None:
    """Mira and Momo."""


def test_the_row_that_closes_a_loop_is_refused_with_the_chain(company: Company) -> None:
    """The others stay good (rule 2.11)."""
    records = [
        *whole_group("A", MIRA, MOMO),
        *whole_group("B", MIRA, MOMO),
        *whole_group("C", MIRA, MOMO),
        entry("A", subgroup="B"),
        entry("B", subgroup="C"),
        entry("C", subgroup="a"),
        entry("C", subgroup="c"),
    ]
    found = verdicts(judged(company, records))
    assert [found["entry B › A"], found["entry C › B"]] == ["add", "add"]
    chain = " › ".join(f"\u2068{name}\u2069" for name in "CABC")
    assert found["entry a › C"] == f"refused: A group cannot contain itself: {chain}"
    assert found["entry c › C"] == "refused: A group cannot contain itself: \u2068C\u2069 › \u2068C\u2069"


def test_a_loop_through_groups_that_are_there(company: Company) -> None:
    """The entry that is there is not touched (rule 2.11)."""
    inner = GroupFactory.create(company=company, name="Inner")
    GroupFactory.create(company=company, name="Outer", subgroups=[inner])
    assert verdicts(judged(company, [entry("Inner", subgroup="Outer")])) == {
        "entry Outer › Inner": (
            "refused: A group cannot contain itself: "
            "\u2068Inner\u2069 › \u2068Outer\u2069 › \u2068Inner\u2069"
        )
    }


def test_what_depends_on_a_refused_group_is_refused_too(company: Company) -> None:
    """However deep: a group that has only refused ones in it has no members (rules 2.8, 10.2)."""
    records = [
        group("Empty"),
        master("Empty", MIRA),
        *whole_group("Middle", MIRA),
        entry("Middle", subgroup="Empty"),
        *whole_group("Outer", MIRA),
        entry("Outer", subgroup="Middle"),
        *whole_group("Fine", MIRA, MOMO),
        entry("Fine", subgroup="Outer"),
    ]
    found = verdicts(judged(company, records))
    assert found["group Empty"] == "refused: The group has no members."
    assert found["group Middle"] == found["group Outer"] == "refused: All its members are refused."
    assert found["entry Outer › Fine"] == "refused: The group in it is refused: row 2 of groups.csv."
    assert (found["group Fine"], found["entry momo@hanbit.example › Fine"]) == ("add", "add")


def test_a_group_without_master_gets_the_default_one_or_none(company: Company) -> None:
    """Chosen for all, or in its row; somebody inactive is none (rule 2.7)."""
    records = [group("A"), entry("A", member=MOMO), group("B", default_master=MOMO), entry("B", member=MOMO)]
    found = verdicts(judged(company, records))
    assert found["group A"] == "refused: The group has no master. Name one, or choose a default master."
    assert found["group B"] == found["master momo@hanbit.example › B"] == "add"
    found = verdicts(judged(company, records, default_master=" Mira@hanbit.example"))
    assert found["group A"] == found["master mira@hanbit.example › A"] == "add"
    Member.objects.filter(email=MIRA).update(is_active=False)
    found = verdicts(judged(company, [*records, master("A", MIRA)], default_master=MIRA))
    assert found["master mira@hanbit.example › A"] == "refused: Mira Master is inactive."
    assert found["group A"] == (
        "refused: The default master mira@hanbit.example is no active member of your company."
    )


def test_groups_that_break_a_rule_are_refused(company: Company) -> None:
    """Names, features, kinds, Core (rules 2.1, 2.3, 2.4, 3.2)."""
    GroupFactory.create(company=company, name="There")
    company.has_core = False
    found = verdicts(
        judged(
            company,
            [
                *whole_group("\u200b", MIRA, MOMO),
                *whole_group("Notes", MIRA, MOMO, note=True),
                *whole_group("There", MIRA, kind="external"),
                *whole_group("Abroad", MIRA, kind="external"),
                *whole_group("Strange", MIRA, kind="secret"),
                *whole_group("Listed", MIRA, MOMO, uses_mailing_list=True),
            ],
        )
    )
    assert found["group Notes"] == "refused: Note, Event, Task and Folder need Message."
    assert found["group There"] == "refused: The kind of a group never changes."
    assert found["group Abroad"].startswith("refused: External groups need Core.")
    assert found["group Strange"] == "refused: A group is internal or external, not “secret”."
    assert found["group Listed"] == "refused: The mailing list has no address."
    assert found["group \u200b"] == "refused: Enter a name."


def test_the_plan_and_the_limit_of_direct_groups_hold(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last rows are refused (rules 1.8, 2.2)."""
    monkeypatch.setitem(Company.GROUP_LIMITS, Company.Plan(company.plan), 3)
    GroupFactory.create(company=company)
    records = [row for name in "XYZ" for row in whole_group(name, MIRA, MOMO, MIRA)]
    found = verdicts(judged(company, records))
    assert (found["group X"], found["group Y"]) == ("add", "add")
    assert found["group Z"].startswith("refused: Your company has reached the limit of 3 groups")
    monkeypatch.setattr(limits, "DIRECT_GROUPS_LIMIT", 1)
    found = verdicts(judged(company, records))
    assert found[f"entry {MOMO} › X"] == "add"
    assert found[f"entry {MOMO} › Y"] == "refused: This person would be in more than 1 groups."


def test_lists_with_senders_and_contacts(company: Company) -> None:
    """The list comes in with its new group; who may send comes after (rule 4)."""
    about = {"group": "News"}
    records = [
        Record(Kind.SENDER, {**about, "purpose": "as", "member": MOMO}),
        Record(Kind.CONTACT, {**about, "email": "eva@elsewhere.example", "name": "Eva"}),
        Record(Kind.CONTACT, {**about, "email": MIRA}),
        Record(Kind.LIST, {**about, "address": "news@hanbit.example", "who_can_send": "designated"}),
        *whole_group("News", MIRA, MOMO),
        *whole_group("Other", MIRA),
        entry("Other", thing="news@hanbit.example"),
    ]
    imported = brought_in(company, records)
    news = Group.objects.get(name="News")
    assert (news.address, news.mailing_list and news.mailing_list.who_can_send) == (
        "news@hanbit.example",
        "designated",
    )
    assert news.mailing_list is not None
    assert [one.email for one in news.mailing_list.external_contacts.all()] == ["eva@elsewhere.example"]
    assert [str(one) for one in news.mailing_list.designations.all()] == [f"{MOMO} · Send as the list"]
    assert Group.objects.get(name="Other").entries.get().subgroup == news
    refused = ImportRow.objects.get(directory_import=imported, verdict="refused")
    assert refused.reason == "A member of your company has this address. Add them as a member."


def test_what_was_added_by_hand_stays_by_hand(company: Company) -> None:
    """An entry that the import names too is the same; a source removes only its own (rule 10.4)."""
    mira = Member.objects.get(email=MIRA)
    made = GroupFactory.create(company=company, name="Made", masters=[mira], members=[mira])
    first = [entry("Made", member=MIRA), entry("Made", member=MOMO), *whole_group("Brought", MIRA, MOMO)]
    assert verdicts(judged(company, first))["entry mira@hanbit.example › Made"] == "same"
    brought_in(company, first)
    assert dict(made.entries.values_list("member__email", "source")) == {MIRA: "", MOMO: "import"}
    kept = [group("Made"), entry("Made", member="momo@elsewhere.example")]
    assert "remove" not in verdicts(judged(company, kept)).values()
    assert "remove" not in verdicts(judged(company, kept, source="google", removes_missing=True)).values()
    brought_in(company, kept, removes_missing=True)
    assert [one.member for one in made.entries.all()] == [mira]
    assert Group.objects.get(name="Brought").deleted_at is not None
    assert Group.objects.get(name="Made").deleted_at is None


def test_whom_their_source_no_longer_has_is_deactivated(company: Company) -> None:
    """Nobody who was added by hand, or by another source (rule 10.4)."""
    brought_in(company, [member("kim@hanbit.example"), member("lee@hanbit.example")])
    imported = brought_in(company, [member("lee@hanbit.example")], removes_missing=True)
    assert verdicts(imported)["member kim@hanbit.example"] == "remove"
    active = dict(Member.objects.filter(company=company).values_list("email", "is_active"))
    assert active == {MIRA: True, MOMO: True, "lee@hanbit.example": True, "kim@hanbit.example": False}


def test_what_is_named_like_a_team_of_the_import_is_the_team(company: Company) -> None:
    """Also where only a place names the team; the same again is the same (rule 10.2)."""
    records = [
        *whole_group("Ops", MIRA),
        entry("Ops", thing="Ops"),
        place("Ops", MIRA),
    ]
    brought_in(company, records)
    assert Group.objects.get(name="Ops").entries.get().team.name == "Ops"  # type: ignore[union-attr]
    assert set(verdicts(judged(company, records)).values()) == {"same"}
