"""The message room: the room itself, messages, Event, Folder, Note, Task."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from groups.models import CalendarFeed, Feature, FileVersion, Note, Upload
from tests.factories import (
    FEED_SECRET,
    CalendarFeedFactory,
    EventFactory,
    FolderFactory,
    FolderFileFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    StoredFileFactory,
    TaskFactory,
)

from .rows import ROLES, Cast, Row, in_room, of_everybody, of_group


def _room() -> list[Row]:
    """Rule 2.12: masters who are no members are led to the group's page, where they can become one."""
    return [
        replace(row, get={**row.get, "master": 302}) if row.get and row.label == "group" else row
        for row in in_room(302)
    ]


def _message(cast: Cast, group: Any) -> Iterable[int]:
    """A message of the member's."""
    return (MessageFactory.create(group=group, author=cast.member).pk,)


def _text(cast: Cast, group: Any) -> dict[str, str]:
    return {"text": "Hello"}


def _message_file(cast: Cast, group: Any) -> Iterable[int]:
    """A picture of a message of the member's."""
    return (StoredFileFactory.create(group=group, author=cast.member).pk,)


ROOM: dict[str, list[Row]] = {
    "room:list": of_everybody(200),
    "room:room": _room(),
    "room:messages": in_room(200, 302, data=_text),
    "room:message_changes": in_room(200),
    "room:messages_seen": in_room(None, 302),
    "room:message_people": in_room(200),
    "room:message_edit": in_room(200, 302, more_args=_message, data=_text),
    "room:message_recall": in_room(200, 302, more_args=_message),
    "room:file": in_room(200, more_args=_message_file),
    "room:preview": in_room(200, more_args=_message_file),
}


def _event_on(cast: Cast, group: Any) -> Iterable[int]:
    """Event is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(event=True)
    return ()


def _event(cast: Cast, group: Any) -> Iterable[int]:
    """An event of the member's."""
    return (*_event_on(cast, group), EventFactory.create(group=group, author=cast.member).pk)


def _event_form(cast: Cast, group: Any) -> dict[str, Any]:
    return {"title": "Lunch", "start_date": "2027-03-01", "start_time": "12:00", "version": "1"}


