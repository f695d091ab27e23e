"""Finds orphaned bytes, which a killed process or a failed commit may leave behind (rule 3.4)."""

import random
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import Storage
from django.db.models import Model
from django.utils import timezone

from accounts.models import Member
from groupadmin.base.files import store_of
from groups.models import CompanyExport, Group, ImportFile, PhotoDraft, StoredFile, Upload

# Each folder of files, and what points into it.
FOLDERS: dict[str, tuple[tuple[type[Model], str], ...]] = {
    "rooms": ((StoredFile, "file"), (StoredFile, "preview"), (Upload, "file")),
    # Those that were begun before December 2026.
    "uploads": ((Upload, "file"), (StoredFile, "file")),
    "drafts": ((PhotoDraft, "photo"), (PhotoDraft, "photo_small")),
    "groups": ((Group, "photo"), (Group, "photo_small")),
    "members": ((Member, "photo"),),
    "exports": ((CompanyExport, "file"),),
    "imports": ((ImportFile, "content"),),
}
AT_ONCE = 200
SWEPT_AT_MOST = 20_000
YOUNG = timedelta(days=1)


def sweep() -> int:
    """Removes bytes without a row. Returns how many.

    Limited: of very many files it checks some now and others the next day.
    """
    storage = StoredFile._meta.get_field("file").storage
    swept = seen = 0
    for folder in _directories(storage):
        names = _listed(storage, folder)[1]
        random.shuffle(names)
        names = names[: SWEPT_AT_MOST - seen]
        seen += len(names)
        for start in range(0, len(names), AT_ONCE):
            batch = {f"{folder}/{name}" for name in names[start : start + AT_ONCE]}
            for lost in batch - _known(folder, batch):
                if _is_old(storage, lost):
                    storage.delete(lost)
                    swept += 1
    return swept + _sweep_unfinished(storage)


def _sweep_unfinished(storage: Storage) -> int:
    """What arrived in pieces, for nobody who is still there."""
    store, swept = store_of(storage), 0
    begun = [file for file, at in store.unfinished() if at < timezone.now() - YOUNG]
    for start in range(0, len(begun), AT_ONCE):
        batch = begun[start : start + AT_ONCE]
        marks = Upload.objects.filter(mark__in=[file.mark for file in batch])
        known = set(marks.values_list("mark", flat=True))
        for file in batch:
            if file.mark not in known:
                store.abandon(file)
                swept += 1
    return swept


def _directories(storage: Storage) -> list[str]:
    found = [*(FOLDERS.keys() - {"rooms"}), *(f"rooms/{year}/{month}" for year, month in _months(storage))]
    random.shuffle(found)
    return found


def _months(storage: Storage) -> Iterator[tuple[str, str]]:
    for year in _listed(storage, "rooms")[0]:
        for month in _listed(storage, f"rooms/{year}")[0]:
            yield year, month


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _known(folder: str, names: set[str]) -> set[str]:
    known: set[str] = set()
    for model, field in FOLDERS[folder.partition("/")[0]]:
        known |= set(model._default_manager.filter(**{f"{field}__in": names}).values_list(field, flat=True))
    return known


def _is_old(storage: Storage, name: str) -> bool:
    """Whether the transaction that stored it must be over."""
    try:
        return storage.get_modified_time(name) < timezone.now() - YOUNG
    except FileNotFoundError:
        return False
