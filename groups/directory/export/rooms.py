"""What is in a group's message room: JSON for programs, pages for people, files as they are (rule 10.7)."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Member
from groups.models import FileVersion, Folder, Group, Message, Note, NoteComment, StoredFile, Task
from groups.models.room import Written
from groups.room.calendar.feed import whole_calendar
from groups.room.folder.zip_names import NOTE, Paths, folder_units
from groups.room.messages.announcements import sentence_of
from groups.room.notes.markdown import html_of as markdown_html
from groups.room.text import html_of

from .archive import Archive

T = TypeVar("T", bound=Model)
Beginning = tuple[str, str | Promise] | None
"""Where people begin to read a feature's things, and its title; None if there are none."""

ROWS_AT_ONCE = 500
PIECE = 64 * 1024
IN_MEMORY = 1024 * 1024

TITLES = {"messages": _("Messages"), "notes": _("Notes"), "tasks": _("Tasks")}
EVENTS, FILES = _("Events"), _("Files")
# What only the pages show: programs have the text and the times.
SHOWN = ("html", "at", "is_marked_up")


def add_room(archive: Archive, group: Group, place: str) -> list[tuple[str, str]]:
    """Adds all that the group's room has, below `place`, which ends in a slash.

    Returns where people begin to read each feature that has something, and its title.
    """
    paths = Paths()
    features = (_add_messages, _add_notes, _add_tasks, _add_events, _add_folder)
    found = [feature(archive, group, place, paths) for feature in features]
    if paths.changed:
        archive.add(f"{place}{NOTE}", [paths.note()])
    return [(place + begin, str(title)) for begin, title in filter(None, found)]


def index_of_rooms(company: Company, rooms: Iterable[tuple[Group, list[tuple[str, str]]]]) -> Iterator[bytes]:
    """The page that leads to those of each room, as `add_room` returns them; it stands beside the rooms."""
    yield _part("head", whose=company, title=_("Message rooms"), top="")
    for group, links in rooms:
        beside = [(path.partition("/")[2], title) for path, title in links]
        yield _part("index_row", group=group, links=beside)
    yield _part("foot")


def _add_messages(archive: Archive, group: Group, place: str, paths: Paths) -> Beginning:
    messages = Message.objects.filter(group=group).order_by("pk")
    messages = messages.select_related("author", "group").prefetch_related("files", "mentions__member")
    attached = partial(_attached, archive, place, paths, "message-files")
    return _add_things(archive, group, place, "messages", messages, partial(_message, attached))


def _message(attached: Callable[[Iterable[StoredFile]], list[str]], message: Message) -> dict[str, Any]:
    is_recalled = message.recalled_at is not None
    return {
        **_written(message),
        "kind": message.kind,
        "text": "" if is_recalled else message.text,
        "news": message.details or None,
        "recalled_at": _moment(message.recalled_at),
        "reply_to": message.reply_to_id,
        "mentions": [one.member.name for one in message.mentions.all()],
        "files": attached(message.files.all()),
        "html": _message_html(message),
    }


def _message_html(message: Message) -> SafeString:
    if message.recalled_at is not None:
        return SafeString("")
    if message.kind == Message.Kind.ANNOUNCEMENT:
        title = str(message.details.get("title", ""))
        return format_html(sentence_of(message), who=message.author_name, title=title)
    return html_of(message.text, [mention.member for mention in message.mentions.all()])


def _add_notes(archive: Archive, group: Group, place: str, paths: Paths) -> Beginning:
    notes = Note.objects.filter(group=group).order_by("pk")
    notes = notes.select_related("author", "group").prefetch_related(
        "files", "comments__author", "comments__group"
    )
    attached = partial(_attached, archive, place, paths, "note-files")
    return _add_things(archive, group, place, "notes", notes, partial(_note, attached))


def _note(attached: Callable[[Iterable[StoredFile]], list[str]], note: Note) -> dict[str, Any]:
    return {
        **_written(note),
        "title": note.title,
        "text": note.text,
        "pinned_at": _moment(note.pinned_at),
        "comments": [_comment(one) for one in note.comments.all()],
        "files": attached(note.files.all()),
        "html": markdown_html(note.text),
        "is_marked_up": True,
    }


def _comment(comment: NoteComment) -> dict[str, Any]:
    return {**_written(comment), "text": comment.text}


def _add_tasks(archive: Archive, group: Group, place: str, _paths: Paths) -> Beginning:
    tasks = Task.objects.filter(group=group).order_by("position", "pk")
    tasks = tasks.select_related("author", "group").prefetch_related("assignees__member")
    return _add_things(archive, group, place, "tasks", tasks, _task)


