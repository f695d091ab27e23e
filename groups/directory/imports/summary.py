"""An import in numbers and words, for its page and for the command (rule 10.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from groups.directory.records import Kind
from groups.models import ImportRow

Verdict = ImportRow.Verdict

KINDS: dict[str, Promise] = {
    Kind.TEAM.value: gettext_lazy("Teams"),
    Kind.MEMBER.value: gettext_lazy("Members"),
    Kind.PLACE.value: gettext_lazy("Members of teams"),
    Kind.GROUP.value: gettext_lazy("Groups"),
    Kind.MASTER.value: gettext_lazy("Masters"),
    Kind.ENTRY.value: gettext_lazy("Members of groups"),
    Kind.LIST.value: gettext_lazy("Mailing lists"),
    Kind.SENDER.value: gettext_lazy("Designated senders"),
    Kind.CONTACT.value: gettext_lazy("External contacts"),
}
ONE: dict[str, Promise] = {
    Kind.TEAM.value: gettext_lazy("Team"),
    Kind.MEMBER.value: gettext_lazy("Member"),
    Kind.PLACE.value: gettext_lazy("Member of a team"),
    Kind.GROUP.value: gettext_lazy("Group"),
    Kind.MASTER.value: gettext_lazy("Master"),
    Kind.ENTRY.value: gettext_lazy("Member of a group"),
    Kind.LIST.value: gettext_lazy("Mailing list"),
    Kind.SENDER.value: gettext_lazy("Designated sender"),
    Kind.CONTACT.value: gettext_lazy("External contact"),
}
# What a filter calls rows that were good, and yet could not be done.
LEFT_OUT = "left_out"
# In the order of what somebody wants to see first.
VERDICTS: dict[str, Promise | str] = {
    verdict.value: verdict.label
    for verdict in (Verdict.REFUSED, Verdict.REMOVE, Verdict.CHANGE, Verdict.ADD, Verdict.SAME)
}

Counts = Mapping[str, Mapping[str, int]]
"""What an import stores: {kind: {verdict: how many}}."""


@dataclass(frozen=True)
class Line:
    """How many rows of a kind have each verdict; of all kinds if `kind` is empty."""

    kind: str
    label: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def cells(self) -> Iterable[tuple[str, int]]:
        """Each verdict with its count."""
        return self.counts.items()


@dataclass(frozen=True)
class Summary:
    """An import's counts."""

    lines: list[Line]
    totals: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.totals.values())

    @property
    def refused(self) -> int:
        return self.totals[Verdict.REFUSED]

    @property
    def same(self) -> int:
        return self.totals[Verdict.SAME]

    @property
    def changing(self) -> int:
        """How many rows change something."""
        return sum(self.totals[verdict] for verdict in ImportRow.CHANGING)

    @property
    def good(self) -> int:
        """How many rows are not refused: what would change, and what is so already."""
        return self.rows - self.refused


def summary_of(counts: Counts) -> Summary:
    """The summary of what an import stores as its counts. Problems that name no kind are called rows."""
    lines = []
    for kind, found in sorted(counts.items(), key=lambda item: [*KINDS, item[0]].index(item[0])):
        numbers = {verdict: int(found.get(verdict, 0)) for verdict in VERDICTS}
        if any(numbers.values()):
            lines.append(Line(kind, str(KINDS.get(kind, gettext_lazy("Rows"))), numbers))
    totals = {verdict: sum(line.counts[verdict] for line in lines) for verdict in VERDICTS}
    return Summary(lines, totals)


def number_in(stored: Any, key: str) -> int:
    """A number of what an import stores as its meaning; 0 if it has none."""
    value = stored.get(key, 0) if isinstance(stored, dict) else 0
    return value if isinstance(value, int) else 0


def warnings_of(meaning: Any) -> Iterable[str]:
    """What somebody should know before they go on."""
    if without_master := number_in(meaning, "without_master"):
        text = ngettext(
            "%(count)s group will have no master. Choose a default master to prevent it.",
            "%(count)s groups will have no master. Choose a default master to prevent it.",
            without_master,
        )
        yield text % {"count": f"{without_master:,}"}
    if empty := number_in(meaning, "without_members"):
        text = ngettext(
            "%(count)s group will have no members.", "%(count)s groups will have no members.", empty
        )
        yield text % {"count": f"{empty:,}"}
