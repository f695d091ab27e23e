"""Empties bins, and finds bytes that belong to nothing (spec 3.4, 3.5)."""

import random
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from groups.models import Folder, FolderFile, Group, StoredFile, Upload
from groups.room.access import lock_room
from groups.room.folder.reading import bin_since

from . import files

AT_ONCE = 200
SWEPT_AT_MOST = 20_000
YOUNG = timedelta(days=1)


def empty_bins() -> int:
    """Removes for good what has been in a bin for long enough, with its bytes. Returns how many files."""
    old = FolderFile.objects.filter(binned_at__lt=bin_since())
    removed = 0
    while (group_pk := old.order_by("binned_at").values_list("group", flat=True).first()) is not None:
        group = Group.objects.get(pk=group_pk)
        with transaction.atomic():
            lock_room(group)
            removed += remove_files([*old.filter(group=group).order_by("pk")[:AT_ONCE]])
    remove_folders(Folder.objects.filter(binned_at__lt=bin_since()))
    return removed


def remove_files(found: list[FolderFile]) -> int:
    """Removes files of one group with all their versions, under its room's lock."""
    stored = StoredFile.objects.filter(version__folder_file__in=found).select_related("group")
    files.remove(list(stored))
    FolderFile.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)


def remove_folders(found: QuerySet[Folder]) -> int:
    """Removes the folders that are empty, those that become so by that, and so on. Returns how many."""
    # Nor does a file that is on its way into one lose its row, and leave its bytes.
    under_way = Exists(Upload.objects.filter(folder=OuterRef("pk")))
    empty = found.filter(~under_way, folders=None, files=None)
    removed = 0
    while ids := list(empty.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            # Asked again: something may have come into one of them.
            removed += empty.filter(pk__in=ids).delete()[0]
    return removed


def sweep() -> int:
    """Removes bytes without a row, which a process that was killed may leave behind. Returns how many.

    Bounded: of very many files it looks at some, at others the next day.
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
    """Whether no transaction that has laid it down can still be under way."""
    try:
        return storage.get_modified_time(name) < timezone.now() - YOUNG
    except FileNotFoundError:
        return False
