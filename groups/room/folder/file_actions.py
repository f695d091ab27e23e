"""Actions on files of a folder (rule 3.5): upload, and restore earlier versions."""

import uuid
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor
from groupadmin.base.errors import Invalid
from groups.models import Feature, FileVersion, Folder, FolderFile, Group, StoredFile, file_key
from groups.room.access import Entered, Gone
from groups.room.permissions import RoomAct, audit_deletion, check
from groups.room.uploads import files, pieces, previews

from . import reading
from .actions import enter_to_change, item_named, name_is_taken, save

VERSIONS_AT_MOST = 100


def add_file(
    group: Group, folder_pk: int | str | None, upload: UploadedFile[Any], *, place: int = 0, actor: Actor
) -> FileVersion:
    """Adds a file to a folder; one with the same name gets a new version. Raises Invalid ("files").

    `place` is its place among the files of its form: two of one form may have the same name.
    """
    return _add_file(group, folder_pk, upload, files.draw_previews([upload]), f"file {place}", actor=actor)


@audit.action
def _add_file(
    group: Group,
    folder_pk: int | str | None,
    upload: UploadedFile[Any],
    drawn: files.Previews,
    part: str,
    *,
    actor: Actor,
) -> FileVersion:
    entered = enter_to_change(group, actor)
    if there := once.made(actor, FileVersion, part):
        return there
    version = _add(entered, reading.live_folder(group, folder_pk), upload, drawn)
    once.keep(actor, version, part)
    return version


def _add(
    entered: Entered, folder: Folder | None, upload: UploadedFile[Any], drawn: files.Previews
) -> FileVersion:
    group, member = entered.group, entered.member
    name = files.file_name(upload.name or "")
    there = item_named(group, folder, file_key(name))
    if isinstance(there, Folder):
        raise Invalid("files", name_is_taken(name))
    number = 1 + (FileVersion.objects.filter(folder_file=there).aggregate(Max("number"))["number__max"] or 0)
    if there is not None and there.versions.count() >= VERSIONS_AT_MOST:
        raise Invalid("files", _("This file already has %d versions. Delete one first.") % VERSIONS_AT_MOST)
    (stored,) = files.store_each(group, Feature.FOLDER, [upload], member, previews=drawn)
    if there is None:
        there = FolderFile(group=group, folder=folder, author=member, author_name=member.name)
        there.call(name)
    else:
        there.edited_at = timezone.now()
    save(there)
    if previews.is_wanted(stored):
        transaction.on_commit(partial(previews.add_preview.enqueue, stored.pk))
    return FileVersion.objects.create(folder_file=there, stored=stored, number=number)


def finish_upload(group: Group, key: uuid.UUID, *, actor: Actor) -> FileVersion:
    """Adds a completely uploaded file to its folder. Raises Invalid ("files")."""
    drawn = pieces.draw_previews(group, Feature.FOLDER, actor.member, [key])
    return _finish_upload(group, key, drawn, actor=actor)


@audit.action
def _finish_upload(group: Group, key: uuid.UUID, drawn: files.Previews, *, actor: Actor) -> FileVersion:
    entered = enter_to_change(group, actor)
    upload = pieces.find(entered, key, lock=True)
    folder = reading.live_folder(group, upload.folder_id)
    (received,) = pieces.complete([upload])
    version = _add(entered, folder, received, drawn)
    upload.delete()
    return version


def stored_of(group: Group, item: FolderFile, number: int | None = None) -> StoredFile:
    """The content of a file, or of one version. Raises Http404."""
    wanted = Q() if number is None else Q(number=number)
    version = item.versions.filter(wanted).select_related("stored").order_by("-number").first()
    if version is None:
        raise Http404
    return version.stored


def version_for(item: FolderFile, pk: int) -> FileVersion:
    """A version of the file. Raises Gone."""
    versions = item.versions.select_related("stored__group", "stored__author")
    version = versions.filter(pk=pk).first()
    if version is None:
        raise Gone
    return version


@audit.action
def restore_version(group: Group, file_pk: int, number: int, *, actor: Actor) -> FileVersion:
    """Makes an old version the newest one. Raises Http404."""
    enter_to_change(group, actor)
    item = reading.live_file(group, file_pk)
    version = item.versions.filter(number=number).first()
    newest = item.versions.aggregate(Max("number"))["number__max"]
    if version is None:
        raise Gone
    if version.number != newest:
        version.number = newest + 1
        version.save(update_fields=["number"])
        _touch(item)
    return version


@audit.action
def delete_version(group: Group, file_pk: int, pk: int, number: int, *, actor: Actor) -> FolderFile:
    """Deletes one version permanently and frees its space. Raises Refused, Gone or Invalid (None).

    `number` is the version's number on the page: if it was restored since then, it is the current content.
    """
    entered = enter_to_change(group, actor)
    item = reading.live_file(group, file_pk)
    version = version_for(item, pk)
    check(entered, RoomAct.DELETE_FILE, version)
    if version.number != number:
        raise Invalid(
            None, _("Someone restored this version in the meantime. Check it before you delete it.")
        )
    if item.versions.count() == 1:
        raise Invalid(None, _("This is the only version. Delete the file itself instead."))
    audit_deletion(entered, RoomAct.DELETE_FILE, version)
    files.remove([version.stored])
    _touch(item)
    return item


def _touch(item: FolderFile) -> None:
    FolderFile.objects.filter(pk=item.pk).update(edited_at=timezone.now())
