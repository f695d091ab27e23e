"""Reads calendar files (RFC 5545): what each event would become, or why it cannot be imported (rule 3.11).

Alarms, invitations and attachments are passed over. Whatever else is not kept as it is in the file is said
beside the event: what is wrong with it, or what was left out.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groupadmin.base.errors import Invalid
from groups.models import Event

from .checking import Evaluated, EventSettings, evaluate, write
from .dates import Steps, TooManySteps
from .ics_dates import Clocks, clocks_of
from .ics_events import Part, read_event
from .ics_lines import CalendarFile, parse_file
from .ics_series import Item, alone, items_of, key_in
from .ics_text import BYTES_AT_MOST
from .zones import FileZones

OCCURRENCES_AT_MOST = 10_000
LEFT_OUT_AT_MOST = 1_000
# With the dates that are events of their own.
ROWS_AT_MOST = 2_000
# Of all rules of a file together: about a second.
STEPS_AT_MOST = 1_000_000
UID_LENGTH = 300
A_YEAR = timedelta(days=366)


@dataclass
class Imported:
    """An event of a file, unsaved, or what is wrong with it."""

    uid: str
    title: str
    settings: EventSettings | None = None
    evaluated: Evaluated = field(default_factory=dict)
    event: Event | None = None
    left_out: list[str] = field(default_factory=list)
    problem: str = ""
    # The occurrence of another event that it replaces or cancels.
    instead_of: tuple[str, str] | None = None
    is_cancelled: bool = False
    # For a part of a series that is an event of its own: the series' UID.
    part_of: str = ""
    # What of it is not kept.
    notes: list[str] = field(default_factory=list)


def read_calendar(text: str, reader_zone: str) -> list[Imported]:
    """The events of a file; times without a zone are in the file's, or in the reader's.

    Raises Invalid ("file").
    """
    if len(text.encode(errors="replace")) > BYTES_AT_MOST:
        raise Invalid("file", _("The file is larger than 1 MB. Export a shorter period."))
    file = parse_file(text)
    if not file.events:
        raise Invalid("file", _("This file has no events. Choose another one."))
    steps = Steps(STEPS_AT_MOST)
    try:
        rows = _rows(_parts(file, reader_zone, steps), steps)
        _check_occurrences(rows, steps)
    except TooManySteps:
        raise Invalid("file", _("The repeat rules in this file are too complex to read.")) from None
    return rows + _passed_over(file)


def _parts(file: CalendarFile, reader_zone: str, steps: Steps) -> list[Part]:
    zones = FileZones(file.zones, steps)
    clocks: dict[str, Clocks] = {}
    parts = []
    for raw in file.events:
        named = raw.calendar.zone
        if named not in clocks:
            clocks[named] = clocks_of(zones, named, reader_zone)
        parts.append(read_event(raw, clocks[named], steps))
    return parts


def _rows(parts: list[Part], steps: Steps) -> list[Imported]:
    """The rows in the order of the file; those that an event is split into follow it."""
    placed: dict[int, list[Imported]] = {}
    order = {id(part): number for number, part in enumerate(parts)}
    families: dict[str, list[Part]] = {}
    for part in parts:
        if part.problem:
            placed[order[id(part)]] = [Imported(_kept_uid(part.uid), part.title, problem=part.problem)]
        else:
            part.uid = part.uid or _made_up(part)
            families.setdefault(part.uid, []).append(part)
    count = len(placed)
    for family in families.values():
        for part, row in _rows_of(family, steps):
            placed.setdefault(order[id(part)], []).append(row)
            count += 1
            if count > ROWS_AT_MOST:
                raise Invalid("file", _("This file has more than 2,000 dates. Export a shorter period."))
    return [row for number in sorted(placed) for row in placed[number]]


def _made_up(part: Part) -> str:
    start = part.when.start.isoformat() if part.when else ""
    return f"{start} {part.title}"


def _rows_of(family: list[Part], steps: Steps) -> Iterator[tuple[Part, Imported]]:
    """The rows of all events with one UID."""
    wholes = [part for part in family if part.instead_of is None]
    newest, outdated = _newest(wholes)
    whole = newest[0] if newest else None
    versions: dict[tuple[str, bool], list[Part]] = {}
    for part in family:
        if part.instead_of is not None:
            versions.setdefault((key_in(whole, part), part.is_range), []).append(part)
    changes = []
    for same in versions.values():
        newest, others = _newest(same)
        changes += newest
        outdated += others
    for part, said in outdated:
        yield part, Imported(_kept_uid(part.uid), part.title, problem=said)
    if whole is not None and whole.is_cancelled:
        yield whole, _cancelled(whole.uid, whole.title)
        whole = None
    for change in changes:
        if whole is not None and not change.has_title:
            change.title = whole.title
    items = items_of(whole, changes, steps) if whole is not None else [alone(one) for one in changes]
    for item in items:
        yield item.part, _row(item, steps)


def _newest(same: list[Part]) -> tuple[list[Part], list[tuple[Part, str]]]:
    """Of several versions of one event the newest, or the first of them; and why the others are not taken."""
    if not same:
        return [], []
    newest = max(same, key=lambda part: part.version)
    said = _("The file has a newer version of this event."), _("The file has this event twice.")
    others = [(part, said[part.version == newest.version]) for part in same if part is not newest]
    return [newest], others


def _cancelled(uid: str, title: str, instead_of: tuple[str, str] | None = None) -> Imported:
    row = Imported(_kept_uid(uid), title, problem=_("It was cancelled."), is_cancelled=True)
    row.instead_of = instead_of
    return row


def _row(item: Item, steps: Steps) -> Imported:
    """The event that the item becomes, or what is wrong with it. Raises TooManySteps."""
    title, uid = item.part.title, _kept_uid(item.name)
    instead_of = (_kept_uid(item.series_name), item.key) if item.key else None
    if item.part.is_cancelled:
        return _cancelled(uid, title, instead_of)
    if item.problem:
        return Imported(uid, title, problem=item.problem)
    row = Imported(uid, title, instead_of=instead_of, left_out=sorted(item.left_out)[:LEFT_OUT_AT_MOST])
    if item.part.uid != item.name and not item.key:
        row.part_of = _kept_uid(item.part.uid)
    row.notes = [*item.part.notes, *item.notes]
    if len(item.left_out) > LEFT_OUT_AT_MOST:
        row.notes.append(_("Only the first 1,000 of its excluded dates are kept."))
    try:
        row.settings = item.part.settings(item.when, item.rule)
        row.evaluated = evaluate(row.settings, steps)
    except Invalid as problem:
        row.problem = problem.message
    except (ValueError, OverflowError):
        row.problem = _("Its times or its repeat rule cannot be read.")
    else:
        row.event = Event(uid=row.uid)
        write(row.evaluated, row.event)
        row.event.left_out = row.left_out
    return row


def _kept_uid(uid: str) -> str:
    return uid if len(uid) <= UID_LENGTH else hashlib.sha256(uid.encode(errors="replace")).hexdigest()


def _check_occurrences(rows: list[Imported], steps: Steps) -> None:
    """Raises Invalid if there are too many occurrences; endless events count for a year."""
    left = OCCURRENCES_AT_MOST
    for row in rows:
        if row.event is None or row.settings is None:
            continue
        rule = row.settings.rule
        left -= rule.count_up_to(row.settings.start, left + 1, A_YEAR, steps) if rule else 1
        if left < 0:
            raise Invalid(
                "file",
                _("The events in this file repeat more than 10,000 times in total. Export a shorter period."),
            )


def _passed_over(file: CalendarFile) -> list[Imported]:
    """What else the file has, besides events."""
    tasks, journals = file.passed_over.get("tasks", 0), file.passed_over.get("journals", 0)
    named = []
    if tasks:
        named.append(ngettext("%(n)d task", "%(n)d tasks", tasks) % {"n": tasks})
    if journals:
        named.append(ngettext("%(n)d journal entry", "%(n)d journal entries", journals) % {"n": journals})
    return [Imported("", name, problem=_("Only events can be imported.")) for name in named]
