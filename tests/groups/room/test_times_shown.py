"""Times on a room's pages: in the reader's language and time zone, each page alike."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import Member
from groups.models import Group, Message
from tests.factories import EventFactory, MessageFactory, NoteFactory, TaskFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

EVENING = datetime(2027, 3, 1, 22, 30, tzinfo=UTC)
READERS = [
    ("en", "UTC", "10:30 PM", "10:30 – 11:30 PM", "Mar 1, 2027, 10:30 PM", "Monday, March 1, 2027"),
    ("en-gb", "UTC", "22:30", "22:30 – 23:30", "1 Mar 2027, 22:30", "Monday, 1 March 2027"),
    ("en-gb", "Asia/Seoul", "07:30", "07:30 – 08:30", "2 Mar 2027, 07:30", "Tuesday, 2 March 2027"),
]


@pytest.fixture
def room(group: Group) -> Group:
    Group.objects.filter(pk=group.pk).update(note=True, event=True, task=True)
    group.refresh_from_db()
    return group


@pytest.mark.parametrize(("language", "zone", "clock", "span", "moment", "day"), READERS)
def test_everywhere(
    room: Group,
    member: Member,
    client_of: ClientOf,
    language: str,
    zone: str,
    clock: str,
    span: str,
    moment: str,
    day: str,
) -> None:
    """Beside messages the time under its day, elsewhere both; in the list of events from when to when."""
    Member.objects.filter(pk=member.pk).update(language=language, time_zone=zone)
    message = MessageFactory.create(group=room, text="Good evening")
    Message.objects.filter(pk=message.pk).update(created_at=EVENING)
    note = NoteFactory.create(group=room)
    task = TaskFactory.create(group=room)
    for thing in (note, task):
        type(thing).objects.filter(pk=thing.pk).update(created_at=EVENING)
    EventFactory.create(group=room, starts_at=EVENING)
    client = client_of(member)

    def shown(name: str, *args: int, **query: str) -> str:
        return client.get(reverse(f"room:{name}", args=[room.pk, *args], query=query)).content.decode()

    messages = shown("messages")
    assert f">{clock}</time>" in messages
    assert f"<span>{day}</span>" in messages
    assert f">{moment}</time>" in shown("messages", q="evening")
    assert f">{moment}</time>" in shown("notes")
    assert f">{moment}</time>" in shown("note", note.pk)
    assert f">{moment}</time>" in shown("task", task.pk)
    for view, time in {"month": clock, "week": clock, "list": span}.items():
        assert f">{time}</time>" in shown("events", view=view, date="2027-03-01")


def test_what_goes_on_over_midnight_begins_once(room: Group, member: Member, client_of: ClientOf) -> None:
    """The next day shows it without a time, since it does not begin then; the list says until when."""
    EventFactory.create(group=room, title="Night", starts_at=EVENING, ends_at=EVENING + timedelta(hours=8))
    client = client_of(member)
    address = reverse("room:events", args=[room.pk], query={"view": "week", "date": "2027-03-01"})
    page = client.get(address).content.decode()
    assert page.count(">Night<") == 2
    assert page.count(">10:30 PM</time>") == 1
    address = reverse("room:events", args=[room.pk], query={"view": "list", "date": "2027-03-01"})
    assert ">Mar 2, 2027, 6:30 AM</time>" in client.get(address).content.decode()
