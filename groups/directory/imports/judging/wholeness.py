"""Whether groups are whole: masters, members, and no group inside itself (rules 1.8, 2.7, 2.8, 2.11)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Member
from groups import limits
from groups.directory.records import Kind
from groups.models import ImportRow, is_live

from .. import keys, rows
from ..rows import Row
from .work import ADD, REFUSED, SAME, Work

_DEPENDENT = (Kind.MASTER, Kind.ENTRY, Kind.LIST, Kind.SENDER, Kind.CONTACT)


def give_masters(work: Work) -> None:
    """New groups without an active master get the default one, or are refused (rule 2.7).

    What says itself that it is incomplete comes in as it is: so do groups that an export has (rule 10.1).
    """
    added = work.rows(Kind.GROUP).filter(verdict=ADD).exclude(pk__in=_incomplete(work))
    for chunk in rows.chunks(rows.read(added, "id")):
        subjects = {row.subject for row in chunk}
        masters = work.rows(Kind.MASTER).filter(subject__in=subjects, verdict=ADD)
        has_master = {subject for subject, after in masters.values_list("subject", "after") if after is None}
        without = [row for row in chunk if row.subject not in has_master]
        emails = {row.subject: _default(work, row) for row in without}
        people = work.directory.people({keys.address(email): email for email in emails.values() if email})
        given, refused = [], []
        for row in without:
            email = emails[row.subject]
            person = people.get(keys.address(email)) if email else None
            if person is None or person.refused or not person.is_active:
                row.refuse(_no_master(email))
                refused.append(row)
                continue
            if (row.after or {}).get("kind") == "external" and not work.directory.can_connect(person):
                row.refuse(_("%(name)s cannot connect with other companies.") % {"name": person.name})
                refused.append(row)
                continue
            given.append(
                Row(
                    file=row.file,
                    row=row.row,
                    kind=Kind.MASTER,
                    subject=row.subject,
                    object_kind="member",
                    object=person.subject,
                    name=f"{email} › {row.name}"[: rows.NAME_SHOWN],
                    values={"group": row.values["group"], "member": email},
                    verdict=ADD,
                    reason=_("The default master."),
                )
            )
        rows.add(work.directory_import, given)
        rows.write(refused)
    work.directory.forget()


def _incomplete(work: Work) -> "QuerySet[ImportRow, Any]":
    return work.rows(Kind.GROUP).filter(values__incomplete=True).values("pk")


def _default(work: Work, row: Row) -> str:
    return row.values.get("default_master") or keys.clean_email(work.options.default_master)


def _no_master(email: str) -> str:
    if email:
        return _("The default master %(email)s is no active member of your company.") % {"email": email}
    return _("The group has no master. Name one, or choose a default master.")


def refuse_empty(work: Work) -> None:
    """New internal groups without members are refused, and with each what depends on it (rules 2.8, 10.2)."""
    refuse_dependent(work, list(work.rows(Kind.GROUP).filter(verdict=REFUSED).values_list("pk", flat=True)))
    empty = _find_empty(work)
    while empty:
        refuse_dependent(work, empty)
        empty = _find_empty(work)
    work.directory.forget()


def _find_empty(work: Work) -> list[int]:
    """Refuses new groups that have no good entry; returns their rows."""
    refused: list[int] = []
    added = work.rows(Kind.GROUP).filter(verdict=ADD, after__kind="internal")
    added = added.exclude(pk__in=_incomplete(work))
    for chunk in rows.chunks(rows.read(added, "id")):
        entries = work.rows(Kind.ENTRY).filter(subject__in={row.subject for row in chunk})
        filled = set(entries.filter(verdict=ADD).values_list("subject", flat=True).distinct())
        empty = [row for row in chunk if row.subject not in filled]
        named = {row.subject for row in empty}
        tried = set(entries.filter(subject__in=named).values_list("subject", flat=True).distinct())
        for row in empty:
            row.refuse(
                _("All its members are refused.") if row.subject in tried else _("The group has no members.")
            )
        rows.write(empty)
        refused += [row.pk for row in empty]
    return refused


def refuse_dependent(work: Work, groups: Iterable[int]) -> None:
    """Refuses what is in these refused groups, and their places in others."""
    for chunk in rows.chunks(groups):
        found = {row.subject: row for row in rows.read(ImportRow.objects.filter(pk__in=chunk), "id")}
        mine = work.rows(Kind.GROUP).filter(subject__in=found).exclude(verdict=REFUSED)
        # One of two rows of a group may be fine; one that only repeats another is what that one is.
        for subject in mine.exclude(verdict=SAME, target=None).values_list("subject", flat=True).distinct():
            found.pop(subject, None)
        for rest in rows.chunks(rows.read(mine.filter(subject__in=list(found)), "id")):
            for row in rest:
                row.refuse(found[row.subject].reason)
            rows.write(rest)
        live = work.directory.live_groups(found)
        gone = {key: row for key, row in found.items() if key not in live}
        below = work.rows(*_DEPENDENT).filter(subject__in=gone).exclude(verdict=REFUSED)
        for rest in rows.chunks(rows.read(below, "id")):
            for row in rest:
                row.refuse(_("The group is refused: %(place)s.") % {"place": gone[row.subject].place})
            rows.write(rest)
        inside = work.rows(Kind.ENTRY, Kind.SENDER).filter(object_kind="group", object__in=gone)
        for rest in rows.chunks(rows.read(inside.exclude(verdict=REFUSED), "id")):
            for row in rest:
                row.refuse(_("The group in it is refused: %(place)s.") % {"place": gone[row.object].place})
            rows.write(rest)


def keep_to_direct_limit(work: Work) -> None:
    """Nobody comes into more groups than one may be in directly; the last rows are refused (rule 1.8)."""
    added = work.rows(Kind.ENTRY).filter(verdict=ADD, object_kind="member")
    many = added.order_by().values("object").annotate(count=Count("id"))
    near = limits.DIRECT_GROUPS_LIMIT // 2
    counted = dict(many.filter(count__gt=near).values_list("object", "count"))
    present = {
        keys.address(email): direct
        for email, direct in Member.objects.filter(company=work.company)
        .annotate(direct=Count("memberships", filter=is_live("memberships__group__")))
        .filter(direct__gt=near)
        .values_list("email", "direct")
    }
    for key in sorted(counted.keys() | present.keys()):
        free = max(0, limits.DIRECT_GROUPS_LIMIT - present.get(key, 0))
        beyond = list(added.filter(object=key).order_by("id").values_list("pk", flat=True)[free : free + 1])
        if beyond:
            reason = _("This person would be in more than %(limit)s groups.") % {
                "limit": f"{limits.DIRECT_GROUPS_LIMIT:,}"
            }
            added.filter(object=key, pk__gte=beyond[0]).update(verdict=REFUSED, reason=reason)
