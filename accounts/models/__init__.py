"""Companies and the people in them."""

from .address import Address
from .answered_request import AnsweredRequest
from .audit import AuditEntry
from .bulk import BulkChange, BulkRow
from .company import Company
from .contact import Contact, ContactBlock, ContactRequest, PartnerDomain
from .domain import Domain, DomainQuerySet
from .failure_count import FailureCount
from .identity_provider import Identity, IdentityProvider, ProviderSession
from .job import Job
from .member import Member, MemberQuerySet
from .named import Named, Sourced, name_key
from .provisioned import Provisioned
from .queued_mail import FailedTask, QueuedMail
from .sent_form import SentForm
from .team import Team, TeamMembership
from .token import OF_COMPANIES_ONLY, AccessToken, Scope
from .undoable import Undoable
from .webhook import Webhook, WebhookDelivery

__all__ = [
    "OF_COMPANIES_ONLY",
    "AccessToken",
    "Address",
    "AnsweredRequest",
    "AuditEntry",
    "BulkChange",
    "BulkRow",
    "Company",
    "Contact",
    "ContactBlock",
    "ContactRequest",
    "Domain",
    "DomainQuerySet",
    "FailedTask",
    "FailureCount",
    "Identity",
    "IdentityProvider",
    "Job",
    "Member",
    "MemberQuerySet",
    "Named",
    "PartnerDomain",
    "ProviderSession",
    "Provisioned",
    "QueuedMail",
    "Scope",
    "SentForm",
    "Sourced",
    "Team",
    "TeamMembership",
    "Undoable",
    "Webhook",
    "WebhookDelivery",
    "name_key",
]
