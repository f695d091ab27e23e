"""Files in a zip or tar, as programs for mailing lists are moved: many small ones in folders (rule 10.9)."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Protocol, cast

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

from . import SourceFile
from .files import zipped

HEADS = 50
MOST_FILES = 500_000
MOST_BYTES = 1 << 30
MOST_BYTES_OF_FILE = 256 << 20
MOST_BYTES_OF_NAME = 1 << 20
_BLOCK = 1 << 16

_UNREADABLE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, RuntimeError, NotImplementedError, zipped.TooManyFiles),
)

Wanted = Callable[[str], bool]


class Readable(Protocol):
    """What can be read in blocks."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Unpacked:
    """A file of a bundle; its content lies in the bundle's own temporary file."""

    name: str
    store: BinaryIO
    start: int
    size: int

    def open(self) -> BinaryIO:
        """The content; a bundle's files are small, and are read one after the other."""
        self.store.seek(self.start)
        return BytesIO(self.store.read(self.size))


def is_bundle(file: SourceFile) -> bool:
    """Whether the file is a zip or tar; one inside a zip that is read where it is counts as none."""
    with file.open() as content:
        if not content.seekable():
            return False
        if zipfile.is_zipfile(content):
            return True
        content.seek(0)
        return _is_tar(content)


def heads_in(file: SourceFile, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """The first files in a zip or tar, with their beginnings; none if it is neither, or broken."""
    if not is_bundle(file):
        return
    with suppress(*_UNREADABLE, Invalid):
        for name, content in islice(_contents(file, wanted), HEADS):
            yield name, content.read(_BLOCK)


def unpacked(files: Sequence[SourceFile], wanted: Wanted) -> list[SourceFile]:
    """The files, those in bundles instead of the bundles. Raises Invalid if there is too much in one.

    Nothing is ever written under a name that a bundle chose, so a name may be anything.
    """
    found: list[SourceFile] = []
    for file in files:
        if not is_bundle(file):
            found.append(file)
            continue
        store = TemporaryFile()  # noqa: SIM115  (lives as long as the files in it)
        with _unreadable_refused(file):
            for name, content in _contents(file, wanted):
                found.append(_put(store, name, content, file))
                if len(found) > MOST_FILES:
                    raise Invalid("files", _("There are too many files in %(file)s.") % {"file": file.name})
    return found


def _put(store: BinaryIO, name: str, content: Readable, bundle: SourceFile) -> Unpacked:
    start, size = store.tell(), 0
    while block := content.read(_BLOCK):
        size += len(block)
        if size > MOST_BYTES_OF_FILE or start + size > MOST_BYTES:
            raise Invalid("files", _("There is too much in %(file)s.") % {"file": bundle.name})
        try:
            store.write(block)
        except OSError as error:
            raise DiskFull from error
    return Unpacked(name, store, start, size)


class DiskFull(Exception):  # noqa: N818  (no fault of the bundle's)
    """There is no space to unpack it."""


@contextmanager
def _unreadable_refused(file: SourceFile) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        reason = _("%(file)s cannot be unpacked. Make it again.") % {"file": file.name}
        raise Invalid("files", reason) from error


def _contents(file: SourceFile, wanted: Wanted) -> Iterator[tuple[str, Readable]]:
    with file.open() as content:
        if zipfile.is_zipfile(content):
            with zipped.opened(content) as archive:
                for info in archive.infolist():
                    if not info.is_dir() and wanted(info.filename):
                        with archive.open(info) as inside:
                            yield info.filename, inside
            return
        with _opened_tar(content) as tapes:
            size = 0
            while (entry := tapes.next()) is not None:
                # It would keep all of them.
                tapes.members = []  # type: ignore[attr-defined]  # unknown to its stubs
                # What is skipped has to be unpacked too.
                if (size := size + tarfile.BLOCKSIZE + entry.size) > MOST_BYTES:
                    raise Invalid("files", _("There is too much in %(file)s.") % {"file": file.name})
                if entry.isfile() and wanted(entry.name) and (inside_tape := tapes.extractfile(entry)):
                    yield entry.name, inside_tape


def _is_tar(content: BinaryIO) -> bool:
    try:
        with _opened_tar(content):
            return True
    except _UNREADABLE:
        return False


class _Tape:
    """A tar as it is unpacked. Names and comments in it may say that they are longer than any memory."""

    def __init__(self, content: BinaryIO) -> None:
        self.content = content

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_BYTES_OF_NAME:
            raise tarfile.ReadError("a name is too long")
        return self.content.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.content, name)


_PACKED_AS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda content: gzip.GzipFile(fileobj=content),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


def _opened_tar(content: BinaryIO) -> tarfile.TarFile:
    content.seek(0)
    head = content.read(6)
    content.seek(0)
    inside = next((unpack(content) for mark, unpack in _PACKED_AS.items() if head.startswith(mark)), content)
    return tarfile.open(fileobj=cast(BinaryIO, _Tape(inside)), mode="r:")
