"""What becomes of rows about people and teams (rules 1.2, 1.3, 1.6, 1.9, 1.10, 10.2, 10.4)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from accounts import employment
from accounts.actor import Actor, Door
from accounts.models import Company, Domain, Member
from groups.directory.imports import lifecycle
from groups.directory.records import Kind, Problem, Record
from groups.models import ImportRow
from tests.factories import GroupFactory, MemberFactory

from .importing import SYSTEM, brought_in, judged, member, place, verdicts

pytestmark = pytest.mark.django_db


def only(company: Company, records: Iterable[Record | Problem], actor: Actor = SYSTEM) -> list[str]:
    return list(verdicts(judged(company, records, actor)).values())


def test_somebody_twice_is_one_person_unless_the_rows_disagree(company: Company) -> None:
    """What only the second row says is added to the first (rule 10.2)."""
    twice = [
        Record(Kind.MEMBER, {"member": "kim@hanbit.example", "name": "Kim"}, "a.csv", 2),
        Record(Kind.MEMBER, {"member": "Kim@hanbit.example", "site": "Seoul"}, "b.csv", 7),
        Record(Kind.MEMBER, {"member": "kim@hanbit.example", "name": "Kimberly"}, "b.csv", 8),
    ]
    imported = brought_in(company, twice)
    kim = Member.objects.get(email="kim@hanbit.example")
    assert (kim.name, kim.site) == ("Kim", "Seoul")
    rows = ImportRow.objects.filter(directory_import=imported).order_by("id")
    assert [row.verdict for row in rows] == ["add", "same", "refused"]
    assert rows[1].reason == "The same as row 2 of a.csv."
    assert rows[2].reason == "Row 2 of a.csv says otherwise about “Kim <kim@hanbit.example>”: name."


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("kim@nordlicht.example", "nordlicht.example is not a domain of your company."),
        ("kim", "“kim” is no email address."),
        (
            "kim@claimed.example",
            "claimed.example is not proven yet. Prove it in the company's settings first.",
        ),
        ("admin@hanbit.example", "admin@hanbit.example is reserved. Choose another one."),
        ("boss@hanbit.example", "boss@hanbit.example is reserved. Choose another one."),
        ("ki m@hanbit.example", "Enter a valid email address."),
        ("platform@hanbit.example", "platform@hanbit.example is taken by a group. Choose another one."),
    ],
)
def test_addresses_that_nobody_can_have_are_refused(
    company: Company, other_company: Company, email: str, reason: str
) -> None:
    """A superuser's address is not told from a reserved one (rules 1.6, 1.9, 1.10)."""
    Domain.objects.create(company=company, name="claimed.example")
    MemberFactory.create(superuser=True, email="boss@hanbit.example").hold_address()
    GroupFactory.create(company=company, listed=True, mailing_list__address__local_part="platform")
    assert only(company, [member(email)]) == [f"refused: {reason}"]


def test_two_cannot_have_one_address(company: Company) -> None:
    """The row is named that has it (rule 1.6)."""
    records = [
        member("kim@hanbit.example", aliases="k@hanbit.example"),
        Record(Kind.MEMBER, {"member": "lee@hanbit.example", "aliases": ["k@hanbit.example"]}, "m.csv", 3),
    ]
    assert only(company, records) == [
        "add",
        "refused: k@hanbit.example is also the address of a member of this import (row 2 of members.csv).",
    ]


def test_an_alias_is_its_person(company: Company) -> None:
    """They keep their address (rule 1.6)."""
    brought_in(company, [member("kim@hanbit.example", aliases="k@hanbit.example")])
    again = judged(company, [member("k@hanbit.example", name="Kim")])
    row = ImportRow.objects.get(directory_import=again)
    assert (row.verdict, row.before, row.after) == (
        "change",
        {"name": "kim@hanbit.example"},
        {"name": "Kim"},
    )


def test_nobody_takes_their_own_role_or_the_last_administrator_away(
    company: Company, administrator: Member
) -> None:
    """As on the pages (rule 1.2)."""
    own = Actor(administrator, Door.WEB)
    loses = [member(administrator.email, administrator="no")]
    assert only(company, loses, own) == [
        "refused: You cannot remove your own role. Ask another administrator."
    ]
    assert only(company, loses) == ["refused: A company needs at least one active administrator."]
    leaves = [member(administrator.email, active="no")]
    assert only(company, leaves, own) == [
        "refused: You cannot deactivate yourself. Ask another administrator."
    ]
    MemberFactory.create(company=company, is_administrator=True)
    assert only(company, loses) == ["change"]


