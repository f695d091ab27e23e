"""Who reports to whom: managers whom rows name, in any order, and nobody to themselves (rules 1.12, 10.2).

Only who has people below is held in memory, as numbers.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Member
from groupadmin.base.text import isolated
from groups.directory.records import Kind

from .. import keys, rows
from ..rows import Row
from .work import ADD, CHANGE, REFUSED, SAME, Work

IN_CHAIN = 8


def judge(work: Work) -> None:
    """Finds the managers that rows name; last of all about people, as they may stand further down."""
    for name in ("manager", "manager_id"):
        named = work.rows(Kind.MEMBER).exclude(verdict=REFUSED).filter(values__has_key=name)
        # The first of two rows has what the second one says.
        for chunk in rows.chunks(rows.read(named.exclude(verdict=SAME, target=None), "id")):
            _judge(work, chunk)
            rows.write(chunk)
    _judge_rings(work)


def _judge(work: Work, chunk: list[Row]) -> None:
    wanted = {keys.address(email): email for row in chunk if (email := row.values.get("manager"))}
    people = work.directory.people(wanted)
    ids = {one: keys.external_id("member", one) for row in chunk if (one := row.values.get("manager_id"))}
    claimed = work.directory.claims(ids.values())
    stored = Member.objects.filter(company=work.company, source=work.source, external_id__in=ids)
    by_id = dict(stored.values_list("external_id", "email"))
    named = dict(_emails(work, {one for _kind, one in claimed.values()}))
    current = _managers(row.target for row in chunk)
    for row in chunk:
        email = row.values.get("manager", "")
        if not email and (one := row.values.get("manager_id")):
            email = named.get(claimed.get(ids[one], ("", ""))[1], "") or by_id.get(one, "")
            people |= work.directory.people({keys.address(email): email}) if email else {}
            if not email:
                row.reason = _("The manager is left out: nobody has the ID “%(id)s”.") % {"id": one}
                continue
        if email:
            manager = people.get(keys.address(email))
            if manager is None or manager.refused:
                row.reason = _("The manager is left out: %(email)s is not a member.") % {"email": email}
                continue
            if manager.subject == row.subject:
                row.reason = _("The manager is left out: nobody is their own manager.")
                continue
        before = current.get(row.target or 0, "")
        if email != before:
            row.after = {**(row.after or {}), "manager": email}
            if row.verdict != ADD:
                row.before = {**(row.before or {}), "manager": before}
                row.verdict = CHANGE


def _emails(work: Work, subjects: Collection[str]) -> list[tuple[str, str]]:
    found = work.rows(Kind.MEMBER).filter(subject__in=subjects).values_list("subject", rows.said("member"))
    return [(subject, email) for subject, email in found if email]


def _managers(pks: Any) -> dict[int, str]:
    there = Member.objects.filter(pk__in=[pk for pk in pks if pk], manager__isnull=False)
    return dict(there.values_list("pk", "manager__email"))


@dataclass
class _Chart:
    """Who reports to whom. People are their ids; those whom the import adds, their rows' below zero."""

    heads: set[int]
    """All who have people below: only these can be in a ring."""
    now: dict[int, int] = field(default_factory=dict)
    wanted: dict[int, int] = field(default_factory=dict)
    """By rows; 0 for nobody."""
    rows: dict[int, int] = field(default_factory=dict)

    def above(self, one: int) -> int:
        """The manager that somebody will have; 0 for none."""
        return self.wanted.get(one, self.now.get(one, 0))

    def rings(self) -> list[list[int]]:
        """Those who would report to themselves, ring by ring."""
        rings, seen = list[list[int]](), set[int]()
        for start in self.heads:
            way, one = dict[int, int](), start
            while one and one not in seen:
                seen.add(one)
                way[one] = len(way)
                one = self.above(one)
            if one in way:
                rings.append(list(way)[way[one] :])
        return rings

    def levels(self) -> dict[int, int]:
        """How many are above each of them, once no ring is left."""
        found: dict[int, int] = {0: -1}
        for start in self.heads:
            way, one = list[int](), start
            while one not in found:
                way.append(one)
                one = self.above(one)
            for below in reversed(way):
                found[below] = found[self.above(below)] + 1
        return found


