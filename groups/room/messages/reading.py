"""Reads the messages of a room in slices, as one person may see them (rules 3.5, 3.7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Member
from groupadmin.base.text import balanced, fold, isolated, shortened
from groups.membership.since import member_since
from groups.models import Message, Room, StoredFile
from groups.room.access import Entered
from groups.room.people import Author, authors_of
from groups.room.permissions import RoomAct, may
from groups.room.text import html_of, is_emoji_only

from .announcements import sentence_of, shown_in, url_of

PAGE = 50
CHANGES_AT_ONCE = 100
FOUND_AT_ONCE = 25
QUOTED = 160
SPOKEN = 60
# Messages of one person within this time share one name line.
TOGETHER = timedelta(minutes=5)


@dataclass(frozen=True)
class Reading:
    """One person reading a room's messages, with everything that is looked up only once."""

    entered: Entered

    @cached_property
    def room(self) -> Room:
        group = self.entered.group
        return Room.objects.filter(group=group).first() or Room(group=group)

    @cached_property
    def since(self) -> datetime | None:
        """The moment from which they see messages; None if all (rule 3.7)."""
        if self.room.shares_history:
            return None
        return member_since(self.entered.member, self.entered.group) or timezone.now()

    def messages(self) -> QuerySet[Message]:
        """The messages that they may see."""
        group = self.entered.group
        shown = Message.objects.filter(shown_in(group), group=group)
        return shown if self.since is None else shown.filter(created_at__gte=self.since)

    def may_see(self, message: Message) -> bool:
        return self.since is None or message.created_at >= self.since

    def may(self, act: RoomAct, message: Message) -> bool:
        """Whether they may do this to a message; nobody does anything to a recalled one."""
        return message.recalled_at is None and bool(may(self.entered, act, message))


@dataclass
class Quote:
    """The message that this one replies to."""

    pk: int
    author_name: str = ""
    text: str = ""
    is_recalled: bool = False
    is_hidden: bool = False


@dataclass
class Line:
    """A message as one person sees it."""

    message: Message
    html: SafeString
    day: date
    is_own: bool
    may_edit: bool
    may_recall: bool
    company: str = ""
    is_letter: bool = False
    is_big: bool = False
    quote: Quote | None = None
    files: list[StoredFile] = field(default_factory=list)
    starts_day: bool = True
    goes_on: bool = False
    is_first_new: bool = False

    @property
    def css(self) -> str:
        """The CSS classes for the kind of line."""
        own = "line-own" if self.is_own else ""
        kind = "line-news" if self.message.kind == Message.Kind.ANNOUNCEMENT else own
        day = "starts-day" if self.starts_day else ""
        return " ".join(filter(None, [kind, day, "goes-on" if self.goes_on else ""]))

    @property
    def by(self) -> str:
        """The author's id, for scripts that group lines; empty for announcements."""
        if self.message.kind == Message.Kind.ANNOUNCEMENT:
            return ""
        return str(self.message.author_id or self.message.author_name)

    @property
    def spoken(self) -> str:
        """Its author and how it begins, for the names of its buttons."""
        begins = shortened(" ".join(self.message.text[: SPOKEN * 4].split()), SPOKEN, SPOKEN * 4)
        return ": ".join(isolated(part) for part in (self.message.author_name, begins) if part)

    @property
    def pictures(self) -> list[StoredFile]:
        return [stored for stored in self.files if stored.preview]

    @property
    def other_files(self) -> list[StoredFile]:
        return [stored for stored in self.files if not stored.preview]


@dataclass
class Slice:
    """Consecutive messages, oldest first, and whether there are more on either side."""

    lines: list[Line]
    # The room's count of changes before they were read.
    change: int = 0
    has_older: bool = False
    has_newer: bool = False

    @property
    def oldest(self) -> int:
        return self.lines[0].message.pk if self.lines else 0

    @property
    def newest(self) -> int:
        return self.lines[-1].message.pk if self.lines else 0


def newest_slice(reading: Reading) -> Slice:
    """The newest messages."""
    change = reading.room.changes
    found = list(reading.messages().order_by("-pk")[: PAGE + 1])
    return Slice(lines_of(reading, found[:PAGE][::-1]), change, has_older=len(found) > PAGE)


def slice_before(reading: Reading, pk: int) -> Slice:
    """The messages before one."""
    change = reading.room.changes
    found = list(reading.messages().filter(pk__lt=pk).order_by("-pk")[: PAGE + 1])
    lines = lines_of(reading, found[:PAGE][::-1])
    return Slice(lines, change, has_older=len(found) > PAGE, has_newer=True)


def slice_after(reading: Reading, pk: int) -> Slice:
    """The messages after one."""
    change = reading.room.changes
    found = list(reading.messages().filter(pk__gt=pk).order_by("pk")[: PAGE + 1])
    return Slice(lines_of(reading, found[:PAGE]), change, has_older=True, has_newer=len(found) > PAGE)


