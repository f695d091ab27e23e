"""The pages on which an occurrence is changed or deleted with all later ones (rule 3.12)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Member
from groups.models import Event, Group
from groups.room.calendar.rules import read_rule
from tests.helpers import ClientOf

from .events import DAILY, form, page, shown

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_form_shows_what_is_left(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    event = add_event(rule=DAILY)
    client = client_of(member)
    address = page("event_edit", event_room, event.pk, at="20270303T120000Z", which="following")
    answer = client.get(address)
    initial = answer.context["form"].initial
    assert (str(initial["start_date"]), initial["count"], initial["version"]) == ("2027-03-03", 3, 1)
    assert "Edit this and all later events" in answer.content.decode()
    kept = {name: value for name, value in initial.items() if value is not None and value is not False}
    typed = kept | {"title": "Tea", "at": "20270303T120000Z", "which": "following"}
    answer = client.post(page("event_edit", event_room, event.pk), typed)
    rest = Event.objects.exclude(pk=event.pk).get()
    assert answer["Location"] == page("event", event_room, rest.pk)
    assert [title for _at, title in shown(event_room)] == ["Lunch"] * 2 + ["Tea"] * 3


def test_which_of_them_is_asked_without_scripts_too(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    event, client = add_event(rule=DAILY), client_of(member)
    at = "20270303T120000Z"
    asking = page("event_edit", event_room, event.pk, at=at)
    assert f'href="{asking}"' in client.get(page("event", event_room, event.pk, at=at)).content.decode()
    answer = client.get(asking).content.decode()
    for which in ("one", "following", "all"):
        address = page("event_edit", event_room, event.pk, at=at, which=which)
        assert f'href="{address.replace("&", "&amp;")}"' in answer
        assert client.get(address).context["which"] == which


def test_a_rule_of_a_calendar_file_is_kept(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    rule = read_rule("FREQ=MONTHLY;COUNT=4;BYDAY=MO,TU;BYSETPOS=1", UTC)
    event = add_event(rule=rule)
    typed = form(title="Tea", repeat="kept", start_date="2027-04-05", end_date="2027-04-05", version="1")
    typed |= {"at": "20270405T120000Z", "which": "following"}
    assert client_of(member).post(page("event_edit", event_room, event.pk), typed).status_code == 302
    repeats = sorted(Event.objects.values_list("repeats", flat=True))
    assert repeats == [f"FREQ=MONTHLY;COUNT={n};BYDAY=MO,TU;BYSETPOS=1" for n in (1, 3)]


def test_an_hour_that_the_clocks_leave_out(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    """It is shown as the series has it, and what is wrong stands beside it."""
    rule = read_rule("FREQ=DAILY", BERLIN)
    event = add_event(start=datetime(2027, 3, 26, 2, 30), time_zone="Europe/Berlin", rule=rule)
    client, at = client_of(member), "20270328T013000Z"
    initial = (
        client.get(page("event_edit", event_room, event.pk, at=at, which="following")).context["form"].initial
    )
    assert (str(initial["start_time"]), str(initial["end_time"])) == ("02:30:00", "03:30:00")
    kept = {name: value for name, value in initial.items() if value is not None and value is not False}
    answer = client.post(page("event_edit", event_room, event.pk), kept | {"at": at, "which": "following"})
    assert answer.status_code == 422
    assert "The clocks skip 2:30 AM" in str(answer.context["form"].errors["start_time"])


def test_two_at_once(
    event_room: Group,
    add_event: Callable[..., Event],
    member: Member,
    teammate: Member,
    client_of: ClientOf,
) -> None:
    """The second is told, and keeps what they typed, also where their day went to another series."""
    event = add_event(rule=DAILY)
    address = page("event_edit", event_room, event.pk)

    def sent(title: str, day: int, version: int = 1) -> dict[str, Any]:
        date = f"2027-03-0{day}"
        at = {"at": f"2027030{day}T120000Z", "which": "following", "version": str(version)}
        return form(title=title, start_date=date, end_date=date, repeat="daily") | at

    assert client_of(member).post(address, sent("Tea", 3)).status_code == 302
    client = client_of(teammate)
    for day in (2, 4):
        answer = client.post(address, sent("Coffee", day))
        assert answer.status_code == 409
        assert 'value="Coffee"' in answer.content.decode()
    assert Event.objects.count() == 2
    assert client.post(address, sent("Coffee", 2, version=2)).status_code == 302


def test_deleted_by_its_page(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    event = add_event(rule=DAILY)
    client, address = client_of(member), page("event_delete", event_room, event.pk)
    sent = {"at": "20270303T120000Z", "which": "following", "version": "1"}
    assert client.post(address, sent | {"version": "7"}).status_code == 409
    assert client.post(address, sent).status_code == 302
    assert len(shown(event_room)) == 2
    # It is gone already: nothing more is deleted.
    assert client.post(address, sent | {"version": "2"}).status_code == 404
    assert len(shown(event_room)) == 2


def test_what_does_not_repeat_is_changed_and_deleted_whole(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    event = add_event()
    client, sent = client_of(member), {"which": "following", "at": "20270301T120000Z"}
    client.post(page("event_edit", event_room, event.pk), form(title="Tea", version="1") | sent)
    event.refresh_from_db()
    assert event.title == "Tea"
    client.post(page("event_delete", event_room, event.pk), sent | {"version": "2"})
    assert not Event.objects.exists()


def test_ids_of_another_room(
    event_room: Group,
    add_event: Callable[..., Event],
    other_room: Group,
    member: Member,
    client_of: ClientOf,
) -> None:
    event = add_event(rule=DAILY)
    sent = form(version="1") | {"which": "following", "at": "20270303T120000Z"}
    client = client_of(member)
    assert client.post(page("event_edit", other_room, event.pk), sent).status_code in (404, 409)
    assert client.post(page("event_delete", other_room, event.pk), sent).status_code == 404
    assert Event.objects.get().version == 1


def test_one_changed_by_itself_leads_to_its_series(
    event_room: Group, add_event: Callable[..., Event], member: Member, client_of: ClientOf
) -> None:
    event = add_event(rule=DAILY)
    client = client_of(member)
    typed = form(title="Alone", start_date="2027-03-03", end_date="2027-03-03", version="1")
    client.post(page("event_edit", event_room, event.pk), typed | {"which": "one", "at": "20270303T120000Z"})
    alone = Event.objects.get(title="Alone")
    assert (
        page("event", event_room, event.pk)
        in client.get(page("event", event_room, alone.pk)).content.decode()
    )
