"""Who changes and deletes what in a room: its author, masters, or everybody in it (rules 3.5, 3.6)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actor import Refused
from accounts.models import AuditEntry, Member
from groups.models import Feature, FileVersion, Group, Message
from groups.room.access import Entered, enter
from groups.room.permissions import (
    NOT_AUTHOR,
    NOT_AUTHOR_OR_MASTER,
    Item,
    RoomAct,
    audit_deletion,
    check,
    may,
)
from tests.factories import (
    EventFactory,
    FolderFactory,
    FolderFileFactory,
    MembershipFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    TaskFactory,
)
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db

AUTHOR, OTHER, MASTER, ADMINISTRATOR = "author", "other member", "master", "administrator"
ONLY_AUTHOR = {AUTHOR}
AUTHOR_AND_MASTER = {AUTHOR, MASTER}
EVERYBODY = {AUTHOR, OTHER, MASTER, ADMINISTRATOR}

Make = Callable[[Group, Member], Item]


def _version(group: Group, author: Member) -> FileVersion:
    return FileVersion.objects.get(folder_file=FolderFileFactory.create(group=group, author=author))


def _binned(group: Group, member: Member) -> Item:
    """Deleted by the member, though somebody else added it."""
    folder = FolderFactory.create(group=group)
    folder.binned_at, folder.binned_by = timezone.now(), member
    folder.save()
    return folder


TABLE: list[tuple[RoomAct, Make, set[str]]] = [
    (RoomAct.EDIT_MESSAGE, lambda group, by: MessageFactory.create(group=group, author=by), ONLY_AUTHOR),
    (
        RoomAct.RECALL_MESSAGE,
        lambda group, by: MessageFactory.create(group=group, author=by),
        AUTHOR_AND_MASTER,
    ),
    (RoomAct.EDIT_NOTE, lambda group, by: NoteFactory.create(group=group, author=by), AUTHOR_AND_MASTER),
    (RoomAct.DELETE_NOTE, lambda group, by: NoteFactory.create(group=group, author=by), AUTHOR_AND_MASTER),
    (
        RoomAct.EDIT_COMMENT,
        lambda group, by: NoteCommentFactory.create(note__group=group, author=by),
        ONLY_AUTHOR,
    ),
    (
        RoomAct.DELETE_COMMENT,
        lambda group, by: NoteCommentFactory.create(note__group=group, author=by),
        AUTHOR_AND_MASTER,
    ),
    (RoomAct.DELETE_EVENT, lambda group, by: EventFactory.create(group=group, author=by), EVERYBODY),
    (RoomAct.DELETE_TASK, lambda group, by: TaskFactory.create(group=group, author=by), EVERYBODY),
    (RoomAct.DELETE_FILE, _version, AUTHOR_AND_MASTER),
    (RoomAct.DELETE_FILE, _binned, AUTHOR_AND_MASTER),
]


@pytest.fixture
def entered_as(
    room: Group, master: Member, member: Member, teammate: Member, administrator: Member, actor_of: ActorOf
) -> Callable[[str], Entered]:
    """Somebody in the room. The member is the author; the administrator is a member like others there."""
    MembershipFactory.create(group=room, member=administrator)
    people = {AUTHOR: member, OTHER: teammate, MASTER: master, ADMINISTRATOR: administrator}
    return lambda role: enter(actor_of(people[role]), room.pk, Feature.MESSAGE)


@pytest.mark.parametrize("role", [AUTHOR, OTHER, MASTER, ADMINISTRATOR])
@pytest.mark.parametrize(("act", "make", "allowed"), TABLE)
def test_the_table(
    room: Group,
    member: Member,
    entered_as: Callable[[str], Entered],
    act: RoomAct,
    make: Make,
    allowed: set[str],
    role: str,
) -> None:
    thing = make(room, member)
    entered = entered_as(role)
    assert bool(may(entered, act, thing)) is (role in allowed)
    if role not in allowed:
        with pytest.raises(Refused) as refused:
            check(entered, act, thing)
        sentence = NOT_AUTHOR if allowed == ONLY_AUTHOR else NOT_AUTHOR_OR_MASTER
        assert (refused.value.action, refused.value.reason) == (act.value, str(sentence))


@pytest.mark.parametrize("role", [AUTHOR, MASTER])
@pytest.mark.parametrize("act", [RoomAct.EDIT_MESSAGE, RoomAct.RECALL_MESSAGE])
def test_what_the_room_wrote_by_itself_stays(
    room: Group, member: Member, entered_as: Callable[[str], Entered], act: RoomAct, role: str
) -> None:
    message = MessageFactory.create(group=room, author=member, kind=Message.Kind.ANNOUNCEMENT)
    assert not may(entered_as(role), act, message)


def test_masters_recall_for_as_long_as_the_company_says(
    room: Group, member: Member, entered_as: Callable[[str], Entered]
) -> None:
    message = MessageFactory.create(group=room, author=member)
    message.created_at = timezone.now() - timedelta(hours=room.company.recall_hours, minutes=1)
    verdict = may(entered_as(MASTER), RoomAct.RECALL_MESSAGE, message)
    assert not verdict
    assert str(room.company.recall_hours) in str(verdict.reason)
    assert may(entered_as(AUTHOR), RoomAct.RECALL_MESSAGE, message), "one's own at any time"


@pytest.mark.parametrize(("role", "count"), [(AUTHOR, 0), (OTHER, 0), (ADMINISTRATOR, 0), (MASTER, 1)])
@pytest.mark.parametrize(
    ("act", "make"), [(act, make) for act, make, _who in TABLE if "EDIT" not in act.name]
)
def test_only_what_a_master_deletes_of_others_is_audited(
    room: Group,
    member: Member,
    entered_as: Callable[[str], Entered],
    act: RoomAct,
    make: Make,
    role: str,
    count: int,
) -> None:
    thing = make(room, member)
    audit_deletion(entered_as(role), act, thing)
    assert AuditEntry.objects.filter(action=act.value).count() == count
