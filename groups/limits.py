"""Who and what may be chosen for a group; pickers offer it, actions insist on it."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.actions.locks import lock_companies
from accounts.actor import Actor
from accounts.audit.items import Item, group_item, people_items, team_items
from accounts.connecting import people_for_external_groups, people_open_to
from accounts.models import Company, Contact, Member, Named, Team
from groupadmin.base.errors import Invalid
from groupadmin.base.text import isolated
from groups.actions.settings import Entries

from . import permissions
from .membership import effective
from .models import Group, Membership

DIRECT_GROUPS_LIMIT = 2_000
NAMED_AT_MOST = 10


def choosable_members(company: Company, kind: str) -> QuerySet[Member]:
    """People who can be entered into a group, or be made its masters (spec 2.7, 2.9)."""
    people: QuerySet[Member] = Member.objects.active()
    if kind == Group.Kind.EXTERNAL:
        people = Member.objects.connecting()
    return people.filter(company=company)


def choosable_masters(company: Company, kind: str, group: Group | None = None) -> QuerySet[Member]:
    """People who can be made masters: the own ones, and people of other companies in the external group."""
    own = choosable_members(company, kind)
    if kind == Group.Kind.INTERNAL or group is None:
        return own
    return own | people_open_to(company).filter(pk__in=group.entries.values("member"))


def choosable_contacts(actor: Actor, group: Group) -> QuerySet[Member]:
    """The actor's own contacts who can be added to the external group (spec 6.1, 6.3): whom they may meet
    now, who may be in a group of its company, and who is not in it yet.
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
    """Who can be given a task: the people of the group whom the actor may know to be in it (spec 2.21)."""
    people: QuerySet[Member] = Member.objects.none()
    if group is None or actor.member is None:
        return people
    return effective.people_shown(group, permissions.visible_groups(actor.member))


def contacts_of(actor: Actor) -> QuerySet[Contact, int]:
    """The ids of the people in the actor's Contacts, whether they can be reached or not."""
    return Contact.objects.filter(owner=actor.member).values_list("person_id", flat=True)


def choosable_teams(company: Company, kind: str) -> QuerySet[Team]:
    """Teams that can be entered into a group: the company's, into internal groups only (spec 2.9)."""
    teams = Team.objects.filter(company=company)
    return teams.none() if kind == Group.Kind.EXTERNAL else teams


def choosable_groups(actor: Actor, company: Company, kind: str) -> QuerySet[Group]:
    """Groups that can be put into a group: internal ones that the actor may see (spec 2.8, 2.9, 2.21)."""
    groups = Group.objects.filter(company=company, kind=Group.Kind.INTERNAL, deleted_at__isnull=True)
    if kind == Group.Kind.EXTERNAL:
        return groups.none()
    if actor.rules_everything or actor.member is None:
        return groups
    return groups & permissions.visible_groups(actor.member)


def is_of(actor: Actor, company: Company) -> bool:
    """Whether the actor belongs to the company; a master from another one cannot browse it (spec 6.2)."""
    return actor.rules_everything or actor.member is None or actor.member.company_id == company.pk


def check_entries(actor: Actor, company: Company, kind: str, added: Entries) -> None:
    """Raises Invalid if something newly entered may not be chosen."""
    if added and not is_of(actor, company):
        raise Invalid("members", _not_there())
    if kind == Group.Kind.EXTERNAL and (added.teams or added.groups):
        raise Invalid("members", _("External groups have members only, no teams and no groups."))
    wanted: tuple[tuple[frozenset[int], QuerySet[Member] | QuerySet[Team] | QuerySet[Group]], ...] = (
        (added.members, choosable_members(company, kind)),
        (added.teams, choosable_teams(company, kind)),
        (added.groups, choosable_groups(actor, company, kind)),
    )
    for ids, choosable in wanted:
        missing = ids - set(choosable.filter(pk__in=ids).values_list("pk", flat=True))
        if missing:
            raise Invalid("members", _why_not(company, kind, missing, choosable.model))


def check_masters(
    actor: Actor, company: Company, kind: str, added: frozenset[int], group: Group | None = None
) -> None:
    """Raises Invalid if somebody newly named may not be a master (spec 2.7)."""
    allowed = choosable_masters(company, kind, group).filter(pk__in=added)
    if not is_of(actor, company) and group is not None:
        allowed = allowed.filter(pk__in=group.entries.filter(member__isnull=False).values("member"))
    if missing := added - set(allowed.values_list("pk", flat=True)):
        own = is_of(actor, company)
        raise Invalid("masters", _why_not(company, kind, missing, Member) if own else _not_there())


