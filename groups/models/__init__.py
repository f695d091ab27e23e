"""Groups, who is in them, their mailing lists and their rooms."""

from .event import Attendance, CalendarFeed, Event, Reminder
from .file import FileVersion, Folder, FolderFile, StoredFile, Upload
from .group import Group, GroupQuerySet
from .mail import Envelope, FailingAddress, Mail, MailContent, OptOut
from .mailing_list import Designation, ExternalContact, MailingList
from .membership import Master, Membership
from .notification import Notice, Notification
from .photo import PhotoDraft
from .room import Assignee, Mention, Message, Note, NoteComment, Room, RoomVisit, Task
from .switches import FEATURES, ROOM_FEATURES, Feature

__all__ = [
    "FEATURES",
    "ROOM_FEATURES",
    "Assignee",
    "Attendance",
    "CalendarFeed",
    "Designation",
    "Envelope",
    "Event",
    "ExternalContact",
    "FailingAddress",
    "Feature",
    "FileVersion",
    "Folder",
    "FolderFile",
    "Group",
    "GroupQuerySet",
    "Mail",
    "MailContent",
    "MailingList",
    "Master",
    "Membership",
    "Mention",
    "Message",
    "Note",
    "NoteComment",
    "Notice",
    "Notification",
    "OptOut",
    "PhotoDraft",
    "Reminder",
    "Room",
    "RoomVisit",
    "StoredFile",
    "Task",
    "Upload",
]
