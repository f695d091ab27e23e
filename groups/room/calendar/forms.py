"""The form for an event. Whether the event is valid, groups.room.calendar.checking decides."""

from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base import zones
from groupadmin.base.form_fields import LineField, TextField
from groups.models import Event

from .checking import (
    CODE_POINTS,
    DESCRIPTION_CODE_POINTS,
    DESCRIPTION_LENGTH,
    PLACE_LENGTH,
    TITLE_LENGTH,
    EventSettings,
)
from .descriptions import DAY_NAMES, describe_rule
from .occurrences import DAY, Occurrence, clock_of, existing, wall, zone_of
from .rules import DAYS, EARLIEST, INTERVAL_AT_MOST, LATEST, TIMES_AT_MOST, Rule, read_rule
from .series import rest_of

DATE_INPUT, TIME_INPUT = "%Y-%m-%d", "%H:%M"
UNCHANGED = "kept"
HOUR = timedelta(hours=1)

REPEATS = [
    ("", gettext_lazy("Does not repeat")),
    ("daily", gettext_lazy("Daily")),
    ("weekly", gettext_lazy("Weekly")),
    ("monthly", gettext_lazy("Monthly, on the same day")),
    ("monthly_weekday", gettext_lazy("Monthly, on the same weekday")),
    ("yearly", gettext_lazy("Yearly")),
]
ENDS = [
    ("never", gettext_lazy("Never")),
    ("until", gettext_lazy("On a date")),
    ("count", gettext_lazy("After a number of times")),
]
REMINDERS = [
    ("", gettext_lazy("None")),
    ("0", gettext_lazy("When it starts")),
    ("5", gettext_lazy("5 minutes before")),
    ("15", gettext_lazy("15 minutes before")),
    ("30", gettext_lazy("30 minutes before")),
    ("60", gettext_lazy("1 hour before")),
    ("120", gettext_lazy("2 hours before")),
    ("1440", gettext_lazy("1 day before")),
    ("2880", gettext_lazy("2 days before")),
    ("10080", gettext_lazy("1 week before")),
]


def _date_field(label: Any, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, DATE_INPUT)
    return forms.DateField(label=label, required=required, widget=widget, input_formats=[DATE_INPUT])


def _time_field(label: Any) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time"}, TIME_INPUT)
    formats = [TIME_INPUT, "%H:%M:%S"]
    return forms.TimeField(label=label, required=False, widget=widget, input_formats=formats)


class EventForm(forms.Form):
    """For new and existing events."""

    title = LineField(label=gettext_lazy("Title"), most=TITLE_LENGTH, code_points=CODE_POINTS)
    is_all_day = forms.BooleanField(label=gettext_lazy("All day"), required=False)
    start_date = _date_field(gettext_lazy("Starts"), required=True)
    start_time = _time_field(gettext_lazy("Start time"))
    end_date = _date_field(gettext_lazy("Ends"))
    end_time = _time_field(gettext_lazy("End time"))
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    repeat = forms.ChoiceField(label=gettext_lazy("Repeats"), required=False, choices=REPEATS)
    interval = forms.IntegerField(
        label=gettext_lazy("Every"), required=False, min_value=1, max_value=INTERVAL_AT_MOST, initial=1
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On"),
        required=False,
        choices=list(zip(DAYS, DAY_NAMES, strict=True)),
        widget=forms.CheckboxSelectMultiple,
    )
    ends = forms.ChoiceField(
        label=gettext_lazy("Stop repeating"), required=False, choices=ENDS, initial="never"
    )
    until = _date_field(gettext_lazy("Last day"))
    count = forms.IntegerField(
        label=gettext_lazy("Number of times"), required=False, min_value=1, max_value=TIMES_AT_MOST
    )
    place = LineField(
        label=gettext_lazy("Location"), most=PLACE_LENGTH, code_points=CODE_POINTS, required=False
    )
    description = TextField(
        label=gettext_lazy("Description"),
        most=DESCRIPTION_LENGTH,
        code_points=DESCRIPTION_CODE_POINTS,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    reminds_before = forms.TypedChoiceField(
        label=gettext_lazy("Reminder"), required=False, choices=REMINDERS, coerce=int, empty_value=None
    )
    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, event: Event | None = None, repeats: bool = True, **kwargs: Any) -> None:
        """`repeats` is off for editing one occurrence of a series."""
        super().__init__(*args, **kwargs)
        self.event = event
        self._offer_zones()
        for name in ("title", "place", "description"):
            self.fields[name].widget.attrs["data-counter"] = f"id_{name}-counter"
        if not repeats:
            for name in ("repeat", "interval", "weekdays", "ends", "until", "count"):
                del self.fields[name]
        elif event is not None and event.repeats and _kind_of(_rule(event), event) == UNCHANGED:
            self._select("repeat").choices = [(UNCHANGED, describe_rule(event)), *REPEATS]
        if event is not None and str(event.reminds_before or 0) not in dict(REMINDERS):
            minutes = event.reminds_before
            label = _("%(minutes)d minutes before") % {"minutes": minutes}
            self._select("reminds_before").choices = [*REMINDERS, (str(minutes), label)]

    def _select(self, name: str) -> forms.ChoiceField:
        return cast(forms.ChoiceField, self.fields[name])

    def _offer_zones(self) -> None:
        field = self._select("time_zone")
        current = timezone.get_current_timezone_name()
        known = {*zones.offered(), current} | ({self.event.time_zone} if self.event else set())
        field.choices = [(name, zones.shown(name)) for name in sorted(known)]
        field.initial = current

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("is_all_day") and "start_time" not in self.errors and not values.get("start_time"):
            self.add_error("start_time", _("Enter a time or choose “All day”."))
        ends = values.get("ends")
        if values.get("repeat") and values.get("repeat") != UNCHANGED:
            for name in ("until", "count"):
                if ends == name and not values.get(name) and name not in self.errors:
                    self.add_error(name, _("This field is required."))
        return values

    def settings(self) -> EventSettings:
        """The content of the form, for the action."""
        values = self.cleaned_data
        start, end = self._times()
        return EventSettings(
            title=values["title"],
            start=start,
            end=end,
            time_zone=values["time_zone"] or timezone.get_current_timezone_name(),
            is_all_day=values["is_all_day"],
            rule=self._rule_entered(start) if values.get("repeat") else None,
            place=values["place"],
            description=values["description"],
            reminds_before=values["reminds_before"],
        )

    def _times(self) -> tuple[datetime, datetime]:
        """Without an end it takes an hour, or the day."""
        values = self.cleaned_data
        first: date = values["start_date"]
        last: date = values["end_date"] or first
        if values["is_all_day"]:
            end = datetime.combine(last, time())
            return datetime.combine(first, time()), end + DAY if last < date.max else end
        start = datetime.combine(first, values["start_time"])
        if values["end_time"] is not None:
            return start, datetime.combine(last, values["end_time"])
        if first != last or not EARLIEST <= start <= LATEST:
            return start, datetime.combine(last, values["start_time"])
        # Nobody typed this end, so nobody is told that the clocks skip it.
        zone = ZoneInfo(values["time_zone"] or timezone.get_current_timezone_name())
        return start, existing(start + HOUR, zone)

    def _rule_entered(self, start: datetime) -> Rule:
        values = self.cleaned_data
        kind = values["repeat"]
        if kind == UNCHANGED and self.event is not None:
            return _rule(self.event)
        ends = values["ends"]
        rule = Rule(
            frequency=kind.removesuffix("_weekday").upper(),
            interval=values["interval"] or 1,
            count=values["count"] if ends == "count" else None,
            until=datetime.combine(values["until"], time(23, 59, 59)) if ends == "until" else None,
        )
        days: tuple[tuple[int, int], ...] = ()
        if kind == "weekly":
            days = tuple((0, DAYS.index(day)) for day in values["weekdays"])
        elif kind == "monthly_weekday":
            # The fifth weekday means the last one: not every month has five.
            which = (start.day - 1) // 7 + 1
            days = ((which if which < 5 else -1, start.weekday()),)
        return Rule(**{**rule.__dict__, "by_day": days})


