"""Files of this machine, for commands that read directories (rule 10.1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

FILES_AT_MOST = 1_000


@dataclass(frozen=True)
class LocalFile:
    """A file, by the name that reports call it."""

    name: str
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Its content from the beginning, to be closed by the caller."""
        return self.path.open("rb")


def files_of(paths: Iterable[str]) -> list[LocalFile]:
    """The files that the paths mean, of folders all in them. Raises Invalid if one cannot be read."""
    found: dict[Path, LocalFile] = {}
    for path in map(Path, paths):
        for file in _within(path):
            found.setdefault(file.path.resolve(), file)
            if len(found) > FILES_AT_MOST:
                raise Invalid(
                    "paths", _("These are more than %(most)s files.") % {"most": f"{FILES_AT_MOST:,}"}
                )
    return list(found.values())


def _within(path: Path) -> Iterator[LocalFile]:
    try:
        if not path.is_dir():
            # Whether it can be read is known at once, not after much of the work.
            path.open("rb").close()
            yield LocalFile(path.name, path)
            return
        inside = [one for one in sorted(path.rglob("*")) if one.is_file() and not _is_hidden(one, path)]
    except OSError as error:
        why = error.strerror or str(error)
        raise Invalid("paths", _("%(path)s cannot be read: %(why)s.") % {"path": path, "why": why}) from None
    if not inside:
        raise Invalid("paths", _("There are no files in %(path)s.") % {"path": path})
    for file in inside:
        yield LocalFile(file.relative_to(path).as_posix(), file)


def _is_hidden(file: Path, folder: Path) -> bool:
    """Such as .DS_Store, and what a version control keeps for itself."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)
