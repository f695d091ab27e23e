"""Describes how an event repeats and when an occurrence is, in the reader's zone and language."""

from collections.abc import Collection
from datetime import datetime, tzinfo

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Member
from groupadmin.base import dates
from groups.membership import effective
from groups.models import Event, is_live

from .occurrences import Occurrence, wall, zone_of
from .rules import Rule, read_rule

DAY_NAMES: tuple[Promise, ...] = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
_WHICH = {
    1: gettext_lazy("the first %(day)s"),
    2: gettext_lazy("the second %(day)s"),
    3: gettext_lazy("the third %(day)s"),
    4: gettext_lazy("the fourth %(day)s"),
    5: gettext_lazy("the fifth %(day)s"),
    -1: gettext_lazy("the last %(day)s"),
}


def describe_rule(event: Event) -> str:
    """Such as "Every 2 weeks on Monday, until March 1, 2027"; empty if it does not repeat."""
    if not event.repeats:
        return ""
    zone = zone_of(event)
    rule = read_rule(event.repeats, zone)
    text = _every(rule)
    if days := _days(rule, wall(event.starts_at, zone)):
        text = _("%(every)s on %(days)s") % {"every": text, "days": days}
    if rule.until is not None:
        until = dates.day(rule.until.date())
        text = _("%(rule)s, until %(date)s") % {"rule": text, "date": until}
    if rule.count is not None:
        times = ngettext("%(count)d time", "%(count)d times", rule.count) % {"count": rule.count}
        text = _("%(rule)s, %(times)s") % {"rule": text, "times": times}
    return text


def _every(rule: Rule) -> str:
    number = rule.interval
    text = {
        "DAILY": ngettext("Every day", "Every %(n)d days", number),
        "WEEKLY": ngettext("Every week", "Every %(n)d weeks", number),
        "MONTHLY": ngettext("Every month", "Every %(n)d months", number),
        "YEARLY": ngettext("Every year", "Every %(n)d years", number),
    }[rule.frequency]
    return text % {"n": number} if number != 1 else text


def _days(rule: Rule, start: datetime) -> str:
    if rule.by_month or rule.by_set_pos:
        return _("certain days")
    if rule.by_day:
        return ", ".join(_day(n, day) for n, day in rule.by_day)
    if rule.by_month_day:
        return ", ".join(_("day %(n)d") % {"n": n} if n > 0 else _("certain days") for n in rule.by_month_day)
    if rule.frequency == "WEEKLY":
        return str(DAY_NAMES[start.weekday()])
    if rule.frequency == "MONTHLY":
        return _("day %(n)d") % {"n": start.day}
    if rule.frequency == "YEARLY":
        return dates.day_of_year(start.date(), long=True)
    return ""


def _day(which: int, day: int) -> str:
    name = str(DAY_NAMES[day])
    if not which:
        return name
    return str(_WHICH.get(which, gettext_lazy("certain days"))) % {"day": name}


def when(occurrence: Occurrence, zone: tzinfo | None = None) -> str:
    """Such as "Tue, Nov 24, 2026, 9:00 – 10:00 AM"."""
    zone = zone or timezone.get_current_timezone()
    first, last = occurrence.days(zone)
    if occurrence.event.is_all_day:
        return dates.whole_days(first, last)
    with timezone.override(zone):
        return dates.span(occurrence.starts_at, occurrence.ends_at)


def titles_of_events(reader: Member, events: Collection[int]) -> dict[int, str]:
    """The titles of those events that the reader can see now: not where Event is off or after they left."""
    seen = Event.objects.filter(is_live("group__"), pk__in=events, group__event=True)
    seen = seen.filter(group__in=effective.belonging_ids(reader))
    return dict(seen.values_list("pk", "title"))
