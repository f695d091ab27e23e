"""Finds members and teams by entered text (rules 1.2, 1.3, 12.2): any script, from one character on."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from groupadmin.base import finding
from groupadmin.base.search_text import typed_address, typed_words

from .models import Address, Company, Member, MemberQuerySet, Team, TeamMembership


def find_members(company: Company, typed: str, *, by_work: bool = True) -> MemberQuerySet:
    """The company's people whose name, address or team matches the text; all of them if it is empty.

    Nickname and reading of the name count too; and `by_work`, for administrators, also employee number, job
    title and site (rule 1.12).
    """
    people = Member.objects.filter(company=company)
    if not typed_words(typed):
        return people
    known = finding.looks_up("work_folded" if by_work else "called_folded", typed)
    if "@" in (address := typed_address(typed)):
        known |= Q(email__contains=address)
    teams = Team.objects.filter(finding.looks_up("name_search", typed), company=company)
    aliases = addresses(typed).filter(kind=Address.Kind.ALIAS, domain__company=company)
    in_teams = TeamMembership.objects.filter(team__in=finding.few_of(teams.order_by().values("pk")))
    return finding.any_of(people, known, aliases.values("member"), in_teams.values("member"))


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
    """The company's teams whose name or address matches the text; all of them if it is empty."""
    teams = Team.objects.filter(company=company)
    if not typed_words(typed):
        return teams
    of_teams = addresses(typed).filter(kind=Address.Kind.TEAM, domain__company=company)
    return finding.any_of(teams, finding.looks_up("name_search", typed), of_teams.values("team"))


def addresses(typed: str) -> QuerySet[Address]:
    """Addresses whose local part has the text, or of which it is the end of that and a domain's beginning."""
    local_part, at, domain = typed_address(typed).partition("@")
    if at:
        return Address.objects.filter(local_part__endswith=local_part, domain__name__startswith=domain)
    # Of people the primary address is found with their name.
    others = Address.objects.exclude(kind=Address.Kind.MEMBER)
    return others.filter(Q(local_part__looks_up=(local_part,))) if local_part else others.none()


def known_as(typed: str, known: Q, *, to: str = "") -> Q:
    """People found by name, and those who are known to the viewer by all that colleagues call them (6.4).

    `to` leads to the member, such as "member__"; `known` is a condition on the same rows.
    """
    return finding.finds(f"{to}name_search", typed) | (known & finding.finds(f"{to}called_folded", typed))


def with_children(teams: QuerySet[Team]) -> QuerySet[Team]:
    """Adds to each team whether there are teams below it."""
    return teams.annotate(has_children=Exists(Team.objects.filter(parent=OuterRef("pk"))))
