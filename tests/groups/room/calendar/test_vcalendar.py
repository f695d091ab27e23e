"""Calendars of phones and old Outlook: the repeat rules of vCalendar 1.0 (rule 3.11)."""

import pytest

from .test_import_forms import read, starts

# A Monday.
MONDAY = "DTSTART:20270308T090000Z\nDTEND:20270308T100000Z"


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("D1 #3", ["03-08", "03-09", "03-10"]),
        ("D2", ["03-08", "03-10"]),
        ("W1 MO WE #4", ["03-08", "03-10", "03-15", "03-17"]),
        ("W2 MO 20270405T090000Z", ["03-08", "03-22", "04-05"]),
        ("MD1 8 #2", ["03-08", "04-08"]),
        ("MD1 LD #2", ["03-08", "03-31", "04-30"]),
        ("MP1 2+ MO #2", ["03-08", "04-12"]),
        ("MP1 1- FR #2", ["03-08", "03-26", "04-30"]),
        ("YM1 3 10 #2", ["03-08", "10-08"]),
    ],
)
def test_rules(rule: str, days: list[str]) -> None:
    """A rule without an end is over after the second time; where it lacks the first date, that counts too."""
    assert starts(f"{MONDAY}\nRRULE:{rule}") == [f"{day} 09:00" for day in days]


def test_for_ever() -> None:
    (row,) = read(f"{MONDAY}\nRRULE:W1 MO #0")
    assert row.settings is not None
    assert row.settings.rule is not None
    assert (row.settings.rule.count, row.settings.rule.until) == (None, None)


def test_excluded_dates_stand_between_semicolons() -> None:
    excluded = "EXDATE:20270309T090000Z;20270311T090000Z"
    assert starts(f"{MONDAY}\nRRULE:D1 #4\n{excluded}") == ["03-08 09:00", "03-10 09:00"]


@pytest.mark.parametrize("rule", ["D1 MO #3", "W1 0600 #3", "MP1 2+ #3", "YD1 100 #3", "W1 MO #x", "MD1 MO"])
def test_what_is_none_is_refused(rule: str) -> None:
    (row,) = read(f"{MONDAY}\nRRULE:{rule}")
    assert row.event is None
    assert "valid repeat rule" in row.problem
