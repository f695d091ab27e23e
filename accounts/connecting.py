"""The only place that decides who may connect with people of which other companies (rules 1.4, 6.1).

A member may if their company lets them. Two companies connect if both let their people, and if each of them
that connects only with named companies names a domain of the other, which has to be theirs (rule 1.9). An
external group holds people of the company that owns it and of companies that connect with that one.
"""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models.member import may_connect

from .models import Company, Domain, Member, PartnerDomain


def _names(company: str, other: str) -> Exists:
    """Whether one company names a domain of the other; both are lookups from the outer query."""
    theirs = Domain.objects.usable().filter(company=OuterRef(OuterRef(other)))
    return Exists(PartnerDomain.objects.filter(company=OuterRef(company), name__in=theirs.values("name")))


def companies_connect(one: str, other: str) -> Q:
    """Whether two companies connect (rule 6.1), by lookups such as "group__company" and "member__company".

    What their people may do is checked separately: may_connect.
    """
    any_company, named = Company.Partners.ANY, Company.Partners.NAMED
    both = Q()
    for mine, theirs in ((one, other), (other, one)):
        allows = Q(**{f"{mine}__partners": any_company}) | (
            Q(**{f"{mine}__partners": named}) & Q(_names(mine, theirs))
        )
        both &= ~Q(**{f"{mine}__connecting": Company.Connecting.NOBODY}) & allows
    return both


def companies_open_to(company: Company) -> QuerySet[Company]:
    """The other companies whose people this company's people may connect with (rule 6.1)."""
    others = Company.objects.exclude(pk=company.pk).exclude(connecting=Company.Connecting.NOBODY)
    if company.connecting == Company.Connecting.NOBODY:
        return others.none()
    own_domains = Domain.objects.usable().filter(company=company).values("name")
    names_us = Exists(PartnerDomain.objects.filter(company=OuterRef("pk"), name__in=own_domains))
    others = others.filter(Q(partners=Company.Partners.ANY) | Q(names_us))
    if company.partners == Company.Partners.NAMED:
        named = PartnerDomain.objects.filter(company=company).values("name")
        others = others.filter(pk__in=Domain.objects.usable().filter(name__in=named).values("company"))
    return others


def people_open_to(company: Company) -> QuerySet[Member]:
    """People of other companies whom this company's people may connect with (rule 6.1)."""
    return Member.objects.connecting().filter(company__in=companies_open_to(company).values("pk"))


def people_for_external_groups(company: Company) -> QuerySet[Member]:
    """People who may be in an external group of the company, as members or masters (rules 2.7, 2.9, 6.1)."""
    own = Member.objects.connecting().filter(company=company)
    return own | people_open_to(company)


def may_meet(one: Member, other: Member) -> bool:
    """Whether two people of different companies may connect (rule 6.1)."""
    if one.company is None or other.company_id is None or one.company_id == other.company_id:
        return False
    return one.can_connect and people_open_to(one.company).filter(pk=other.pk).exists()


def obstacle(member: Member) -> str:
    """Why the member may not connect with anybody (rule 1.4), to show them; empty if they may."""
    if member.can_connect:
        return ""
    if member.company is None:
        return _("You are not a member of any company.")
    if member.company.connecting == Company.Connecting.NOBODY:
        if member.is_administrator:
            return _("Your company does not connect with other companies. You can change that under General.")
        return _("Your company does not connect with other companies. Ask an administrator.")
    if member.is_administrator:
        return _("You need permission to connect with other companies. Choose yourself under Connection.")
    return _("You need permission to connect with other companies. Ask an administrator.")


def is_allowed_in(member: str = "member", group: str = "group") -> Q:
    """Whether a row's member may be in the row's external group (rule 2.15): for entries and masters.

    Both are lookups; rows that do not match must be removed.
    """
    own = Q(**{f"{member}__company": F(f"{group}__company")})
    return may_connect(f"{member}__") & (own | companies_connect(f"{group}__company", f"{member}__company"))
