"""Dates and times for people, in the reader's language and zone: all forms that there are (rule 12.4).

The forms are those of CLDR, which has them for every language. What machines read is ISO 8601 instead.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_interval, format_skeleton
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from . import zones

# CLDR sets no-break and thin spaces, which neither people search for nor every program shows.
_SPACES = str.maketrans({"\u202f": " ", "\u2009": " ", "\xa0": " "})


def day(value: date) -> str:
    """Nov 30, 2026; of a moment, the day in the reader's zone."""
    return _said(_locale().date_formats["medium"].apply(day_of(value), _locale()))


def long_day(value: date) -> str:
    """Monday, November 30, 2026."""
    return _said(_locale().date_formats["full"].apply(day_of(value), _locale()))


def short_day(value: date) -> str:
    """Mon, Nov 30, 2026."""
    return _by("yMMMEd", value)


def day_of_year(value: date, *, long: bool = False) -> str:
    """Nov 30, where the year goes without saying; or November 30."""
    return _by("MMMMd" if long else "MMMd", value)


def month(value: date, *, short: bool = False) -> str:
    """November 2026, or Nov 2026."""
    return _by("yMMM" if short else "yMMMM", value)


def weekday(value: date, *, short: bool = False) -> str:
    """Monday, or Mon."""
    names = _locale().days["stand-alone"]["abbreviated" if short else "wide"]
    return _said(names[day_of(value).weekday()])


def clock(value: datetime | time) -> str:
    """1:20 AM: the time alone."""
    return _said(_locale().time_formats["short"].apply(_clock(value), _locale()))


def seconds(value: datetime) -> str:
    """1:20:05 AM: where the order counts."""
    return _said(_locale().time_formats["medium"].apply(_clock(value), _locale()))


def moment(value: datetime) -> str:
    """Nov 30, 2026, 1:20 AM."""
    return _joined("medium", day(value), clock(value))


def exact_moment(value: datetime) -> str:
    """Nov 30, 2026, 1:20:05 AM."""
    return _joined("medium", day(value), seconds(value))


def moment_with_zone(value: datetime) -> str:
    """Nov 30, 2026, 1:20 AM (GMT+1)."""
    return _("%(when)s (%(zone)s)") % {"when": moment(value), "zone": offset(value)}


def exactly(value: datetime) -> str:
    """Monday, November 30, 2026 at 1:20:05 AM GMT+1: what the shorter forms leave out."""
    return f"{_joined('full', long_day(value), seconds(value))} {offset(value)}"


def recently(value: datetime) -> str:
    """Today, 1:20 AM; Yesterday, 1:20 AM; else day and time."""
    ago = (timezone.localdate() - day_of(value)).days
    if ago == 0:
        return _("Today, %(time)s") % {"time": clock(value)}
    if ago == 1:
        return _("Yesterday, %(time)s") % {"time": clock(value)}
    return moment(value)


def days(first: date, last: date) -> str:
    """Nov 30 – Dec 3, 2026."""
    first, last = day_of(first), day_of(last)
    if first == last:
        return day(first)
    start, end = datetime.combine(first, time()), datetime.combine(last, time())
    return _said(format_interval(start, end, "yMMMd", locale=_locale()))


def clocks(start: datetime, end: datetime) -> str:
    """1:20 – 2:00 AM; both on one day."""
    start, end = _local(start), _local(end)
    if start == end:
        return clock(start)
    pattern = _locale().time_formats["short"].format
    # Where the clock counts to twelve, both may be in the same half of the day.
    if "a" in pattern and "H" not in pattern:
        return _said(format_interval(start, end, "hm", locale=_locale()))
    return _from_to(clock(start), clock(end))


def span(start: datetime, end: datetime) -> str:
    """Mon, Nov 30, 2026, 1:20 – 2:00 AM; with both days if it ends on another one."""
    first, last = _local(start), _local(end)
    if first.date() == last.date():
        return _joined("medium", short_day(first), clocks(first, last))
    return _from_to(*(_joined("medium", short_day(one), clock(one)) for one in (first, last)))


def whole_days(first: date, last: date) -> str:
    """Mon, Nov 30, 2026; with both days if there are several."""
    return short_day(first) if first == last else _from_to(short_day(first), short_day(last))


def offset(value: datetime) -> str:
    """How far the reader's clock is from Greenwich at that moment: GMT+1, GMT+5:30; UTC for UTC."""
    local = there(value)
    minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    if not minutes:
        return "UTC" if local.tzinfo in (UTC, zones.called("UTC")) else "GMT"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return str(_locale().zone_formats["gmt"]) % (f"{sign}{hours}:{rest:02}" if rest else f"{sign}{hours}")


def zone() -> str:
    """The name of the reader's zone, for "Times are in Europe/Berlin"."""
    return zones.shown(timezone.get_current_timezone_name())


def first_weekday() -> int:
    """On which day a week begins where the language is spoken: 0 is Monday."""
    likely = get_global("likely_subtags").get(str(_locale()))
    return (Locale.parse(likely) if likely else _locale()).first_week_day


def _locale() -> Locale:
    return _locale_of(translation.get_language() or "en")


@cache
def _locale_of(language: str) -> Locale:
    """The locale of one of Django's languages; of one that CLDR does not have, the next best."""
    if language == "en":
        return Locale("en", "US")
    for code in (language, language.partition("-")[0]):
        try:
            return Locale.parse(code, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "US")


def _by(skeleton: str, value: date) -> str:
    at_noon = datetime.combine(day_of(value), time(12))
    return _said(format_skeleton(skeleton, at_noon, locale=_locale()))


def _from_to(first: str, last: str) -> str:
    pattern = str(_locale().interval_formats[None])
    return _said(pattern.replace("{0}", first).replace("{1}", last))


def _joined(length: str, shown_day: str, shown_time: str) -> str:
    pattern = str(_locale().datetime_formats[length]).replace("'", "")
    return _said(pattern.replace("{0}", shown_time).replace("{1}", shown_day))


def _local(value: datetime) -> datetime:
    """What the reader's clock and calendar show."""
    return there(value).replace(tzinfo=None) if value.tzinfo else value


def there(value: datetime) -> datetime:
    """The moment on the reader's clock; as it is where the calendar ends, in the years 1 and 9999."""
    try:
        return timezone.localtime(value) if value.tzinfo else timezone.make_aware(value)
    except OverflowError:
        return value if value.tzinfo else value.replace(tzinfo=UTC)


def day_of(value: date) -> date:
    """The day itself; of a moment, the one in the reader's zone."""
    return _local(value).date() if isinstance(value, datetime) else value


def _clock(value: datetime | time) -> time:
    return _local(value).time() if isinstance(value, datetime) else value


def _said(text: str) -> str:
    return text.translate(_SPACES)
