"""What changes in groups when people, teams or companies change.

The fields, and when each is called, are described in accounts/consequences.py.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.consequences import Consequences, PlacesKept
from accounts.models import Company, Member, Team
from groups import notices, permissions
from groups.actions import deleted_accounts
from groups.external import returning
from groups.external.leaving import departures_if, leave_by_rule
from groups.membership import losses
from groups.models import CalendarFeed, Group, Notice
from groups.notices.movements import movements


def tell_connecting(people: Collection[int], *, may_connect: bool, actor: Actor) -> None:
    """Notifies people that they may now, or no longer, connect with other companies (rule 5.1)."""
    notices.tell(Notice.Kind.CONNECTED if may_connect else Notice.Kind.DISCONNECTED, people, actor=actor)


def tell_contact_asked(person: Member, *, actor: Actor) -> None:
    """Notifies a person of a contact request (rule 6.2)."""
    notices.tell(Notice.Kind.CONTACT_ASKED, [person.pk], actor=actor, details=_company_of(actor))


def tell_contact_accepted(person: Member, *, actor: Actor) -> None:
    """Notifies a person of a new contact (rule 6.2)."""
    notices.tell(Notice.Kind.CONTACT_ACCEPTED, [person.pk], actor=actor, details=_company_of(actor))


def _company_of(actor: Actor) -> dict[str, Any]:
    company = actor.member.company if actor.member else None
    return {"company": company.name if company else ""}


def member_deactivated(company: Company, member: Member, *, actor: Actor) -> None:
    """Ends their calendar feeds, removes them from external groups and tells the others (rule 2.15)."""
    # So that a leaked feed address stays dead if the person returns.
    CalendarFeed.objects.filter(member=member).delete()
    # What they lose now can be given back when they return (rule 2.23).
    returning.keep_places(member)
    reason = gettext_lazy("The person was deactivated.")
    leave_by_rule(company, actor=actor, reason=reason, members=[member.pk])
    deleted_accounts.tell_of_inactive(member, actor)


def places_kept(member: Member) -> PlacesKept:
    """What deactivation took away, and the page where it is given back (rule 2.23)."""
    count = returning.places_of(member).count()
    return PlacesKept(count, reverse("groups:give_back", args=[member.pk]))


def tell_stays_active(member: Member) -> None:
    """Tells the company's administrators who stays active, as the last administrator (rule 1.12)."""
    administrators = Member.objects.active().filter(company=member.company_id, is_administrator=True)
    details = {"people": [member.name], "count": 1, "member": member.pk}
    told = administrators.values_list("pk", flat=True)
    notices.tell(Notice.Kind.STAYS_ACTIVE, told, actor=Actor.system(), details=details)


def give_places_back(member: Member, since: datetime, *, actor: Actor) -> int:
    """What their deactivation took away since then, as far as it can be given back (rule 2.23)."""
    kept = returning.places_of(member).filter(left_at__gte=since)
    ids = list(kept.values_list("pk", flat=True))
    return returning.give_back(member, ids, actor=actor) if ids else 0


def member_deleted(company: Company, member: Member, *, actor: Actor) -> None:
    """Removes them from external groups, then from the others (rule 2.15)."""
    reason = gettext_lazy("The person was deleted.")
    leave_by_rule(company, actor=actor, reason=reason, members=[member.pk])
    deleted_accounts.leave_internal_groups(member, actor)


def lists_with_team(team: Team) -> QuerySet[Group]:
    """The live groups for whose mailing list the team is designated (rules 4.5, 4.6)."""
    return Group.objects.live().filter(mailing_list__designations__team=team).distinct()


def groups_with_team(team: Team) -> QuerySet[Group]:
    """The live groups that contain the team directly."""
    return Group.objects.live().filter(entries__team=team)


def count_groups_with_teams(teams: Collection[int]) -> int:
    """How many live groups contain one of these teams directly."""
    return Group.objects.live().filter(entries__team__in=teams).distinct().count()


def count_groups(company: Company) -> int:
    """How many groups count towards the plan limit of the company (rule 2.2)."""
    return Group.objects.live().filter(company=company).count()


def page_of_group(pk: int) -> str:
    """The address of a group's page."""
    return reverse("groups:detail", args=[pk])


def page_of_member(pk: int) -> str:
    """The address of a person's page."""
    return reverse("groups:member", args=[pk])


CONSEQUENCES = Consequences(
    leave_by_rule=leave_by_rule,
    departures_if=departures_if,
    tell_connecting=tell_connecting,
    tell_contact_asked=tell_contact_asked,
    tell_contact_accepted=tell_contact_accepted,
    member_deactivated=member_deactivated,
    places_kept=places_kept,
    give_places_back=give_places_back,
    tell_stays_active=tell_stays_active,
    member_deleted=member_deleted,
    groups_losing=losses.groups_losing,
    groups_of_member=deleted_accounts.groups_of_member,
    groups_of_members=deleted_accounts.groups_of_members,
    files_of_member=deleted_accounts.FILES_OF_MEMBER,
    get_person_for=permissions.get_person_for,
    movements=movements,
    team_leaves_groups=deleted_accounts.team_leaves_groups,
    groups_with_team=groups_with_team,
    count_groups_with_teams=count_groups_with_teams,
    lists_with_team=lists_with_team,
    count_groups=count_groups,
    groups_of_company=deleted_accounts.groups_of_company,
    company_deleted=deleted_accounts.delete_groups_of_company,
    files_of_company=deleted_accounts.FILES_OF_COMPANY,
    visible_groups=permissions.visible_groups,
    page_of_group=page_of_group,
    page_of_member=page_of_member,
)
