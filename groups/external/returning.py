"""What deactivation took away, kept for a while, and given back when the person returns (rule 2.23)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from accounts import audit
from accounts.actions.locks import lock_companies
from accounts.actor import Actor
from accounts.audit.items import people_items
from accounts.connecting import is_allowed_in
from accounts.models import Member
from accounts.permissions import check_administers
from groupadmin.base.bulk import delete_in_batches
from groupadmin.base.errors import Invalid
from groups.limits import DIRECT_GROUPS_LIMIT
from groups.models import FormerPlace, Group, Master, Membership, is_live
from groups.notices.movements import movements

GIVE_BACK = "group.give_back"
FORGET = "member.forget_places"
NAMED_AT_MOST = 20
IN_BULK = 1_000
INACTIVE = gettext_lazy("Activate this person first.")


@dataclass(frozen=True)
class Place:
    """A former place, and why it cannot be given back; empty if it can."""

    row: FormerPlace
    obstacle: str | Promise
    returns_as_master: bool

    @property
    def name(self) -> str:
        """What the group is called now; where they cannot return, what it was called then (rule 6.4)."""
        return self.row.group.name if self.row.group and not self.obstacle else self.row.group_name


def keep_places(member: Member) -> None:
    """Remembers somebody's places in external groups, which they are about to lose."""
    rows: dict[int, FormerPlace] = {}
    for model in (Membership, Master):
        theirs = model._default_manager.filter(member=member, group__kind=Group.Kind.EXTERNAL)
        for group, name, company in theirs.values_list("group", "group__name", "group__company"):
            row = rows.setdefault(
                group,
                FormerPlace(
                    member=member,
                    group_id=group,
                    group_name=name,
                    company_id=company,
                    was_member=False,
                    was_master=False,
                ),
            )
            row.was_member |= model is Membership
            row.was_master |= model is Master
    FormerPlace.objects.filter(member=member, group__in=rows).delete()
    FormerPlace.objects.bulk_create(rows.values(), batch_size=IN_BULK)


def places_of(member: Member) -> QuerySet[FormerPlace]:
    """What the person can perhaps be given back."""
    return FormerPlace.objects.filter(member=member)


def described(member: Member, rows: Iterable[FormerPlace]) -> list[Place]:
    """These places, with what stands in the way; the number of queries does not grow with them."""
    rows = list(rows)
    groups = [row.group_id for row in rows]
    allowed = set(
        FormerPlace.objects.filter(is_allowed_in(), pk__in=[row.pk for row in rows]).values_list(
            "pk", flat=True
        )
    )
    entered, run = (
        set(model._default_manager.filter(member=member, group__in=groups).values_list("group_id", flat=True))
        for model in (Membership, Master)
    )
    return [
        _place(member, row, row.pk in allowed, row.group_id in entered, row.group_id in run) for row in rows
    ]


def _place(member: Member, row: FormerPlace, is_allowed: bool, is_entered: bool, runs: bool) -> Place:
    """Another company's group gets its members back, but only its masters make masters (rule 7)."""
    returns_as_master = row.was_master and not runs and row.company_id == member.company_id
    obstacle: str | Promise = ""
    if row.group is None:
        obstacle = gettext_lazy("The group was deleted permanently.")
    elif row.group.deleted_at is not None:
        obstacle = gettext_lazy("The group was deleted.")
    elif not member.is_active:
        obstacle = INACTIVE
    elif not is_allowed:
        obstacle = gettext_lazy("They can no longer connect with the people there.")
    elif not returns_as_master and row.was_member and is_entered:
        obstacle = gettext_lazy("They are in this group again.")
    elif not returns_as_master and not row.was_member:
        obstacle = (
            gettext_lazy("They are a master of this group again.")
            if runs
            else gettext_lazy("Only the group's own masters can make them a master again.")
        )
    return Place(row, obstacle, returns_as_master)


