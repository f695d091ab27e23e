"""Who may edit or delete what in a room (rules 3.5, 3.6): asked by every action, page and button.

Everything that is not listed here, every member may do: pin notes, answer events, sort tasks.
Administrators have no rights in rooms.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.actor import Refused
from accounts.permissions import YES, Verdict
from groups.models import Event, FileVersion, Folder, FolderFile, Message, Note, NoteComment, Task

from .access import Entered

Item = Message | Note | NoteComment | Event | Task | FileVersion | Folder | FolderFile


class RoomAct(StrEnum):
    """An act on an item in a room. The values are the actions in the audit."""

    EDIT_MESSAGE = "message.edit"
    RECALL_MESSAGE = "message.recall"
    EDIT_NOTE = "room.edit_note"
    DELETE_NOTE = "room.delete_note"
    EDIT_COMMENT = "room.edit_comment"
    DELETE_COMMENT = "room.delete_comment"
    DELETE_EVENT = "room.delete_event"
    DELETE_TASK = "task.delete"
    DELETE_FILE = "group.delete_file"  # permanently: a version, or an item in the bin


AUTHOR_ONLY = {RoomAct.EDIT_MESSAGE, RoomAct.EDIT_COMMENT}
AUTHOR_OR_MASTER = {
    *(RoomAct.EDIT_NOTE, RoomAct.DELETE_NOTE, RoomAct.DELETE_COMMENT, RoomAct.DELETE_FILE),
    RoomAct.RECALL_MESSAGE,  # masters only within the company's time limit
}

NOT_AUTHOR: Promise = _("Only the author can do this.")
NOT_AUTHOR_OR_MASTER: Promise = _("Only the author and the group's masters can do this.")
BY_THE_ROOM: Promise = _("Messages written by the room itself cannot be edited or taken back.")


def may(entered: Entered, act: RoomAct, item: Item) -> Verdict:
    """Whether they may do this to an item of their room."""
    if isinstance(item, Message) and item.kind != Message.Kind.TEXT:
        return Verdict(False, BY_THE_ROOM)
    if is_own(entered, item):
        return YES
    if act in AUTHOR_ONLY:
        return Verdict(False, NOT_AUTHOR)
    if act not in AUTHOR_OR_MASTER:
        return YES
    if not entered.is_master:
        return Verdict(False, NOT_AUTHOR_OR_MASTER)
    if isinstance(item, Message) and item.created_at < _recallable_since(entered):
        return Verdict(False, _too_late(entered))
    return YES


def check(entered: Entered, act: RoomAct, item: Item) -> None:
    """Raises Refused if they may not do this."""
    if not (verdict := may(entered, act, item)):
        raise Refused(act.value, verdict.reason, target=entered.group)


def is_own(entered: Entered, item: Item) -> bool:
    """Whether they wrote it, uploaded the version, or put the item into the bin."""
    if isinstance(item, FileVersion):
        return item.stored.author_id == entered.member.pk
    if isinstance(item, Folder | FolderFile):
        return item.binned_by_id == entered.member.pk
    return item.author_id == entered.member.pk


def audit_deletion(entered: Entered, act: RoomAct, item: Item) -> None:
    """Masters who delete what others wrote are in the audit: whose it was, but not its content (rule 3.6)."""
    if is_own(entered, item) or not entered.is_master:
        return
    author = item.stored.author_name if isinstance(item, FileVersion) else item.author_name
    audit.record(entered.actor, act.value, entered.group, {_AUDITED_AS[act]: [author, None]})


_AUDITED_AS = {
    RoomAct.RECALL_MESSAGE: "message_of",
    RoomAct.DELETE_NOTE: "note_of",
    RoomAct.DELETE_COMMENT: "comment_of",
    RoomAct.DELETE_EVENT: "event_of",
    RoomAct.DELETE_TASK: "task_of",
    RoomAct.DELETE_FILE: "file_of",
}


def _recallable_since(entered: Entered) -> datetime:
    return timezone.now() - timedelta(hours=entered.group.company.recall_hours)


def _too_late(entered: Entered) -> str:
    hours = entered.group.company.recall_hours
    return ngettext(
        "Only masters can take back other people's messages, and only for %(hours)d hour.",
        "Only masters can take back other people's messages, and only for %(hours)d hours.",
        hours,
    ) % {"hours": hours}