def _rule(event: Event) -> Rule:
    return read_rule(event.repeats, zone_of(event))


def _kind_of(rule: Rule, event: Event) -> str:
    """Which of REPEATS the rule is; UNCHANGED for imported rules that the form cannot express."""
    start = wall(event.starts_at, zone_of(event))
    plain = not (rule.by_month or rule.by_month_day or rule.by_set_pos or rule.week_start)
    kinds: dict[str, list[tuple[tuple[int, int], ...]]] = {
        "daily": [()],
        "yearly": [()],
        "monthly": [()],
        "monthly_weekday": [
            (((start.day - 1) // 7 + 1, start.weekday()),),
            ((-1, start.weekday()),),
        ],
    }
    if not plain:
        return UNCHANGED
    if rule.frequency == "WEEKLY":
        return "weekly"
    for kind, days in kinds.items():
        if kind.removesuffix("_weekday").upper() == rule.frequency and rule.by_day in days:
            return kind
    return UNCHANGED


def initial_of(event: Event, occurrence: Occurrence | None = None) -> dict[str, Any]:
    """The initial values for an event, or for one occurrence, which does not repeat."""
    starts_at, ends_at = event.starts_at, event.ends_at
    if occurrence is not None:
        starts_at, ends_at = occurrence.starts_at, occurrence.ends_at
    zone = zone_of(event)
    initial = _initial_times(event, wall(starts_at, zone), wall(ends_at, zone)) | {
        "title": event.title,
        "is_all_day": event.is_all_day,
        "place": event.place,
        "description": event.description,
        "reminds_before": event.reminds_before,
        "version": event.version,
    }
    if not event.is_all_day:
        initial["time_zone"] = event.time_zone
    if event.repeats and occurrence is None:
        rule = _rule(event)
        initial |= {
            "repeat": _kind_of(rule, event),
            "interval": rule.interval,
            "weekdays": [DAYS[day] for _n, day in rule.by_day],
            "ends": "until" if rule.until else "count" if rule.count else "never",
            "until": rule.until.date() if rule.until else None,
            "count": rule.count,
        }
    return initial


def initial_from(occurrence: Occurrence) -> dict[str, Any]:
    """The initial values for an occurrence and all following ones: the rest of the series."""
    event = occurrence.event
    zone, start = zone_of(event), clock_of(event, occurrence.starts_at)
    length = wall(event.ends_at, zone) - wall(event.starts_at, zone)
    times = _initial_times(event, start, start + length)
    return initial_of(rest_of(occurrence)) | times | {"version": event.version}


def _initial_times(event: Event, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "start_date": start.date(),
        "end_date": (end - DAY if event.is_all_day and end > start else end).date(),
        "start_time": None if event.is_all_day else start.time(),
        "end_time": None if event.is_all_day else end.time(),
    }


def initial_on(day: date | None) -> dict[str, Any]:
    """The initial values for a new event: the next full hour, on the given day if any."""
    zone = timezone.get_current_timezone()
    start = wall(timezone.now() + HOUR, zone).replace(minute=0, second=0, microsecond=0)
    start = existing(datetime.combine(day or start.date(), start.time()), zone)
    end = existing(start + HOUR, zone)
    return {
        "start_date": start.date(),
        "start_time": start.time(),
        "end_date": end.date(),
        "end_time": end.time(),
        "version": 0,
    }
