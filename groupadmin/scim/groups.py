"""Groups as resources (rules 2, 4.1, 11.2). External groups are between companies: no provider's business."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.actions.origin import check_own
from accounts.actor import Refused
from accounts.models.named import name_key
from groupadmin.base.text import fold
from groups.actions import (
    Entries,
    GroupSettings,
    ListSettings,
    change_group,
    create_group,
    delete_group,
    edit_entries,
    edit_masters,
    replace_entries,
)
from groups.models import Feature, Group, Master, Membership

from .addresses import Addresses
from .bodies import Document
from .clients import Client
from .columns import NOBODY, Column, Many, OneOf, Text, refers
from .dialects import has, value_of, without
from .errors import Failure, invalid
from .fields import Fields
from .filters import Columns
from .kinds import Resources, keep_id, person_value, pks_of, word
from .membership import Change, Refs, change_of, refs_in, values_of
from .refs import Kind, Ref, numbers
from .schemas import GROUP_URN, SWITCHES, FullGroup, GroupMore
from .users import gone

SUBS = ("value", "$ref", "type", "display")
FEATURES = tuple(feature.value for feature in Feature if feature is not Feature.MAILING_LIST)
SHOWN_AFTER_CHANGE = 200
"""A larger group is not sent along with the answer to a change."""
ENTRIES_ON_A_PAGE = 50_000
"""With more, a page has fewer groups."""


class Groups(Resources):
    """The company's internal groups."""

    kind = Kind.GROUP
    model = FullGroup
    rows_of = Group

    def rows(self, client: Client) -> QuerySet[Group]:
        own = Group.objects.live().filter(company=client.company.pk, kind=Group.Kind.INTERNAL)
        return own.select_related("company", "mailing_list__address__domain")

    def columns(self, client: Client) -> Columns:
        ours = GROUP_URN.lower()
        columns: dict[str, Column | Many] = {
            "displayname": Text("name_folded", folds=fold, equals=lambda value: Q(name_key=name_key(value))),
            "members": Many(_entries, "group", MEMBER),
            f"{ours}:description": Text("description"),
            f"{ours}:masters": Many(_masters, "group", {"value": refers(user="member")}),
            f"{ours}:address": Text(
                "mailing_list__address__email",
                equals=lambda value: _has_address(client, value),
                when=Q(uses_mailing_list=True),
            ),
            f"{ours}:email": Text("mailing_list__address__email", when=Q(uses_mailing_list=True)),
            f"{ours}:features": OneOf("pk", tuple((name, Q(**{name: True})) for name in FEATURES)),
            f"{ours}:features.value": OneOf("pk", tuple((name, Q(**{name: True})) for name in FEATURES)),
            **{
                f"{ours}:{name.replace('_', '')}": OneOf("pk", ((text, Q(**{switch: on})),))
                for name, (text, switch, on) in SWITCHES.items()
            },
        }
        return self.common_columns(client) | columns

    # Reading

    def documents(self, client: Client, things: Sequence[Group], fields: Fields) -> list[Document]:
        masters = self._masters(client, things)
        addresses = Addresses.of(client.company)
        documents = [
            fields.dump(self.resource(client, group, masters[group.pk], addresses)) for group in things
        ]
        if subs := fields.subs_of("members", SUBS):
            self._add_members(client, things, documents, subs)
        return documents

    def resource(self, client: Client, group: Group, masters: Sequence[int], addresses: Addresses) -> Any:
        """The group as the client reads it, but for its members."""
        return FullGroup(
            **self.basics(client, group),
            display_name=group.name,
            GroupExtension=GroupMore(
                description=group.description or None,
                masters=[person_value(client, pk) for pk in masters] or None,
                address=addresses.short(group.address) or None,
                email=group.address or None,
                features=[name for name in FEATURES if getattr(group, name)] or None,
                **{
                    name: text
                    for name, (text, switch, on) in SWITCHES.items()
                    if getattr(group, switch) is on
                },
            ),
        )

    def _masters(self, client: Client, groups: Sequence[Group]) -> dict[int, list[int]]:
        """Those of each group; without the default master, while nobody else can run it."""
        found: dict[int, list[int]] = defaultdict(list)
        others: set[int] = set()
        default = client.first_master
        rows = Master.objects.filter(group__in=[group.pk for group in groups]).order_by("pk")
        for group, pk, source, is_active in rows.values_list(
            "group", "member", "source", "member__is_active"
        ):
            if default is None or pk != default.pk or source != client.source:
                found[group].append(pk)
                others |= {group} if is_active else set()
            else:
                # In its place, to be taken out again if it only stands in.
                found[group].append(-pk)
        return defaultdict(
            list,
            {group: [abs(pk) for pk in pks if pk > 0 or group in others] for group, pks in found.items()},
        )

    def _add_members(
        self, client: Client, groups: Sequence[Group], documents: list[Document], subs: frozenset[str]
    ) -> None:
        rows = _entries(client).filter(group__in=[group.pk for group in groups]).order_by("group", "pk")
        names = ("member__name", "team__name", "subgroup__name") if "display" in subs else ()
        found: dict[int, list[tuple[Ref, str]]] = defaultdict(list)
        for group, member, team, subgroup, *named in rows.values_list(
            "group", "member", "team", "subgroup", *names
        ):
            name = next((one for one in named if one), "")
            found[group].append((_ref(member, team, subgroup), name))
        for group, document in zip(groups, documents, strict=True):
            if found[group.pk]:
                document["members"] = values_of(client.base, found[group.pk], subs)

    def shown_after_change(self, thing: Group, fields: Fields) -> bool:
        if fields.are_named or not fields.subs_of("members", SUBS):
            return True
        return len(thing.entries.values("pk")[: SHOWN_AFTER_CHANGE + 1]) <= SHOWN_AFTER_CHANGE

    def fitting(self, groups: Sequence[Group], fields: Fields) -> Sequence[Group]:
        """As many of them as a page holds with their members; one at least."""
        if not fields.subs_of("members", SUBS):
            return groups
        counted = Membership.objects.filter(group__in=[group.pk for group in groups]).values("group")
        sizes = dict(counted.annotate(size=Count("pk")).values_list("group", "size"))
        total = 0
        for number, group in enumerate(groups):
            total += sizes.get(group.pk, 0)
            if number and total > ENTRIES_ON_A_PAGE:
                return groups[:number]
        return groups

    # Writing

    def create(self, client: Client, document: Document) -> Group:
        wanted = self.parsed(_with_defaults(without(document, "members"), None))
        refs = refs_in(value_of(document, "members"))
        extension = wanted.GroupExtension or GroupMore()
        addresses = Addresses.of(client.company)
        settings = GroupSettings(
            name=wanted.display_name,
            masters=self._with_default(client, pks_of(extension.masters, Kind.USER), frozenset()),
            entries=_entries_of(refs),
            mailing_list=_list(None, extension.address, addresses),
            description=extension.description or "",
        )
        settings = _switched(settings, extension)
        group = create_group(client.company, Group.Kind.INTERNAL, settings, actor=client.actor)
        keep_id(client, group, wanted.external_id)
        return self.again(client, group)

    def replace(self, client: Client, thing: Group, document: Document) -> Group:
        before = self._before(client, thing)
        after = self.parsed(_with_defaults(without(document, "members"), before))
        after.replace(before)
        change = (
            Change(exactly=refs_in(value_of(document, "members"))) if has(document, "members") else Change()
        )
        return self._save(client, thing, before, after, change)

    def patch(self, client: Client, thing: Group, operations: list[Document]) -> Group:
        before = self._before(client, thing)
        change, others = change_of(operations, self.model, lambda: self._present(client, thing))
        return self._save(client, thing, before, self.patched(before, others), change)

    def delete(self, client: Client, thing: Group) -> None:
        if thing.source != client.source:
            raise Refused(
                "group.delete",
                _("Your system did not bring this group, so it cannot delete it."),
                target=thing,
            )
        delete_group(thing, actor=client.actor)

    def _before(self, client: Client, group: Group) -> Any:
        masters = self._masters(client, [group])[group.pk]
        return self.resource(client, group, masters, Addresses.of(client.company))

    def _present(self, client: Client, group: Group) -> Refs:
        rows = group.entries.values_list("member", "team", "subgroup")
        return frozenset(_ref(*row) for row in rows)

    def _save(self, client: Client, group: Group, before: Any, wanted: Any, change: Change) -> Group:
        """Makes the group what is wanted. Every step changes nothing if there is nothing to change."""
        actor = client.actor
        check_own(group, "group.edit", actor)
        extension = wanted.GroupExtension or GroupMore()
        old = before.GroupExtension
        if (wanted.display_name, extension) != (before.display_name, old):
            addresses = Addresses.of(client.company)
            group = change_group(
                group, lambda present: _changed(present, wanted, old, extension, addresses), actor=actor
            )
        masters = pks_of(extension.masters, Kind.USER)
        if masters != pks_of(old.masters, Kind.USER):
            others = group.masters.exclude(source=client.source).values_list("member", flat=True)
            present = frozenset(group.masters.values_list("member", flat=True))
            final = self._with_default(client, masters, frozenset(others))
            group = edit_masters(group, final - present, present - final, actor=actor)
        if change.exactly is not None:
            group = replace_entries(group, _entries_of(change.exactly), actor=actor)
        elif change:
            group = edit_entries(group, _entries_of(change.added), _entries_of(change.removed), actor=actor)
        keep_id(client, group, wanted.external_id)
        return self.again(client, group)

    def _with_default(
        self, client: Client, masters: frozenset[int], others: frozenset[int]
    ) -> frozenset[int]:
        """The masters, and the default one if none of them can run the group (rule 2.7). Raises Failure."""
        people = client.company.members.filter(pk__in=masters | others)
        if people.filter(is_active=True).exists():
            return masters
        default = client.first_master
        if default is None:
            raise invalid(
                _("Name a master: the token's default master is no longer active. Make a new token.")
            )
        return masters | {default.pk}


