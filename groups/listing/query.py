"""The lists of groups: what search, filters and sort ask for, and the page that answers it.

A page costs the same anywhere: the database walks an index in the order shown and stops after a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Address, Company, Member
from accounts.permissions import colleagues, is_administrator_of, is_foreign
from groupadmin.base import finding
from groupadmin.base.paging import Key, Page, page_of
from groupadmin.base.search_text import typed_address, typed_words
from groupadmin.base.text import clean_line
from groups import permissions
from groups.membership import effective
from groups.models import Feature, Group, GroupQuerySet, ListAlias, MailingList, Master, Membership

PAGE_SIZE = 25
LONGEST_SEARCH = 200
MASTERS_SHOWN = 2


class Scope(StrEnum):
    """The lists that members have (rule 5.5)."""

    ALL = "list"
    MANAGED = "managed"
    BELONGING = "belonging"


class Sort(StrEnum):
    """The orders; a leading minus reverses one."""

    NEWEST = "-created"
    OLDEST = "created"
    NAME = "name"
    NAME_BACKWARDS = "-name"

    @property
    def key(self) -> Key:
        return _KEYS[self]


_KEYS: dict[Sort, Key] = {
    Sort.NEWEST: {"-created_at": datetime, "-pk": int},
    Sort.OLDEST: {"created_at": datetime, "pk": int},
    Sort.NAME: {"name_sort__collated": str, "pk": int},
    Sort.NAME_BACKWARDS: {"-name_sort__collated": str, "-pk": int},
}


@dataclass(frozen=True)
class Wanted:
    """What the address of a list asks for. Invalid parts are ignored."""

    search: str = ""
    kind: str = ""
    visibility: str = ""
    features: tuple[Feature, ...] = ()
    no_master: bool = False
    no_members: bool = False
    sort: Sort = Sort.NEWEST

    @classmethod
    def read(cls, query: QueryDict) -> "Wanted":
        kind, visibility, sort = (query.get(name, "") for name in ("kind", "visibility", "sort"))
        asked = query.getlist("feature")[:20]
        return cls(
            search=clean_line(query.get("q", "")[:LONGEST_SEARCH]),
            kind=kind if kind in Group.Kind.values else "",
            visibility=visibility if visibility in ("public", "private") else "",
            features=tuple(feature for feature in Feature if feature.value in asked),
            no_master=query.get("master") == "none",
            no_members=query.get("members") == "none",
            sort=Sort(sort) if sort in list(Sort) else Sort.NEWEST,
        )

    @property
    def narrows(self) -> bool:
        """Whether a filter is set, apart from search."""
        return bool(self.filters)

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The filters as parameters of an address."""
        given = [("kind", self.kind), ("visibility", self.visibility)]
        given += [("feature", feature.value) for feature in self.features]
        given += [
            ("master", "none" if self.no_master else ""),
            ("members", "none" if self.no_members else ""),
        ]
        return [(name, value) for name, value in given if value]

    @property
    def query(self) -> QueryDict:
        """The parameters of the shortest address that asks for this."""
        given = [("q", self.search)] if self.search else []
        given += self.filters
        if self.sort is not Sort.NEWEST:
            given.append(("sort", self.sort.value))
        return QueryDict(urlencode(given, errors="replace"))

    def cleared(self) -> "Wanted":
        """The same without filters."""
        return Wanted(search=self.search, sort=self.sort)

    def toggled(self, feature: Feature) -> "Wanted":
        """The same with this feature's filter toggled."""
        wanted = {*self.features} ^ {feature}
        return replace(self, features=tuple(feature for feature in Feature if feature in wanted))


@dataclass(frozen=True)
class Row:
    """One group as the list shows it."""

    group: Group
    people: int
    has_entries: bool
    masters: list[Member] = field(default_factory=list)
    masters_in_all: int = 0
    company: Company | None = None
    asks_for_master: bool = False

    @property
    def more_masters(self) -> int:
        """How many masters there are besides the named one."""
        return max(0, self.masters_in_all - 1)

    @property
    def features(self) -> list["FeatureSign"]:
        """The features of this kind of group, and whether they are on (rule 3.1)."""
        return [FeatureSign(feature, self.group.has(feature)) for feature in self.group.features]


@dataclass(frozen=True)
class FeatureSign:
    """The icon that shows whether a feature is on."""

    feature: Feature
    is_on: bool

    @property
    def icon(self) -> str:
        return _FEATURE_ICONS[self.feature]

    @property
    def words(self) -> str:
        """Its text, for tooltips and screen readers."""
        words = _("%(feature)s: on") if self.is_on else _("%(feature)s: off")
        return words % {"feature": self.feature.label}


_FEATURE_ICONS = {
    Feature.MESSAGE: "message-square",
    Feature.NOTE: "file-text",
    Feature.EVENT: "calendar",
    Feature.TASK: "list-checks",
    Feature.FOLDER: "folder",
    Feature.MAILING_LIST: "mail",
}


def matching(member: Member, scope: Scope, wanted: Wanted) -> GroupQuerySet:
    """All groups of a list that match a search and filters, and that the member may know of."""
    groups = _searched(_within(member, scope), member, wanted.search)
    return _filtered(groups, member, wanted)


def with_shown(groups: GroupQuerySet) -> GroupQuerySet:
    """The groups with what is shown of each in the same query."""
    return groups.select_related("company", "mailing_list__address__domain")


