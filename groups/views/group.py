"""A group's page: its people and why they are there, what it is part of, its history."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.actor import Actor, Refused
from accounts.models import Member, Team
from accounts.permissions import ShownPerson, colleagues, sees_people_of, shown_to
from accounts.request import MemberRequest
from accounts.search import known_as
from accounts.tree import count_people_of_teams, team_paths
from groupadmin.base import finding
from groupadmin.base.name_order import Collated
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groupadmin.base.search_text import typed_address, typed_words
from groupadmin.base.text import clean_line, isolated
from groups import history, permissions
from groups.mail.outgoing.failing import paused_of_group
from groups.membership import effective
from groups.membership.reasons import Reasons, chains_to, reasons
from groups.models import Feature, Group, MailingList, Membership, is_live
from groups.permissions import Act

PAGE = 25
NOTICED_AT_MOST = 3
UNREACHABLE_COUNTED = 100
TYPED_AT_MOST = 200
BY_NAME = {"name_sort__collated": str, "pk": int}
# Groups, then teams, then people, each by name.
BY_DIRECTNESS = {"rank": int, "title": str, "pk": int}
LISTS = ("everyone", "direct", "masters")


def search_query(request: MemberRequest) -> str:
    """The text in the page's search field."""
    return clean_typed(request.GET)


def clean_typed(query: QueryDict) -> str:
    """The text that a list is searched for."""
    return clean_line(query.get("q", ""))[:TYPED_AT_MOST]


def frame_of(request: MemberRequest, group: Group, tab: str) -> dict[str, Any]:
    """The content above the tabs of a group's pages, and what the viewer may do."""
    actor, viewer = Actor.of(request), request.user
    masters = group.masters.active()
    return {
        "group": group,
        "tab": tab,
        "viewer": viewer,
        "people_count": effective.count_people([group])[group.pk],
        "has_entries": group.entries.exists(),
        "master_count": masters.count(),
        "is_master": masters.filter(member=viewer).exists(),
        "may_edit": bool(permissions.may(actor, Act.EDIT, group)),
        "may_delete": bool(permissions.may(actor, Act.DELETE, group)),
        "is_own_company": sees_people_of(viewer, group.company_id),
        "may_enter_room": group.message and bool(permissions.may(actor, Act.USE_ROOM, group)),
        "may_send_as": group.uses_mailing_list and bool(permissions.may_send_as(actor, group)),
    }


@dataclass(frozen=True)
class Person:
    """A row of the list of people."""

    shown: ShownPerson
    is_master: bool
    is_inside: bool
    reasons: Reasons = field(default_factory=Reasons)

    @property
    def member(self) -> Member:
        return self.shown.member


@dataclass(frozen=True)
class Entry:
    """A row of direct entries: a person, a team with its path from the top, or a group."""

    pk: int
    person: Person | None = None
    teams: tuple[Team, ...] = ()
    subgroup: Group | None = None
    is_hidden: bool = False
    count: int = 0
    # Where it comes from, for those who edit; empty if somebody added it by hand (rule 10.4).
    origin: str = ""

    @property
    def team(self) -> Team | None:
        return self.teams[-1] if self.teams else None


