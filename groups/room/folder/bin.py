"""Empties bins: deletes permanently what has been in one long enough (rules 3.4, 3.5)."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Folder, FolderFile, Group, StoredFile, Upload
from groups.room.access import lock_room
from groups.room.uploads import files

from .reading import bin_since

AT_ONCE = 200


def empty_bins() -> int:
    """Deletes expired items in bins permanently, with their bytes. Returns how many files."""
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
    """Removes empty folders, then those that this leaves empty, and so on. Returns how many."""
    # A folder with an unfinished upload stays: without its row, the upload's bytes would be orphaned.
    under_way = Exists(Upload.objects.filter(folder=OuterRef("pk")))
    empty = found.filter(~under_way, folders=None, files=None)
    removed = 0
    while ids := list(empty.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            # Checked again: something may have been added to one of them.
            removed += empty.filter(pk__in=ids).delete()[0]
    return removed
