"""What people say to notes (spec 3.5): each one transaction under the room's lock."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor, Refused
from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_text
from groups.models import Group, Note, NoteComment
from groups.room.access import Entered
from groups.room.messages import announcements
from groups.room.text import kept

from .actions import ANNOUNCED_EVERY, SENT_TWICE, enter_locked
from .reading import comment_for, may_delete_comment, note_for

TEXT_LENGTH, TEXT_CODE_POINTS = 2_000, 8_000


@audit.action
def add(group: Group, note_pk: int, text: str, *, actor: Actor) -> NoteComment:
    """Adds a comment. Raises Invalid ("text"). What is sent twice in a row is there once."""
    entered = enter_locked(group, actor)
    note = note_for(entered, note_pk)
    text = clean_comment(text)
    last = note.comments.order_by("-pk").first()
    is_theirs = last is not None and last.author_id == entered.member.pk
    if last is not None and is_theirs and last.text == text and _is_within(last, SENT_TWICE):
        return last
    comment = NoteComment.objects.create(
        group=entered.group,
        note=note,
        author=entered.member,
        author_name=entered.member.name,
        text=text,
    )
    # Somebody who says a lot is announced once.
    if last is None or not is_theirs or not _is_within(last, ANNOUNCED_EVERY):
        announcements.say(entered.group, entered.member, "note.commented", note.pk, note.title)
    return comment


def _is_within(last: NoteComment, time: timedelta) -> bool:
    return last.created_at > timezone.now() - time


@audit.action
def change(group: Group, note_pk: int, pk: int, text: str, *, actor: Actor) -> NoteComment:
    """Changes one's own comment. Raises Refused, or Invalid ("text")."""
    entered, _note, comment = _found(group, note_pk, pk, actor)
    check_edits(entered, comment)
    text = clean_comment(text)
    if text != comment.text:
        comment.text, comment.edited_at = text, timezone.now()
        comment.save(update_fields=["text", "edited_at"])
    return comment


@audit.action
def delete(group: Group, note_pk: int, pk: int, *, actor: Actor) -> None:
    """Removes a comment: one's own, and masters those of others. Raises Refused."""
    entered, _note, comment = _found(group, note_pk, pk, actor)
    if not may_delete_comment(entered, comment):
        reason = _("Only who wrote a comment and the group's masters can delete it.")
        raise Refused("room.delete_comment", reason, target=entered.group)
    if comment.author_id != entered.member.pk:
        changes = {"comment_of": [comment.author_name, None]}
        audit.record(actor, "room.delete_comment", entered.group, changes)
    comment.delete()


def _found(group: Group, note_pk: int, pk: int, actor: Actor) -> tuple[Entered, Note, NoteComment]:
    entered = enter_locked(group, actor)
    note = note_for(entered, note_pk)
    return entered, note, comment_for(note, pk)


def check_edits(entered: Entered, comment: NoteComment) -> None:
    """Raises Refused if the comment is not theirs to change."""
    if comment.author_id != entered.member.pk:
        reason = _("Only who wrote a comment can change it.")
        raise Refused("room.edit_comment", reason, target=entered.group)


def clean_comment(raw: str) -> str:
    """The text as it is kept. Raises Invalid ("text")."""
    text = kept("text", raw, clean_text, TEXT_LENGTH, TEXT_CODE_POINTS)
    if not text:
        raise Invalid("text", _("Write something."))
    return text
