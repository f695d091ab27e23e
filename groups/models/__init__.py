"""Groups, who is in them, and their mailing lists."""

from .group import FEATURES, ROOM_FEATURES, Feature, Group, GroupQuerySet
from .mail import Envelope, FailingAddress, Mail, MailContent, OptOut
from .mailing_list import Designation, ExternalContact, MailingList
from .membership import Master, Membership
from .notification import Notice, Notification
from .photo import PhotoDraft

__all__ = [
    "FEATURES",
    "ROOM_FEATURES",
    "Designation",
    "Envelope",
    "ExternalContact",
    "FailingAddress",
    "Feature",
    "Group",
    "GroupQuerySet",
    "Mail",
    "MailContent",
    "MailingList",
    "Master",
    "Membership",
    "Notice",
    "Notification",
    "OptOut",
    "PhotoDraft",
]