def test_what_cannot_be_is_said_in_words(company: Company) -> None:
    """Names, days, and rows that say nothing (rules 1.3, 1.12, 2.4)."""
    assert only(
        company,
        [
            member("kim@hanbit.example", name="K" * 101),
            member("lee@hanbit.example", starts_on="2026-02-30"),
            member("han@hanbit.example", starts_on="2026-03-01", ends_on="2026-02-01"),
            member("oh@hanbit.example", administrator="perhaps"),
            member(""),
            Problem("This row is not closed.", "Kim", "m.csv", 9),
            place("Sales:Europe", "kim@hanbit.example"),
        ],
    ) == [
        "refused: Use at most 100 characters (now 101).",
        "refused: “2026-02-30” is no date.",
        "refused: The last day is before the first day.",
        "refused: administrator is yes or no, not “perhaps”.",
        "refused: The row has no email address of a person.",
        "refused: This row is not closed.",
        "refused: The team is refused: row 2 of places.csv.",
        "refused: Use only letters, digits, spaces and . ! @ & ( ) - – _ + [ ] { }. "
        "Not allowed: \u2068:\u2069",
    ]


def test_the_plan_limits_teams(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond is refused, and what stands in it (rule 1.3)."""
    monkeypatch.setitem(Company.TEAM_LIMITS, Company.Plan(company.plan), 2)
    kim = "kim@hanbit.example"
    found = verdicts(judged(company, [member(kim), *(place(team, kim) for team in ("A / B", "C"))]))
    assert [found["team A"], found["team C"]] == ["add", "add"]
    assert found["team A / B"].startswith("refused: Your company has reached the limit of 2 teams")
    assert found[f"place {kim} › A / B"] == "refused: The team is refused: row 2 of places.csv."


def test_an_id_finds_somebody_under_another_address(company: Company) -> None:
    """Of the same source only (rule 10.4)."""
    brought_in(company, [member("kim@hanbit.example", id="17")], source="google")
    renamed = [member("kim.min@hanbit.example", id="17")]
    assert only(company, renamed) == ["add"]
    imported = brought_in(company, renamed, source="google")
    row = ImportRow.objects.get(directory_import=imported)
    assert row.verdict == "change"
    assert Member.objects.get(external_id="17", source="google").email == "kim.min@hanbit.example"


def test_managers_come_in_any_order_and_nobody_is_lost_for_want_of_one(company: Company) -> None:
    """Also by id; a manager who is not there is left out, and that is said (rule 1.12)."""
    records = [
        member("kim@hanbit.example", manager_id="2"),
        member("lee@hanbit.example", id="2", manager="nobody@hanbit.example"),
    ]
    imported = brought_in(company, records)
    kim, lee = (Member.objects.get(email=f"{name}@hanbit.example") for name in ("kim", "lee"))
    assert (kim.manager, lee.manager) == (lee, None)
    row = ImportRow.objects.get(directory_import=imported, target=lee.pk, kind=Kind.MEMBER)
    assert row.reason == "The manager is left out: nobody@hanbit.example is not a member."


def test_a_language_that_is_not_here_does_not_keep_somebody_out(company: Company) -> None:
    """Other systems and installations have more of them (rule 10.1)."""
    brought = brought_in(
        company,
        [
            member("kim@hanbit.example", language="ko", time_zone="Asia/Seoul"),
            member("lee@hanbit.example", language="en_GB", time_zone="Mars/Olympus"),
        ],
    )
    reasons = (
        ImportRow.objects.filter(directory_import=brought).order_by("id").values_list("reason", flat=True)
    )
    assert list(reasons) == [
        "The language is left out: there is no “ko” here.",
        "The time zone is left out: there is no “Mars/Olympus” here.",
    ]
    found = Member.objects.filter(company=company).order_by("email").values_list("language", "time_zone")
    assert list(found) == [("", "Asia/Seoul"), ("en-gb", "")]


def test_who_is_said_to_be_inactive_stays_so_on_their_first_day(company: Company, outsider: Member) -> None:
    """Only whom their days alone keep out become active by them (rule 1.12)."""
    first = employment.today() + timedelta(days=3)
    brought_in(
        company,
        [
            member("kim@hanbit.example", starts_on=first),
            member("lee@hanbit.example", starts_on=first, active=False),
            member(outsider.email, starts_on=first, active=False),
        ],
    )
    found = Member.objects.filter(company=company, is_active=False).order_by("email")
    assert list(found.values_list("email", "inactive_by_date")) == [
        ("kim@hanbit.example", True),
        ("lee@hanbit.example", False),
        (outsider.email, False),
    ]


def test_days_that_have_come_activate_by_an_import(company: Company, outsider: Member) -> None:
    """It is said before (rule 10.2), and counts as by date."""
    today = employment.today()
    brought_in(company, [member(outsider.email, starts_on=today + timedelta(days=3))])
    opened = judged(company, [member(outsider.email, starts_on=today)])
    row = ImportRow.objects.get(directory_import=opened)
    assert (row.after["active"], row.before["active"]) == (True, False)
    lifecycle.run_now(opened, actor=SYSTEM)
    outsider.refresh_from_db()
    assert (outsider.is_active, outsider.inactive_by_date) == (True, False)
