"""What people of the demonstration have written and planned in two of their rooms (rule 3)."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actor import Actor, Door
from accounts.models import Member
from groups.models import Group
from groups.room.calendar import actions as events
from groups.room.calendar.checking import EventSettings
from groups.room.calendar.rules import Rule
from groups.room.folder import file_actions as uploads
from groups.room.messages import actions as messages
from groups.room.notes import actions as notes
from groups.room.tasks import actions as tasks
from groups.room.tasks.actions import TaskText

from .organization import Cast

LAUNCH = "Launch: HB-7 가정용 로봇"
SHIPPING = "Hanbit × Nordlicht: shipping HB-7"

PLAN = """\
Three waves, each a week after the other:

1. **Seoul and Pyeongtaek** – our own shops
2. **Berlin, Hamburg** – with Nordlicht
3. Everywhere else

| wave | robots | who |
|---|---|---|
| 1 | 400 | 김지우 |
| 2 | 650 | Hana |
| 3 | 1,200 | Priya |
"""


def fill_rooms(hanbit: Cast, nordlicht: Cast, groups: dict[str, Group]) -> None:
    """Fills a room of Hanbit's own, and one shared by both companies."""
    administrator, master, member = (
        Actor(hanbit.people[key], Door.SYSTEM) for key in ("administrator", "master", "member")
    )
    guest = Actor(nordlicht.people["other"], Door.SYSTEM)
    _launch(groups[LAUNCH], administrator, master, member)
    _shipping(groups[SHIPPING], administrator, master, guest)


def _launch(group: Group, administrator: Actor, master: Actor, member: Actor) -> None:
    messages.send(group, "The first hundred HB-7 have left the line 🎉", actor=administrator)
    asked = messages.send(group, "Do we have the film for the shops already?", actor=master)
    messages.send(
        group,
        "Cut and subtitled: https://films.hanbit.example/hb-7\nWho reads the Thai one?",
        actor=member,
        reply_to=asked.pk,
    )
    notes.add(group, "Launch plan", PLAN, actor=administrator)
    for title, days, person in (
        ("Order 400 boxes with the new print", -1, administrator),
        ("Subtitles: have Thai and Arabic read again", 2, member),
        ("Invite the press", 9, master),
    ):
        assignees = frozenset({_member(person).pk})
        due = timezone.localdate() + timedelta(days=days)
        tasks.add(group, TaskText(title, due_on=due, assignees=assignees), actor=administrator)
    _weekly(group, "Launch stand-up", "Asia/Seoul", 10, administrator)
    checklist = SimpleUploadedFile("checklist.txt", b"Power\nPaint\nPolicies\n", "text/plain")
    uploads.add_file(group, None, checklist, actor=master)


def _shipping(group: Group, administrator: Actor, master: Actor, guest: Actor) -> None:
    messages.send(group, "Moin! We can take two pallets more on Thursday.", actor=guest)
    messages.send(group, "Great, we fill them with spare batteries. Are they fine to fly?", actor=master)
    messages.send(group, "By road only, sorry. Four days to Busan, then by ship.", actor=guest)
    notes.add(
        group, "How to pack batteries", "- UN 3481\n- at most **30 %** charged\n- label outside", actor=guest
    )
    _weekly(group, "Loading in Hamburg", "Europe/Berlin", 14, administrator)


def _weekly(group: Group, title: str, zone: str, hour: int, actor: Actor) -> None:
    """Weekly from this week's Monday on, for an hour each."""
    today = timezone.localtime().replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=None)
    monday = today - timedelta(days=today.weekday())
    weekly = Rule("WEEKLY", by_day=((0, monday.weekday()),))
    settings = EventSettings(title, monday, monday + timedelta(hours=1), zone, rule=weekly, reminds_before=10)
    events.add_event(group, settings, actor=actor)


def _member(actor: Actor) -> Member:
    assert actor.member is not None  # noqa: S101  (people act here, not the system)
    return actor.member
