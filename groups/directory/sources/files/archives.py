"""Files in a zip file, read where they are; names in it are no paths of ours (rule 10.1)."""

import io
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, isolated
from groups.directory.sources import SourceFile

from . import zipped

ENTRIES = 1_000
UNPACKED_BYTES = 4_000_000_000
NAME_LENGTH = 100
EXPORTED = "directory/"

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ENCRYPTED = 0x1
# What machines and people put beside the files that matter.
_BESIDE = (".ds_store", "thumbs.db", "desktop.ini", "readme", "license", "manifest")


@dataclass(frozen=True)
class Packed:
    """A file inside a zip file."""

    archive: SourceFile
    entry: zipfile.ZipInfo
    name: str

    def open(self) -> BinaryIO:
        """The content; it ends where the zip file says, however much more there is."""
        file = self.archive.open()
        try:
            packed = cast(BinaryIO, zipfile.ZipFile(file).open(self.entry))  # noqa: SIM115
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError):
            file.close()
            raise Invalid("file", _damaged(self.archive)) from None
        return cast(BinaryIO, _Closing(packed, file))


class _Closing(io.BufferedIOBase):
    """A packed file that closes the zip file it is in, and says in words where it is damaged."""

    def __init__(self, packed: BinaryIO, archive: BinaryIO) -> None:
        self.packed, self.archive = packed, archive

    def read(self, size: int | None = -1) -> bytes:
        with _words():
            return self.packed.read(-1 if size is None else size)

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with _words():
            return self.packed.seek(offset, whence)

    def tell(self) -> int:
        return self.packed.tell()

    def close(self) -> None:
        self.packed.close()
        self.archive.close()
        super().close()


@contextmanager
def _words() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError):
        raise Invalid("file", _("A file in the zip file is damaged. Pack it again.")) from None
    except Exception as error:
        # What the decompressors raise has no common kind.
        if type(error).__module__ in ("zlib", "_lzma", "lzma", "bz2"):
            raise Invalid("file", _("A file in the zip file is damaged. Pack it again.")) from None
        raise


def unpacked(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The files, and instead of a zip file those in it. Raises Invalid for one that is not for us.

    Workbooks are zip files themselves, and stay as they are.
    """
    found: list[SourceFile] = []
    for file in files:
        if isinstance(file, Packed) or not _is_archive(file):
            found.append(file)
        else:
            found += _packed(file)
    return found


def _is_archive(file: SourceFile) -> bool:
    with file.open() as content:
        head = content.read(4)
        if head not in (_ZIP, _EMPTY_ZIP):
            return False
        with _opened(file, content) as archive:
            names = set(archive.namelist())
    return not names & {"[Content_Types].xml", "mimetype", "content.xml"}


def _packed(file: SourceFile) -> Iterator[SourceFile]:
    with file.open() as content, _opened(file, content) as archive:
        entries = [entry for entry in archive.infolist() if _matters(entry)]
        # Of an export of everything a company has, this is the part for us (rule 10.7).
        if of_export := [entry for entry in entries if entry.filename.startswith(EXPORTED)]:
            entries = of_export
        if len(entries) > ENTRIES:
            raise _too_many(ENTRIES)
        if sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
            raise Invalid("file", _("What is in this zip file is too large. Upload the files one by one."))
        for entry in entries:
            if entry.flag_bits & _ENCRYPTED:
                message = _("“%(name)s” is protected by a password. Pack it again without one.")
                raise Invalid("file", message % {"name": isolated(_name(entry))})
            with _words(), archive.open(entry) as packed:
                head = packed.read(4)
            if head == _ZIP and _name(entry).lower().endswith(".zip"):
                message = _("“%(name)s” is a zip file inside of one. Unpack it first.")
                raise Invalid("file", message % {"name": isolated(_name(entry))})
    yield from (Packed(file, entry, f"{_base(file.name)}/{_name(entry)}") for entry in entries)


@contextmanager
def _opened(file: SourceFile, content: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        with zipped.opened(content) as archive:
            yield archive
    except zipped.TooManyFiles:
        raise _too_many(zipped.LISTED) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, struct.error, UnicodeError):
        raise Invalid("file", _damaged(file)) from None


def _too_many(most: int) -> Invalid:
    return Invalid("file", _("This zip file has more than %(limit)s files.") % {"limit": f"{most:,}"})


def _matters(entry: zipfile.ZipInfo) -> bool:
    name = _name(entry).lower()
    return not (entry.is_dir() or "__MACOSX" in entry.filename or name.startswith((".", *_BESIDE)))


def _name(entry: zipfile.ZipInfo) -> str:
    return _base(entry.filename)


def _base(name: str) -> str:
    """The last part of a path: what people see of it."""
    return clean_line(name.replace("\\", "/").rstrip("/").rpartition("/")[2])[-NAME_LENGTH:]


def _damaged(file: SourceFile) -> str:
    message = _("“%(name)s” is no zip file that can be read. Pack it again.")
    return message % {"name": isolated(_base(file.name))}
