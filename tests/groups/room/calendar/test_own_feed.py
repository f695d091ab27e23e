"""What a room gives out comes back the same, into itself and into another room (rule 3.8)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import icalendar
import pytest
import recurring_ical_events
import vobject
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, clean_text
from groups.models import Event, Group
from groups.room.calendar import actions, import_actions
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.feed import calendar_of
from groups.room.calendar.occurrences import occurrences_of
from groups.room.calendar.rules import Rule
from tests.helpers import ActorOf, ClientOf

from .events import DAILY, page, utc
from .test_recurrence import rules

pytestmark = pytest.mark.django_db

NOW = utc(2025, 6, 1)
ZONES = ["UTC", "Europe/Berlin", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
SIGNS = st.sampled_from(list("\\;,:nN\"\n\r\t ^'=é한🎉\u200d\u2028\x85\u0301x"))
TEXTS = st.text(SIGNS | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90)
# Nights on which the clocks change, too.
STARTS = (
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31))
    | st.datetimes(datetime(2027, 3, 26), datetime(2027, 3, 29))
    | st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26))
)
KINDS = st.sampled_from(["delete", "change", "delete following", "change following"])


@st.composite
def entered(draw: st.DrawFn, repeats: st.SearchStrategy[Rule | None]) -> EventSettings:
    """An event as somebody enters it."""
    start = draw(STARTS).replace(second=0, microsecond=0)
    lasts = timedelta(minutes=draw(st.sampled_from([0, 30, 60, 600, 1440, 4000])))
    is_all_day = draw(st.booleans())
    if is_all_day:
        start, lasts = datetime.combine(start, time()), timedelta(days=draw(st.integers(1, 4)))
    return EventSettings(
        title=clean_line(draw(TEXTS)),
        start=start,
        end=start + lasts,
        time_zone=draw(st.sampled_from(ZONES)),
        is_all_day=is_all_day,
        rule=draw(repeats),
        place=clean_line(draw(st.just("") | TEXTS)),
        description=clean_text(draw(st.just("") | TEXTS)),
    )


Later = list[tuple[str, int, EventSettings]]
"""What is done to an occurrence afterwards, by its number."""


def do(room: Group, whole: EventSettings, later: Later, actor: Actor) -> None:
    """Adds an event and does the rest to it, as far as it is allowed."""
    event = actions.add_event(room, whole, actor=actor)
    for kind, number, instead in later:
        event.refresh_from_db()
        found = list(islice(occurrences_of(event, event.starts_at, utc(2100, 1, 1)), number, number + 1))
        if not event.repeats or not found:
            return
        at, version = found[0].starts_at, event.version
        if kind == "delete":
            actions.delete_event(room, event.pk, version, at, actor=actor)
        elif kind == "change":
            actions.change_occurrence(room, event.pk, at, instead, version, actor=actor)
        elif kind == "change following":
            actions.change_following(room, event.pk, at, instead, version, actor=actor)
        elif number:
            actions.delete_following(room, event.pk, at, version, actor=actor)


def times(room: Group) -> list[tuple[datetime, datetime, str, str, str, bool]]:
    """What happens in the room."""
    return sorted(
        (one.starts_at, one.ends_at, event.title, event.place, event.description, event.is_all_day)
        for event in Event.objects.filter(group=room)
        for one in islice(occurrences_of(event, utc(2025, 1, 1), utc(2029, 1, 1)), 100)
    )


SPAN = utc(2025, 6, 1), utc(2027, 12, 31)


def begin_here(room: Group) -> list[tuple[datetime, str]]:
    return sorted(
        (one.starts_at, event.title)
        for event in Event.objects.filter(group=room)
        for one in occurrences_of(event, *SPAN)
    )


def begin_there(text: str) -> list[tuple[datetime, str]]:
    """When another library says that the file's events begin."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*SPAN)
    return sorted((_moment(one["DTSTART"].dt), str(one["SUMMARY"])) for one in found)


def _moment(value: date) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.combine(value, time(), UTC)


LATER = st.lists(st.tuples(KINDS, st.integers(0, 5), entered(st.none() | rules())), min_size=1, max_size=3)
NOTHING: Later = []
PLANNED = st.tuples(entered(rules()), LATER) | st.tuples(entered(st.none()), st.just(NOTHING))


class TestReadAgain:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(PLANNED, min_size=1, max_size=2))
    def test_nothing_changes(
        self,
        event_room: Group,
        other_room: Group,
        member: Member,
        actor_of: ActorOf,
        planned: list[tuple[EventSettings, Later]],
    ) -> None:
        """Whatever was entered, changed and deleted."""
        Event.objects.all().delete()
        actor = actor_of(member)
        for whole, later in planned:
            with suppress(Invalid):
                do(event_room, whole, later, actor)
        text = calendar_of(event_room, NOW).decode()
        if "BEGIN:VEVENT" not in text:
            return
        assert vobject.readOne(text).vevent_list
        assert begin_there(text) == begin_here(event_room)
        again = import_actions.plan_import(event_room, text)
        assert {(one.row.problem, one.is_new, one.is_changed) for one in again} == {("", False, False)}
        assert import_actions.import_events(event_room, text, actor=actor) == (0, 0)
        import_actions.import_events(other_room, text, actor=actor)
        assert times(other_room) == times(event_room)
        copied = calendar_of(other_room, NOW).decode()
        assert import_actions.import_events(event_room, copied, actor=actor) == (0, 0)

    def test_the_page_says_so(
        self, event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
    ) -> None:
        add_event(rule=DAILY)
        client, address = client_of(member), page("events_import", event_room)
        text = calendar_of(event_room, NOW).decode()
        answer = client.post(address, {"file": SimpleUploadedFile("own.ics", text.encode())})
        assert "Nothing to import: this calendar has all of it already." in answer.content.decode()
        assert ">Import</button>" not in answer.content.decode()
        sent = client.post(address, {"text": text}, follow=True)
        assert "Nothing was imported: the file had nothing new." in sent.content.decode()