@require_safe
def detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Who is in the group, and why (rules 2.10, 2.12, 2.21)."""
    group = permissions.get_group_for(Actor.of(request), pk, Act.SEE)
    viewer = request.user
    visible = permissions.visible_groups(viewer)
    shown = request.GET.get("show", "")
    shown = shown if shown in LISTS else "everyone"
    context = frame_of(request, group, "people") | {
        "show": shown,
        "typed": search_query(request),
        "entry_count": _live_entries(group).count(),
    }
    if shown == "everyone" and effective.hidden_subgroup_ids(group, visible):
        in_sight = effective.people_shown(group, visible).count()
        context["hidden_count"] = context["people_count"] - in_sight
    listing = _chosen_directly if shown == "direct" else _listed_people
    context |= listing(request, group, viewer, visible)
    if shown == "everyone" and group.has(Feature.MESSAGE):
        context |= _masters_outside(group, viewer)
    if context["may_edit"] and group.mailing_list is not None and group.uses_mailing_list:
        context |= _mail_troubles(group, group.mailing_list, context.get("people", []))
    return render_partial(request, "groups/group.html", context, target="people", partial="people")


def _found(people: QuerySet[Member], typed: str, viewer: Member) -> QuerySet[Member]:
    """People whose name matches the search, or what colleagues know them by (rules 6.4, 12.2)."""
    if not typed_words(typed):
        return people
    found = known_as(typed, colleagues(viewer))
    if "@" in (address := typed_address(typed)):
        found |= Q(email__contains=address) & colleagues(viewer)
    return people.filter(found)


def people_found(
    group: Group, shown: str, typed: str, viewer: Member, visible: QuerySet[Group]
) -> QuerySet[Member]:
    """The group's people or its masters, found by what was typed, with what is shown of them."""
    people = effective.people_shown(group, visible)
    if shown == "masters":
        people = Member.objects.active().filter(pk__in=group.masters.values("member"))
    return _found(people, typed, viewer).select_related("company")


def _listed_people(
    request: MemberRequest, group: Group, viewer: Member, visible: QuerySet[Group]
) -> dict[str, Any]:
    people = people_found(group, request.GET.get("show", ""), search_query(request), viewer, visible)
    page = page_of(people, BY_NAME, request.GET, PAGE)
    return {"page": page, "people": people_rows(group, page.rows, viewer, visible)}


def people_rows(
    group: Group, members: list[Member], viewer: Member, visible: QuerySet[Group]
) -> list[Person]:
    """Rows for a page of people."""
    pks = [member.pk for member in members]
    masters = set(group.masters.filter(member__in=pks).values_list("member_id", flat=True))
    # Whether people are in the group does not depend on what the viewer may see: a master can be in it
    # through a group that is private to them.
    inside = effective.members_inside(group, sorted(masters))
    why = reasons(group, members, visible)
    return [
        Person(
            shown=shown_to(viewer, member),
            is_master=member.pk in masters,
            is_inside=member.pk in inside or member.pk not in masters,
            reasons=why[member.pk],
        )
        for member in members
    ]


def _masters_outside(group: Group, viewer: Member) -> dict[str, Any]:
    """The first few masters who are not members and so cannot use the room (rule 2.12)."""
    masters = Member.objects.active().filter(pk__in=group.masters.values("member"))
    first = list(masters.select_related("company").order_by(*BY_NAME)[:PAGE])
    inside = effective.members_inside(group, [master.pk for master in first])
    outside = [
        Person(shown_to(viewer, master), is_master=True, is_inside=False)
        for master in first
        if master.pk not in inside
    ]
    return {
        "masters_outside": outside[:NOTICED_AT_MOST],
        "more_masters_outside": len(outside) > NOTICED_AT_MOST,
    }


def _mail_troubles(group: Group, mailing_list: MailingList, people: Sequence[Person]) -> dict[str, Any]:
    """Who on the page has stopped the list's mail, and how many addresses it does not reach at all."""
    pks = [person.member.pk for person in people]
    opted_out = mailing_list.opt_outs.filter(member__in=pks).values_list("member_id", flat=True)
    return {
        "opted_out": set(opted_out),
        "unreachable": len(paused_of_group(group, UNREACHABLE_COUNTED)),
        "unreachable_counted": UNREACHABLE_COUNTED,
    }


def _live_entries(group: Group) -> QuerySet[Membership]:
    return group.entries.filter(Q(member__isnull=True) | Q(member__is_active=True))


def entries_found(group: Group, typed: str, viewer: Member, visible: QuerySet[Group]) -> QuerySet[Membership]:
    """The entries, to be sorted BY_DIRECTNESS; hidden names are not sorted by."""
    seen = Q(subgroup__in=visible.values("pk"))
    entries = _live_entries(group).annotate(
        rank=Case(
            When(subgroup__isnull=False, then=0),
            When(team__isnull=False, then=1),
            default=2,
            output_field=IntegerField(),
        ),
        title=Collated(
            Coalesce(
                Case(When(seen, then=F("subgroup__name_sort")), output_field=CharField()),
                F("team__name_sort"),
                F("member__name_sort"),
                Value(""),
            )
        ),
    )
    if typed_words(typed):
        entries = entries.filter(
            Q(member__in=_found(Member.objects.all(), typed, viewer).values("pk"))
            | finding.finds("team__name_search", typed)
            | (seen & finding.finds("subgroup__name_search", typed))
        )
    return entries.select_related("member__company", "subgroup")


