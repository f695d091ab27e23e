"""Dates and times as the reader's language writes them and their clock shows them."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.utils import timezone, translation
from django.utils.formats import get_format

LATE = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
CODES = [code for code, _ in settings.LANGUAGES]


def shown(filters: str, language: str, zone: str = "UTC", value: object = LATE) -> str:
    with translation.override(language), timezone.override(zone):
        return engines["django"].from_string(f"{{{{ value|{filters} }}}}").render({"value": value})


@pytest.mark.parametrize(
    ("name", "american", "british"),
    [
        ("moment", "Nov 24, 2026, 11:30 PM", "24 Nov 2026, 23:30"),
        ("clock", "11:30 PM", "23:30"),
        ("short_clock", "11:30PM", "23:30"),
        ("day", "Nov 24, 2026", "24 Nov 2026"),
    ],
)
def test_in_the_readers_language(name: str, american: str, british: str) -> None:
    assert f">{american}</time>" in shown(name, "en")
    assert f">{british}</time>" in shown(name, "en-gb")


def test_short_times_leave_out_minutes_that_are_none_only_where_that_is_read_so() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert ">12PM</time>" in shown("short_clock", "en", value=noon)
    assert ">12:00</time>" in shown("short_clock", "en-gb", value=noon)


def test_in_the_readers_zone() -> None:
    """Half past eleven in the evening in London is the next morning in Seoul; exactly so for machines."""
    assert shown("moment", "en-gb", "Asia/Seoul") == (
        '<time datetime="2026-11-25T08:30:00+09:00">25 Nov 2026, 08:30</time>'
    )
    assert shown("day", "en-gb", "Asia/Seoul") == '<time datetime="2026-11-25">25 Nov 2026</time>'
    assert 'title="25 Nov 2026, 08:30"' in shown("clock", "en-gb", "Asia/Seoul")
    assert shown("day", "en", "Asia/Seoul", date(2026, 11, 24)) == (
        '<time datetime="2026-11-24">Nov 24, 2026</time>'
    )


def test_nothing_for_nothing() -> None:
    assert shown("moment", "en", value=None) == ""


@pytest.mark.parametrize("language", CODES)
@pytest.mark.parametrize("name", ["LONG_DATE_FORMAT", "SHORT_TIME_FORMAT", "SECONDS_FORMAT"])
def test_each_language_has_the_forms_that_django_lacks(language: str, name: str) -> None:
    assert get_format(name, language) != name


def test_pages_fix_no_form_of_their_own() -> None:
    """But for single parts, such as a day's number, and for what machines read."""
    parts = {"c", "U", "Y-m-d", "j", "D", "l", "M Y", "T"}
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        for form in re.findall(r"""\|(?:date|time):["']([^"']*)["']""", path.read_text()):
            assert form in parts or form.endswith("_FORMAT"), f"{path}: {form}"
