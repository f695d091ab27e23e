"""Actions on messages (rule 3.5): each one transaction under the room's lock.

Messages are not audited (rule 3.6), except when a master recalls somebody else's.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_text, fold
from groups import notices, permissions
from groups.membership import effective
from groups.models import Feature, Group, Mention, Message, Notice
from groups.room.access import Entered, Gone, enter, lock_room
from groups.room.permissions import RoomAct, audit_deletion, check
from groups.room.text import cleaned
from groups.room.unread import mark_seen
from groups.room.uploads import files as room_files
from groups.room.uploads import pieces
from groups.room.uploads.files import request_bytes

from .changes import add_message, next_change
from .mentions import mentioned_people
from .reading import Reading

TEXT_LENGTH = 10_000
TEXT_CODE_POINTS = 40_000
FILES_AT_MOST = 10

Uploads = Sequence[UploadedFile[Any]]


def send(
    group: Group,
    text: str,
    uploads: Uploads = (),
    *,
    actor: Actor,
    form_key: UUID | None = None,
    reply_to: int | None = None,
    chosen: Collection[int] = (),
    keys: Sequence[UUID] = (),
) -> Message:
    """Adds a message. `chosen` are the people to mention who were picked from the list, and `keys` the files
    that were uploaded in pieces before.

    The same form sent again returns the same message. Raises Invalid for "text" and "files".
    """
    _check_files(len(uploads) + len(set(keys)), uploads)
    # Before the transaction, since it takes its time.
    previews = {
        **room_files.draw_previews(uploads),
        **pieces.draw_previews(group, Feature.MESSAGE, actor.member, keys),
    }
    return _send(group, text, uploads, previews, form_key or uuid4(), reply_to, chosen, keys, actor=actor)


@audit.action
def _send(
    group: Group,
    text: str,
    uploads: Uploads,
    previews: room_files.Previews,
    key: UUID,
    reply_to: int | None,
    chosen: Collection[int],
    keys: Sequence[UUID],
    *,
    actor: Actor,
) -> Message:
    room = lock_room(group)
    entered = enter(actor, group.pk, Feature.MESSAGE)
    if sent := Message.objects.filter(form_key=key).first():
        if sent.author_id == entered.member.pk and sent.group_id == group.pk:
            return sent
        key = uuid4()
    text = clean_message(text, needed=not uploads and not keys)
    _check_files(len(uploads) + len(set(keys)), uploads)
    arrived = pieces.find_all(entered, keys) if keys else []
    message = Message(
        group=entered.group,
        author=entered.member,
        author_name=entered.member.name,
        text=text,
        text_folded=fold(text),
        reply_to=None if reply_to is None else message_for(Reading(entered), reply_to),
        form_key=key,
    )
    add_message(room, message)
    _mention(entered, message, chosen)
    mark_seen(entered, message.pk)
    pieces.attach(entered, uploads, arrived, message=message, previews=previews)
    return message


@audit.action
def edit(group: Group, pk: int, text: str, *, actor: Actor, chosen: Collection[int] = ()) -> Message:
    """Edits the text of one's own message. Raises Refused, or Invalid for "text"."""
    room = lock_room(group)
    entered = enter(actor, group.pk, Feature.MESSAGE)
    reading = Reading(entered)
    message = message_for(reading, pk)
    check_edits(reading, message)
    text = clean_message(text, needed=not message.files.exists())
    if text == message.text:
        return message
    message.text, message.text_folded = text, fold(text)
    message.edited_at = timezone.now()
    message.change = next_change(room)
    message.save(update_fields=["text", "text_folded", "edited_at", "change"])
    _mention(entered, message, chosen)
    return message


@audit.action
def recall(group: Group, pk: int, *, actor: Actor) -> Message:
    """Recalls a message: its text and files are gone for everybody, a note that it existed remains.

    Authors can at any time; masters recall others' messages within the company's time limit. Raises Refused.
    """
    room = lock_room(group)
    entered = enter(actor, group.pk, Feature.MESSAGE)
    message = message_for(Reading(entered), pk)
    if message.recalled_at is not None:
        return message
    check(entered, RoomAct.RECALL_MESSAGE, message)
    audit_deletion(entered, RoomAct.RECALL_MESSAGE, message)
    room_files.remove(list(message.files.select_related("group")))
    message.mentions.all().delete()
    message.text = message.text_folded = ""
    message.recalled_at, message.recalled_by_name = timezone.now(), entered.member.name
    message.change = next_change(room)
    message.save(update_fields=["text", "text_folded", "recalled_at", "recalled_by_name", "change"])
    return message


def message_for(reading: Reading, pk: int) -> Message:
    """A message of this room that the reader may see. Raises Http404."""
    message = reading.messages().filter(pk=pk).first()
    if message is None:
        raise Http404
    return message


def check_edits(reading: Reading, message: Message) -> None:
    """Raises Refused if the message is not theirs to edit, Gone if it was recalled."""
    check(reading.entered, RoomAct.EDIT_MESSAGE, message)
    if message.recalled_at is not None:
        raise Gone


def clean_message(raw: str, *, needed: bool = True) -> str:
    """The text as it is stored. Raises Invalid ("text")."""
    text = cleaned("text", raw, clean_text, TEXT_LENGTH, TEXT_CODE_POINTS)
    if needed and not text:
        raise Invalid("text", _("Write something or attach a file."))
    return text


def _check_files(count: int, uploads: Uploads) -> None:
    if count > FILES_AT_MOST:
        raise Invalid("files", _("Attach at most %(count)d files to a message.") % {"count": FILES_AT_MOST})
    if sum(upload.size or 0 for upload in uploads) > (most := request_bytes()):
        message = _("The files of a message can have at most %(limit)d MB in total.")
        raise Invalid("files", message % {"limit": most // (1024 * 1024)})


def _mention(entered: Entered, message: Message, chosen: Collection[int]) -> None:
    """Stores who is mentioned, and notifies those who were not mentioned before."""
    before = set(message.mentions.values_list("member_id", flat=True))
    people = mentioned_people(message.text, people_to_mention(entered), [*chosen, *before])
    meant = {person.pk for person in people}
    if before - meant:
        message.mentions.exclude(member__in=meant).delete()
    if not (new := meant - before):
        return
    Mention.objects.bulk_create(Mention(message=message, member_id=pk) for pk in sorted(new))
    details = {"message": message.pk}
    notices.tell(Notice.Kind.MENTIONED, new, actor=entered.actor, group=entered.group, details=details)


def people_to_mention(entered: Entered) -> QuerySet[Member]:
    """The group's members whom the reader may know (rule 2.21)."""
    return effective.people_shown(entered.group, permissions.visible_groups(entered.member))
