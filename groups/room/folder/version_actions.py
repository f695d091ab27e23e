"""What one does with what a file was before (spec 3.5)."""

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor, Refused
from groupadmin.base.errors import Invalid
from groups.models import FileVersion, FolderFile, Group
from groups.room.access import Entered, Gone
from groups.room.uploads import files

from . import reading
from .actions import enter_locked


def version_for(item: FolderFile, pk: int) -> FileVersion:
    """A version of the file. Raises Gone."""
    versions = item.versions.select_related("stored__group", "stored__author")
    version = versions.filter(pk=min(pk, reading.LARGEST_ID)).first()
    if version is None:
        raise Gone
    return version


def may_delete(entered: Entered, version: FileVersion) -> bool:
    """Whether the person may delete that version: who uploaded it, and masters."""
    return version.stored.author_id == entered.member.pk or entered.is_master


def check_deletes(entered: Entered, version: FileVersion) -> None:
    """Raises Refused if the version is not theirs to delete."""
    if not may_delete(entered, version):
        reason = _("Only who uploaded a version and the group's masters can delete it.")
        raise Refused("group.delete_file", reason, target=entered.group)


@audit.action
def restore_version(group: Group, file_pk: int, number: int, *, actor: Actor) -> FileVersion:
    """Makes an old version the newest one. Raises Http404."""
    enter_locked(group, actor)
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
    """Deletes one version for good, and gives its space back. Raises Refused, Gone or Invalid (None).

    `number` is what it was when one was asked: restored meanwhile, it holds what the file is now.
    """
    entered = enter_locked(group, actor)
    item = reading.live_file(group, file_pk)
    version = version_for(item, pk)
    check_deletes(entered, version)
    if version.number != number:
        raise Invalid(None, _("Somebody has restored this version meanwhile. Look at it again."))
    if item.versions.count() == 1:
        raise Invalid(None, _("This is the only version. Delete the file itself instead."))
    if version.stored.author_id != entered.member.pk:
        audit.record(actor, "group.delete_file", group, {"file_of": [version.stored.author_name, None]})
    files.remove([version.stored])
    _touch(item)
    return item


def _touch(item: FolderFile) -> None:
    FolderFile.objects.filter(pk=item.pk).update(edited_at=timezone.now())
