"""Dates and times as the reader's language writes them and their clock shows them (rule 12.4)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.template import engines
from django.utils import timezone, translation

from groupadmin.base import dates

LATE = datetime(2026, 11, 24, 23, 30, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
# Also what is not offered yet, and what neither Django nor CLDR has.
LANGUAGES = ["en", "en-gb", "de", "ja", "ko", "zh-hant", "ar", "eo", "en-xa", "xx"]


@contextmanager
def reader(language: str, zone: str = "UTC") -> Iterator[None]:
    with translation.override(language), timezone.override(zone):
        yield


def shown(filters: str, language: str, zone: str = "UTC", value: object = LATE) -> str:
    with reader(language, zone):
        return engines["django"].from_string(f"{{{{ value|{filters} }}}}").render({"value": value})


FORMS: list[tuple[Callable[[datetime], str], str, str, str]] = [
    (dates.day, "Nov 24, 2026", "24 Nov 2026", "2026年11月24日"),
    (dates.long_day, "Tuesday, November 24, 2026", "Tuesday, 24 November 2026", "2026年11月24日 星期二"),
    (dates.short_day, "Tue, Nov 24, 2026", "Tue, 24 Nov 2026", "2026年11月24日週二"),
    (dates.day_of_year, "Nov 24", "24 Nov", "11月24日"),
    (dates.month, "November 2026", "November 2026", "2026年11月"),
    (dates.weekday, "Tuesday", "Tuesday", "星期二"),
    (dates.clock, "11:30 PM", "23:30", "晚上11:30"),
    (dates.seconds, "11:30:05 PM", "23:30:05", "晚上11:30:05"),
    (dates.moment, "Nov 24, 2026, 11:30 PM", "24 Nov 2026, 23:30", "2026年11月24日 晚上11:30"),
    (dates.exact_moment, "Nov 24, 2026, 11:30:05 PM", "24 Nov 2026, 23:30:05", "2026年11月24日 晚上11:30:05"),
]


@pytest.mark.parametrize(("form", "american", "british", "taiwanese"), FORMS)
def test_in_the_readers_language(
    form: Callable[[datetime], str], american: str, british: str, taiwanese: str
) -> None:
    for language, expected in {"en": american, "en-gb": british, "zh-hant": taiwanese}.items():
        with reader(language):
            assert form(LATE) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_form(language: str) -> None:
    """Also one that is added later: nothing has to be written for it (rule 12.1)."""
    with reader(language, "Asia/Seoul"):
        forms = [form(LATE) for form, *_ in FORMS]
        forms += [dates.exactly(LATE), dates.moment_with_zone(LATE), dates.recently(LATE)]
        forms += [dates.span(LATE, LATE + HOUR), dates.span(LATE, LATE + 30 * HOUR)]
        forms += [dates.clocks(LATE, LATE + HOUR), dates.days(LATE, LATE + 30 * HOUR)]
        assert all(forms)
        assert not re.search(r"[{}%]|FORMAT", "".join(forms))
        assert dates.first_weekday() in range(7)


def test_what_both_ends_share_stands_once() -> None:
    with reader("en"):
        assert dates.clocks(LATE - HOUR, LATE) == "10:30 – 11:30 PM"
        assert dates.clocks(LATE - 12 * HOUR, LATE) == "11:30 AM – 11:30 PM"
        assert dates.clocks(LATE, LATE) == "11:30 PM"
        assert dates.span(LATE, LATE + HOUR) == "Tue, Nov 24, 2026, 11:30 PM – Wed, Nov 25, 2026, 12:30 AM"
        assert dates.days(date(2026, 11, 24), date(2026, 11, 30)) == "Nov 24 – 30, 2026"
        assert dates.days(date(2026, 12, 28), date(2027, 1, 3)) == "Dec 28, 2026 – Jan 3, 2027"
    with reader("en-gb"):
        assert dates.clocks(LATE - HOUR, LATE) == "22:30 – 23:30"


def test_in_the_readers_zone() -> None:
    """Half past eleven in the evening in London is the next morning in Seoul; exactly so for machines."""
    assert shown("moment", "en-gb", "Asia/Seoul") == (
        '<time datetime="2026-11-25T08:30:05+09:00" title="Wednesday, 25 November 2026, 08:30:05 GMT+9">'
        "25 Nov 2026, 08:30</time>"
    )
    assert shown("day", "en-gb", "Asia/Seoul") == '<time datetime="2026-11-25">25 Nov 2026</time>'
    assert shown("plain_day", "en", "Asia/Seoul", date(2026, 11, 24)) == "Nov 24, 2026"
    assert shown("iso", "en", "Asia/Seoul") == "2026-11-25T08:30:05+09:00"
    assert shown("iso_day", "en", "Asia/Seoul") == "2026-11-25"
    assert shown("epoch", "en", "Asia/Seoul") == "1795563005"


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("UTC", "UTC"),
        ("Europe/London", "GMT"),
        ("Europe/Berlin", "GMT+1"),
        ("Asia/Kolkata", "GMT+5:30"),
        ("America/St_Johns", "GMT−3:30"),
    ],
)
def test_the_zone_stands_beside_the_time(zone: str, offset: str) -> None:
    """Where it matters."""
    with reader("en", zone):
        assert dates.moment_with_zone(LATE).endswith(f" ({offset})")


def test_the_days_just_past_have_names() -> None:
    with patch("django.utils.timezone.now", return_value=LATE), reader("en"):
        assert dates.recently(LATE) == "Today, 11:30 PM"
        assert dates.recently(LATE - 24 * HOUR) == "Yesterday, 11:30 PM"
        assert dates.recently(LATE - 48 * HOUR) == "Nov 22, 2026, 11:30 PM"
    with patch("django.utils.timezone.now", return_value=LATE), reader("en", "Asia/Seoul"):
        assert dates.recently(LATE - 9 * HOUR) == "Yesterday, 11:30 PM"


def test_weeks_begin_where_the_language_is_spoken() -> None:
    found = {}
    for language in ("en", "en-gb", "ko", "de"):
        with reader(language):
            found[language] = dates.first_weekday()
    assert found == {"en": 6, "en-gb": 0, "ko": 6, "de": 0}


@pytest.mark.parametrize("name", ["moment", "exact_moment", "zoned_moment", "recent", "clock", "day", "iso"])
def test_nothing_for_nothing(name: str) -> None:
    assert shown(name, "en", value=None) == ""


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar(moment: datetime, zone: str) -> None:
    """What comes from elsewhere may be there: no zone has a day before the first or after the last."""
    with reader("en", zone):
        assert all(form(moment) for form, *_others in FORMS)
        assert dates.exactly(moment)
        assert dates.span(moment, moment)
        assert dates.recently(moment)
        assert dates.day_of(moment) == moment.date()


BASE = Path(settings.BASE_DIR)
# The names of occurrences in addresses.
MACHINES = {"groups/room/calendar/occurrences.py"}


def test_pages_have_no_forms_of_their_own() -> None:
    """All forms are in one place, so that none is forgotten when a language is added."""
    for path in [*BASE.glob("templates/**/*.html"), *BASE.glob("templates/**/*.txt")]:
        found = re.findall(r"\|(?:date|time|timesince|timeuntil)\b|\{% now\b", path.read_text())
        assert not found, f"{path}: {found}"


def test_code_has_no_forms_of_its_own() -> None:
    for room in ("accounts", "groups", "groupadmin"):
        for path in (BASE / room).rglob("*.py"):
            name, text = str(path.relative_to(BASE)), path.read_text()
            if "/migrations/" in name or name in MACHINES:
                continue
            found = re.findall(r"\b(?:date_format|time_format|get_format|strftime)\b", text)
            assert not found, f"{name}: {found}"
