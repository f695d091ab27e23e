"""What an import removed from groups and teams comes back, if both ends are there (rule 10.3)."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.audit.items import group_item, people_items
from accounts.models import Company, Member, Team
from groups.actions.entries import entry_names
from groups.directory.records import Kind
from groups.entries import Entries, entries_of
from groups.membership import effective
from groups.models import Designation, Group, ImportRow, MailingList, Master, Membership
from groups.notices.movements import movements

from ..removed import KEPT_AS, TABLES, add_again, facts_of
from ..rows import Row
from ..running.people import contains

if TYPE_CHECKING:
    from .look import Look

REMOVE = ImportRow.Verdict.REMOVE
_ENDS = ("group_id", "team_id", "member_id", "subgroup_id")
Reasons = dict[int, str]


def reasons(look: "Look", kind: str, chunk: list[Row]) -> Reasons:
    """Why rows of one kind stay as they are: what is gone, or there again."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in chunk:
        for name, pk in facts_of(row).items():
            if name in _ENDS:
                wanted[name].add(pk)
    groups = _groups(look, wanted["group_id"] | wanted["subgroup_id"])
    teams = _pks(Team.objects.filter(company=look.company, pk__in=wanted["team_id"]))
    people = _pks(Member.objects.filter(company=look.company, pk__in=wanted["member_id"]))
    there = {"group_id": groups, "subgroup_id": groups, "team_id": teams, "member_id": people}
    present = _present(kind, wanted)
    found: Reasons = {}
    for row in chunk:
        ends = {name: pk for name, pk in facts_of(row).items() if name in _ENDS}
        if not ends:
            found[row.pk] = _("It was not there any more.")
        elif any(pk not in there[name] for name, pk in ends.items()):
            found[row.pk] = _("What it was in, or was about, is no longer there.")
        elif tuple(ends.get(name) for name in _ENDS) in present:
            found[row.pk] = _("It was added again since.")
        elif (inside := ends.get("subgroup_id")) and contains(inside, ends["group_id"]):
            found[row.pk] = _("A group cannot contain itself.")
    return found


def _groups(look: "Look", pks: Collection[int]) -> set[int]:
    """Those that are there, and those that this undoing restores."""
    restored = look.done(Kind.GROUP).filter(verdict=REMOVE, target__in=pks, touched="")
    live = Group.objects.live().filter(company=look.company, pk__in=pks)
    return _pks(live) | {pk for pk in restored.values_list("target", flat=True) if pk}


def _pks(things: "QuerySet[Any]") -> set[int]:
    return set(things.values_list("pk", flat=True))


def _present(kind: str, wanted: dict[str, set[int]]) -> set[tuple[int | None, ...]]:
    model = TABLES[kind]
    names = [name for name in _ENDS if name in {field.attname for field in model._meta.concrete_fields}]
    first = names[0]
    found = model._default_manager.filter(**{f"{first}__in": wanted[first]}).values_list(*names)
    lines = (dict(zip(names, line, strict=True)) for line in found.iterator())
    return {tuple(line.get(name) for name in _ENDS) for line in lines}


def coming_back(look: "Look", kind: str, groups: Collection[int]) -> set[int]:
    """Of these groups, those that get an entry or master back."""
    back = look.done(kind).filter(verdict=REMOVE, touched="", before__thing__group_id__in=list(groups))
    return set(back.values_list("before__thing__group_id", flat=True))


def bring_back(look: "Look", actor: Actor, company: Company, batch: list[Row]) -> Reasons:
    """Puts back what can be; the rows are of one kind. Needs the company's lock."""
    kind = batch[0].kind
    found = reasons(look, kind, batch)
    good = [row for row in batch if row.pk not in found]
    bring: dict[str, Callable[..., None]] = {
        Kind.ENTRY: _entries,
        Kind.MASTER: _masters,
        Kind.PLACE: _places,
    }
    bring[kind](good, look.directory_import.source, actor, company)
    return found


def _entries(good: list[Row], source: str, actor: Actor, company: Company) -> None:
    by_group: dict[int, Entries] = defaultdict(Entries)
    for row in good:
        facts = facts_of(row)
        thing = (facts.get("member_id"), facts.get("team_id"), facts.get("subgroup_id"))
        by_group[facts["group_id"]] |= entries_of([thing])
    groups = _locked(by_group)
    everything = Entries()
    for one in by_group.values():
        everything |= one
    people = effective.people_ids_within(everything.members, everything.teams, everything.groups)
    with movements(actor, people=people, leaving=(), groups=list(by_group)):
        add_again(Kind.ENTRY, good, source)
    told: list[audit.Entry] = []
    for pk, entries in by_group.items():
        told.append(audit.Entry(groups[pk], {"members_added": [None, entry_names(entries)]}, company.pk))
    audit.record_in_bulk(actor, "group.edit_members", told)


