"""Groups, who is in them, their mailing lists and their rooms."""

from .company_export import CompanyExport
from .directory_import import DirectoryImport, ImportEffect, ImportFile, ImportKey, ImportRow
from .event import Attendance, CalendarFeed, Event, Reminder
from .file import FileVersion, Folder, FolderFile, StoredFile, Upload, file_key
from .former_place import FormerPlace
from .group import NAME_TAKEN, Group, GroupQuerySet, is_live
from .mail import (
    Envelope,
    EnvelopeQuerySet,
    FailingAddress,
    FailingAddressQuerySet,
    Mail,
    MailContent,
    OptOut,
)
from .mailing_list import Designation, ExternalContact, ListAlias, MailingList, list_at
from .membership import Master, Membership
from .notification import Notice, Notification, NotificationQuerySet
from .outage import Outage
from .photo import PhotoDraft
from .room import Assignee, Mention, Message, Note, NoteComment, Room, RoomVisit, Task
from .signing_key import SigningKey
from .switches import FEATURES, ROOM_FEATURES, Feature

__all__ = [
    "FEATURES",
    "NAME_TAKEN",
    "ROOM_FEATURES",
    "Assignee",
    "Attendance",
    "CalendarFeed",
    "CompanyExport",
    "Designation",
    "DirectoryImport",
    "Envelope",
    "EnvelopeQuerySet",
    "Event",
    "ExternalContact",
    "FailingAddress",
    "FailingAddressQuerySet",
    "Feature",
    "FileVersion",
    "Folder",
    "FolderFile",
    "FormerPlace",
    "Group",
    "GroupQuerySet",
    "ImportEffect",
    "ImportFile",
    "ImportKey",
    "ImportRow",
    "ListAlias",
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
    "NotificationQuerySet",
    "OptOut",
    "Outage",
    "PhotoDraft",
    "Reminder",
    "Room",
    "RoomVisit",
    "SigningKey",
    "StoredFile",
    "Task",
    "Upload",
    "file_key",
    "is_live",
    "list_at",
]
