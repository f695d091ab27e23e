"""What all judges share: the import, whose it is, and how rows are gone through and written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.models import Company, Domain, Member, Team
from groupadmin.base.errors import Invalid
from groups.models import DirectoryImport, Group, ImportRow

from .. import rows
from ..options import Options
from ..rows import JUDGED, Row
from .directory import Directory

REFUSED = ImportRow.Verdict.REFUSED
ADD, CHANGE, SAME, REMOVE = (
    ImportRow.Verdict.ADD,
    ImportRow.Verdict.CHANGE,
    ImportRow.Verdict.SAME,
    ImportRow.Verdict.REMOVE,
)


@dataclass
class Work:
    """One import that is being judged."""

    directory_import: DirectoryImport
    actor: Actor
    directory: Directory
    domains: dict[str, Domain]
    tell: Progress | None = None
    judged: int = 0
    total: int = 0
    options: Options = field(default_factory=Options)

    @classmethod
    def of(cls, directory_import: DirectoryImport, actor: Actor, tell: Progress | None = None) -> "Work":
        domains = {domain.name: domain for domain in directory_import.company.domains.all()}
        options = Options.of(directory_import.options)
        total = ImportRow.objects.filter(directory_import=directory_import).count()
        return cls(
            directory_import, actor, Directory(directory_import), domains, tell, total=total, options=options
        )

    @property
    def company(self) -> Company:
        return self.directory_import.company

    @property
    def source(self) -> str:
        return self.directory_import.source

    def rows(self, *kinds: str) -> "QuerySet[ImportRow]":
        """All rows of these kinds."""
        return ImportRow.objects.filter(directory_import=self.directory_import, kind__in=kinds)

    def to_judge(self, *kinds: str) -> "QuerySet[ImportRow]":
        """Those that nobody has judged yet."""
        return self.rows(*kinds).filter(verdict="")

    def chunks(
        self, found: "QuerySet[ImportRow]", *order: str, columns: Sequence[str] = JUDGED
    ) -> Iterator[list[Row]]:
        """The rows in lists; what became of them is written once a list is done with."""
        for chunk in rows.chunks(rows.read(found, *order)):
            yield chunk
            rows.write(chunk, columns)
            if "after" not in columns:
                rows.write([row for row in chunk if row.after is not None], ("after",))
            self.judged += len(chunk)
            if self.tell is not None:
                self.tell(min(self.judged, self.total), self.total)


def again(first: Row, second: Row, judge: Callable[[Row], None]) -> bool:
    """Judges a second row about the same thing: it says the same, or one of the two is refused (rule 10.2).

    What only the second says counts too; where it cannot be, the second is refused and the first stays as it
    was. `judge` raises Invalid. Returns whether the first has changed.
    """
    if problem := _contradiction(first, second):
        second.refuse(problem)
        return False
    repeat(first, second)
    said = first.values
    first.values = {**second.values, **said}
    if first.is_refused or first.values == said:
        return False
    try:
        judge(first)
    except Invalid as invalid:
        first.values = said
        judge(first)
        second.refuse(invalid.message)
    return True


def repeat(first: Row, second: Row) -> None:
    """The verdict on a row that says what another one said: no better than that one's."""
    if first.is_refused:
        second.refuse(first.reason)
    else:
        second.verdict, second.reason = SAME, _("The same as %(place)s.") % {"place": first.place}


_NAMES = ("group", "team")


def _contradiction(first: Row, second: Row) -> str:
    """What two rows say differently about one thing; empty if nothing."""
    for name in sorted(first.values.keys() & second.values.keys()):
        one, other = first.values[name], second.values[name]
        if name in _NAMES and normalize("NFC", one) == normalize("NFC", other):
            continue
        if one != other:
            said = (
                _("%(place)s writes this name another way: “%(name)s”.")
                if name in _NAMES
                else _("%(place)s says otherwise about “%(name)s”: %(field)s.")
            )
            return said % {"place": capital(first.place), "name": first.name, "field": name}
    return ""


def capital(text: str) -> str:
    """A place at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def origin_in(row: Row, source: str, thing: Member | Team | Group | None) -> dict[str, str]:
    """The id that a row gives a thing, with its source: what is by hand, or its own (rule 10.4)."""
    if not (known_as := row.values.get("id")) or (thing is not None and thing.source not in ("", source)):
        return {}
    return {"id": known_as} if thing is None else {"id": known_as, "source": source}


def apart(row: Row, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """The verdict on a thing that is there: what the row changes, before and after."""
    changed = [name for name in after if before.get(name) != after[name]]
    row.before = {name: before.get(name) for name in changed}
    row.after = {name: after[name] for name in changed}
    row.verdict = CHANGE if changed else SAME
    if not changed:
        row.before = row.after = None
