"""What programs for mailing lists have in common, in our words (rule 10.9).

A list is a group with a mailing list, its owners are masters, its subscribers entries or external contacts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from django.utils.translation import gettext as _

from accounts.models.named import DESCRIPTION_CODE_POINTS, DESCRIPTION_LENGTH
from groupadmin.base.text import clean_line, fold, shortened
from groups.directory.records import Kind, Problem, Record


class Posting(Enum):
    """Whose mail a list takes without asking anybody."""

    EVERYBODY = auto()
    OWN_DOMAINS = auto()
    MEMBERS = auto()
    CHOSEN = auto()


@dataclass(frozen=True, slots=True)
class KnownList:
    """What another program knows of a list."""

    id: str
    address: str
    name: str
    description: str = ""
    is_visible: bool = True
    posting: Posting = Posting.EVERYBODY
    aliases: tuple[str, ...] = ()
    file: str = ""

    def records(self) -> Iterator[Record]:
        """The group and its list; who is in it comes besides."""
        yield self._record(
            Kind.GROUP,
            id=self.id,
            kind="internal",
            description=shortened(clean_line(self.description), DESCRIPTION_LENGTH, DESCRIPTION_CODE_POINTS),
            is_visible=self.is_visible,
            uses_mailing_list=True,
        )
        is_closed = self.posting in (Posting.MEMBERS, Posting.CHOSEN)
        yield self._record(
            Kind.LIST,
            address=self.address,
            who_can_send="designated" if is_closed else "everyone",
            blocks_external_domains=self.posting is Posting.OWN_DOMAINS,
            also_known_as=list(self.aliases),
        )
        if self.posting is Posting.MEMBERS:
            yield self._record(Kind.SENDER, purpose="to", subgroup=self.name)

    def subscriber(self, address: str, name: str = "", *, receives: bool = True, row: int = 0) -> Record:
        """Somebody, or something, that gets the list's mail."""
        said: dict[str, object] = {"subscriber": plain(address)}
        if name := clean_line(name):
            said["name"] = name
        if not receives:
            said["receives"] = False
        return self._record(Kind.ENTRY, row=row, **said)

    def sublist(self, other: "KnownList", *, row: int = 0, receives: bool = True) -> Record:
        """Another list that gets this list's mail."""
        said = {} if receives else {"receives": False}
        return self._record(Kind.ENTRY, row=row, subgroup=other.name, subgroup_id=other.id, **said)

    def owner(self, address: str, name: str = "", *, row: int = 0) -> Record:
        said = {"name": clean_line(name)} if clean_line(name) else {}
        return self._record(Kind.MASTER, row=row, subscriber=plain(address), **said)

    def sender(self, address: str, name: str = "", *, row: int = 0) -> Record:
        """Somebody whose mail is taken although others' is not."""
        said = {"name": clean_line(name)} if clean_line(name) else {}
        return self._record(Kind.SENDER, row=row, purpose="to", subscriber=plain(address), **said)

    def sender_list(self, other: "KnownList", *, row: int = 0) -> Record:
        """Another list, whose members' mail is taken although others' is not."""
        return self._record(Kind.SENDER, row=row, purpose="to", subgroup=other.name, subgroup_id=other.id)

    def left_out(self, reason: str, *, row: int = 0) -> Problem:
        """Something that has no counterpart here."""
        return Problem(reason, self.name, self.file, row, is_foreign=True)

    def _record(self, what: Kind, row: int = 0, **said: object) -> Record:
        values = {"group": self.name, **said}
        if what is not Kind.GROUP:
            values["group_id"] = self.id
        return Record(what, values, self.file, row)


def plain(address: str) -> str:
    """An address as it is compared."""
    return clean_line(address).lower()


def with_own_names(lists: Iterable[KnownList]) -> list[KnownList]:
    """The lists; where several have one name, which groups cannot (rule 2.4), with their addresses."""
    lists = list(lists)
    how_many = Counter(fold(one.name) for one in lists)
    return [
        replace(one, name=f"{one.name} ({one.address})") if how_many[fold(one.name)] > 1 else one
        for one in lists
    ]


def pattern_left_out(one: KnownList, pattern: str) -> Problem:
    """Senders that are described by a pattern: people are designated one by one (rule 4.5)."""
    reason = _("Who may send is named by a pattern, %(pattern)s. Designate people, teams or groups instead.")
    return one.left_out(reason % {"pattern": pattern[:200]})
