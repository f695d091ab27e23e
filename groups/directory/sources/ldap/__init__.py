"""Directories that speak LDAP: OpenLDAP, 389 Directory Server, FreeIPA, Active Directory (rule 10.10).

entries.py   entries and distinguished names     ldif.py     entries of files
kinds.py     what an entry is                    live.py     entries of a server
noting.py    the first reading                   people.py, groups.py   records of people and groups
"""

from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from groups.directory.records import Problem, Record
from groups.directory.sources import Source, SourceFile
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.tables import text_head

from . import ldif, live
from .entries import Entry
from .groups import Groups
from .kinds import Is, kind_of
from .noting import note
from .people import People


def recognises(file: SourceFile) -> bool:
    """Whether it is LDIF: after comments and a version, a distinguished name."""
    for line in text_head(file).lstrip("\ufeff").splitlines():
        if line.strip() and not line.startswith(("#", " ")) and not line.lower().startswith("version:"):
            return line.lower().startswith("dn:")
    return False


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Records of the entries in LDIF files."""
    return _records(lambda: (entry for file in files for entry in ldif.entries_of(file)))


def ask(url: str) -> Iterator[Record | Problem]:
    """Records of the entries that a server has at a URL. Raises Invalid."""
    server = live.Server(url)
    return _records(server.entries)


def _records(entries: Callable[[], Iterator[Entry | Problem]]) -> Iterator[Record | Problem]:
    with Notes() as notes:
        for entry in entries():
            if isinstance(entry, Entry):
                note(notes, entry)
        people, groups = People(notes), Groups(notes)
        for entry in entries():
            if isinstance(entry, Problem):
                yield entry
                continue
            kind = kind_of(entry)
            if kind is Is.PERSON:
                yield from people.records(entry)
            elif kind is Is.GROUP:
                yield from groups.records(entry)


SOURCE = Source("ldap", _("LDAP or Active Directory"), recognises, read, ("ldaps", "ldap"), ask)
