"""Stores files whole or not at all, says so where the disk is full, and deletes files with their rows."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from . import outage
from .errors import Invalid
from .outage import Trouble

NO_SPACE = _("The server has no space left. Nothing was saved. Tell your administrator.")


class FileStorage(FileSystemStorage):
    """Leaves no half file behind when the disk is full."""

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
    """Stores content under a name, without saving the row; `undo` is what to do instead of deleting it."""

    def __call__(
        self, file: FieldFile, name: str, content: File[Any], undo: Callable[[], object] | None = None
    ) -> None: ...


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

    def save(
        file: FieldFile, name: str, content: File[Any], undo: Callable[[], object] | None = None
    ) -> None:
        file.save(name, content, save=False)
        undos.append(undo or partial(file.storage.delete, str(file.name)))
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
