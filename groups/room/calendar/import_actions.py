"""Imports calendar files (rule 3.11): first a preview, then the import."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.actor import Actor
from groups.models import Event, Feature, Group
from groups.room.access import Entered, enter_locked
from groups.room.messages.announcements import announce

from .actions import new_event, rewrite
from .ics_reader import Imported, read_calendar
from .occurrences import is_in_rule, key_of, read_key
from .reminders import plan as plan_reminder

# Between the UID of a series and the date that a part of it has.
PART = "#"
FIELDS = (
    "title",
    "place",
    "description",
    "is_all_day",
    "starts_at",
    "ends_at",
    "time_zone",
    "repeats",
)


@dataclass(frozen=True)
class PlannedImport:
    """What an import does with one event of the file."""

    row: Imported
    existing: Event | None = None
    # For an existing series: occurrences with replacements here stay excluded, even if the file has them.
    replaced: frozenset[str] = frozenset()
    # For an edited occurrence: the UID of its series, if that is in the file or in the group.
    series_uid: str = ""
    # For a cancelled occurrence: its series in the group.
    cancelled_in: Event | None = None
    # Of a series: how many of its dates are events of their own here that the file no longer has.
    surplus: int = 0

    @property
    def notes(self) -> list[str]:
        """What of it is not kept, or stays though the file no longer has it."""
        if not self.surplus:
            return self.row.notes
        said = ngettext(
            "%(n)d of its dates here is not in the file. An import deletes nothing: delete it yourself.",
            "%(n)d of its dates here are not in the file. An import deletes nothing: delete them yourself.",
            self.surplus,
        )
        return [*self.row.notes, said % {"n": self.surplus}]

    @property
    def problem(self) -> str:
        """Why the event is not imported; empty if it is."""
        if self.cancelled_in is not None:
            return ""
        if self.row.is_cancelled and self.existing is not None:
            return _("It was cancelled. An import deletes nothing: delete the event in the calendar.")
        return self.row.problem

    @property
    def is_new(self) -> bool:
        return self.row.event is not None and self.existing is None

    @property
    def is_changed(self) -> bool:
        if self.cancelled_in is not None and self.row.instead_of is not None:
            return self.row.instead_of[1] not in self.cancelled_in.left_out
        if self.row.event is None or self.existing is None:
            return False
        if sorted({*self.row.left_out, *self.replaced}) != sorted(self.existing.left_out):
            return True
        if self.series_uid and self.existing.series is None:
            return True
        return any(getattr(self.row.event, name) != getattr(self.existing, name) for name in FIELDS)


def plan_import(group: Group, text: str) -> list[PlannedImport]:
    """What the import would do; the group's events with the same UID are updated. Raises Invalid."""
    return _plan(group, _read(text))


def _read(text: str) -> list[Imported]:
    """The file's events, with their rules evaluated: takes a while, so never do it under the room's lock."""
    return read_calendar(text, timezone.get_current_timezone_name())


def _plan(group: Group, rows: list[Imported]) -> list[PlannedImport]:
    uids = {row.uid for row in rows} | {row.instead_of[0] for row in rows if row.instead_of}
    known = {one.uid: one for one in Event.objects.filter(group=group, uid__in=uids).select_related("series")}
    replacements = _replacements_in(group, known.values())
    in_file = {row.uid for row in rows if row.event is not None and row.event.repeats}
    replaced: dict[str, set[str]] = {}
    for uid, key in replacements:
        replaced.setdefault(uid, set()).add(key)
    planned = []
    left = _left_in(group, rows)
    known |= _moved_parts(rows, known, left)
    for row in rows:
        if row.is_cancelled:
            edited = replacements.get(row.instead_of) if row.instead_of else None
            existing, series = edited or known.get(row.uid), _series_of(row, replacements, known)
            planned.append(PlannedImport(row, existing, cancelled_in=series))
        elif row.instead_of is None:
            there = frozenset(replaced.get(row.uid, ()))
            planned.append(PlannedImport(row, known.get(row.uid), there, surplus=left.surplus(row.uid)))
        else:
            is_found = row.instead_of[0] in in_file or _series_of(row, {}, known) is not None
            series_uid = row.instead_of[0] if is_found else ""
            planned.append(PlannedImport(row, _existing_for(row, replacements, known), series_uid=series_uid))
    return planned


@dataclass(frozen=True)
class _Left:
    """What the group has of the file's series, imported before, and the file no longer has."""

    # Dates and rests that are events of their own, by the series' UID and whether they repeat.
    parts: dict[tuple[str, bool], deque[Event]]
    # How many dates are replaced by others, by the series' UID.
    replacements: Counter[str]

    def surplus(self, uid: str) -> int:
        """How many of them a series has."""
        return (
            sum(len(self.parts.get((uid, repeats), ())) for repeats in (False, True)) + self.replacements[uid]
        )


def _left_in(group: Group, rows: list[Imported]) -> _Left:
    in_file = {row.uid for row in rows}
    series = {row.uid for row in rows if not row.part_of and row.instead_of is None}
    others = Event.objects.filter(group=group, uid__contains=PART).values_list("pk", "uid")
    pks = [pk for pk, uid in others if uid not in in_file and uid.rpartition(PART)[0] in series]
    changes = {row.instead_of for row in rows}
    found = _Left({}, Counter())
    for event in Event.objects.filter(pk__in=pks).select_related("series").order_by("starts_at", "pk"):
        uid = event.uid.rpartition(PART)[0]
        if event.series is None or event.instead_of is None:
            found.parts.setdefault((uid, bool(event.repeats)), deque()).append(event)
        elif (event.series.uid, key_of(event.instead_of)) not in changes:
            found.replacements[uid] += 1
    return found