def _ref(member: int | None, team: int | None, subgroup: int | None) -> Ref:
    if member is not None:
        return Ref(Kind.USER, member)
    return Ref(Kind.TEAM, team) if team is not None else Ref(Kind.GROUP, subgroup or 0)


def _entries_of(refs: Refs) -> Entries:
    return Entries(numbers(refs, Kind.USER), numbers(refs, Kind.TEAM), numbers(refs, Kind.GROUP))


def _entries(client: Client) -> QuerySet[Any, Any]:
    """Those of whom the provider has not deleted."""
    own = Membership.objects.filter(group__company=client.company.pk)
    return own.exclude(member__in=gone(client))


def _masters(client: Client) -> QuerySet[Any, Any]:
    return Master.objects.filter(group__company=client.company.pk)


MEMBER = {
    "value": refers(user="member", team="team", group="subgroup"),
    "type": OneOf(
        "pk",
        (
            ("user", Q(member__isnull=False)),
            ("team", Q(team__isnull=False)),
            ("group", Q(subgroup__isnull=False)),
        ),
    ),
}


def _has_address(client: Client, value: str) -> Q:
    local_part, domain = Addresses.of(client.company).whole(value)
    if not domain:
        return NOBODY
    found = Q(mailing_list__address__local_part=local_part, mailing_list__address__domain=domain)
    return found & Q(uses_mailing_list=True)


