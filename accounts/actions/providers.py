"""A company's identity providers (rule 9.6): each function is one transaction, to be confirmed (rule 9.4)."""

from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor
from accounts.models import Address, Company, Domain, Identity, IdentityProvider, Member
from accounts.permissions import check_administers
from accounts.sessions import cut
from groupadmin.base.errors import Invalid

from .locks import increase_version, lock_company
from .names import clean_name

PROVIDERS_LIMIT = 10


@dataclass(frozen=True)
class ProviderSettings:
    """The content of a provider's page. `issuer` is what its discovery document says."""

    name: str
    discovery_url: str
    issuer: str
    client_id: str
    secret: str
    """Empty to keep the present one."""
    domain_ids: frozenset[int]
    use: str = IdentityProvider.Use.OFFERED
    emergency_id: int | None = None
    asks_factor: bool = False
    key: str = ""
    """Of a new one: its addresses have been shown already, to be entered at the provider."""


def check_may_manage(company: Company, action: str, *, actor: Actor) -> None:
    """Before anything is fetched from an address that somebody names. Raises Refused or Unconfirmed."""
    check_administers(actor, company, action)
    actor.check_confirmed()


@audit.action
def add_provider(company: Company, settings: ProviderSettings, *, actor: Actor) -> IdentityProvider:
    """Adds an identity provider. Raises Refused, Unconfirmed or Invalid."""
    company = lock_company(company.pk)
    check_may_manage(company, "provider.add", actor=actor)
    if there := once.made(actor, IdentityProvider):
        return there
    if IdentityProvider.objects.filter(company=company).count() >= PROVIDERS_LIMIT:
        raise Invalid(None, _("You have enough identity providers. Remove one that is no longer used first."))
    if not settings.secret:
        raise Invalid("secret", _("Enter the client secret."))
    provider = IdentityProvider(company=company)
    provider.key = settings.key or provider.key
    domains = _set(provider, settings)
    _check_tried(provider, "", is_another=True)
    provider.save()
    provider.domains.set(domains)
    changes = audit.difference({}, {**_plain(provider, domains), "client_secret": _("new")})
    audit.record(actor, "provider.add", provider, changes)
    once.keep(actor, provider)
    return provider


@audit.action
def update_provider(
    provider: IdentityProvider,
    settings: ProviderSettings,
    version: int | None = None,
    *,
    kept: str | None = None,
    actor: Actor,
) -> IdentityProvider:
    """Changes an identity provider, and ends the sessions that it would not let begin now.

    The session with the key `kept` goes on: the one in which it is changed. Raises Refused, Unconfirmed,
    Invalid, or Conflict if the provider's version has changed.
    """
    provider = _lock(provider, actor, "provider.update")
    was, domains = provider.use, list(provider.domains.order_by("name"))
    before = _plain(provider, domains)
    identity = (provider.issuer, provider.client_id)
    chosen = _set(provider, settings)
    changes = audit.difference(before, _plain(provider, chosen))
    if settings.secret:
        changes["client_secret"] = [None, _("new")]
    if not changes:
        return provider
    is_another = identity != (provider.issuer, provider.client_id)
    if is_another:
        # The same subject is somebody else there.
        changes["identities"] = [Identity.objects.filter(provider=provider).delete()[0], 0]
    _check_tried(provider, was, is_another=is_another)
    increase_version(provider, version)
    provider.save()
    provider.domains.set(chosen)
    if is_another or provider.use == IdentityProvider.Use.OFF:
        _end(Q(provider_session__provider=provider), kept)
    if provider.is_required:
        _end(_by_password(provider, chosen), kept)
    audit.record(actor, "provider.update", provider, changes)
    return provider


@audit.action
def remove_provider(provider: IdentityProvider, *, kept: str | None = None, actor: Actor) -> None:
    """Removes it: people sign in with their passwords again. Raises Refused, Unconfirmed or Invalid."""
    provider = _lock(provider, actor, "provider.remove")
    before = _plain(provider, list(provider.domains.order_by("name")))
    _end(Q(provider_session__provider=provider), kept)
    audit.record(actor, "provider.remove", provider, {key: [value, None] for key, value in before.items()})
    provider.delete()


