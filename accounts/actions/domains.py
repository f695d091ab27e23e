"""Changes which domains a company has (rules 1.1, 1.9): each function is one transaction.

What somebody does has to be confirmed (rule 9.4).

A domain that somebody adds is a claim. It becomes the company's with its proof (prove_domain), which beats
all claims of others. A domain that was in use before proofs were asked for goes on until somebody else proves
it.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, consequences, once
from accounts.actor import Actor
from accounts.consequences import Departures, Progress
from accounts.models import Company, Domain
from accounts.permissions import check_administers, check_rules_installation
from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line

from .locks import lock_companies, lock_company

# How many domains of a company may wait for their proof: each is looked up again and again.
CLAIMS_LIMIT = 20
# What a rule demands happens, however many people are concerned (rule 10.5).
SYSTEM = Actor.system(accepts_loss=True)


@audit.action
def add_domain(company: Company, name: str, *, actor: Actor) -> Domain:
    """Adds an email domain, as a claim to be proven; those of superusers count at once (rule 1.9).

    Raises Refused or Invalid.
    """
    claiming = Domain.objects.filter(name=clean_line(name).lower()).values_list("company", flat=True)
    # In one go: an approval also concerns the companies that claim the domain.
    company = lock_companies({company.pk, *(claiming if actor.rules_everything else ())})[company.pk]
    check_administers(actor, company, "domain.add")
    actor.check_confirmed()
    if there := once.made(actor, Domain):
        return there
    name = clean_domain_name(name)
    if Domain.objects.filter(name=name, company=company).exists():
        raise Invalid("name", _("Your company already has this domain."))
    # Does not reveal whose it is (rule 1.1).
    refusal = Invalid("name", _("This domain cannot be added."))
    if Domain.objects.filter(name=name, state=Domain.State.PROVEN).exists():
        raise refusal
    if not actor.rules_everything:
        claims = Domain.objects.filter(company=company, state=Domain.State.CLAIMED)
        if claims.count() >= CLAIMS_LIMIT:
            most = {"limit": CLAIMS_LIMIT}
            raise Invalid(
                "name", _("%(limit)d domains are waiting to be proven. Prove or remove some.") % most
            )
    try:
        with transaction.atomic():
            domain = Domain.objects.create(company=company, name=name)
    except IntegrityError:
        raise refusal from None
    audit.record(actor, "domain.add", domain, {"domain": [None, name]})
    once.keep(actor, domain)
    if actor.rules_everything:
        try:
            return approve_domain(domain, actor=actor)
        except Invalid as problem:
            raise Invalid("name", problem.message) from None
    return domain


@audit.action
def remove_domain(domain: Domain, *, actor: Actor, progress: Progress | None = None) -> Departures:
    """Removes an email domain that no address uses. Raises Refused or Invalid.

    Other companies may have named it as a domain of a company to connect with (rule 1.4): then they no longer
    connect with this one, and people leave groups (rule 2.15).
    """
    domain = _lock(domain, actor, "domain.remove")
    if domain.is_primary:
        raise Invalid(None, _("Make another domain primary first."))
    if domain.addresses.exists():
        raise Invalid(
            None,
            _("%(domain)s is in use: some members, teams or groups have addresses there. Change these first.")
            % {"domain": domain.name},
        )
    audit.record(actor, "domain.remove", domain, {"domain": [domain.name, None]})
    Domain.objects.filter(pk=domain.pk).delete()
    reason = gettext_lazy("A domain of the company was removed.")
    leave_by_rule = consequences.in_groups().leave_by_rule
    return leave_by_rule(domain.company, actor=actor, reason=reason, progress=progress)


def departures_without_domain(domain: Domain) -> Departures:
    """Who would leave which groups if the domain were removed, if it can be; to ask for confirmation."""
    if domain.is_primary or domain.addresses.exists():
        return Departures()
    change = Domain.objects.filter(pk=domain.pk).delete
    return consequences.in_groups().departures_if(domain.company, change)


@audit.action
def make_domain_primary(domain: Domain, *, actor: Actor) -> Domain:
    """Makes a domain the default for new addresses. Raises Refused or Invalid."""
    domain = _lock(domain, actor, "domain.make_primary")
    if domain.is_primary:
        return domain
    if not domain.is_usable:
        raise Invalid(None, _("Prove this domain first."))
    others = Domain.objects.filter(company=domain.company_id, is_primary=True)
    before = others.first()
    others.update(is_primary=False)
    domain.is_primary = True
    domain.save(update_fields=["is_primary"])
    changes: audit.Changes = {"primary_domain": [before.name if before else None, domain.name]}
    audit.record(actor, "domain.make_primary", domain, changes)
    return domain


@audit.action
def approve_domain(domain: Domain, *, actor: Actor) -> Domain:
    """Makes it the company's without a record, which only superusers may do (rule 1.9).

    Raises Refused, or Invalid if another company uses it: theirs has to be removed first.
    """
    check_rules_installation(actor, "domain.approve", domain)
    actor.check_confirmed()
    using = Domain.objects.usable().filter(name=domain.name).exclude(company=domain.company_id)
    if (other := using.select_related("company").first()) is not None:
        named = {"domain": domain.name, "company": other.company.name}
        raise Invalid("state", _("%(company)s uses %(domain)s. Remove it there first.") % named)
    return _become_the_companys(domain, "domain.approve", actor)


@audit.action
def prove_domain(domain: Domain, *, actor: Actor) -> Domain:
    """Makes it the company's, since its record was found (rule 1.9).

    Claims of other companies go. One that uses the domain without a proof loses it: with addresses there it
    keeps the row, which then gives nothing. Raises Refused, or Invalid if another company has proven it.
    """
    check_administers(actor, domain.company, "domain.prove")
    return _become_the_companys(domain, "domain.prove", actor)


def _become_the_companys(domain: Domain, action: str, actor: Actor) -> Domain:
    rows = Domain.objects.filter(name=domain.name)
    companies = lock_companies({domain.company_id, *rows.values_list("company", flat=True)})
    present = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    own = next((row for row in present if row.pk == domain.pk), None)
    if own is None:
        raise Invalid(None, _("This domain was removed in the meantime."))
    if own.state == Domain.State.PROVEN:
        return own
    others = [row for row in present if row.pk != own.pk]
    if any(row.state == Domain.State.PROVEN for row in others):
        raise Invalid("state", _("Another company has proven this domain."))
    _beat(row for row in others if row.company_id in companies)
    before = own.state
    own.state, own.proven_at, own.problem = Domain.State.PROVEN, timezone.now(), ""
    own.is_primary = own.is_primary or not _has_primary(own.company_id)
    own.save(update_fields=["state", "proven_at", "problem", "is_primary"])
    audit.record(actor, action, own, {"domain_state": [before, own.state]})
    return own


def _beat(others: Iterable[Domain]) -> None:
    """What becomes of other companies' rows. Their audits do not say whose the domain is (rule 1.1)."""
    for row in others:
        if row.state == Domain.State.LOST:
            continue
        reason = gettext_lazy("Another company has proven that the domain belongs to it.")
        was_usable, before = row.is_usable, row.state
        if row.addresses.exists():
            row.state, row.is_primary = Domain.State.LOST, False
            row.save(update_fields=["state", "is_primary"])
            _choose_primary(row.company_id)
            changes: audit.Changes = {"domain_state": [before, row.state]}
        else:
            changes = {"domain": [row.name, None]}
        audit.record(SYSTEM, "domain.lose", row, changes, reason=reason)
        if row.state != Domain.State.LOST:
            row.delete()
            _choose_primary(row.company_id)
        if was_usable:
            consequences.in_groups().leave_by_rule(row.company, actor=SYSTEM, reason=reason)


