"""Companies and the people in them."""

from .address import Address
from .audit import AuditEntry
from .company import Company, Domain
from .member import Member
from .named import Named, name_key
from .team import Team, TeamMembership

__all__ = [
    "Address",
    "AuditEntry",
    "Company",
    "Domain",
    "Member",
    "Named",
    "Team",
    "TeamMembership",
    "name_key",
]