def page_for(member: Member, scope: Scope, wanted: Wanted, cursor: QueryDict) -> Page[Group]:
    """The list's page at the cursor, with groups the member may know of."""
    groups = with_shown(matching(member, scope, wanted))
    place = wanted.query.copy()
    for name in ("after", "before"):
        place[name] = cursor.get(name, "")
    return page_of(groups, wanted.sort.key, place, PAGE_SIZE)


def rows_of(member: Member, groups: list[Group]) -> list[Row]:
    """The groups of one page with what is shown beside them; the number of queries is constant."""
    people = effective.count_people(groups)
    masters = _masters_of(groups)
    pks = [group.pk for group in groups]
    filled = set(Membership.objects.filter(group__in=pks).values_list("group_id", flat=True).distinct())
    rows = []
    for group in groups:
        of_group = masters.get(group.pk, [])
        rows.append(
            Row(
                group=group,
                people=people[group.pk],
                has_entries=group.pk in filled,
                masters=[master.member for master in of_group],
                masters_in_all=of_group[0].in_all if of_group else 0,  # type: ignore[attr-defined]
                company=group.company if is_foreign(member, group.company_id) else None,
                asks_for_master=not of_group and is_administrator_of(member, group.company_id),
            )
        )
    return rows


def _masters_of(groups: Iterable[Group]) -> dict[int, list[Master]]:
    """The first active masters of each group, each knowing how many there are `in_all`."""
    masters = Master.objects.active().filter(group__in=[group.pk for group in groups])
    numbered = masters.annotate(
        place=Window(RowNumber(), partition_by="group", order_by="pk"),
        in_all=Window(Count("pk"), partition_by="group"),
    )
    first = numbered.filter(place__lte=MASTERS_SHOWN).select_related("member").order_by("group", "place")
    found: dict[int, list[Master]] = {}
    for master in first:
        found.setdefault(master.group_id, []).append(master)
    return found


def _within(member: Member, scope: Scope) -> GroupQuerySet:
    """The groups of one list, so that the database can walk them in order."""
    visible = permissions.visible_groups(member)
    if scope is Scope.MANAGED:
        return visible.filter(pk__in=Master.objects.filter(member=member).values("group"))
    if scope is Scope.BELONGING:
        return visible.filter(pk__in=effective.belonging_ids(member))
    if member.company_id is None:
        return visible
    # "Of the company, or one of these" cannot be walked along an index. Few people are in groups of other
    # companies: for the rest, the company alone is enough.
    if elsewhere := _abroad(member):
        return visible.filter(Q(company=member.company_id) | Q(pk__in=elsewhere))
    return visible.filter(company=member.company_id)


def _abroad(member: Member) -> list[int]:
    """The ids of other companies' groups that the member is in or runs; those have no teams (rule 2.9)."""
    external = {"member": member, "group__kind": Group.Kind.EXTERNAL}
    inside, run = (
        model._default_manager.filter(**external)
        .exclude(group__company=member.company_id)
        .values_list("group_id")
        for model in (Membership, Master)
    )
    return sorted({pk for (pk,) in inside.order_by().union(run.order_by())})


def _searched(groups: GroupQuerySet, member: Member, search: str) -> GroupQuerySet:
    """Those whose name, address or master matches the search (rule 12.2)."""
    if not typed_words(search):
        return groups
    # Addresses, nicknames and readings of people from other companies stay hidden (rule 6.4).
    address, people = typed_address(search), Member.objects.active()
    ways = [
        people.filter(~colleagues(member), finding.looks_up("name_search", search)),
        people.filter(finding.looks_up("called_folded", search), colleagues(member)),
    ]
    if "@" in address:
        ways.append(people.filter(colleagues(member), email__startswith=address))
    return finding.any_of(
        groups,
        finding.looks_up("name_search", search),
        Group.objects.filter(uses_mailing_list=True, mailing_list__in=_lists(address)).values("pk"),
        *(Master.objects.filter(member__in=way.values("pk")).values("group") for way in ways),
    )


def _lists(address: str) -> QuerySet[Any, Any]:
    """The lists with an address that begins so."""
    kinds = (Address.Kind.GROUP, Address.Kind.GROUP_ALIAS)
    found = Address.objects.filter(kind__in=kinds, email__startswith=address)
    found = found if address else found.none()
    aliases = ListAlias.objects.filter(address__in=found.values("pk")).values("mailing_list")
    return MailingList.objects.filter(Q(address__in=found.values("pk")) | Q(pk__in=aliases)).values("pk")


def _filtered(groups: GroupQuerySet, member: Member, wanted: Wanted) -> GroupQuerySet:
    if wanted.kind:
        groups = groups.filter(kind=wanted.kind)
    if wanted.visibility:
        groups = groups.filter(is_visible=wanted.visibility == "public")
    for feature in wanted.features:
        groups = groups.filter(**{feature.value: True})
    if wanted.no_master:
        groups = _all_at_once(groups, groups.without_master())
    if wanted.no_members:
        entries = Membership.objects.filter(group=OuterRef("pk"))
        groups = _all_at_once(groups, groups.filter(~Exists(entries)))
    return groups


def _all_at_once(groups: GroupQuerySet, rare: GroupQuerySet) -> GroupQuerySet:
    """Those of the groups that are among the rare ones, which the database finds together.

    Otherwise it looks up groups one by one, hoping to fill a page soon, and never does. The limit,
    which no company reaches, makes it expect to need all of them.
    """
    limit = Company.GROUP_LIMITS[Company.Plan.PAID] * 2
    return groups.filter(pk__in=rare.order_by().values("pk")[:limit])