def _lock(provider: IdentityProvider, actor: Actor, action: str) -> IdentityProvider:
    company = lock_company(provider.company_id)
    check_may_manage(company, action, actor=actor)
    rows = IdentityProvider.objects.select_related("company", "emergency_administrator")
    present = rows.select_for_update(of=("self",), no_key=True).filter(pk=provider.pk).first()
    if present is None:
        raise Invalid(None, _("This identity provider was removed in the meantime."))
    return present


def _set(provider: IdentityProvider, settings: ProviderSettings) -> list[Domain]:
    """Writes the settings to the object, and returns the domains, which are a table of their own."""
    provider.name = clean_name(settings.name)
    provider.discovery_url, provider.issuer = settings.discovery_url, settings.issuer
    if not settings.client_id:
        raise Invalid("client_id", _("Enter the client ID."))
    provider.client_id = settings.client_id
    if settings.secret:
        provider.set_secret(settings.secret)
    if settings.use not in IdentityProvider.Use.values:
        raise Invalid("use", _("Choose one of the options."))
    provider.use = settings.use
    provider.asks_factor = settings.asks_factor
    provider.emergency_administrator = _emergency(provider, settings)
    proven = Domain.objects.filter(company=provider.company_id, state=Domain.State.PROVEN)
    domains = list(proven.filter(pk__in=settings.domain_ids).order_by("name"))
    if len(domains) != len(settings.domain_ids):
        raise Invalid("domains", _("Some of the domains are no longer available. Choose again."))
    if not domains and settings.use != IdentityProvider.Use.OFF:
        raise Invalid("domains", _("Choose at least one domain."))
    return domains


def _emergency(provider: IdentityProvider, settings: ProviderSettings) -> Member | None:
    """Who keeps the password: without one, nobody gets in if the provider is out of order."""
    field = "emergency_administrator"
    if settings.emergency_id is None:
        if settings.use == IdentityProvider.Use.REQUIRED:
            raise Invalid(field, _("Choose who keeps the password, in case the provider is out of order."))
        return None
    people = Member.objects.active().filter(company=provider.company_id, is_administrator=True)
    chosen = people.filter(pk=settings.emergency_id, is_superuser=False).first()
    if chosen is None:
        raise Invalid(field, _("Choose an active administrator."))
    if not chosen.has_usable_password():
        raise Invalid(field, _("This person has no password yet. Choose somebody who has one."))
    return chosen


def _check_tried(provider: IdentityProvider, was: str, *, is_another: bool) -> None:
    """Nobody is locked out by settings that have never let anybody in."""
    if not provider.is_required or (was == provider.use and not is_another):
        return
    if is_another or not Identity.objects.filter(provider=provider).exists():
        raise Invalid("use", _("Offer it first, and sign in by it once. Then you can require it."))


def _by_password(provider: IdentityProvider, domains: list[Domain]) -> Q:
    """The sessions of people at these domains that no provider has begun."""
    theirs = Address.objects.filter(domain__in=domains, kind=Address.Kind.MEMBER).values("member")
    others = Q(user__company=provider.company_id, user__in=theirs, user__is_superuser=False)
    return others & Q(provider_session__isnull=True) & ~Q(user=provider.emergency_administrator_id or 0)


def _end(which: Q, kept: str | None) -> int:
    rows = UserSession.objects.filter(which)
    return cut(rows.exclude(session_key=kept) if kept else rows)


def _plain(provider: IdentityProvider, domains: list[Domain]) -> dict[str, object]:
    """The settings as the audit shows them; the secret is never among them."""
    emergency = provider.emergency_administrator
    return {
        "name": provider.name,
        "discovery_url": provider.discovery_url,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "domains": [domain.name for domain in domains],
        "provider_use": provider.use,
        "emergency_administrator": emergency.email if emergency else "",
        "asks_factor": provider.asks_factor,
    }
