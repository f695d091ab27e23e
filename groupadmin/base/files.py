"""Stores files whole or not at all, says so where the disk is full, and deletes files with their rows.

Files are kept by the storage "default": in a folder (here) or in a bucket (groupadmin/base/bucket.py).
Nothing else knows where they are: no path, no append, no rename (rule 11.7).
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from . import outage
from .errors import Invalid
from .outage import Trouble

NO_SPACE = _("The server has no space left. Nothing was saved. Tell your administrator.")


class Unfinished(NamedTuple):
    """A file that arrives in pieces: its name, and what its storage knows it by until it is whole."""

    name: str
    mark: str = ""


class Target(Protocol):
    """What a file is written into, from its start to its end."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class FileStore(Protocol):
    """What a storage of ours does besides Django's Storage."""

    def writing(self, name: str) -> AbstractContextManager[Target]:
        """A new file, which is there once all of it is written, and not at all if anything fails."""

    def check_space(self, size: int) -> None:
        """Raises OSError (ENOSPC) if so much does not fit, before it is sent for nothing."""

    def begin(self, name: str, size: int) -> Unfinished:
        """Begins a file that arrives in pieces, of which each may come to another machine.

        An empty one is whole at once.
        """

    def received(self, file: Unfinished) -> int | None:
        """How many of its bytes are here; None if it was lost."""

    def add(self, file: Unfinished, here: int, piece: Iterator[bytes], *, is_last: bool) -> None:
        """Adds a piece behind the `here` bytes, all of it or none. Whoever calls has locked the file's row.

        Raises TooSmall if it cannot keep a piece of that size in the middle of a file.
        """

    def abandon(self, file: Unfinished) -> None:
        """Deletes it, whole or not."""

    def unfinished(self) -> Iterator[tuple[Unfinished, datetime]]:
        """Those that listdir does not list, and when they began."""

    def signed_url(self, name: str, seconds: int, content_type: str, disposition: str) -> str | None:
        """Where browsers get it without us for so long; None if there is no such place."""


class TooSmall(ValueError):  # noqa: N818  (an answer, not a fault)
    """A piece in the middle of a file is smaller than the storage takes."""


def store_of(storage: Storage) -> FileStore:
    """What the storage of a file does besides Django's Storage."""
    return cast(FileStore, storage)


class FileStorage(FileSystemStorage):
    """A folder. Leaves no half file behind when the disk is full."""

    def _save(self, name: str, content: File[Any]) -> str:
        path = self.path(name)
        is_new = not os.path.exists(path)
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # unknown to its stubs
        except BaseException:
            if is_new:
                with suppress(OSError):
                    os.remove(path)
            raise

    @contextmanager
    def writing(self, name: str) -> Iterator[Target]:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as target:
                yield target
        except FileExistsError:
            raise
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def check_space(self, size: int) -> None:
        folder = Path(self.path(""))
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def begin(self, name: str, size: int) -> Unfinished:
        return Unfinished(self.save(name, ContentFile(b"")))

    def received(self, file: Unfinished) -> int | None:
        try:
            return self.size(file.name)
        except (OSError, ValueError):
            return None

    def add(self, file: Unfinished, here: int, piece: Iterator[bytes], *, is_last: bool) -> None:
        path = self.path(file.name)
        try:
            with open(path, "r+b") as target:
                target.seek(here)
                for chunk in piece:
                    target.write(chunk)
        except OSError:
            with suppress(OSError):
                os.truncate(path, here)
            raise

    def abandon(self, file: Unfinished) -> None:
        self.delete(file.name)

    def unfinished(self) -> Iterator[tuple[Unfinished, datetime]]:
        return iter(())

    def signed_url(self, name: str, seconds: int, content_type: str, disposition: str) -> str | None:
        return None


_FOR_NOW: ContextVar[list[Callable[[], object]] | None] = ContextVar("stored for now", default=None)


@contextmanager
def stored_for_now() -> Iterator[None]:
    """Whatever is stored within is deleted at the end: for whoever takes the rows back too."""
    undos: list[Callable[[], object]] = []
    before = _FOR_NOW.set(undos)
    try:
        yield
    finally:
        _FOR_NOW.reset(before)
        _undo(undos)


def _undo(undos: list[Callable[[], object]]) -> None:
    for undo in undos:
        with suppress(OSError):
            undo()


class Save(Protocol):
    """Stores content under a name, without saving the row."""

    def __call__(self, file: FieldFile, name: str, content: File[Any]) -> None: ...


@contextmanager
def needs_space(field: str | None = None) -> Iterator[None]:
    """Raises Invalid, to be shown beside the field in the form with all that was typed, if a disk is full."""
    try:
        yield
    except Exception as error:
        if outage.trouble_of(error) not in (Trouble.NO_SPACE, Trouble.FULL):
            raise
        outage.notice(error)
        raise Invalid(field, str(NO_SPACE)) from error


@contextmanager
def storing(field: str | None = None) -> Iterator[Save]:
    """Gives a function that stores files. If anything fails in here, all of them are deleted again."""
    undos: list[Callable[[], object]] = []

    def save(file: FieldFile, name: str, content: File[Any]) -> None:
        file.save(name, content, save=False)
        undos.append(partial(file.storage.delete, str(file.name)))
        if (for_now := _FOR_NOW.get()) is not None:
            for_now.append(undos[-1])

    try:
        with needs_space(field):
            yield save
    except BaseException:
        _undo(undos)
        raise


def delete_later(storage: Storage, name: str) -> None:
    """Deletes a file once the deletion of its row is committed.

    A file that cannot be deleted is logged; it breaks neither the page nor the deletion of the other files.
    """

    # Not a partial: Django could not log its name.
    def delete() -> None:
        storage.delete(name)

    transaction.on_commit(delete, robust=True)
