"""Actions on notes and their comments (rule 3.5): each one transaction under the room's lock.

Notes are not audited (rule 3.6), except when a master deletes somebody else's.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.text import clean_line, clean_text, fold
from groups.models import Feature, Group, Note, NoteComment
from groups.room.access import Entered, enter_locked
from groups.room.messages.announcements import announce
from groups.room.permissions import RoomAct, audit_deletion, check
from groups.room.text import cleaned
from groups.room.unread import mark_seen, seen_id
from groups.room.uploads import files as room_files
from groups.room.uploads import pieces
from groups.room.uploads.files import request_bytes

from .reading import PINNED_AT_MOST, comment_for, note_for

TITLE_LENGTH, TITLE_CODE_POINTS = 200, 1_000
TEXT_LENGTH, TEXT_CODE_POINTS = 50_000, 100_000
COMMENT_LENGTH, COMMENT_CODE_POINTS = 2_000, 8_000
FILES_AT_MOST = 20
# A member's edits of a note are announced once, until they pause for this long.
ANNOUNCED_EVERY = timedelta(hours=1)
# For what comes without a key of its form.
SENT_TWICE = timedelta(minutes=1)

Uploads = Sequence[UploadedFile[Any]]


def add(
    group: Group,
    title: str,
    text: str,
    uploads: Uploads = (),
    *,
    keys: Sequence[UUID] = (),
    actor: Actor,
) -> Note:
    """Adds a note with its files; those of `keys` were uploaded in pieces before.

    Raises Invalid for "title", "text" and "files". The same note sent twice in a row is saved once.
    """
    previews = _draw(group, uploads, keys, actor)
    return _add(group, title, text, uploads, keys, previews, actor=actor)


def _draw(group: Group, uploads: Uploads, keys: Sequence[UUID], actor: Actor) -> room_files.Previews:
    """Before the transaction, since it takes its time. Raises Invalid ("files") if there are too many."""
    _check_files(len(uploads) + len(set(keys)), uploads)
    arrived = pieces.draw_previews(group, Feature.NOTE, actor.member, keys)
    return {**room_files.draw_previews(uploads), **arrived}


@audit.action
def _add(
    group: Group,
    title: str,
    text: str,
    uploads: Uploads,
    keys: Sequence[UUID],
    previews: room_files.Previews,
    *,
    actor: Actor,
) -> Note:
    entered = enter_locked(actor, group, Feature.NOTE)
    if there := once.made(actor, Note):
        return there
    title, text = clean_title(title), clean_body(text)
    _check_files(len(uploads) + len(set(keys)), uploads)
    newest = Note.objects.filter(group=group).order_by("-pk").first()
    is_without_key = actor.form_key is None and not uploads and not keys
    if is_without_key and newest is not None and _is_same(newest, entered, title, text):
        return newest
    arrived = pieces.find_all(entered, keys) if keys else []
    note = Note.objects.create(
        group=entered.group,
        author=entered.member,
        author_name=entered.member.name,
        title=title,
        text=text,
        text_folded=_folded(title, text),
    )
    # Members who had nothing unread know what they wrote themselves.
    if seen_id(entered) >= (newest.pk if newest else 0):
        mark_seen(entered, note.pk)
    announce(entered.group, entered.member, "note.added", note.pk, title)
    pieces.attach(entered, uploads, arrived, note=note, previews=previews)
    once.keep(actor, note)
    return note


def _is_same(newest: Note, entered: Entered, title: str, text: str) -> bool:
    there = (newest.author_id, newest.title, newest.text, newest.version)
    return _is_within(newest, SENT_TWICE) and there == (entered.member.pk, title, text, 1)


def change(
    group: Group,
    pk: int,
    title: str,
    text: str,
    uploads: Uploads = (),
    taken_off: Collection[int] = (),
    *,
    keys: Sequence[UUID] = (),
    version: int,
    actor: Actor,
) -> Note:
    """Edits a note; adds files to it as `add` does, and removes some.

    Raises Invalid for "title", "text" and "files", and Conflict if it was edited since that version.
    """
    previews = _draw(group, uploads, keys, actor)
    return _change(group, pk, title, text, uploads, taken_off, keys, version, previews, actor=actor)


@audit.action
def _change(
    group: Group,
    pk: int,
    title: str,
    text: str,
    uploads: Uploads,
    taken_off: Collection[int],
    keys: Sequence[UUID],
    version: int,
    previews: room_files.Previews,
    *,
    actor: Actor,
) -> Note:
    entered = enter_locked(actor, group, Feature.NOTE)
    note = note_for(entered, pk)
    check(entered, RoomAct.EDIT_NOTE, note)
    title, text = clean_title(title), clean_body(text)
    if note.version != version:
        raise Conflict(note.version)
    gone = list(note.files.filter(pk__in=taken_off))
    _check_files(note.files.count() - len(gone) + len(uploads) + len(set(keys)), uploads)
    arrived = pieces.find_all(entered, keys) if keys else []
    if (title, text) == (note.title, note.text) and not gone and not uploads and not arrived:
        return note
    _announce_change(entered, note, title)
    note.title, note.text, note.text_folded = title, text, _folded(title, text)
    note.edited_at, note.edited_by_name = timezone.now(), entered.member.name
    note.version += 1
    note.save(update_fields=["title", "text", "text_folded", "edited_at", "edited_by_name", "version"])
    room_files.remove(gone)
    pieces.attach(entered, uploads, arrived, note=note, previews=previews)
    return note


def _announce_change(entered: Entered, note: Note, title: str) -> None:
    """Announces the edit in Message, unless its last edit was theirs too, and recent."""
    by_them = (note.edited_by_name or note.author_name) == entered.member.name
    if not by_them or (note.edited_at or note.created_at) < timezone.now() - ANNOUNCED_EVERY:
        announce(entered.group, entered.member, "note.changed", note.pk, title)


@audit.action
def delete(group: Group, pk: int, *, actor: Actor) -> None:
    """Deletes a note with its comments and files. Raises Refused."""
    entered = enter_locked(actor, group, Feature.NOTE)
    note = note_for(entered, pk)
    check(entered, RoomAct.DELETE_NOTE, note)
    audit_deletion(entered, RoomAct.DELETE_NOTE, note)
    room_files.remove(list(note.files.select_related("group")))
    announce(entered.group, entered.member, "note.deleted", note.pk, note.title)
    note.delete()


@audit.action
def pin(group: Group, pk: int, is_pinned: bool, *, actor: Actor) -> None:
    """Pins a note to the top or unpins it: every member may. Raises Invalid (None)."""
    entered = enter_locked(actor, group, Feature.NOTE)
    note = note_for(entered, pk)
    if is_pinned == (note.pinned_at is not None):
        return
    pinned = Note.objects.filter(group=group, pinned_at__isnull=False)
    if is_pinned and pinned.count() >= PINNED_AT_MOST:
        message = _("You can pin at most %(count)d notes. Unpin another one first.")
        raise Invalid(None, message % {"count": PINNED_AT_MOST})
    note.pinned_at = timezone.now() if is_pinned else None
    note.save(update_fields=["pinned_at"])
    if is_pinned:
        announce(entered.group, entered.member, "note.pinned", note.pk, note.title)


@audit.action
def add_comment(group: Group, note_pk: int, text: str, *, actor: Actor) -> NoteComment:
    """Adds a comment. Raises Invalid ("text"). The same comment sent twice in a row is saved once."""
    entered = enter_locked(actor, group, Feature.NOTE)
    if there := once.made(actor, NoteComment):
        return there
    note = note_for(entered, note_pk)
    text = clean_comment(text)
    last = note.comments.order_by("-pk").first()
    is_theirs = last is not None and last.author_id == entered.member.pk
    is_repeated = actor.form_key is None and is_theirs
    if last is not None and is_repeated and last.text == text and _is_within(last, SENT_TWICE):
        return last
    comment = NoteComment.objects.create(
        group=entered.group,
        note=note,
        author=entered.member,
        author_name=entered.member.name,
        text=text,
    )
    once.keep(actor, comment)
    # Several comments in a row by one member are announced once.
    if last is None or not is_theirs or not _is_within(last, ANNOUNCED_EVERY):
        announce(entered.group, entered.member, "note.commented", note.pk, note.title)
    return comment


def _is_within(last: Note | NoteComment, time: timedelta) -> bool:
    return last.created_at > timezone.now() - time


@audit.action
def change_comment(group: Group, note_pk: int, pk: int, text: str, *, actor: Actor) -> NoteComment:
    """Edits one's own comment. Raises Refused, or Invalid ("text")."""
    entered = enter_locked(actor, group, Feature.NOTE)
    comment = comment_for(note_for(entered, note_pk), pk)
    check(entered, RoomAct.EDIT_COMMENT, comment)
    text = clean_comment(text)
    if text != comment.text:
        comment.text, comment.edited_at = text, timezone.now()
        comment.save(update_fields=["text", "edited_at"])
    return comment