def _has_primary(company_id: int) -> bool:
    return Domain.objects.filter(company=company_id, is_primary=True).exists()


def _choose_primary(company_id: int) -> None:
    """Another domain instead of a primary one that is gone."""
    if _has_primary(company_id):
        return
    if (domain := Domain.objects.usable().filter(company=company_id).first()) is not None:
        domain.is_primary = True
        domain.save(update_fields=["is_primary"])
        audit.record(SYSTEM, "domain.make_primary", domain, {"primary_domain": [None, domain.name]})


@transaction.atomic
def lapse_claims() -> int:
    """Removes claims that nobody has proven for 30 days (rule 1.9). Returns how many."""
    since = timezone.now() - timedelta(days=settings.DOMAIN_CLAIMS_KEPT_DAYS)
    old = Domain.objects.filter(state=Domain.State.CLAIMED, claimed_at__lt=since)
    # Locked, so that none is proven at the same moment.
    lapsed = list(old.select_for_update(of=("self",)).order_by("pk"))
    for company in {row.company_id for row in lapsed}:
        rows = [row for row in lapsed if row.company_id == company]
        names = ", ".join(row.name for row in rows)
        audit.record(SYSTEM, "domain.lapse", rows[0], {"domain": [names, None]})
    Domain.objects.filter(pk__in=[row.pk for row in lapsed]).delete()
    return len(lapsed)


def _lock(domain: Domain, actor: Actor, action: str) -> Domain:
    company = lock_company(domain.company_id)
    check_administers(actor, company, action)
    actor.check_confirmed()
    present = Domain.objects.select_for_update(of=("self",), no_key=True).filter(pk=domain.pk).first()
    if present is None:
        raise Invalid(None, _("This domain was removed in the meantime."))
    return present


def clean_domain_name(raw: str) -> str:
    """A domain's name as mail servers write it: lower case, other scripts as punycode. Raises Invalid."""
    name = clean_line(raw).rstrip(".")
    try:
        # Again without a dot at the end: other scripts have their own, which only now has become one.
        name = name.encode("idna").decode("ascii").lower().rstrip(".")
        DomainNameValidator(accept_idna=False)(name)
    except (UnicodeError, ValidationError):
        raise Invalid("name", _("Enter a valid domain name, such as example.com.")) from None
    return name