def _task(task: Task) -> dict[str, Any]:
    return {
        **_written(task),
        "title": task.title,
        "text": task.notes,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "done_at": _moment(task.done_at),
        "done_by": task.done_by_name,
        "assignees": [
            {"name": one.member.name, "email": _address(one.member, task.group)}
            for one in task.assignees.all()
        ],
        "html": html_of(task.notes),
    }


def _add_events(archive: Archive, group: Group, place: str, _paths: Paths) -> Beginning:
    if not (calendar := whole_calendar(group)):
        return None
    archive.add(f"{place}events.ics", [calendar])
    return "events.ics", EVENTS


def _add_folder(archive: Archive, group: Group, place: str, paths: Paths) -> Beginning:
    """The files with their folders; older versions beside them, under their number."""
    places = _places(group, paths)
    versions = FileVersion.objects.filter(folder_file__group=group, folder_file__binned_at__isnull=True)
    versions = versions.select_related("folder_file", "stored").order_by("folder_file_id", "-number")
    newest = 0
    for version in versions.iterator(chunk_size=ROWS_AT_ONCE):
        kept, is_newest = version.folder_file, version.folder_file_id != newest
        newest = version.folder_file_id
        inside = places.get(kept.folder_id or 0, "")
        top = "folder/" if is_newest else f"folder-versions/{version.number}/"
        archive.add(place + paths.file(top + inside, kept.name), _bytes(version.stored))
    return ("folder/", FILES) if newest else None


def _places(group: Group, paths: Paths) -> dict[int, str]:
    """The path of each folder, ending in a slash."""
    children: dict[int, list[Folder]] = {}
    for folder in Folder.objects.filter(group=group, binned_at__isnull=True).order_by("name_sort", "pk"):
        children.setdefault(folder.parent_id or 0, []).append(folder)
    names: dict[int, list[str]] = {0: []}
    below, order = [0], list[Folder]()
    while below:
        parent = below.pop()
        for folder in children.get(parent, ()):
            names[folder.pk] = [*names[parent], folder.name]
            order.append(folder)
            below.append(folder.pk)
    most, places = folder_units(names.values()), dict[int, str]()
    for folder in order:
        places[folder.pk] = paths.folder(places.get(folder.parent_id or 0, ""), folder.name, most)
    return places


def _attached(
    archive: Archive, place: str, paths: Paths, folder: str, files: Iterable[StoredFile]
) -> list[str]:
    """Adds the files of a message or note. Returns their paths, as seen from its room."""
    found = []
    for stored in files:
        path = paths.file(f"{folder}/", stored.name)
        found.append(path)
        archive.add(place + path, _bytes(stored))
    return found


def _bytes(stored: StoredFile) -> Iterator[bytes]:
    """The bytes of a file. A lost one is empty, so that the others go out."""
    try:
        with stored.file.open("rb") as content:
            yield from iter(partial(content.read, PIECE), b"")
    except FileNotFoundError:
        return


def _add_things(
    archive: Archive,
    group: Group,
    place: str,
    name: str,
    things: QuerySet[T],
    row: Callable[[T], dict[str, Any]],
) -> Beginning:
    """Adds them as a list in JSON, and as a page; nothing if there are none.

    Both grow side by side outside of the zip file, in which only one file at a time can be written.
    """
    found = things.iterator(chunk_size=ROWS_AT_ONCE)
    if not (batch := list(islice(found, ROWS_AT_ONCE))):
        return None
    title = str(TITLES[name])
    with SpooledTemporaryFile(IN_MEMORY) as data, SpooledTemporaryFile(IN_MEMORY) as page:
        page.write(_part("head", whose=group, title=title, top="../"))
        separator = b"[\n"
        while batch:
            rows = [row(one) for one in batch]
            page.write(_part("rows", rows=rows))
            for one in rows:
                data.write(separator + _json({key: value for key, value in one.items() if key not in SHOWN}))
                separator = b",\n"
            batch = list(islice(found, ROWS_AT_ONCE))
        data.write(b"\n]\n")
        page.write(_part("foot"))
        for path, content in ((f"{name}.json", data), (f"{name}.html", page)):
            content.seek(0)
            archive.add(place + path, iter(partial(content.read, PIECE), b""))
    return f"{name}.html", title


def _part(name: str, **context: Any) -> bytes:
    return render_to_string(f"export/room.html#{name}", context).encode("utf-8", "replace")


def _written(written: Written) -> dict[str, Any]:
    return {
        "id": written.pk,
        "author": written.author_name,
        "author_email": _address(written.author, written.group),
        "created_at": _moment(written.created_at),
        "edited_at": _moment(written.edited_at),
        "at": written.created_at,
    }


def _address(person: Member | None, group: Group) -> str:
    """The person's address; of another company's people it is not for the group's company (rule 6.4)."""
    return person.email if person is not None and person.company_id == group.company_id else ""


def _moment(at: Any) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_moment).encode("utf-8", "replace")