def slice_around(reading: Reading, pk: int) -> Slice:
    """The messages before and after one."""
    change, half = reading.room.changes, PAGE // 2
    before = list(reading.messages().filter(pk__lt=pk).order_by("-pk")[: half + 1])
    after = list(reading.messages().filter(pk__gte=pk).order_by("pk")[: half + 1])
    lines = lines_of(reading, before[:half][::-1] + after[:half])
    return Slice(lines, change, has_older=len(before) > half, has_newer=len(after) > half)


def changes_after(reading: Reading, change: int) -> Slice:
    """The messages added, edited or recalled since the room's count was at `change`, in that order.

    The count is written under the room's lock with each change, so no earlier change can appear later.
    """
    upto = reading.room.changes
    changed = reading.messages().filter(change__gt=change, change__lte=upto)
    found = list(changed.order_by("change")[: CHANGES_AT_ONCE + 1])
    more = len(found) > CHANGES_AT_ONCE
    found = found[:CHANGES_AT_ONCE]
    lines = lines_of(reading, sorted(found, key=lambda message: message.pk))
    return Slice(lines, found[-1].change if more else upto, has_newer=more)


def search(reading: Reading, query: str, before: int | None = None) -> Slice:
    """Messages that contain the query, newest first."""
    found = reading.messages().filter(text_folded__contains=fold(query))
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[: FOUND_AT_ONCE + 1])
    return Slice(lines_of(reading, page[:FOUND_AT_ONCE]), has_older=len(page) > FOUND_AT_ONCE)


def mark_first_new(lines: Sequence[Line], seen: int) -> None:
    """Marks the first message that the reader has not seen, unless that is the first they could ever see."""
    if not seen:
        return
    for line in lines:
        if line.message.pk > seen and not line.is_own:
            line.is_first_new = True
            return


def lines_of(reading: Reading, messages: Sequence[Message]) -> list[Line]:
    """The messages with everything that belongs to them, in a fixed number of queries."""
    pks = [message.pk for message in messages]
    loaded = {
        message.pk: message
        for message in Message.objects.filter(pk__in=pks)
        .select_related("author__company", "reply_to")
        .prefetch_related("files", "mentions__member")
    }
    messages = [loaded[pk] for pk in pks if pk in loaded]
    authors = authors_of(reading.entered, messages)
    lines = [_line(reading, message, by) for message, by in zip(messages, authors, strict=True)]
    arrange(lines)
    return lines


def arrange(lines: Sequence[Line]) -> None:
    """Marks where days begin, and which messages follow under the same name."""
    for before, line in pairwise(lines):
        line.starts_day = line.day != before.day
        one, other = before.message, line.message
        line.goes_on = (
            not line.starts_day
            and one.kind == other.kind == Message.Kind.TEXT
            and one.author_id == other.author_id
            and one.author_name == other.author_name
            and other.created_at - one.created_at < TOGETHER
        )


def _line(reading: Reading, message: Message, by: Author) -> Line:
    viewer = reading.entered.member
    is_announcement = message.kind == Message.Kind.ANNOUNCEMENT
    return Line(
        message=message,
        html=_announcement(message) if is_announcement else _text(message, viewer),
        day=timezone.localtime(message.created_at).date(),
        is_own=message.author_id == viewer.pk and not is_announcement,
        may_edit=reading.may(RoomAct.EDIT_MESSAGE, message),
        may_recall=reading.may(RoomAct.RECALL_MESSAGE, message),
        company=by.company,
        is_letter=by.is_letter,
        is_big=is_emoji_only(message.text) if message.text else False,
        quote=_quote(reading, message.reply_to) if message.reply_to else None,
        files=list(message.files.all()),
    )


def _text(message: Message, viewer: Member) -> SafeString:
    return html_of(message.text, [mention.member for mention in message.mentions.all()], viewer)


def _announcement(message: Message) -> SafeString:
    title = format_html('<bdi class="name">{}</bdi>', balanced(str(message.details.get("title", ""))))
    if address := url_of(message.group_id, message.details):
        title = format_html('<a href="{}">{}</a>', address, title)
    who = format_html('<bdi class="name">{}</bdi>', balanced(message.author_name))
    return format_html(sentence_of(message), who=who, title=title)


def _quote(reading: Reading, original: Message) -> Quote:
    if not reading.may_see(original):
        return Quote(original.pk, is_hidden=True)
    return quote_of(original)


def quote_of(original: Message) -> Quote:
    """The beginning of a message, for those who may see it."""
    text = " ".join(original.text[: QUOTED * 2].split())
    shown = text if len(text) <= QUOTED else text[:QUOTED].rstrip() + "…"
    return Quote(original.pk, original.author_name, shown, is_recalled=original.recalled_at is not None)