def _judge_rings(work: Work) -> None:
    """Leaves out the manager by whom people would report to themselves: the last such row's (rule 1.12).

    Rows get the level that they will be at: brought in from the top, they close no ring on the way either.
    """
    if not (changing := _changing(work)).exists():
        return
    chart = _read(work)
    left_out: dict[int, str] = {}
    while rings := chart.rings():
        for ring in rings:
            last = max(ring, key=lambda one: chart.rows.get(one, 0) if chart.wanted.get(one) else 0)
            if not chart.wanted.get(last):
                del chart.now[last]  # was there before
                continue
            left_out[chart.rows[last]] = _chain(work, chart, last, ring)
            del chart.wanted[last]
    for chunk in rows.chunks(rows.read(_changing(work).filter(pk__in=left_out), "id")):
        for row in chunk:
            _leave_out(row, left_out[row.pk])
        rows.write(chunk)
    levels = chart.levels()
    for chunk in rows.chunks(rows.read(changing.filter(verdict=CHANGE), "id")):
        above = _nodes(work, chunk)
        for row in chunk:
            row.object_kind, row.object = "level", f"{levels.get(above[row.pk], -1) + 1:06d}"
        rows.write(chunk, ("object_kind", "object"))


def _changing(work: Work) -> Any:
    """Rows that give somebody another manager, or none."""
    return work.rows(Kind.MEMBER).filter(verdict__in=(ADD, CHANGE), after__has_key="manager")


def _read(work: Work) -> _Chart:
    there = Member.objects.filter(company=work.company, manager__isnull=False).order_by()
    chart = _Chart(set(there.values_list("manager_id", flat=True).distinct().iterator()))
    for chunk in rows.chunks(rows.read(_changing(work), "id")):
        chart.heads |= set(_nodes(work, chunk).values()) - {0}
    chart.now = {
        one: above for one, above in there.values_list("pk", "manager_id").iterator() if one in chart.heads
    }
    for chunk in rows.chunks(rows.read(_changing(work), "id")):
        above = _nodes(work, chunk)
        for row in chunk:
            if (one := row.target or -row.pk) in chart.heads:
                chart.wanted[one], chart.rows[one] = above[row.pk], row.pk
    return chart


def _nodes(work: Work, chunk: Iterable[Row]) -> dict[int, int]:
    """The manager of each row, as the chart has them."""
    emails = {row.pk: str(row.after["manager"]) for row in chunk}
    people = work.directory.people({keys.address(email): email for email in emails.values() if email})
    added = {known.subject for known in people.values() if known.pk is None}
    defining = work.directory.defining(Kind.MEMBER, added)
    found = dict.fromkeys(emails, 0)
    for pk, email in emails.items():
        if email and (known := people.get(keys.address(email))) is not None:
            found[pk] = known.pk or -defining[known.subject].pk
    return found


def _chain(work: Work, chart: _Chart, first: int, ring: list[int]) -> str:
    """The way from somebody to themselves, in names."""
    at = ring.index(first)
    shown = [*ring[at:], *ring[:at]][:IN_CHAIN]
    names = dict(Member.objects.filter(pk__in=shown).values_list("pk", "name"))
    added = work.rows(Kind.MEMBER).filter(pk__in=[-one for one in shown])
    names |= {-pk: name for pk, name in added.values_list("pk", "name")}
    way = [isolated(names.get(one, "")) for one in shown]
    return " › ".join([*way, "…"] if len(ring) > IN_CHAIN else [*way, way[0]])


def _leave_out(row: Row, chain: str) -> None:
    row.after = {name: value for name, value in row.after.items() if name != "manager"}
    row.before = {name: value for name, value in (row.before or {}).items() if name != "manager"} or None
    if row.verdict == CHANGE and not row.after:
        row.verdict, row.after = SAME, None
    reason = _("The manager is left out, since nobody reports to themselves: %(chain)s") % {"chain": chain}
    row.reason = reason[: rows.REASON_SHOWN]