@audit.action
def give_back(member: Member, places: Collection[int] | None, *, actor: Actor) -> int:
    """Gives a person these places back, by id, or all; what cannot be given back stays. Returns how many.

    They are added and told as if by hand. Raises Refused, or Invalid if they are inactive or would be in too
    many groups.
    """
    wanted = places_of(member)
    if places is not None:
        wanted = wanted.filter(pk__in=places)
    companies = lock_companies([member.company_id or 0, *wanted.values_list("company_id", flat=True)])
    check_administers(actor, companies[member.company_id or 0], GIVE_BACK)
    member = Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    if not member.is_active:
        raise Invalid(None, str(INACTIVE))
    # Groups that are deleted at this moment wait for the lock of their company.
    list(Group.objects.filter(pk__in=wanted.values("group")).order_by("pk").select_for_update(of=("self",)))
    rows = wanted.select_related("group").order_by("group_id")
    given = [place for place in described(member, rows) if not place.obstacle]
    _write(member, given, actor)
    FormerPlace.objects.filter(pk__in=[place.row.pk for place in given]).delete()
    return len(given)


def _write(member: Member, places: list[Place], actor: Actor) -> None:
    groups = {place.row.group.pk: place.row.group for place in places if place.row.group}
    inside = set(
        Membership.objects.filter(member=member, group__in=groups).values_list("group_id", flat=True)
    )
    joined = {place.row.group_id for place in places if place.row.was_member} - inside
    run = {place.row.group_id for place in places if place.returns_as_master}
    _check_limit(member, len(joined))
    masters = _masters_of([pk for pk in groups if pk in run])
    with movements(actor, people=[member.pk], leaving=(), groups=list(groups)):
        Membership.objects.bulk_create(
            [
                Membership(group=group, member=member, added_by=actor.member)
                for pk, group in groups.items()
                if pk in joined
            ],
            batch_size=IN_BULK,
        )
    Master.objects.bulk_create(
        [Master(group=group, member=member) for pk, group in groups.items() if pk in run],
        batch_size=IN_BULK,
    )
    Group.objects.filter(pk__in=groups).update(version=F("version") + 1)
    [item] = people_items([member.pk])
    names = {one["id"]: one for one in people_items({pk for ids in masters.values() for pk in ids})}
    entries = []
    for pk, group in groups.items():
        group.version += 1
        changes: audit.Changes = {"members_added": [None, [item]]} if pk in joined else {}
        if pk in run:
            before = [names[one] for one in masters[pk]]
            changes["masters"] = [before, [*before, item]]
        for company in sorted({group.company_id, member.company_id or group.company_id}):
            entries.append(audit.Entry(group, changes, company))
    audit.record_in_bulk(actor, GIVE_BACK, entries)


def _masters_of(groups: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {pk: [] for pk in groups}
    for group, master in Master.objects.filter(group__in=found).values_list("group_id", "member_id"):
        found[group].append(master)
    return found


def _check_limit(member: Member, new: int) -> None:
    """Raises Invalid if the person would be in more groups than anybody may (rule 1.8)."""
    room = DIRECT_GROUPS_LIMIT - Membership.objects.filter(is_live("group__"), member=member).count()
    if new > room:
        raise Invalid(
            None,
            ngettext(
                "They can be added to %(room)s more group only: nobody can be in more than %(limit)s.",
                "They can be added to %(room)s more groups only: nobody can be in more than %(limit)s.",
                room,
            )
            % {"room": f"{max(room, 0):,}", "limit": f"{DIRECT_GROUPS_LIMIT:,}"},
        )


@audit.action
def forget_places(member: Member, *, actor: Actor) -> int:
    """Gives nothing back, and forgets what there was. Returns how many places. Raises Refused."""
    companies = lock_companies([member.company_id or 0])
    check_administers(actor, companies[member.company_id or 0], FORGET)
    rows = list(places_of(member).order_by("group_name__collated", "pk"))
    if rows:
        names = [row.group_name for row in rows[:NAMED_AT_MOST]]
        audit.record(actor, FORGET, member, {"former_places": [names, None]})
        places_of(member).delete()
    return len(rows)


def forget_old_places() -> None:
    """For the daily task: after some months nobody is given anything back."""
    until = timezone.now() - timedelta(days=settings.FORMER_PLACES_KEPT_DAYS)
    old: QuerySet[Any] = FormerPlace.objects.filter(left_at__lt=until)
    delete_in_batches(old)
