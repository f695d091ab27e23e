"""Edits folders, and moves their contents (rule 3.5). Everything under the room's lock."""

from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.file_names import as_written, check_name, numbered
from groupadmin.base.text import isolated
from groups.models import Feature, Folder, FolderFile, Group, file_key
from groups.room.access import Entered, enter, lock_room
from groups.room.permissions import RoomAct, audit_deletion, check

from . import reading

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""The deletion date of items that should not stay in the bin."""
SAME_NAMES_TRIED = 1000


def enter_to_change(group: Group, actor: Actor) -> Entered:
    """Locks the room, checks access again (rules 3.3, 3.6), and counts it as activity (rule 5.5)."""
    room = lock_room(group)
    entered = enter(actor, group.pk, Feature.FOLDER)
    room.last_activity_at = timezone.now()
    room.save(update_fields=["last_activity_at"])
    return entered


def clean_name(raw: str) -> str:
    """A name typed for a folder or file. Raises Invalid ("name") (rule 3.9)."""
    if not (name := as_written(raw.strip())):
        raise Invalid("name", _("Enter a name."))
    check_name("name", name)
    return name


def item_named(group: Group, folder: Folder | None, key: str) -> Folder | FolderFile | None:
    """The item with this name in the folder."""
    live = Q(group=group, binned_at__isnull=True, name_key=key)
    return (
        Folder.objects.filter(live, parent=folder).first()
        or FolderFile.objects.filter(live, folder=folder).first()
    )


def _check_free(
    group: Group, folder: Folder | None, name: str, item: Folder | FolderFile | None = None
) -> None:
    if item_named(group, folder, file_key(name)) not in (None, item):
        raise Invalid("name", name_is_taken(name))


def name_is_taken(name: str) -> str:
    return _("This folder already has an item named %(name)s. Choose another name.") % {
        "name": isolated(name)
    }


def save(item: Folder | FolderFile) -> None:
    """Saves it. The database checks names too, should the lock ever be missing."""
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:
        raise Invalid("name", name_is_taken(item.name)) from None


@audit.action
def add_folder(group: Group, parent_pk: int | str | None, name: str, *, actor: Actor) -> Folder:
    """Adds a folder in another one, or at the top. Raises Invalid ("name")."""
    entered = enter_to_change(group, actor)
    if there := once.made(actor, Folder):
        return there
    parent = reading.live_folder(group, parent_pk)
    name = clean_name(name)
    if len(reading.path_of(parent)) >= reading.DEPTH_AT_MOST:
        raise Invalid("name", _("Folders can be at most %d levels deep.") % reading.DEPTH_AT_MOST)
    _check_free(group, parent, name)
    folder = Folder(group=group, parent=parent, author=entered.member, author_name=entered.member.name)
    folder.call(name)
    save(folder)
    once.keep(actor, folder)
    return folder


@audit.action
def rename(group: Group, token: str, name: str, *, actor: Actor) -> Folder | FolderFile:
    """Renames a folder or a file. Raises Invalid ("name")."""
    enter_to_change(group, actor)
    (item,) = reading.chosen(group, [token]).items
    name = clean_name(name)
    _check_free(group, _place_of(item), name, item)
    item.call(name)
    item.edited_at = timezone.now()
    save(item)
    return item


def _place_of(item: Folder | FolderFile) -> Folder | None:
    return item.parent if isinstance(item, Folder) else item.folder


def _put(item: Folder | FolderFile, folder: Folder | None) -> None:
    if isinstance(item, Folder):
        item.parent = folder
    else:
        item.folder = folder


@audit.action
def move(group: Group, tokens: list[str], to_pk: int | str | None, *, actor: Actor) -> int:
    """Moves folders and files into a folder, or to the top. Raises Invalid ("to"). Returns how many."""
    enter_to_change(group, actor)
    chosen = reading.chosen(group, tokens)
    target = reading.live_folder(group, to_pk)
    path = reading.path_of(target)
    for folder in chosen.folders:
        if folder.pk in [above.pk for above in path]:
            raise Invalid("to", _("You cannot move %(name)s into itself.") % {"name": isolated(folder.name)})
        if len(path) + max(reading.below(folder).values()) > reading.DEPTH_AT_MOST:
            raise Invalid("to", _("Folders can be at most %d levels deep.") % reading.DEPTH_AT_MOST)
    for item in chosen.items:
        if item_named(group, target, item.name_key) not in (None, item):
            raise Invalid("to", name_is_taken(item.name))
        _put(item, target)
        save(item)
    return len(chosen.items)


@audit.action
def put_in_bin(group: Group, tokens: list[str], *, actor: Actor) -> int:
    """Moves folders with all their content, and files, to the bin. Returns how many."""
    entered = enter_to_change(group, actor)
    chosen = reading.chosen(group, tokens)
    now = timezone.now()
    ids = [pk for folder in chosen.folders for pk in reading.below(folder)]
    _mark(ids, [one.pk for one in chosen.files], now, entered.member)
    return len(chosen.items)


def _mark(folder_ids: list[int], file_ids: list[int], moment: datetime, member: Member) -> None:
    """Items already in the bin keep their date."""
    by = {"binned_at": moment, "binned_by": member, "binned_by_name": member.name}
    Folder.objects.filter(pk__in=folder_ids, binned_at__isnull=True).update(**by)
    inside = Q(folder__in=folder_ids) | Q(pk__in=file_ids)
    FolderFile.objects.filter(inside, binned_at__isnull=True).update(**by)


@audit.action
def restore(group: Group, token: str, *, actor: Actor) -> Folder | FolderFile:
    """Restores an item from the bin: to the top if its folder is gone, renamed if its name is taken."""
    enter_to_change(group, actor)
    (item,) = reading.chosen(group, [token], binned=True).items
    binned_at = item.binned_at
    place = _place_of(item)
    if place is not None and place.binned_at is not None:
        _put(item, place := None)
    item.call(_free_name(group, place, item.name, is_file=isinstance(item, FolderFile)))
    _unmark(item)
    save(item)
    if isinstance(item, Folder):
        ids = list(reading.below(item))
        back = {"binned_at": None, "binned_by": None, "binned_by_name": ""}
        Folder.objects.filter(pk__in=ids, binned_at=binned_at).update(**back)
        FolderFile.objects.filter(folder__in=ids, binned_at=binned_at).update(**back)
    return item


def _unmark(item: Folder | FolderFile) -> None:
    item.binned_at, item.binned_by, item.binned_by_name = None, None, ""


def _free_name(group: Group, folder: Folder | None, name: str, *, is_file: bool) -> str:
    """The name, or the name with a number that is free there."""
    tried = name
    for number in range(2, SAME_NAMES_TRIED):
        if item_named(group, folder, file_key(tried)) is None:
            return tried
        tried = numbered(name, number, is_file=is_file)
    raise Invalid("name", name_is_taken(name))


@audit.action
def delete_for_good(group: Group, token: str, *, actor: Actor) -> None:
    """Deletes an item in the bin permanently: for the person who put it there, or a master. Raises Refused.

    It leaves the bin at once, and its bytes go with the next sweep (groups.room.folder.bin).
    """
    entered = enter_to_change(group, actor)
    (item,) = reading.chosen(group, [token], binned=True).items
    check(entered, RoomAct.DELETE_FILE, item)
    audit_deletion(entered, RoomAct.DELETE_FILE, item)
    gone = {"binned_at": LONG_AGO}
    if isinstance(item, Folder):
        ids = list(reading.below(item))
        Folder.objects.filter(pk__in=ids, binned_at=item.binned_at).update(**gone)
        FolderFile.objects.filter(folder__in=ids, binned_at=item.binned_at).update(**gone)
    else:
        FolderFile.objects.filter(pk=item.pk).update(**gone)