def _calendar_file(cast: Cast, group: Any) -> dict[str, Any]:
    event = "BEGIN:VEVENT\nUID:1@example\nDTSTART:20270301T120000Z\nSUMMARY:Lunch\nEND:VEVENT"
    return {"text": f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR"}


def _feed(cast: Cast) -> Iterable[str]:
    """The member's private address of the group's calendar."""
    _event_on(cast, cast.group)
    if not CalendarFeed.objects.exists():
        CalendarFeedFactory.create(group=cast.group, member=cast.member)
    return (FEED_SECRET,)


EVENTS: dict[str, list[Row]] = {
    "room:events": in_room(200, more_args=_event_on),
    "room:events_seen": in_room(None, 204, more_args=_event_on, data=lambda cast, group: {"newest": "1"}),
    "room:event_add": in_room(200, 302, more_args=_event_on, data=_event_form),
    "room:events_import": in_room(200, 302, more_args=_event_on, data=_calendar_file),
    "room:events_feed": in_room(200, more_args=_event_on),
    "room:events_feed_create": in_room(200, 200, more_args=_event_on),
    "room:events_feed_remove": in_room(200, 302, more_args=_event_on),
    "room:event": in_room(200, more_args=_event),
    "room:event_edit": in_room(200, 302, more_args=_event, data=_event_form),
    "room:event_delete": in_room(200, 302, more_args=_event, data=lambda cast, group: {"version": "1"}),
    "room:event_attend": in_room(None, 302, more_args=_event, data=lambda cast, group: {"answer": "yes"}),
    # The secret in the address is enough: it is the member's.
    "room:feed": [Row(dict.fromkeys(ROLES, 200), None, args=_feed)],
}


def _folder_on(cast: Cast, group: Any) -> Iterable[Any]:
    """Folder is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(folder=True)
    return ()


def _folder_in(cast: Cast, group: Any) -> Iterable[Any]:
    return (*_folder_on(cast, group), FolderFactory.create(group=group, author=cast.member).pk)


def _folder_token(cast: Cast, group: Any) -> Iterable[Any]:
    return (f"d{next(iter(_folder_in(cast, group)))}",)


def _folder_file(cast: Cast, group: Any) -> Iterable[Any]:
    return (*_folder_on(cast, group), FolderFileFactory.create(group=group, author=cast.member).pk)


def _version(cast: Cast, group: Any) -> Iterable[Any]:
    """The older version, which is the member's, of a file that has two."""
    *on, file_pk = _folder_file(cast, group)
    version = FileVersion.objects.get(folder_file=file_pk)
    stored = StoredFileFactory.create(group=group, author=cast.member, feature=Feature.FOLDER)
    FileVersion.objects.create(folder_file=version.folder_file, stored=stored, number=2)
    return (*on, file_pk, version.pk)


def _binned(cast: Cast, group: Any) -> Iterable[Any]:
    """Something that the member has put into the bin."""
    binned = {"binned_at": timezone.now(), "binned_by": cast.member}
    folder = FolderFactory.create(group=group, author=cast.member, **binned)
    return (*_folder_on(cast, group), f"d{folder.pk}")


def _upload(cast: Cast, group: Any) -> Iterable[Any]:
    """A file of the member's that has not begun to arrive."""
    upload = Upload(group=group, member=cast.member, key=uuid.uuid4(), name="large.bin", size=5)
    upload.fingerprint = upload.key.hex
    upload.file.save("upload", ContentFile(b""))
    return (*_folder_on(cast, group), upload.key)


def _upload_for(feature: Feature) -> Callable[[Cast, Any], Iterable[Any]]:
    """The same for a note or a message."""

    def key(cast: Cast, group: Any) -> Iterable[Any]:
        (key,) = _upload(cast, group)
        Upload.objects.filter(key=key).update(feature=feature)
        type(group).objects.filter(pk=cast.group.pk).update(note=True)
        return (key,)

    return key


def _begun(cast: Cast, group: Any) -> dict[str, str]:
    return {"name": "large.bin", "size": "5"}


def _note_to_delete(cast: Cast, group: Any) -> Iterable[Any]:
    Note.objects.create(group=group, title="Minutes")
    return ("note",)


def _typed(cast: Cast, group: Any) -> dict[str, str]:
    return {"typed": group.name}


FOLDER: dict[str, list[Row]] = {
    "room:folder": in_room(200, more_args=_folder_on),
    "room:folder_in": in_room(200, more_args=_folder_in),
    "room:folder_add": in_room(None, 302, more_args=_folder_on, data=lambda cast, group: {"name": "New"}),
    "room:folder_seen": in_room(None, 204, more_args=_folder_on),
    "room:folder_rename": in_room(
        200, 302, more_args=_folder_token, data=lambda cast, group: {"name": "Other"}
    ),
    "room:folder_move": in_room(200, 200, more_args=_folder_on),
    "room:folder_delete": in_room(None, 302, more_args=_folder_on),
    "room:folder_zip": in_room(302, 302, more_args=_folder_on),
    "room:bin": in_room(200, more_args=_folder_on),
    "room:bin_restore": in_room(None, 302, more_args=_binned),
    "room:bin_delete": in_room(200, 302, more_args=_binned),
    "room:upload": in_room(None, 422, more_args=_folder_on),
    "room:upload_begin": in_room(None, 200, more_args=_folder_on, data=_begun),
    "room:message_upload_begin": in_room(None, 200, data=_begun),
    "room:message_upload_piece": in_room(
        200, 200, more_args=_upload_for(Feature.MESSAGE), data=lambda cast, group: {"offset": "0"}
    ),
    "room:upload_piece": in_room(200, 200, more_args=_upload, data=lambda cast, group: {"offset": "0"}),
    "room:file_versions": in_room(200, more_args=_folder_file),
    "room:folder_file": in_room(200, more_args=_folder_file),
    "room:version_restore": in_room(
        None, 302, more_args=_folder_file, data=lambda cast, group: {"version": "1"}
    ),
    "room:version_delete": in_room(200, 302, more_args=_version, data=lambda cast, group: {"number": "1"}),
    "groups:delete_data": of_group("run", "run", more_args=_note_to_delete, data=_typed),
}


def _note_on(cast: Cast, group: Any) -> Iterable[Any]:
    """Note is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(note=True)
    return ()


def _note(cast: Cast, group: Any) -> Iterable[Any]:
    """A note of the member's."""
    return (*_note_on(cast, group), NoteFactory.create(group=group, author=cast.member).pk)


def _comment(cast: Cast, group: Any) -> Iterable[Any]:
    """A comment of the member's on a note."""
    note = NoteFactory.create(group=group)
    return (*_note_on(cast, group), note.pk, NoteCommentFactory.create(note=note, author=cast.member).pk)


def _note_text(cast: Cast, group: Any) -> dict[str, str]:
    return {"title": "Minutes", "text": "Hello", "version": "1"}


NOTE: dict[str, list[Row]] = {
    "room:notes": in_room(200, more_args=_note_on),
    "room:note_add": in_room(200, 302, more_args=_note_on, data=_note_text),
    "room:note_preview": in_room(None, 200, more_args=_note_on, data=_note_text),
    "room:note_upload_begin": in_room(None, 200, more_args=_note_on, data=_begun),
    "room:note_upload_piece": in_room(
        200, 200, more_args=_upload_for(Feature.NOTE), data=lambda cast, group: {"offset": "0"}
    ),
    "room:notes_seen": in_room(None, 302, more_args=_note_on),
    "room:note": in_room(200, more_args=_note),
    "room:note_edit": in_room(200, 302, more_args=_note, data=_note_text),
    "room:note_delete": in_room(200, 302, more_args=_note),
    "room:note_pin": in_room(None, 302, more_args=_note, data=lambda cast, group: {"pinned": "1"}),
    "room:note_comment_add": in_room(None, 302, more_args=_note, data=_note_text),
    "room:note_comment_edit": in_room(200, 302, more_args=_comment, data=_note_text),
    "room:note_comment_delete": in_room(200, 302, more_args=_comment),
}


def _task_on(cast: Cast, group: Any) -> Iterable[Any]:
    """Task is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(task=True)
    return ()


def _task(cast: Cast, group: Any) -> Iterable[Any]:
    return (*_task_on(cast, group), TaskFactory.create(group=group, author=cast.master).pk)


def _task_text(cast: Cast, group: Any) -> dict[str, Any]:
    return {"title": "Water the plants", "version": "1"}


TASK: dict[str, list[Row]] = {
    "room:my_tasks": of_everybody(200),
    "room:tasks": in_room(200, 302, more_args=_task_on, data=_task_text),
    "room:tasks_seen": in_room(None, 204, more_args=_task_on),
    "room:task_add": in_room(200, 302, more_args=_task_on, data=_task_text),
    "room:task": in_room(200, more_args=_task),
    "room:task_edit": in_room(200, 302, more_args=_task, data=_task_text),
    "room:task_delete": in_room(200, 302, more_args=_task),
    "room:task_done": in_room(None, 302, more_args=_task, data=lambda cast, group: {"done": "1"}),
    "room:task_move": in_room(None, 302, more_args=_task, data=lambda cast, group: {"step": "up"}),
}
