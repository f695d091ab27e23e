"""What becomes of groups: names, kinds, switches and how many there may be (rules 2.1–2.5, 3.1, 3.2)."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.names import clean_description, clean_name
from groupadmin.base.errors import Invalid
from groups import limits, permissions
from groups.actions.settings import check_features
from groups.directory.records import Kind
from groups.models import NAME_TAKEN, Feature, Group
from groups.models.switches import ON_AT_FIRST, SWITCHES, names_of

from .. import rows
from ..rows import Row
from .addresses import ids_of_others
from .work import ADD, REFUSED, Work, again, apart, origin_in

SWITCH_NAMES = tuple(switch.name for switch in SWITCHES)


def judge(work: Work) -> None:
    """Gives each group its verdict; whether it has masters and members is asked once these are judged."""
    judge = _Judge(work)
    for chunk in work.chunks(work.to_judge(Kind.GROUP), "subject", "id"):
        judge.chunk(chunk)
    _keep_to_plan(work)
    work.directory.forget()


def _keep_to_plan(work: Work) -> None:
    """More groups than the plan allows are refused, the last rows first (rule 2.2)."""
    free = work.company.group_limit - Group.objects.live().filter(company=work.company).count()
    added = work.rows(Kind.GROUP).filter(verdict=ADD)
    if added.count() <= max(0, free):
        return
    beyond = added.order_by("id").values("pk")[max(0, free) :]
    pks = list(beyond.values_list("pk", flat=True)[:1])
    if pks:
        reason = limits.group_limit_reached(work.company)
        added.filter(pk__gte=pks[0]).update(verdict=REFUSED, reason=reason, after=None)


class _Judge:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.last: Row | None = None
        self.with_list: set[str] = set()
        self.external = permissions.may_create_external_groups(work.actor, work.company)

    def chunk(self, chunk: list[Row]) -> None:
        there = self._there(chunk)
        lists = self.work.rows(Kind.LIST).filter(subject__among={row.subject for row in chunk})
        self.with_list = set(lists.exclude(verdict=REFUSED).values_list("subject", flat=True))
        of_others = ids_of_others(self.work, Kind.GROUP, chunk)
        for row in chunk:
            if reason := of_others.get(row.pk):
                row.refuse(reason)
                continue
            if self.last is not None and self.last.subject == row.subject:
                if again(self.last, row, lambda first: self._judge(first, there)):
                    rows.write([self.last], ("values", *rows.JUDGED))
                continue
            self.last = row
            try:
                self._judge(row, there)
            except Invalid as invalid:
                row.refuse(invalid.message)

    def _there(self, chunk: list[Row]) -> dict[str, Group]:
        live = Group.objects.live().filter(company=self.work.company)
        by_key = {
            group.name_key: group for group in live.filter(name_key__among={row.subject for row in chunk})
        }
        ids = {row.values["id"] for row in chunk if row.values.get("id")}
        known = live.filter(source=self.work.source, external_id__in=ids) if ids else ()
        by_id = {group.external_id: group for group in known}
        found = {}
        for row in chunk:
            group = by_id.get(row.values.get("id", ""))
            other = by_key.get(row.subject)
            if (chosen := group or other) is not None:
                found[row.subject] = chosen
            if group is not None and other is not None and group != other:
                row.reason = str(NAME_TAKEN)
        return found

    def _judge(self, row: Row, there: dict[str, Group]) -> None:
        values, group = row.values, there.get(row.subject)
        if row.reason:
            raise Invalid(None, row.reason)
        name = clean_name(values["group"])
        kind = values.get("kind") or (group.kind if group else Group.Kind.INTERNAL)
        if kind not in Group.Kind.values:
            raise Invalid(None, _("A group is internal or external, not “%(kind)s”.") % {"kind": kind[:100]})
        if group is None and kind == Group.Kind.EXTERNAL and not self.external:
            raise Invalid(None, str(self.external.reason))
        if group is not None and kind != group.kind:
            raise Invalid(None, _("The kind of a group never changes."))
        on = self._switched(row, group, kind)
        after: dict[str, Any] = {name: name in on for name in SWITCH_NAMES}
        after["name"] = name
        if "description" in values:
            after["description"] = clean_description(values["description"])
        after |= origin_in(row, self.work.source, group)
        row.name = name[: rows.NAME_SHOWN]
        if group is None:
            row.verdict, row.after, row.target = ADD, {"kind": kind, **after}, None
            return
        row.target = group.pk
        apart(row, present(group), after)

    def _switched(self, row: Row, group: Group | None, kind: str) -> frozenset[str]:
        said = {name: row.values[name] for name in SWITCH_NAMES if name in row.values}
        on = group.switched_on if group else ON_AT_FIRST & names_of(kind)
        on = (on - said.keys()) | {name for name, is_on in said.items() if is_on}
        has_list = row.subject in self.with_list
        if has_list and said.get(Feature.MAILING_LIST.value) is not False:
            on |= {Feature.MAILING_LIST.value}
        check_features(on, kind)
        if kind == Group.Kind.EXTERNAL and said.get("is_visible"):
            raise Invalid(None, _("External groups are always private."))
        is_there = group is not None and group.mailing_list_id is not None
        if Feature.MAILING_LIST.value in on and not has_list and not is_there:
            raise Invalid(None, _("The mailing list has no address."))
        return on & names_of(kind)


def present(group: Group) -> dict[str, Any]:
    """What is there of a group, as rows say it."""
    return {
        "name": group.name,
        "description": group.description,
        "id": group.external_id,
        "source": group.source,
        **{name: getattr(group, name) for name in SWITCH_NAMES},
    }
