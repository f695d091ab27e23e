"""Finds orphaned bytes, which a killed process may leave behind (rule 3.4)."""

import random
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import Storage
from django.utils import timezone

from groups.models import StoredFile, Upload

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
            for lost in batch - _known(batch):
                if _is_old(storage, lost):
                    storage.delete(lost)
                    swept += 1
    return swept


def _directories(storage: Storage) -> list[str]:
    found = ["uploads", *(f"rooms/{year}/{month}" for year, month in _months(storage))]
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


def _known(names: set[str]) -> set[str]:
    known = set(StoredFile.objects.filter(file__in=names).values_list("file", flat=True))
    known |= set(StoredFile.objects.filter(preview__in=names).values_list("preview", flat=True))
    return known | set(Upload.objects.filter(file__in=names).values_list("file", flat=True))


def _is_old(storage: Storage, name: str) -> bool:
    """Whether the transaction that stored it must be over."""
    try:
        return storage.get_modified_time(name) < timezone.now() - YOUNG
    except FileNotFoundError:
        return False
