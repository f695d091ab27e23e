"""Differences between a source and a company: those of an import that is never brought in (rule 10.8)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.models import Company, TeamMembership
from groupadmin.base.errors import Invalid
from groups.directory.imports import judging, reading, rows
from groups.directory.imports.options import Options
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.subscribers import settled
from groups.models import (
    Designation,
    DirectoryImport,
    ExternalContact,
    ImportRow,
    Master,
    Membership,
)

from . import mail
from .mail import MailDifference, SourceMail

GROUPS_AT_ONCE = 500


class What(StrEnum):
    """How something differs."""

    MISSING = "missing"
    """It is not here."""
    CHANGED = "changed"
    ONLY_HERE = "only here"
    REFUSED = "refused"
    """It cannot be here as it is there."""
    LEFT_OUT = "left out"
    """It has no counterpart here, and is no difference."""


_WHAT = {
    ImportRow.Verdict.ADD: What.MISSING,
    ImportRow.Verdict.CHANGE: What.CHANGED,
    ImportRow.Verdict.REMOVE: What.ONLY_HERE,
    ImportRow.Verdict.REFUSED: What.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not here as it is in the source."""

    what: What
    kind: str
    name: str
    here: dict[str, Any] = field(default_factory=dict)
    there: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    file: str = ""
    row: int = 0


def compare(
    records: Iterable[Record | Problem],
    company: Company,
    source: str,
    *,
    actor: Actor,
    options: Options,
    tell: Progress | None = None,
) -> Iterator[Difference | MailDifference]:
    """All differences: of things in the order of kinds, then of who gets a mail, then what was left out.

    The records are judged like those of an import, in a transaction that is given up: nothing stays of it.
    Raises Invalid if there are none; what the records raise goes through.
    """
    noted = SourceMail()
    left_out: list[Difference] = []

    def ours() -> Iterator[Record | Problem]:
        for one in settled(records, company, noted.note):
            if isinstance(one, Problem) and one.is_foreign:
                left_out.append(
                    Difference(What.LEFT_OUT, "", one.name, reason=one.reason, file=one.file, row=one.row)
                )
            else:
                yield one

    with transaction.atomic():
        directory_import = DirectoryImport.objects.create(
            company=company, source=source, door=actor.door, options=options.plain()
        )
        if not reading.read(directory_import, ours()):
            raise Invalid(None, _("The source is empty, so there is nothing to compare."))
        judging.judge(directory_import, actor=actor, tell=tell)
        for kind in ("", *Kind):
            yield from _judged(directory_import, kind)
            yield from _more_here(directory_import, kind)
        transaction.set_rollback(True)
    yield from mail.differences(noted, company)
    yield from left_out


def _left_out(problem: Problem) -> Difference:
    return Difference(
        What.LEFT_OUT, "", problem.name, reason=problem.reason, file=problem.file, row=problem.row
    )


def _judged(directory_import: DirectoryImport, kind: str) -> Iterator[Difference]:
    found = ImportRow.objects.filter(directory_import=directory_import, kind=kind, verdict__in=_WHAT)
    for row in rows.read(found, "id"):
        what = _WHAT[ImportRow.Verdict(row.verdict)]
        yield Difference(
            what, row.kind, row.name, row.before or {}, row.after or {}, row.reason, row.file, row.row
        )


@dataclass(frozen=True)
class _Part:
    """What a group or team has, and by which columns it belongs to it and is somebody or something."""

    kind: Kind
    of: Kind
    model: type[models.Model]
    owner: str
    things: tuple[str, ...]
    needs: Kind | None = None
    """A source that says nothing of this kind for the group says nothing of the part either."""


_PARTS = (
    _Part(Kind.PLACE, Kind.TEAM, TeamMembership, "team", ("member",), Kind.PLACE),
    # Where the source names no master, the company has given one of its own.
    _Part(Kind.MASTER, Kind.GROUP, Master, "group", ("member",), Kind.MASTER),
    _Part(Kind.ENTRY, Kind.GROUP, Membership, "group", ("member", "team", "subgroup")),
    _Part(
        Kind.SENDER,
        Kind.GROUP,
        Designation,
        "mailing_list__group",
        ("member", "team", "group"),
        Kind.LIST,
    ),
    _Part(Kind.CONTACT, Kind.GROUP, ExternalContact, "mailing_list__group", (), Kind.LIST),
)


def _more_here(directory_import: DirectoryImport, kind: str) -> Iterator[Difference]:
    """What groups and teams of the source have here besides, whoever brought it."""
    for part in (part for part in _PARTS if part.kind == kind):
        every = ImportRow.objects.filter(directory_import=directory_import)
        known = every.filter(kind=part.of, target__isnull=False).exclude(verdict=ImportRow.Verdict.REFUSED)
        pairs = known.order_by("id").values_list("subject", "target")
        for chunk in rows.chunks(pairs.iterator(chunk_size=GROUPS_AT_ONCE), GROUPS_AT_ONCE):
            yield from _more_of(part, every, dict(chunk))


def _more_of(
    part: _Part, every: models.QuerySet[ImportRow], targets: dict[str, int | None]
) -> Iterator[Difference]:
    mine = every.filter(subject__in=targets)
    said = set(mine.filter(kind=part.kind, target__isnull=False).values_list("target", flat=True))
    asked = set(targets.values())
    if part.needs is not None:
        spoken = mine.filter(kind=part.needs).exclude(verdict=ImportRow.Verdict.REFUSED)
        asked = {targets[subject] for subject in spoken.values_list("subject", flat=True)}
    here = part.model._default_manager.filter(**{f"{part.owner}__in": asked}).exclude(pk__in=said)
    for one in here.select_related(part.owner, *part.things).order_by("pk"):
        yield Difference(What.ONLY_HERE, part.kind, _name_of(one, part))


def _name_of(one: models.Model, part: _Part) -> str:
    """As an import would name it: "person › group"."""
    owner: Any = one
    for name in part.owner.split("__"):
        owner = getattr(owner, name)
    thing = next((thing for name in part.things if (thing := getattr(one, name)) is not None), one)
    shown = getattr(thing, "email", "") or getattr(thing, "name", "")
    return f"{shown} › {owner.name}"
