"""One batch of an import: a short transaction under the company's lock, all of it or nothing (rule 10.2)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.audit.items import Item
from accounts.consequences import Progress
from accounts.models import Address, Company
from accounts.permissions import check_administers
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.text import balanced
from groups.models import DirectoryImport, ImportRow

from .. import rows
from ..rows import Row
from ..turns import seen

IMPORT = "directory.import"
SOURCE_LENGTH = 100


def taken_now() -> str:
    """Why the database refuses something that nobody had when it was judged."""
    return _("Somebody else was faster: this name, address or ID is taken now.")


DONE, SKIPPED = ImportRow.State.DONE, ImportRow.State.SKIPPED


class Stopped(Exception):  # noqa: N818  (somebody's wish)
    """The import was cancelled, or is not running for another reason."""


@dataclass
class Run:
    """An import on its way in."""

    directory_import: DirectoryImport
    actor: Actor
    tell: Progress | None = None
    done: int = 0
    total: int = 0
    near_limit: frozenset[int] = field(default_factory=frozenset)
    """Who is near the limit of direct groups, by id (rule 1.8)."""

    @property
    def source(self) -> str:
        return self.directory_import.source

    def source_of(self, row: Row) -> str:
        """Where it comes from: the import, unless the row says otherwise, as exports do (rule 10.4)."""
        said = row.values.get("source")
        return self.source if said is None else str(said)[:SOURCE_LENGTH]

    def waiting(self, *kinds: str) -> "QuerySet[ImportRow]":
        """Good rows that have not been brought in."""
        mine = ImportRow.objects.filter(directory_import=self.directory_import, kind__in=kinds)
        return mine.good().filter(state=ImportRow.State.WAITING)

    @contextmanager
    def batch(self) -> Iterator[Company]:
        """The company, locked; what is written is committed at once. Raises Stopped, Refused."""
        with transaction.atomic():
            company = lock_company(self.directory_import.company_id)
            mine = DirectoryImport.objects.filter(pk=self.directory_import.pk)
            if mine.values_list("state", flat=True).get() != DirectoryImport.State.RUNNING:
                raise Stopped
            check_administers(self.actor, company, IMPORT)
            seen(self.directory_import)
            yield company

    def still(self, batch: Sequence[Row]) -> list[Row]:
        """Those that still wait, asked under the lock: a run that was killed may have committed since.

        So may one that somebody has started twice.
        """
        found = ImportRow.objects.filter(pk__among=[row.pk for row in batch], state=ImportRow.State.WAITING)
        waiting = dict(found.values_list("pk", "target"))
        return [row for row in batch if row.pk in waiting and waiting[row.pk] == row.target]

    def finish(self, batch: Sequence[Row]) -> None:
        """Writes what became of the rows; in their transaction."""
        for columns in (rows.IN, rows.DONE):
            rows.write([row for row in batch if (row.after is None) == (columns is rows.IN)], columns)

    def tell_done(self, count: int) -> None:
        """Between transactions."""
        self.done += count
        if self.tell is not None:
            self.tell(min(self.done, self.total), self.total)

    def bring(self, batch: Sequence[Row], act: "Callable[[Company, list[Row]], None]") -> None:
        """Does the rows together; if the database refuses that, each by itself, so that one fails alone."""
        try:
            self._together(list(batch), act)
        except IntegrityError:
            fresh = rows.read(ImportRow.objects.filter(pk__in=[row.pk for row in batch]), "id")
            for row in list(fresh):
                try:
                    self._together([row], act)
                except IntegrityError:
                    with self.batch():
                        skip(row, taken_now())
                        self.finish([row])
        self.tell_done(len(batch))

    def _together(self, batch: list[Row], act: "Callable[[Company, list[Row]], None]") -> None:
        with self.batch() as company:
            batch = self.still(batch)
            act(company, batch)
            self.finish(batch)

    def one_by_one(
        self, batch: Sequence[Row], act: Callable[[Company, Row], None], *, at_once: int = 20
    ) -> None:
        """Does each row by itself: one that cannot be is skipped with the reason, the others are not."""
        for chunk in rows.chunks(batch, at_once):
            with self.batch() as company:
                chunk = self.still(chunk)
                for row in chunk:
                    self.attempt(row, partial(act, company, row))
                self.finish(chunk)
            self.tell_done(len(chunk))

    def attempt(self, row: Row, act: Callable[[], None]) -> None:
        """Brings in one row in a savepoint."""
        try:
            with transaction.atomic():
                act()
        except Invalid as invalid:
            skip(row, invalid.message)
        except Conflict:
            skip(row, _("Somebody else changed this in the meantime."))
        except IntegrityError:
            skip(row, taken_now())
        else:
            if row.state != SKIPPED:
                row.state = DONE


def skip(row: Row, reason: str) -> None:
    """Leaves out what cannot be brought in any more."""
    row.state, row.reason = SKIPPED, reason[: rows.REASON_SHOWN]


def done(row: Row, target: int | None) -> None:
    """The row is in."""
    row.state, row.target = DONE, target


def origin_of(after: Mapping[str, Any]) -> dict[str, Any]:
    """What a row changes of where a thing comes from, as models have it (rule 10.4)."""
    fields = {"id": "external_id", "source": "source"}
    return {fields[name]: after[name] for name in fields if name in after}


class Person(NamedTuple):
    """A member as a batch needs them, freshly read."""

    pk: int
    name: str
    email: str
    is_active: bool
    may_connect: bool

    def item(self, company_id: int) -> Item:
        """As audit entries list people (accounts.audit.items)."""
        return {
            "kind": "member",
            "id": self.pk,
            "name": balanced(self.name),
            "email": self.email,
            "company": company_id,
        }


def find_people(company: Company, emails: Iterable[str]) -> dict[str, Person]:
    """Those of the company's members who have these addresses now."""
    found: dict[str, Person] = {}
    kinds = (Address.Kind.MEMBER, Address.Kind.ALIAS)
    for chunk in rows.chunks(sorted({email for email in emails if email}), 5_000):
        there = Address.objects.filter(email__among=chunk, kind__in=kinds, member__company=company)
        for email, pk, *values in there.values_list(
            "email", "member_id", "member__name", "member__email", "member__is_active", "member__may_connect"
        ):
            found[email] = Person._make((pk, *values))
    return found


def connects(company: Company, person: Person) -> bool:
    """Whether they may be in external groups (rule 1.4)."""
    everybody = company.connecting == Company.Connecting.EVERYBODY
    chosen = company.connecting == Company.Connecting.CHOSEN and person.may_connect
    return person.is_active and (everybody or chosen)


def record(
    run: Run, company: Company, action: str, entries: Collection[tuple[object, audit.Changes]]
) -> None:
    """An audit entry for each object, as the action for one would write it (rule 8.1)."""
    written = (audit.Entry(target, changes, company.pk) for target, changes in entries)  # type: ignore[arg-type]
    audit.record_in_bulk(run.actor, action, written)
