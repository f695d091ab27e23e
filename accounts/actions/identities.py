"""Joins people with who they are at a provider, and ends what it ends (rule 9.6): each is one transaction."""

from dataclasses import dataclass
from typing import TypedDict

from allauth.usersessions.models import UserSession
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor
from accounts.models import Address, AuditEntry, Domain, Identity, IdentityProvider, Member, ProviderSession
from accounts.models.address import AddressQuerySet, as_stored
from accounts.sessions import cut
from accounts.source import Source

from .members import lock_member

UNVERIFIED = gettext_lazy("The identity provider did not say that the email address is verified.")
UNKNOWN = gettext_lazy("No member has this email address at a domain of the identity provider.")
INACTIVE = gettext_lazy("The person is inactive.")
SUPERUSER = gettext_lazy("Superusers do not sign in by an identity provider.")
OUTSIDE = gettext_lazy("The person has no address at a domain of the identity provider.")
OTHER_IDENTITY = gettext_lazy("The person is already another identity at the identity provider.")
CHANGED = gettext_lazy("The identity provider was changed in the meantime.")
TAKEN_BACK = gettext_lazy("The identity provider ended it.")


class NotLetIn(Exception):  # noqa: N818  (an answer, not a fault)
    """Who has signed in at a provider gets in here as nobody."""

    def __init__(self, reason: Promise, member: Member | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.member = member


@dataclass(frozen=True)
class Person:
    """Who somebody is at a provider; the address is empty if it does not vouch for it."""

    subject: str
    email: str


class SignedInBy(TypedDict):
    """By which provider somebody signs in, as allauth carries it through the steps of a sign-in."""

    id: int
    name: str
    subject: str
    sid: str


def find_member(provider: IdentityProvider, person: Person, source: Source) -> Member:
    """The active member whom a provider lets in. Raises NotLetIn.

    By the subject; only who is new is found by address, at a domain that is the company's and the provider's,
    and joined then. Nobody is added, and a provider never speaks for people of another company.
    """
    if (known := find_known(provider, person.subject)) is not None:
        _check(provider, known)
        return known
    member = _by_address(provider, person)
    _check(provider, member)
    return _join(provider, member, person, source, actor=source.actor(member))


def find_known(provider: IdentityProvider, subject: str) -> Member | None:
    """Who has been joined with this subject."""
    rows = Identity.objects.select_related("member__company").filter(provider=provider, subject=subject)
    found = rows.first()
    return found.member if found else None


def _by_address(provider: IdentityProvider, person: Person) -> Member:
    if not person.email:
        raise NotLetIn(UNVERIFIED)
    row = _addresses(provider).filter(email=as_stored(person.email)).first()
    if row is None or row.member is None:
        raise NotLetIn(UNKNOWN)
    return row.member


def _addresses(provider: IdentityProvider) -> AddressQuerySet:
    """People's addresses for which the provider speaks: at its domains, as far as they are still proven."""
    return Address.objects.select_related("member__company").filter(
        kind__in=[Address.Kind.MEMBER, Address.Kind.ALIAS],
        member__company=provider.company_id,
        domain__company=provider.company_id,
        domain__state=Domain.State.PROVEN,
        domain__identity_providers=provider,
    )


def _check(provider: IdentityProvider, member: Member) -> None:
    if member.company_id != provider.company_id:
        raise NotLetIn(UNKNOWN)
    if member.is_superuser:
        raise NotLetIn(SUPERUSER, member)
    if not member.is_active:
        raise NotLetIn(INACTIVE, member)
    if not _addresses(provider).filter(member=member).exists():
        raise NotLetIn(OUTSIDE, member)


@audit.action
def _join(
    provider: IdentityProvider, member: Member, person: Person, source: Source, *, actor: Actor
) -> Member:
    """Who has this subject now. Raises NotLetIn if the person is already somebody else there."""
    # One after the other: the same person may sign in twice at once, or two people with one subject.
    rows = IdentityProvider.objects.select_for_update(of=("self",), no_key=True)
    present = (
        rows.in_use().filter(pk=provider.pk, issuer=provider.issuer, client_id=provider.client_id).first()
    )
    if present is None:
        raise NotLetIn(CHANGED, member)
    if (known := find_known(provider, person.subject)) is not None:
        _check(provider, known)
        return known
    _check(provider, Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk))
    if Identity.objects.filter(provider=provider, member=member).exists():
        # A new account with an old one's address may be another person.
        raise NotLetIn(OTHER_IDENTITY, member)
    Identity.objects.create(provider=provider, member=member, subject=person.subject)
    facts = {"provider": [None, provider.name], "by_address": [None, person.email], **source.facts()}
    audit.record(actor, "identity.join", member, facts)
    return member


def still_lets_in(provider: int, member: Member) -> bool:
    """Whether a provider that they began to sign in by is still in use, and they still somebody there."""
    providers = IdentityProvider.objects.in_use().filter(pk=provider, company=member.company_id)
    return Identity.objects.filter(member=member, provider__in=providers).exists()


@audit.action
def separate(member: Member, *, actor: Actor) -> int:
    """Forgets who a member is at the company's providers: the next sign-in joins them by address again.

    Ends the sessions that began there. Returns how many identities there were. Raises Refused, Unconfirmed.
    """
    _company, member = lock_member(member, actor, "identity.separate")
    actor.check_confirmed()
    rows = Identity.objects.filter(member=member).select_related("provider")
    names = [row.provider.name for row in rows]
    if not names:
        return 0
    rows.delete()
    cut(UserSession.objects.filter(user=member, provider_session__isnull=False))
    audit.record(actor, "identity.separate", member, {"provider": [", ".join(names), None]})
    return len(names)


def note_session(by: SignedInBy, session_key: str | None) -> None:
    """Remembers that a session was begun by a provider, which may end it."""
    session = UserSession.objects.filter(session_key=session_key).first()
    if session is not None:
        values = {"provider_id": by["id"], "subject": by["subject"], "sid": by["sid"]}
        ProviderSession.objects.update_or_create(session=session, defaults=values)


@audit.action
def end_by_provider(provider: IdentityProvider, subject: str, sid: str, *, actor: Actor) -> int:
    """Ends the sessions that a provider ends: that of its session `sid`, or all of somebody's.

    Both may be given; then both have to fit. Returns how many.
    """
    rows = UserSession.objects.filter(provider_session__provider=provider).select_related("user")
    if sid:
        rows = rows.filter(provider_session__sid=sid)
    if subject:
        rows = rows.filter(provider_session__subject=subject)
    found = list(rows)
    ended = cut(rows)
    for member in {row.user for row in found}:
        count = sum(row.user_id == member.pk for row in found)
        facts: audit.Changes = {"provider": [None, provider.name], "sessions": [count, 0]}
        audit.record(actor, "session.end_by_provider", member, facts, reason=TAKEN_BACK)
    return ended


def record_not_let_in(provider: IdentityProvider, not_let_in: NotLetIn, source: Source) -> None:
    """Adds the entry of somebody whom a provider let in and we did not, to its company's audit."""
    audit.record(
        source.actor(None),
        "sign_in.failed",
        not_let_in.member,
        {"provider": [None, provider.name], **source.facts()},
        company=provider.company_id,
        result=AuditEntry.Result.REFUSED,
        reason=not_let_in.reason,
    )
