"""A row of an import as its page shows it: the verdict, and each change before and after (rule 10.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import labels
from groupadmin.base.paging import Key, Page, page_of_series
from groupadmin.base.text import clean_line
from groups.directory.form.given import IN_FILE
from groups.directory.imports.rows import FILE_SHOWN
from groups.directory.imports.summary import LEFT_OUT, ONE, VERDICTS
from groups.models import DirectoryImport, ImportRow
from groups.models.directory_import import ImportRowQuerySet

PAGE_SIZE = 50
FACTS_SHOWN = 6
VALUES_SHOWN = 5
LENGTH_SHOWN = 200
# Verdicts one after another, and each in the order of its index.
IN_SERIES: Key = {"place": int, "id": int}

# What the row's name, or the columns beside it, already say.
UNSAID = frozenset({"thing", "object", "object_kind", "subject"})
FIELDS: dict[str, Promise | str] = {
    "name": gettext_lazy("Name"),
    "member": gettext_lazy("Email address"),
    "team": gettext_lazy("Team"),
    "group": gettext_lazy("Group"),
    "subgroup": gettext_lazy("Group"),
    "id": gettext_lazy("External ID"),
    "external_id": gettext_lazy("External ID"),
    "address": gettext_lazy("Address"),
    "email": gettext_lazy("Email address"),
    "aliases": gettext_lazy("Further addresses"),
    "description": gettext_lazy("Description"),
    "kind": gettext_lazy("Kind"),
    "administrator": gettext_lazy("Administrator"),
    "active": gettext_lazy("Active"),
    "purpose": gettext_lazy("May send"),
    "employee_number": gettext_lazy("Employee number"),
    "job_title": gettext_lazy("Job title"),
    "site": gettext_lazy("Site"),
    "phone": gettext_lazy("Phone"),
    "manager": gettext_lazy("Manager"),
    "starts_on": gettext_lazy("First day"),
    "ends_on": gettext_lazy("Last day"),
    "nickname": gettext_lazy("Nickname"),
    "reading": gettext_lazy("Reading of the name"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "source": gettext_lazy("Source"),
}
ICONS = {
    "team": "network",
    "member": "user",
    "place": "users-round",
    "group": "text-align-start",
    "master": "user-star",
    "entry": "users",
    "list": "mail",
    "sender": "send",
    "contact": "at-sign",
}


@dataclass(frozen=True)
class Fact:
    """A field of a row, and how it changes. Of what is added only `after` says something."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Shown:
    """A row with what changes."""

    row: ImportRow
    kind: str
    icon: str
    facts: list[Fact] = field(default_factory=list)
    more: int = 0

    @property
    def reason(self) -> str:
        """Why it is not done, or stays as it is."""
        return self.row.touched or self.row.reason

    @property
    def is_bad(self) -> bool:
        """Whether its reason says why it is not done."""
        return self.row.verdict == ImportRow.Verdict.REFUSED or self.row.state == ImportRow.State.SKIPPED


def page_of_rows(
    directory_import: DirectoryImport, chosen: dict[str, str], wanted: QueryDict
) -> tuple[Page[Any], list[Shown]]:
    """A page of the rows that match: what was not done first, then what is refused. Never counts them."""
    page = page_of_series(_parts(directory_import, chosen), IN_SERIES, wanted, PAGE_SIZE)
    ids = [pk for _place, pk in page.rows]
    found = ImportRow.objects.in_bulk(ids)
    return page, [shown(found[pk]) for pk in ids if pk in found]


def _parts(directory_import: DirectoryImport, chosen: dict[str, str]) -> list[QuerySet[ImportRow]]:
    """The rows in the order of the page; each part is read in the order of its index."""
    rows = _matching(directory_import, chosen)
    left_out, wanted = rows.left_out(), chosen.get("verdict")
    if wanted == LEFT_OUT:
        return [left_out]
    if wanted:
        return [rows.filter(verdict=wanted)]
    others = rows.exclude(state__in=[ImportRow.State.SKIPPED, ImportRow.State.LEFT])
    return [left_out, *(others.filter(verdict=verdict) for verdict in VERDICTS)]


def _matching(directory_import: DirectoryImport, chosen: dict[str, str]) -> ImportRowQuerySet:
    rows = ImportRow.objects.filter(directory_import=directory_import)
    if kind := chosen.get("kind"):
        rows = rows.filter(kind=kind)
    if file := clean_line(chosen.get("file", ""))[:FILE_SHOWN]:
        # A file is stored by its cleaned name; what is in a zip file or a workbook begins with that of it.
        inside = Q(file__startswith=f"{file}/") | Q(file__startswith=f"{file}{IN_FILE}")
        rows = rows.filter(Q(file=file) | inside)
    if typed := chosen.get("q"):
        rows = rows.filter(Q(name__icontains=typed) | Q(file__icontains=typed))
    return rows


def shown(row: ImportRow) -> Shown:
    """The row as its page shows it."""
    facts = list(facts_of(row))
    return Shown(
        row,
        str(ONE.get(row.kind, _("Row"))),
        ICONS.get(row.kind, "file"),
        facts[:FACTS_SHOWN],
        max(0, len(facts) - FACTS_SHOWN),
    )


def facts_of(row: ImportRow) -> Iterable[Fact]:
    """What the row changes, field by field."""
    if row.verdict not in ImportRow.CHANGING:
        return
    before, after = _fields(row.before), _fields(row.after)
    for name in dict.fromkeys([*after, *before]):
        old, new = _text(name, before.get(name)), _text(name, after.get(name))
        # Of what is new, what it does not have says nothing.
        is_empty = row.verdict == ImportRow.Verdict.ADD and not after.get(name)
        if name not in UNSAID and old != new and new != row.name and not is_empty:
            yield Fact(_label(name, row.kind), old, new)


def _fields(stored: Any) -> dict[str, Any]:
    return stored if isinstance(stored, dict) else {}


def _label(name: str, kind: str) -> str:
    known = FIELDS.get(name)
    return str(known) if known else labels.fact(name, kind)


def _text(name: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return _listed(name, value)
    return labels.value(name, value)[:LENGTH_SHOWN]


def _listed(name: str, values: Sequence[Any]) -> str:
    texts = [labels.value(name, value)[:LENGTH_SHOWN] for value in values[:VALUES_SHOWN]]
    if (more := len(values) - VALUES_SHOWN) > 0:
        texts.append(_("%(count)s more") % {"count": f"{more:,}"})
    return ", ".join(texts)