def _with_defaults(document: Document, before: Any) -> Document:
    """With what the provider says nothing of."""
    if before is not None and not has(document, GROUP_URN):
        # A provider that knows nothing of our attributes does not empty them.
        return document | {GROUP_URN: before.GroupExtension.model_dump()}
    return document


def _switched(settings: GroupSettings, extension: Any) -> GroupSettings:
    """With the features and switches that are wanted."""
    wanted = {name.strip().lower() for name in extension.features or ()}
    if unknown := wanted - set(FEATURES):
        raise invalid(_("There is no such feature: %(names)s") % {"names": ", ".join(sorted(unknown))})
    switches = {name: name in wanted for name in FEATURES}
    for name, (text, switch, on) in SWITCHES.items():
        switches[switch] = on if word(getattr(extension, name), text) else not on
    return settings.with_switches(**switches, uses_mailing_list=bool((extension.address or "").strip()))


def _list(present: ListSettings | None, address: str | None, addresses: Addresses) -> ListSettings | None:
    """The list with the address; without one it stays as it is, and off (rule 3.3)."""
    if not (address or "").strip():
        return present
    local_part, domain = addresses.whole(address or "")
    if present is None:
        return ListSettings(local_part, domain)
    return replace(present, local_part=local_part, domain_id=domain)


def _changed(
    present: GroupSettings, wanted: Any, old: Any, extension: Any, addresses: Addresses
) -> GroupSettings:
    """The settings with what the provider changed; what it left alone stays as it is now."""
    settings = replace(present, name=wanted.display_name)
    if extension == old:
        return settings
    settings = replace(settings, description=extension.description or "")
    if extension.address != old.address:
        settings = replace(settings, mailing_list=_list(present.mailing_list, extension.address, addresses))
    return _switched(settings, extension)


__all__ = ["Failure", "Groups"]
