"""Changes who may connect with people of which companies (rules 1.4, 2.15): each one a transaction."""

from collections.abc import Collection

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, consequences, once
from accounts.actor import Actor
from accounts.audit.items import people_items
from accounts.consequences import Departures, Progress
from accounts.models import Company, Domain, Member, PartnerDomain
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid

from .domains import clean_domain_name
from .locks import lock_company

PARTNER_DOMAINS_LIMIT = 1_000


@audit.action
def grant_connection(company: Company, members: Collection[int], *, actor: Actor) -> int:
    """Permits people to connect; matters where only chosen members may. Returns how many are new.

    Raises Refused or Invalid.
    """
    company = lock_company(company.pk)
    check_administers(actor, company, "connection.grant")
    wanted = Member.objects.active().filter(company=company, pk__in=members)
    present = dict(wanted.values_list("pk", "may_connect"))
    if set(members) - present.keys():
        raise Invalid(
            "people", _("Some of the people you chose are inactive or not in your company. Choose again.")
        )
    new = [pk for pk, may_connect in present.items() if not may_connect]
    if not new:
        return 0
    Member.objects.filter(pk__in=new).update(may_connect=True, version=F("version") + 1)
    audit.record(actor, "connection.grant", company, {"people_added": [None, people_items(new)]})
    if _is_by_choice(company):
        consequences.in_groups().tell_connecting(new, may_connect=True, actor=actor)
    return len(new)


@audit.action
def withdraw_connection(
    company: Company, members: Collection[int], *, actor: Actor, progress: Progress | None = None
) -> Departures:
    """Revokes people's permission to connect; if it mattered, they leave all external groups (rule 2.15).

    People without it stay as they are. Raises Refused.
    """
    company = lock_company(company.pk)
    check_administers(actor, company, "connection.withdraw")
    having = Member.objects.filter(company=company, pk__in=members, may_connect=True)
    gone = list(having.values_list("pk", flat=True))
    if not gone:
        return Departures()
    Member.objects.filter(pk__in=gone).update(may_connect=False, version=F("version") + 1)
    audit.record(actor, "connection.withdraw", company, {"people_removed": [None, people_items(gone)]})
    if not _is_by_choice(company):
        return Departures()
    groups = consequences.in_groups()
    groups.tell_connecting(gone, may_connect=False, actor=actor)
    reason = gettext_lazy("The permission to connect with other companies was removed.")
    return groups.leave_by_rule(company, actor=actor, reason=reason, members=gone, progress=progress)


def departures_without(company: Company, members: Collection[int]) -> Departures:
    """Who would leave which groups if these people lost the permission; to ask for confirmation."""
    if not _is_by_choice(company):
        return Departures()
    people = Member.objects.filter(company=company, pk__in=members)
    return consequences.in_groups().departures_if(
        company, lambda: people.update(may_connect=False), members=members
    )


@audit.action
def add_partner_domain(company: Company, name: str, *, actor: Actor) -> PartnerDomain:
    """Adds an email domain of a company to connect with. Raises Refused or Invalid.

    Whether a company here has it is neither checked nor revealed (rule 6.2).
    """
    company = lock_company(company.pk)
    check_administers(actor, company, "connection.add_company")
    if there := once.made(actor, PartnerDomain):
        return there
    name = clean_domain_name(name)
    if Domain.objects.usable().filter(company=company, name=name).exists():
        raise Invalid("name", _("This domain belongs to your own company."))
    named = PartnerDomain.objects.filter(company=company)
    if named.filter(name=name).exists():
        raise Invalid("name", _("This domain is already in the list."))
    if named.count() >= PARTNER_DOMAINS_LIMIT:
        most = {"limit": f"{PARTNER_DOMAINS_LIMIT:,}"}
        raise Invalid("name", _("The list is full: it can have %(limit)s domains.") % most)
    domain = PartnerDomain.objects.create(company=company, name=name)
    audit.record(actor, "connection.add_company", domain, {"domain": [None, name]})
    once.keep(actor, domain)
    return domain


@audit.action
def remove_partner_domain(
    domain: PartnerDomain, *, actor: Actor, progress: Progress | None = None
) -> Departures:
    """Removes it; people who connect through it alone leave (rule 2.15). Raises Refused or Invalid."""
    company = lock_company(domain.company_id)
    check_administers(actor, company, "connection.remove_company")
    present = PartnerDomain.objects.filter(pk=domain.pk, company=company).first()
    if present is None:
        raise Invalid(None, _("This domain was removed in the meantime."))
    audit.record(actor, "connection.remove_company", present, {"domain": [present.name, None]})
    present.delete()
    if company.partners != Company.Partners.NAMED:
        return Departures()
    reason = gettext_lazy("Your company and the other one no longer connect.")
    leave_by_rule = consequences.in_groups().leave_by_rule
    return leave_by_rule(company, actor=actor, reason=reason, progress=progress)


def departures_without_domain(domain: PartnerDomain) -> Departures:
    """Who would leave which groups if the domain were removed; to ask for confirmation."""
    company = domain.company
    if company.partners != Company.Partners.NAMED:
        return Departures()
    change = PartnerDomain.objects.filter(pk=domain.pk).delete
    return consequences.in_groups().departures_if(company, change)


def _is_by_choice(company: Company) -> bool:
    """Whether a member's own permission matters (rule 1.4)."""
    return company.connecting == Company.Connecting.CHOSEN
