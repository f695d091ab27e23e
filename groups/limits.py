"""Who and what may be chosen for a group, and how many: pickers offer it, actions enforce it.

    1.8     how many groups somebody is in directly
    2.2     how many groups a company has
    2.7     masters: at least one, and who may be one
    2.8     entries of an internal group: at least one; a member, a team or another internal group
    2.9     entries of an external group: own people who may connect; others from Contacts (6.1, 6.3)
    2.11    no group contains itself
    2.21    only those who may see a private group can add it

A refused rule has one sentence, wherever it is refused. Call the checks under the company's lock.
"""

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.connecting import people_for_external_groups, people_open_to
from accounts.models import Company, Contact, Member, Named, Team
from groupadmin.base.errors import Invalid
from groupadmin.base.text import NAMED_AT_MOST, isolated, some_names
from groups.entries import Entries

from . import permissions
from .membership import effective
from .models import Group, is_live

DIRECT_GROUPS_LIMIT = 2_000

NO_MASTER = gettext_lazy("Choose at least one master.")
LAST_MASTER = gettext_lazy("You cannot remove the last master. Add another one first.")
NO_ENTRY = gettext_lazy("Choose at least one member, team or group.")
NOT_EXTERNAL = gettext_lazy("Only external groups can have people from other companies.")


def choosable_members(company: Company, kind: str) -> QuerySet[Member]:
    """People who can be added to a group, or be made its masters (rules 2.1, 2.7, 2.9)."""
    people = Member.objects.connecting() if kind == Group.Kind.EXTERNAL else Member.objects.active()
    return people.filter(company=company)


def choosable_masters(company: Company, kind: str, group: Group | None = None) -> QuerySet[Member]:
    """People who can be made masters: own people, and those from elsewhere in the external group."""
    own = choosable_members(company, kind)
    if kind == Group.Kind.INTERNAL or group is None:
        return own
    return own | people_open_to(company).filter(pk__in=group.entries.values("member"))


def choosable_contacts(actor: Actor, group: Group) -> QuerySet[Member]:
    """The actor's own contacts who can be added to the external group (rules 6.1, 6.3): those they may
    meet now who may be in a group of its company and are not in it yet.
    """
    member = actor.member
    people = people_for_external_groups(group.company)
    if member is None or member.company is None or not member.can_connect or not group.is_external:
        return people.none()
    if member.company_id != group.company_id:
        people = people.filter(pk__in=people_open_to(member.company).values("pk"))
    return people.filter(pk__in=contacts_of(actor)).exclude(
        pk__in=group.entries.filter(member__isnull=False).values("member")
    )


def choosable_assignees(actor: Actor, group: Group | None) -> QuerySet[Member]:
    """Who can be assigned a task: people of the group that the actor may know of (rule 2.21)."""
    if group is None or (reader := actor.reader) is None:
        return Member.objects.none()
    return effective.people_shown(group, permissions.visible_groups(reader))


def contacts_of(actor: Actor) -> QuerySet[Contact, int]:
    """The ids of the people in the actor's Contacts, whether they can be reached or not."""
    return Contact.objects.filter(owner=actor.member).values_list("person_id", flat=True)


def choosable_teams(company: Company, kind: str) -> QuerySet[Team]:
    """Teams that can be added to a group: the company's, to internal groups only (rule 2.9)."""
    teams = Team.objects.filter(company=company)
    return teams.none() if kind == Group.Kind.EXTERNAL else teams


def choosable_groups(actor: Actor, company: Company, kind: str) -> QuerySet[Group]:
    """Groups that can be added to a group: internal ones the actor may see (rules 2.8, 2.9, 2.21)."""
    groups = Group.objects.live().filter(company=company, kind=Group.Kind.INTERNAL)
    if kind == Group.Kind.EXTERNAL:
        return groups.none()
    reader = actor.reader
    if actor.rules_everything or reader is None:
        return groups
    return groups & permissions.visible_groups(reader)


def is_of(actor: Actor, company: Company) -> bool:
    """Whether the actor belongs to the company; masters from another cannot browse it (rule 6.2)."""
    reader = actor.reader
    return actor.rules_everything or reader is None or reader.company_id == company.pk


def check_plan_limit(company: Company) -> None:
    """Raises Invalid if the company has as many groups as its plan allows (rule 2.2)."""
    if Group.objects.live().filter(company=company).count() >= company.group_limit:
        raise Invalid(None, group_limit_reached(company))


def group_limit_reached(company: Company) -> str:
    """Why the company can have no more groups (rule 2.2)."""
    return _("Your company has reached the limit of %(limit)s groups on the “%(plan)s” plan.") % {
        "limit": f"{company.group_limit:,}",
        "plan": company.get_plan_display(),
    }


def check_some_entry(actor: Actor, kind: str, wanted: Entries | bool) -> None:
    """Raises Invalid if an internal group would be left without entries (rule 2.8).

    Identity providers make groups first and say afterwards who is in them, perhaps nobody (rule 11.2).
    """
    if not wanted and kind == Group.Kind.INTERNAL and not actor.provisions:
        raise Invalid("members", str(NO_ENTRY))


