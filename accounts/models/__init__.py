"""Companies and the people in them."""

from .address import Address
from .audit import AuditEntry
from .company import Company, Domain
from .contact import Contact, ContactBlock, ContactRequest, PartnerDomain
from .failure_count import FailureCount
from .job import Job
from .member import Member, MemberQuerySet
from .named import Named, name_key
from .team import Team, TeamMembership

__all__ = [
    "Address",
    "AuditEntry",
    "Company",
    "Contact",
    "ContactBlock",
    "ContactRequest",
    "Domain",
    "FailureCount",
    "Job",
    "Member",
    "MemberQuerySet",
    "Named",
    "PartnerDomain",
    "Team",
    "TeamMembership",
    "name_key",
]
