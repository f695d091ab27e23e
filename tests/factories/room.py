# mypy: disable-error-code="no-untyped-call,untyped-decorator"
"""What stands in the room of a group: messages, tasks, notes, files, events."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from factory.declarations import LazyAttribute, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory, FileField
from factory.helpers import post_generation

from accounts.models import Member
from groupadmin.base.text import fold
from groups.models import (
    Assignee,
    CalendarFeed,
    Event,
    Feature,
    FileVersion,
    Folder,
    FolderFile,
    Message,
    Note,
    NoteComment,
    StoredFile,
    Task,
)
from groups.room.access import add_bytes, add_message, lock_room
from groups.room.calendar.feed import kept_of

from .accounts import MemberFactory
from .groups import GroupFactory

FEED_SECRET = "only-its-owner-knows"


class MessageFactory(DjangoModelFactory[Message]):
    """A message of a new member's, counted as a change of its room."""

    class Meta:
        model = Message

    group = SubFactory(GroupFactory, message=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    text = Sequence("Message {}".format)
    text_folded = LazyAttribute(lambda made: fold(made.text))

    @classmethod
    def _create(cls, model_class: type[Message], *args: Any, **kwargs: Any) -> Message:
        with transaction.atomic():
            return add_message(lock_room(kwargs["group"]), model_class(**kwargs))


class TaskFactory(DjangoModelFactory[Task]):
    """An open task of a new member's, below the others. `assignees=[…]` are to do it."""

    class Meta:
        model = Task
        skip_postgeneration_save = True

    group = SubFactory(GroupFactory, message=True, task=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    title = Sequence("Task {}".format)
    position = Sequence(float)

    @post_generation
    def assignees(task: Task, create: bool, people: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        Assignee.objects.bulk_create(Assignee(task=task, member=person) for person in people or ())


class NoteFactory(DjangoModelFactory[Note]):
    """A note of a new member's."""

    class Meta:
        model = Note

    group = SubFactory(GroupFactory, message=True, note=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    title = Sequence("Note {}".format)
    text = ""
    text_folded = LazyAttribute(lambda made: fold(f"{made.title} {made.text}"))


class NoteCommentFactory(DjangoModelFactory[NoteComment]):
    """A comment of a new member's on a note."""

    class Meta:
        model = NoteComment

    note = SubFactory(NoteFactory)
    group = SelfAttribute("note.group")
    author = SubFactory(MemberFactory, company=SelfAttribute("..note.group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    text = Sequence("Comment {}".format)


class StoredFileFactory(DjangoModelFactory[StoredFile]):
    """A picture in a message; give `feature` and what it belongs to for another."""

    class Meta:
        model = StoredFile

    group = SubFactory(GroupFactory, message=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    feature = Feature.MESSAGE
    message = LazyAttribute(
        lambda made: (
            MessageFactory.create(group=made.group, author=made.author)
            if made.feature == Feature.MESSAGE
            else None
        )
    )
    name = "picture.png"
    size = 9
    content_type = "image/png"
    file = FileField(data=b"a picture", filename="stored")
    preview = FileField(data=b"a preview", filename="preview")
    width = 320
    height = 200


class FolderFactory(DjangoModelFactory[Folder]):
    """A folder, at the top unless `parent` is given."""

    class Meta:
        model = Folder

    group = SubFactory(GroupFactory, message=True, folder=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    name = Sequence("Folder {}".format)

    @classmethod
    def _create(cls, model_class: type[Folder], *args: Any, **kwargs: Any) -> Folder:
        folder = model_class(**kwargs)
        folder.call(folder.name)
        folder.save()
        return folder


class FolderFileFactory(DjangoModelFactory[FolderFile]):
    """A file of one version, at the top unless `folder` is given, holding `content`."""

    class Meta:
        model = FolderFile
        skip_postgeneration_save = True

    group = SubFactory(GroupFactory, message=True, folder=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    name = Sequence("file{}.txt".format)

    @classmethod
    def _create(cls, model_class: type[FolderFile], *args: Any, **kwargs: Any) -> FolderFile:
        file = model_class(**kwargs)
        file.call(file.name)
        file.save()
        return file

    @post_generation
    def content(file: FolderFile, create: bool, content: bytes | None, **kwargs: Any) -> None:  # noqa: N805
        content = b"what it holds" if content is None else content
        stored = StoredFile(
            group=file.group,
            feature=Feature.FOLDER,
            name=file.name,
            size=len(content),
            author=file.author,
            author_name=file.author_name,
        )
        stored.file.save("stored", ContentFile(content), save=False)
        stored.save()
        add_bytes(file.group, len(content))
        FileVersion.objects.create(folder_file=file, stored=stored, number=1)


class EventFactory(DjangoModelFactory[Event]):
    """An hour on March 1, 2027, at noon UTC, of a new member's; `repeats="FREQ=…"` repeats it for ever."""

    class Meta:
        model = Event

    group = SubFactory(GroupFactory, message=True, event=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    title = Sequence("Event {}".format)
    starts_at = datetime(2027, 3, 1, 12, tzinfo=UTC)
    ends_at = LazyAttribute(lambda made: made.starts_at + timedelta(hours=1))
    last_ends_at = LazyAttribute(lambda made: None if made.repeats else made.ends_at)
    repeats = ""
    uid = Sequence("event{}@example".format)


class CalendarFeedFactory(DjangoModelFactory[CalendarFeed]):
    """A private address of a group's calendar, with the secret FEED_SECRET."""

    class Meta:
        model = CalendarFeed

    group = SubFactory(GroupFactory, message=True, event=True)
    member = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    key = kept_of(FEED_SECRET)