def _chosen_directly(
    request: MemberRequest, group: Group, viewer: Member, visible: QuerySet[Group]
) -> dict[str, Any]:
    entries = entries_found(group, search_query(request), viewer, visible)
    page = page_of(entries, BY_DIRECTNESS, request.GET, PAGE)
    return {"page": page, "entries": entry_rows(group, page.rows, viewer, visible)}


def entry_rows(
    group: Group, rows: Sequence[Membership], viewer: Member, visible: QuerySet[Group]
) -> list[Entry]:
    teams = [row.team_id for row in rows if row.team_id is not None]
    subgroups = [row.subgroup for row in rows if row.subgroup is not None]
    paths, in_teams = team_paths(teams), count_people_of_teams(teams)
    in_groups = effective.count_people(subgroups)
    seen = set(visible.filter(pk__in=[one.pk for one in subgroups]).values_list("pk", flat=True))
    members = [row.member for row in rows if row.member is not None]
    masters = set(group.masters.filter(member__in=members).values_list("member_id", flat=True))

    def entry(row: Membership) -> Entry:
        origin = _("from %(source)s") % {"source": isolated(row.source)} if row.source else ""
        if row.member is not None:
            person = Person(shown_to(viewer, row.member), row.member.pk in masters, is_inside=True)
            return Entry(row.pk, person=person, origin=origin)
        if row.team_id is not None:
            count = in_teams[row.team_id]
            return Entry(row.pk, teams=tuple(paths[row.team_id]), count=count, origin=origin)
        assert row.subgroup is not None  # noqa: S101  (an entry is one of the three)
        hidden = row.subgroup.pk not in seen
        count = in_groups[row.subgroup.pk]
        return Entry(row.pk, subgroup=row.subgroup, is_hidden=hidden, count=count, origin=origin)

    return [entry(row) for row in rows]


@require_safe
def part_of(request: MemberRequest, pk: int) -> HttpResponse:
    """The groups that contain this one, directly or through others, as far as visible (rule 2.21)."""
    group = permissions.get_group_for(Actor.of(request), pk, Act.SEE)
    visible = permissions.visible_groups(request.user)
    above = effective.groups_above_shown(group, visible)
    page = page_of(above, BY_NAME, request.GET, PAGE)
    chains = chains_to(group, page.rows, visible)
    context = frame_of(request, group, "part_of") | {
        "page": page,
        "containers": [(one, chains[one.pk]) for one in page.rows],
    }
    if context["may_edit"]:
        hidden = group.containers.filter(is_live("group__"))
        context["hidden_containers"] = hidden.exclude(group__in=visible.values("pk")).count()
    return render(request, "groups/part_of.html", context)


@require_safe
def history_of(request: MemberRequest, pk: int) -> HttpResponse:
    """What happened to the group, for those who run it (rule 8.1)."""
    actor, viewer = Actor.of(request), request.user
    group = permissions.get_group_for(actor, pk, Act.SEE)
    if not (verdict := permissions.may(actor, Act.EDIT, group)):
        raise Refused("group.history", verdict.reason, target=group)
    page = page_of(history.entries_of(group), {"-pk": int}, request.GET, PAGE)
    context = frame_of(request, group, "history") | {
        "page": page,
        "changes": history.describe(group, page.rows, viewer=viewer),
    }
    return render(request, "groups/history.html", context)


def people_address(group: Group, show: str = "") -> str:
    """The address of a group's page, at one list of people."""
    address = reverse("groups:detail", args=[group.pk])
    return f"{address}?show={show}" if show in LISTS[1:] else address
