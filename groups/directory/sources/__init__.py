"""Where directories come from: each module reads one system's files, or asks it (rule 10.1).

A new source is a module with a `Source` of its own and a line in groups/directory/sources/known.py;
groupadmin/docs/sources.md says how. What several of them need to read files is in files/.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from django.utils.functional import Promise

from groups.directory.records import Problem, Record


class SourceFile(Protocol):
    """A file to read: its name, and its content as often as it is wanted."""

    @property
    def name(self) -> str: ...

    def open(self) -> BinaryIO:
        """The content from its beginning, to be closed by the caller."""
        ...


Read = Callable[[Sequence[SourceFile]], Iterator[Record | Problem]]
"""Reads files in constant memory, in any order. Raises Invalid if nothing can be read."""

Ask = Callable[[str], Iterator[Record | Problem]]
"""Asks the system at a URL, in constant memory. Raises Invalid if it does not answer."""


@dataclass(frozen=True)
class Source:
    """A system whose files we read. `name` is stored with what it brings (rule 10.4)."""

    name: str
    label: str | Promise
    recognises: Callable[[SourceFile], bool]
    """Whether a file looks like one of this system's; reads its beginning only."""
    read: Read
    schemes: tuple[str, ...] = ()
    """Of the URLs by which it can be asked instead, such as "ldaps"."""
    ask: Ask | None = None
    """Asks it. For commands only: a page that let people name a server would let them reach every one."""
    unpacks: bool = False
    """Whether it reads zip and tar files itself, since folders mean something in them."""
