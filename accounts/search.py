"""Finds members and teams by entered text (rules 1.2, 1.3): any script, from one character on."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from groupadmin.base.text import fold

from .models import Address, Company, Member, MemberQuerySet, Team, TeamMembership


def find_members(company: Company, typed: str, *, by_work: bool = True) -> MemberQuerySet:
    """The company's people whose name, address or team contains the text; all of them if it is empty.

    Nickname and reading of the name count too; and `by_work`, for administrators, also employee number, job
    title and site (rule 1.12).
    """
    people = Member.objects.filter(company=company)
    if not (folded := fold(typed)):
        return people
    aliases = Address.objects.filter(_address(typed), kind=Address.Kind.ALIAS, domain__company=company)
    teams = Team.objects.filter(company=company, name_folded__contains=folded)
    return people.filter(
        Q(name_folded__contains=folded)
        | Q(called_folded__contains=folded)
        | (Q(work_folded__contains=folded) if by_work else Q())
        | Q(email__contains=typed.strip().lower())
        | Q(pk__in=aliases.values("member"))
        | Q(pk__in=TeamMembership.objects.filter(team__in=teams).values("member"))
    )


def listed_members(company: Company, typed: str, show: str) -> MemberQuerySet:
    """The members that the list shows for a search and a filter; an unknown filter shows all."""
    people = find_members(company, typed)
    if show == "active":
        return people.active()
    if show == "inactive":
        return people.filter(is_active=False)
    if show == "administrators":
        return people.filter(is_administrator=True)
    if show == "connect":
        return people.connecting()
    return people


def find_teams(company: Company, typed: str) -> QuerySet[Team]:
    """The company's teams whose name or address contains the text; all of them if it is empty."""
    teams = Team.objects.filter(company=company)
    if not (folded := fold(typed)):
        return teams
    addresses = Address.objects.filter(_address(typed), kind=Address.Kind.TEAM, domain__company=company)
    return teams.filter(Q(name_folded__contains=folded) | Q(address__in=addresses))


def with_children(teams: QuerySet[Team]) -> QuerySet[Team]:
    """Adds to each team whether there are teams below it."""
    return teams.annotate(has_children=Exists(Team.objects.filter(parent=OuterRef("pk"))))


def _address(typed: str) -> Q:
    local_part, at, domain = typed.strip().lower().partition("@")
    if at:
        return Q(local_part__endswith=local_part, domain__name__startswith=domain)
    return Q(local_part__contains=local_part)
