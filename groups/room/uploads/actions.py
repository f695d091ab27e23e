"""Takes in files for folders: whole, or in pieces if they are large (spec 3.5)."""

import uuid
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models.named import name_key
from groupadmin.base.errors import Invalid
from groups.models import Feature, FileVersion, Folder, FolderFile, Group, StoredFile, Upload
from groups.room.access import Entered
from groups.room.folder import reading
from groups.room.folder.actions import enter_locked, in_place, save, taken

from . import files, pieces, previews

VERSIONS_AT_MOST = 100


@audit.action
def add_file(
    group: Group, folder_pk: int | str | None, upload: UploadedFile[Any], *, actor: Actor
) -> FileVersion:
    """Puts a file into a folder; one of the same name gets a new version. Raises Invalid ("files")."""
    drawn = files.draw_previews([upload])
    entered = enter_locked(group, actor)
    return _add(entered, reading.live_folder(group, folder_pk), upload, drawn)


def _add(
    entered: Entered, folder: Folder | None, upload: UploadedFile[Any], drawn: files.Previews | None = None
) -> FileVersion:
    group, member = entered.group, entered.member
    name = files.clean_file_name(upload.name or "")
    there = in_place(group, folder, name_key(name))
    if isinstance(there, Folder):
        raise Invalid("files", taken(name))
    number = 1 + (FileVersion.objects.filter(folder_file=there).aggregate(Max("number"))["number__max"] or 0)
    if there is not None and there.versions.count() >= VERSIONS_AT_MOST:
        raise Invalid(
            "files", _("There are %d versions of this file already. Delete one first.") % VERSIONS_AT_MOST
        )
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


def begin_upload(
    group: Group, folder_pk: int | str | None, name: str, size: int, modified: str, *, actor: Actor
) -> Upload:
    """Makes ready for the pieces of a file for that folder. Raises Invalid ("files")."""
    return pieces.begin(group, Feature.FOLDER, name, size, modified, folder_pk=folder_pk, actor=actor)


@audit.action
def finish_upload(group: Group, key: uuid.UUID, *, actor: Actor) -> FileVersion:
    """Puts a file that is here as a whole into its folder. Raises Invalid ("files")."""
    entered = enter_locked(group, actor)
    upload = pieces.find(entered, key, lock=True)
    folder = reading.live_folder(group, upload.folder_id)
    with pieces.opened([upload]) as (received,):
        version = _add(entered, folder, received)
    upload.delete()
    return version


def stored_of(group: Group, item: FolderFile, number: int | None = None) -> StoredFile:
    """What a file holds, or held in a version. Raises Http404."""
    wanted = Q() if number is None else Q(number=number)
    version = item.versions.filter(wanted).select_related("stored").order_by("-number").first()
    if version is None:
        raise Http404
    return version.stored