def check_contacts(actor: Actor, group: Group, added: frozenset[int]) -> None:
    """Raises Invalid, naming the contacts who can be added no more; others are nobody's to name (spec 6)."""
    missing = added - set(choosable_contacts(actor, group).filter(pk__in=added).values_list("pk", flat=True))
    if not missing:
        return
    known = list(Member.objects.filter(pk__in=missing).filter(pk__in=contacts_of(actor))[: NAMED_AT_MOST + 1])
    if not known:
        raise Invalid("members", _not_there())
    message = _("Cannot be reached at present, and so cannot be added: %(names)s")
    raise Invalid("members", message % {"names": named(known)})


def lock_with_companies_of(group: Group, members: Iterable[int | None]) -> Company:
    """Locks the group's company, and with it those of these people: who may be in an external group stays
    as it is until the transaction ends (spec 2.15). Returns the group's company.
    """
    companies = {group.company_id}
    if group.is_external:
        people = Member.objects.filter(pk__in=[pk for pk in members if pk is not None])
        companies |= {pk for (pk,) in people.values_list("company_id") if pk is not None}
    return lock_companies(companies)[group.company_id]


def check_direct_groups(members: frozenset[int]) -> None:
    """Raises Invalid, naming the members who are in as many groups as one can be (spec 1.8)."""
    full = Member.objects.filter(pk__in=members).annotate(
        direct=Count("memberships", filter=Q(memberships__group__deleted_at__isnull=True))
    )
    if at_limit := list(full.filter(direct__gte=DIRECT_GROUPS_LIMIT)[: NAMED_AT_MOST + 1]):
        raise Invalid(
            "members",
            _("Already in %(limit)d groups, which is the most: %(names)s")
            % {"limit": DIRECT_GROUPS_LIMIT, "names": named(at_limit)},
        )


def check_loops(actor: Actor, group: Group, added: frozenset[int]) -> None:
    """Raises Invalid with the chain of groups that would close (spec 2.11). Call it under the company's lock.

    Links that the actor may not see are in the chain without their names (spec 2.21).
    """
    if not added:
        return
    closing = Group.objects.filter(pk__in=added).filter(pk__in=effective.group_ids_above(group.pk)).first()
    if closing is None:
        return
    chain = effective.loop_chain(group, closing)
    seen = {link.pk for link in chain}
    if not actor.rules_everything and actor.member is not None:
        visible = permissions.visible_groups(actor.member).filter(pk__in=seen)
        seen = set(visible.values_list("pk", flat=True))
    names = [isolated(link.name) if link.pk in seen else _("a private group") for link in chain]
    raise Invalid("members", _("A group cannot contain itself: %(chain)s") % {"chain": " › ".join(names)})


def _why_not(company: Company, kind: str, missing: set[int] | frozenset[int], model: type[Named]) -> str:
    """The reason, naming only people of the own company."""
    own = list(Member.objects.filter(company=company, pk__in=missing)[: NAMED_AT_MOST + 1])
    if model is not Member or not own:
        return _not_there()
    if any(not member.is_active for member in own):
        return _("Not active: %(names)s") % {"names": named(m for m in own if not m.is_active)}
    return _("Not permitted to connect with other companies: %(names)s") % {"names": named(own)}


def _not_there() -> str:
    return _("Something that you chose is not there (any more) or cannot be chosen here.")


def named(people: Iterable[Named]) -> str:
    """A list of names for a message, cut with a count where it is long."""
    names = [isolated(person.name) for person in people]
    if len(names) > NAMED_AT_MOST:
        return _("%(names)s and others") % {"names": ", ".join(names[:NAMED_AT_MOST])}
    return ", ".join(names)


def entry_names(entries: Entries) -> list[Item]:
    """Entries as the audit writes them."""
    groups = Group.objects.filter(pk__in=entries.groups).order_by("name_sort", "id")
    return [
        *people_items(entries.members),
        *team_items(entries.teams),
        *(group_item(group) for group in groups),
    ]


def write_entries(group: Group, added: Entries, removed: Entries, actor: Actor) -> None:
    """Adds and removes entries in bulk, without asking whether that is allowed."""
    new = [
        *(Membership(group=group, member_id=pk, added_by=actor.member) for pk in sorted(added.members)),
        *(Membership(group=group, team_id=pk, added_by=actor.member) for pk in sorted(added.teams)),
        *(Membership(group=group, subgroup_id=pk, added_by=actor.member) for pk in sorted(added.groups)),
    ]
    Membership.objects.bulk_create(new, batch_size=1000)
    group.entries.filter(
        Q(member__in=removed.members) | Q(team__in=removed.teams) | Q(subgroup__in=removed.groups)
    ).delete()