def _masters(good: list[Row], source: str, actor: Actor, company: Company) -> None:
    pks = {facts_of(row)["group_id"] for row in good}
    groups, before = _locked(pks), {pk: _masters_of(pk) for pk in pks}
    add_again(Kind.MASTER, good, source)
    told = [audit.Entry(groups[pk], {"masters": [before[pk], _masters_of(pk)]}, company.pk) for pk in pks]
    audit.record_in_bulk(actor, "group.add_masters", told)


def _masters_of(group: int) -> list[dict[str, Any]]:
    return people_items(Master.objects.filter(group=group).values_list("member_id", flat=True))


def _places(good: list[Row], source: str, actor: Actor, company: Company) -> None:
    by_team: dict[int, list[int]] = defaultdict(list)
    for row in good:
        by_team[facts_of(row)["team_id"]].append(facts_of(row)["member_id"])
    people = {pk for some in by_team.values() for pk in some}
    with movements(actor, people=people, leaving=(), teams=list(by_team)):
        add_again(Kind.PLACE, good, source)
    Member.objects.filter(pk__in=people).update(version=F("version") + 1)
    Team.objects.filter(pk__in=by_team).update(version=F("version") + 1)
    teams = Team.objects.in_bulk(by_team)
    told = [
        audit.Entry(teams[pk], {"people_added": [None, people_items(some)]}, company.pk)
        for pk, some in by_team.items()
    ]
    audit.record_in_bulk(actor, "team.set_people", told)


def put_around(row: Row, group: Group, actor: Actor) -> None:
    """Puts a restored group back into the groups that it was in, and designates it again (rule 2.22)."""
    entries: dict[int, dict[str, Any]] = {one["group_id"]: one for one in facts_of(row).get("entries", ())}
    there = _pks(Group.objects.filter(company=group.company_id, pk__in=entries))
    there -= set(Membership.objects.filter(subgroup=group).values_list("group_id", flat=True))
    back = [pk for pk in sorted(there) if not contains(group.pk, pk)]
    people = effective.people_ids_within((), (), [group.pk])
    containers = _locked(back)
    with movements(actor, people=people, leaving=(), groups=back):
        for pk in back:
            add_again(Kind.ENTRY, [_entry(entries[pk])], entries[pk].get("source", ""))
    changes: audit.Changes = {"members_added": [None, [group_item(group)]]}
    audit.record_each(actor, "group.edit_members", list(containers.values()), changes)
    for one in facts_of(row).get("designated", ()):
        if MailingList.objects.filter(pk=one["mailing_list_id"]).exists():
            Designation.objects.get_or_create(group=group, **one)


def _entry(facts: dict[str, Any]) -> Row:
    kept = {name: one for name, one in facts.items() if name not in ("id", "source")}
    return Row(kind=Kind.ENTRY, target=facts["id"], before={KEPT_AS: kept})


def _locked(pks: Collection[int]) -> dict[int, Group]:
    """The groups, locked, each with a further version."""
    groups = {pk.pk: pk for pk in Group.objects.filter(pk__in=pks).order_by("pk").select_for_update()}
    Group.objects.filter(pk__in=groups).update(version=F("version") + 1)
    for group in groups.values():
        group.version += 1
    return groups


def entries_left(look: "Look", kind: str, chunk: list[Row]) -> set[int | None]:
    """Rows whose going would leave an internal group without entries or active masters (rules 2.7, 2.8)."""
    table: Any = Membership.objects if kind == Kind.ENTRY else Master.objects.active()
    model = TABLES[kind]
    added = [row.target for row in chunk if row.verdict != REMOVE and row.target]
    of_group = dict(
        model._default_manager.filter(pk__in=added, group__kind=Group.Kind.INTERNAL).values_list(
            "pk", "group_id"
        )
    )
    groups = set(of_group.values())
    staying = table.filter(group__in=groups).exclude(pk__in=look.mine(kind))
    whole = {*staying.values_list("group_id", flat=True), *coming_back(look, kind, groups)}
    return {pk for pk, group in of_group.items() if group not in whole}
