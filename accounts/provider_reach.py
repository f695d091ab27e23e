"""For whom identity providers speak, and whose password no longer counts (rule 9.6).

An address decides by its domain alone, so that a stranger learns nothing of accounts (rule 9.7).
"""

from collections.abc import Sequence

from .models import IdentityProvider, Member
from .models.address import as_stored


def providers_at(email: str) -> list[IdentityProvider]:
    """The providers in use that speak for an address, whether somebody has it or not. Takes one query."""
    domain = as_stored(email).rpartition("@")[2]
    found = IdentityProvider.objects.speaking_for(domain).select_related("company", "emergency_administrator")
    return list(found.order_by("name__collated", "pk"))


def required(providers: Sequence[IdentityProvider]) -> list[IdentityProvider]:
    """Those of them without which nobody signs in."""
    return [provider for provider in providers if provider.is_required]


def binding(providers: Sequence[IdentityProvider], member: Member) -> list[IdentityProvider]:
    """Those of the providers at a person's address that leave them no other way in.

    Superusers belong to the installation, and the emergency administrator keeps the password.
    """
    theirs = [provider for provider in required(providers) if provider.company_id == member.company_id]
    if member.is_superuser or any(keeps_password(provider, member) for provider in theirs):
        return []
    return theirs


def binding_of(member: Member) -> list[IdentityProvider]:
    """The providers by which the person has to sign in; empty if their password counts."""
    if member.company_id is None or member.is_superuser:
        return []
    return binding(providers_at(member.email), member)


def keeps_password(provider: IdentityProvider, member: Member) -> bool:
    """Whether they are the administrator who gets in when the provider is out of order.

    If who was named cannot any more, all administrators can until another is named: nobody is locked out.
    """
    named = provider.emergency_administrator
    if named is not None and may_be_emergency(provider, named):
        return named.pk == member.pk
    return member.is_administrator


def may_be_emergency(provider: IdentityProvider, member: Member) -> bool:
    """Whether they are somebody of the company who administers it, and has a password."""
    is_able = member.is_active and member.is_administrator and member.has_usable_password()
    return is_able and member.company_id == provider.company_id