def _moved_parts(rows: list[Imported], known: dict[str, Event], left: _Left) -> dict[str, Event]:
    """For dates and rests that the group has at other times: those, by their new UIDs.

    So an added date that was moved moves here too, instead of being there twice. It is no longer left then.
    """
    found = {}
    for row in rows:
        if row.part_of and row.event is not None and row.uid not in known:
            alike = left.parts.get((row.part_of, bool(row.event.repeats)))
            if alike:
                found[row.uid] = alike.popleft()
    return found


def _series_of(row: Imported, replacements: "Replacements", known: dict[str, Event]) -> Event | None:
    """The series in the group that has the row's occurrence, unless that was edited here."""
    if row.instead_of is None or row.instead_of in replacements:
        return None
    series, moment = known.get(row.instead_of[0]), read_key(row.instead_of[1])
    if series is None or not series.repeats or moment is None or not is_in_rule(series, moment):
        return None
    return series


Replacements = dict[tuple[str, str], Event]
"""The events that replace occurrences of series, by the series' UID and the occurrence's key."""


def _replacements_in(group: Group, series: Iterable[Event]) -> Replacements:
    ids = [one.pk for one in series if one.repeats]
    found = Event.objects.filter(group=group, series__in=ids).select_related("series")
    return {
        (one.series.uid, key_of(one.instead_of)): one
        for one in found
        if one.series is not None and one.instead_of is not None
    }


def _existing_for(row: Imported, replacements: Replacements, known: dict[str, Event]) -> Event | None:
    """The event that replaces the occurrence, or that was imported before its series was known."""
    if row.instead_of in replacements:
        return replacements[row.instead_of]
    event = known.get(row.uid)
    return event if event is not None and event.series is None else None


def import_events(group: Group, text: str, *, actor: Actor) -> tuple[int, int]:
    """Adds and updates events. Returns how many of each. Raises Invalid ("file")."""
    return _import_events(group, _read(text), actor=actor)


@audit.action
def _import_events(group: Group, rows: list[Imported], *, actor: Actor) -> tuple[int, int]:
    entered = enter_locked(actor, group, Feature.EVENT)
    planned = _plan(entered.group, rows)
    added: list[Event] = []
    changed: list[Event] = []
    for one in planned:
        if one.cancelled_in is not None and one.is_changed and one.row.instead_of is not None:
            _cancel(one.cancelled_in, one.row.instead_of[1], changed)
        elif one.row.instead_of is None:
            _import(entered, one, added, changed)
    # Only now do the series have their final occurrences.
    uids = {one.series_uid for one in planned if one.series_uid}
    series = {one.uid: one for one in Event.objects.filter(group=entered.group, uid__in=uids)}
    replacements = _replacements_in(entered.group, series.values())
    for one in planned:
        if one.row.instead_of is not None:
            existing = replacements.get(one.row.instead_of, one.existing)
            event = _import(entered, replace(one, existing=existing), added, changed)
            if event is not None and one.series_uid in series:
                _make_replacement(event, series[one.series_uid], one.row.instead_of[1])
    if first := next(iter([*added, *changed]), None):
        number = str(len(added) + len(changed))
        announce(entered.group, entered.member, "event.imported", first.pk, number)
    return len(added), len(changed)


def _import(entered: Entered, one: PlannedImport, added: list[Event], changed: list[Event]) -> Event | None:
    """Saves one event if it is new or changed."""
    evaluated, event = one.row.evaluated, one.existing
    if one.row.event is None or not (one.is_new or one.is_changed):
        return None
    if event is None:
        # The UID of a replacement is generated here, and may exist already.
        same = Event.objects.filter(group=entered.group, uid=one.row.uid)
        taken = one.row.instead_of is not None and same.exists()
        event = new_event(entered, evaluated, "" if taken else one.row.uid)
        event.left_out = one.row.left_out
        added.append(event)
    else:
        # Files say nothing about our reminders; answers stay with their occurrences.
        rewrite(event, evaluated | {"reminds_before": event.reminds_before})
        if one.row.part_of:
            event.uid = one.row.uid
        if event.repeats:
            replaced = event.replacements.exclude(instead_of=None).values_list("instead_of", flat=True)
            event.left_out = sorted({*one.row.left_out, *(key_of(moment) for moment in replaced if moment)})
        changed.append(event)
    event.save()
    return event


def _cancel(series: Event, key: str, changed: list[Event]) -> None:
    """The series no longer has that occurrence."""
    series.left_out = sorted({*series.left_out, key})
    series.version += 1
    series.edited_at = timezone.now()
    plan_reminder(series, timezone.now())
    series.save()
    if series not in changed:
        changed.append(series)


def _make_replacement(event: Event, series: Event, key: str) -> None:
    """Makes the event replace an occurrence of the series, if its rule has that one."""
    moment = read_key(key)
    if event.series_id is not None or event.repeats or moment is None or not is_in_rule(series, moment):
        return
    if key not in series.left_out:
        series.left_out = sorted([*series.left_out, key])
        series.version += 1
        series.save()
    event.series, event.instead_of = series, moment
    event.save()
