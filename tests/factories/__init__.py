"""Test data: one factory a model. Companies come with a primary domain, people with their primary address."""

from .accounts import (
    PASSWORD,
    AddressFactory,
    CompanyFactory,
    ContactFactory,
    DomainFactory,
    MemberFactory,
    TeamFactory,
    hashed_password,
)
from .groups import GroupFactory, MailingListFactory, MasterFactory, MembershipFactory
from .mail import (
    DesignationFactory,
    EnvelopeFactory,
    ExternalContactFactory,
    FailingAddressFactory,
    MailFactory,
    OptOutFactory,
)
from .room import (
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

__all__ = [
    "FEED_SECRET",
    "PASSWORD",
    "AddressFactory",
    "CalendarFeedFactory",
    "CompanyFactory",
    "ContactFactory",
    "DesignationFactory",
    "DomainFactory",
    "EnvelopeFactory",
    "EventFactory",
    "ExternalContactFactory",
    "FailingAddressFactory",
    "FolderFactory",
    "FolderFileFactory",
    "GroupFactory",
    "MailFactory",
    "MailingListFactory",
    "MasterFactory",
    "MemberFactory",
    "MembershipFactory",
    "MessageFactory",
    "NoteCommentFactory",
    "NoteFactory",
    "OptOutFactory",
    "StoredFileFactory",
    "TaskFactory",
    "TeamFactory",
    "hashed_password",
]