@audit.action
def delete_comment(group: Group, note_pk: int, pk: int, *, actor: Actor) -> None:
    """Deletes a comment: one's own, and masters those of others. Raises Refused."""
    entered = enter_locked(actor, group, Feature.NOTE)
    comment = comment_for(note_for(entered, note_pk), pk)
    check(entered, RoomAct.DELETE_COMMENT, comment)
    audit_deletion(entered, RoomAct.DELETE_COMMENT, comment)
    comment.delete()


def clean_title(raw: str) -> str:
    """The title as it is stored. Raises Invalid ("title")."""
    title = cleaned("title", raw, clean_line, TITLE_LENGTH, TITLE_CODE_POINTS)
    if not title:
        raise Invalid("title", _("Enter a title."))
    return title


def clean_body(raw: str) -> str:
    """The text as it is stored, which may be empty. Raises Invalid ("text")."""
    return cleaned("text", raw, _clean_body, TEXT_LENGTH, TEXT_CODE_POINTS)


def _clean_body(raw: str) -> str:
    # Tabs and leading spaces mean something in Markdown.
    return clean_text(raw.expandtabs(4) if "\t" in raw else raw)


def clean_comment(raw: str) -> str:
    """The text as it is stored. Raises Invalid ("text")."""
    text = cleaned("text", raw, clean_text, COMMENT_LENGTH, COMMENT_CODE_POINTS)
    if not text:
        raise Invalid("text", _("Write something."))
    return text


def _folded(title: str, text: str) -> str:
    return fold(f"{title} {text}")


def _check_files(count: int, uploads: Uploads) -> None:
    """Raises Invalid ("files") for too many files on the note, or too many bytes in one form."""
    if count > FILES_AT_MOST:
        raise Invalid("files", _("A note can have at most %(count)d files.") % {"count": FILES_AT_MOST})
    if sum(upload.size or 0 for upload in uploads) > (most := request_bytes()):
        message = _("Files added together can have at most %(limit)d MB in total.")
        raise Invalid("files", message % {"limit": most // (1024 * 1024)})