def check_entries(actor: Actor, company: Company, kind: str, added: Entries) -> None:
    """Raises Invalid if a new entry may not be chosen (rules 2.8, 2.9, 2.21)."""
    if added and not is_of(actor, company):
        raise Invalid("members", _not_there())
    if kind == Group.Kind.EXTERNAL and (added.teams or added.groups):
        raise Invalid("members", _("External groups can only have people, not teams or groups."))
    people = choosable_members(company, kind)
    if actor.provisions and kind == Group.Kind.INTERNAL:
        # Whoever is away is in the group when they are back (rule 2.23).
        people = Member.objects.filter(company=company)
    wanted: tuple[tuple[frozenset[int], QuerySet[Member] | QuerySet[Team] | QuerySet[Group]], ...] = (
        (added.members, people),
        (added.teams, choosable_teams(company, kind)),
        (added.groups, choosable_groups(actor, company, kind)),
    )
    for ids, choosable in wanted:
        missing = ids - set(choosable.filter(pk__in=ids).values_list("pk", flat=True))
        if missing:
            raise Invalid("members", _why_not(company, kind, missing, choosable.model))


def check_designated(actor: Actor, company: Company, added: Entries, field: str) -> None:
    """Raises Invalid if somebody new may not be designated for a list: active people, teams and groups of the
    company, as far as the actor may see them (rules 2.21, 4.5, 4.6).
    """
    people = choosable_members(company, Group.Kind.INTERNAL).filter(pk__in=added.members)
    if added.members - set(people.values_list("pk", flat=True)):
        raise Invalid(field, _("Only active people in your company can be designated for the list."))
    teams = choosable_teams(company, Group.Kind.INTERNAL).filter(pk__in=added.teams)
    groups = choosable_groups(actor, company, Group.Kind.INTERNAL).filter(pk__in=added.groups)
    found = (set(teams.values_list("pk", flat=True)), set(groups.values_list("pk", flat=True)))
    if added.teams - found[0] or added.groups - found[1]:
        raise Invalid(field, _not_there())


def check_some_master(wanted: frozenset[int]) -> None:
    """Raises Invalid if nobody would be left to run a group (rule 2.7)."""
    if not Member.objects.active().filter(pk__in=wanted).exists():
        raise Invalid("masters", str(NO_MASTER))


def is_last_master(group: Group, member: Member) -> bool:
    """Whether nobody else can run the group (rule 2.7)."""
    return not group.masters.active().exclude(member=member).exists()


def check_masters(
    actor: Actor, company: Company, kind: str, added: frozenset[int], group: Group | None = None
) -> None:
    """Raises Invalid if a new master may not be one (rule 2.7)."""
    allowed = choosable_masters(company, kind, group).filter(pk__in=added)
    if actor.provisions and kind == Group.Kind.INTERNAL:
        allowed = Member.objects.filter(company=company, pk__in=added)
    if not is_of(actor, company) and group is not None:
        allowed = allowed.filter(pk__in=group.entries.filter(member__isnull=False).values("member"))
    if missing := added - set(allowed.values_list("pk", flat=True)):
        own = is_of(actor, company)
        raise Invalid("masters", _why_not(company, kind, missing, Member) if own else _not_there())


def check_contacts(actor: Actor, group: Group, added: frozenset[int]) -> None:
    """Raises Invalid, naming contacts who can no longer be added; others may not be named (rule 6)."""
    missing = added - set(choosable_contacts(actor, group).filter(pk__in=added).values_list("pk", flat=True))
    if not missing:
        return
    known = list(Member.objects.filter(pk__in=missing).filter(pk__in=contacts_of(actor))[: NAMED_AT_MOST + 1])
    if not known:
        raise Invalid("members", _not_there())
    message = _("These people cannot be reached right now, so you cannot add them: %(names)s")
    raise Invalid("members", message % {"names": some_names(one.name for one in known)})


def check_direct_groups(members: frozenset[int]) -> None:
    """Raises Invalid, naming members who have reached the limit of groups (rule 1.8)."""
    full = Member.objects.filter(pk__in=members).annotate(
        direct=Count("memberships", filter=is_live("memberships__group__"))
    )
    if at_limit := list(full.filter(direct__gte=DIRECT_GROUPS_LIMIT)[: NAMED_AT_MOST + 1]):
        raise Invalid(
            "members",
            _("These people are already in %(limit)d groups, the maximum: %(names)s")
            % {"limit": DIRECT_GROUPS_LIMIT, "names": some_names(one.name for one in at_limit)},
        )


def check_loops(actor: Actor, group: Group, added: frozenset[int]) -> None:
    """Raises Invalid with the loop of groups that would arise (rule 2.11).

    Groups the actor may not see appear in it without their names (rule 2.21).
    """
    if not added:
        return
    closing = Group.objects.filter(pk__in=added).filter(pk__in=effective.group_ids_above(group.pk)).first()
    if closing is None:
        return
    chain = effective.loop_chain(group, closing)
    seen = {link.pk for link in chain}
    if not actor.rules_everything and (reader := actor.reader) is not None:
        visible = permissions.visible_groups(reader).filter(pk__in=seen)
        seen = set(visible.values_list("pk", flat=True))
    names = [isolated(link.name) if link.pk in seen else _("a private group") for link in chain]
    raise Invalid("members", _("A group cannot contain itself: %(chain)s") % {"chain": " › ".join(names)})


def _why_not(company: Company, kind: str, missing: set[int] | frozenset[int], model: type[Named]) -> str:
    """The reason, naming only people of that company."""
    own = list(Member.objects.filter(company=company, pk__in=missing)[: NAMED_AT_MOST + 1])
    if model is not Member or not own:
        return _not_there()
    if inactive := [member.name for member in own if not member.is_active]:
        return _("These people are inactive: %(names)s") % {"names": some_names(inactive)}
    names = some_names(member.name for member in own)
    return _("These people cannot connect with other companies: %(names)s") % {"names": names}


def _not_there() -> str:
    return _(
        "Some of the people, teams or groups you chose are no longer available, or cannot be added "
        "here. Choose again."
    )
