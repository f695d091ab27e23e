"""Reads a room's notes and comments (rule 3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Substr
from django.http import QueryDict
from django.utils.safestring import SafeString

from groupadmin.base.paging import Page, page_of
from groupadmin.base.text import fold
from groups.models import Note, NoteComment, StoredFile
from groups.room.access import Entered, Gone
from groups.room.people import Author, authors_of
from groups.room.permissions import RoomAct, may
from groups.room.text import html_of
from groups.room.unread import seen_id

from .markdown import EXCERPT_SOURCE, excerpt_of

PAGE = 20
COMMENTS_PAGE = 50
PINNED_AT_MOST = 20
LINES_COMPARED = 1_000
LINES_AROUND = 2

NEWEST_FIRST = {"-id": int}


@dataclass(frozen=True)
class Row:
    """A note in the list."""

    note: Note
    by: Author
    excerpt: str
    comments: int = 0
    files: int = 0
    is_new: bool = False


@dataclass(frozen=True)
class Comment:
    """A comment below its note."""

    comment: NoteComment
    by: Author
    html: SafeString
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True)
class Notes:
    """A page of the list, with the pinned notes above it."""

    pinned: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    page: Page[Any] | None = None


def note_for(entered: Entered, pk: int) -> Note:
    """A note of this room. Raises Gone."""
    notes = Note.objects.filter(group=entered.group).select_related("author__company")
    note = notes.filter(pk=pk).first()
    if note is None:
        raise Gone
    return note


def comment_for(note: Note, pk: int) -> NoteComment:
    """A comment on the note. Raises Gone."""
    comment = note.comments.select_related("author").filter(pk=pk).first()
    if comment is None:
        raise Gone
    return comment


def listed(entered: Entered, wanted: QueryDict, query: str = "") -> Notes:
    """The notes: pinned ones, then the newest; or those that contain the query."""
    # Only the beginning of long texts is fetched.
    notes = Note.objects.filter(group=entered.group).defer("text", "text_folded")
    notes = notes.annotate(beginning=Substr("text", 1, EXCERPT_SOURCE + 1)).select_related("author__company")
    if query:
        # A query of ignored characters only finds nothing rather than everything.
        found = notes.filter(text_folded__contains=fold(query)) if fold(query) else notes.none()
        page = page_of(found, NEWEST_FIRST, wanted, PAGE)
        return Notes([], _rows(entered, page.rows), page)
    page = page_of(notes.filter(pinned_at__isnull=True), NEWEST_FIRST, wanted, PAGE)
    pinned: list[Note] = []
    if not page.previous:
        pinned = list(notes.filter(pinned_at__isnull=False).order_by("-pinned_at", "-pk")[:PINNED_AT_MOST])
    rows = _rows(entered, [*pinned, *page.rows])
    return Notes(rows[: len(pinned)], rows[len(pinned) :], page)


def _rows(entered: Entered, notes: Sequence[Note]) -> list[Row]:
    ids = [note.pk for note in notes]
    comments = _counts(NoteComment.objects.filter(note__in=ids))
    files = _counts(StoredFile.objects.filter(note__in=ids))
    seen = seen_id(entered)
    return [
        Row(
            note,
            by,
            excerpt_of(getattr(note, "beginning", "")),
            comments.get(note.pk, 0),
            files.get(note.pk, 0),
            note.pk > seen and note.author_id != entered.member.pk,
        )
        for note, by in zip(notes, authors_of(entered, notes), strict=True)
    ]


def _counts(rows: QuerySet[NoteComment] | QuerySet[StoredFile]) -> dict[int, int]:
    return dict(rows.order_by().values_list("note").annotate(Count("pk")))


def comments_of(entered: Entered, note: Note, wanted: QueryDict) -> tuple[list[Comment], Page[NoteComment]]:
    """The newest comments of a note, oldest of them first, and the page links to older ones."""
    comments = note.comments.select_related("author__company")
    page = page_of(comments, NEWEST_FIRST, wanted, COMMENTS_PAGE)
    return _comments(entered, page.rows[::-1]), page


def comment_line(entered: Entered, comment: NoteComment) -> Comment:
    """One comment for display below its note."""
    return _comments(entered, [comment])[0]


def _comments(entered: Entered, comments: Sequence[NoteComment]) -> list[Comment]:
    return [
        Comment(
            comment,
            author,
            html_of(comment.text),
            may_edit=bool(may(entered, RoomAct.EDIT_COMMENT, comment)),
            may_delete=bool(may(entered, RoomAct.DELETE_COMMENT, comment)),
        )
        for comment, author in zip(comments, authors_of(entered, comments), strict=True)
    ]


@dataclass(frozen=True)
class DiffLine:
    """A line of a comparison: only in the current text, only in the entered one, or in both."""

    kind: str
    line: str


def difference(current: str, submitted: str) -> list[DiffLine]:
    """How the entered text differs from the current one, with a few lines around each difference."""
    old, new = current.split("\n")[:LINES_COMPARED], submitted.split("\n")[:LINES_COMPARED]
    lines: list[DiffLine] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(LINES_AROUND):
        if lines:
            lines.append(DiffLine("gap", "…"))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                lines += [DiffLine("both", line) for line in old[old_from:old_to]]
            else:
                lines += [DiffLine("current", line) for line in old[old_from:old_to]]
                lines += [DiffLine("submitted", line) for line in new[new_from:new_to]]
    return lines
