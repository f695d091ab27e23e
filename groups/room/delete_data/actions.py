"""Deletes all data of a feature in a room, step by step (rule 3.4).

The request is one action, audited with the amounts. The worker does the rest: each step is a transaction of
its own, so that nobody waits long, and after a killed worker the next one continues. Only data that existed
at the request is deleted.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.consequences import Progress
from groupadmin.base.errors import Invalid
from groupadmin.base.text import fold
from groups import permissions
from groups.models import Event, Feature, Folder, FolderFile, Group, Message, Note, Room, StoredFile, Upload
from groups.permissions import Act
from groups.room.access import lock_room
from groups.room.folder import bin
from groups.room.unread import WRITTEN
from groups.room.uploads import files
from groups.room.uploads.pieces import forget

from .counts import DELETABLE, Amount, amount_of

AT_ONCE = 200

LastIds = dict[str, int]
"""The highest id to delete of each kind of row."""


@audit.action
def ask_to_delete(
    group: Group, feature: Feature, entered_name: str, *, actor: Actor
) -> tuple[Amount, LastIds]:
    """Records the request and what it covers. Raises Refused, or Invalid ("typed")."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.DELETE_DATA, lock=True)
    if feature not in DELETABLE or feature not in group.features:
        raise Invalid(None, _("This data cannot be deleted on its own."))
    if not fold(entered_name) or fold(entered_name) != fold(group.name):
        raise Invalid("typed", _("This is not the name of the group. Check the spelling."))
    amount = amount_of(group, feature)
    upto = {
        model._meta.label_lower: model._default_manager.filter(group=group).aggregate(last=Max("pk"))["last"]
        or 0
        for model in (Note, Event, FolderFile, Folder, StoredFile, Message, Upload)
    }
    audit.record(
        actor,
        Act.DELETE_DATA,
        group,
        {
            "feature": [feature.value, None],
            "count": [amount.count, 0],
            "files": [amount.files, 0],
            "bytes": [amount.bytes, 0],
        },
    )
    return amount, upto


def delete_data(group_pk: int, feature: Feature, upto: LastIds, progress: Progress) -> None:
    """Deletes the data with its bytes. Run again, it continues with what is left."""
    group = Group.objects.filter(pk=group_pk).first()
    if group is None:
        return
    deletion = Deletion(group, feature, upto)
    total, done = deletion.count(), 0
    progress(done, total)
    while removed := deletion.step():
        done += removed
        progress(min(done, total), total)


class Deletion:
    """The data of a feature that is left to delete."""

    def __init__(self, group: Group, feature: Feature, upto: LastIds) -> None:
        self.group, self.feature, self.upto = group, feature, upto

    def rows(self, model: type[Any], **wanted: Any) -> QuerySet[Any]:
        last = self.upto.get(model._meta.label_lower, 0)
        found: QuerySet[Any] = model._default_manager.filter(group=self.group, pk__lte=last, **wanted)
        return found.order_by("pk")

    def items(self) -> QuerySet[Any]:
        return self.rows(WRITTEN[self.feature])

    def stored(self) -> QuerySet[StoredFile]:
        return self.rows(StoredFile, feature=self.feature)

    def count(self) -> int:
        folders = self.rows(Folder).count() if self.feature == Feature.FOLDER else 0
        return self.items().count() + folders

    @transaction.atomic
    def step(self) -> int:
        """Deletes some. Returns how many; 0 when all is gone."""
        lock_room(self.group)
        if found := list(self.items()[:AT_ONCE]):
            files.remove(list(self._files_of(found)), bytes_first=True)
            type(found[0])._default_manager.filter(pk__in=[one.pk for one in found]).delete()
            return len(found)
        if lost := list(self.stored()[:AT_ONCE]):
            files.remove(lost, bytes_first=True)
            return len(lost)
        return self._rest()

    def _files_of(self, found: list[Any]) -> QuerySet[StoredFile]:
        of = {Feature.NOTE: Q(note__in=found), Feature.FOLDER: Q(version__folder_file__in=found)}
        condition = of.get(self.feature, Q(pk__in=()))
        return StoredFile.objects.filter(condition, group=self.group).select_related("group")

    def _rest(self) -> int:
        """Unfinished uploads, empty folders, and the announcements of deleted data."""
        # Locked, so that nobody adds to a file that is being deleted.
        begun = self.rows(Upload, feature=self.feature).select_for_update()
        for upload in (uploads := list(begun[:AT_ONCE])):
            upload.file.storage.delete(upload.file.name or "")
            upload.delete()
        if uploads:
            return len(uploads)
        if self.feature == Feature.FOLDER and (removed := bin.remove_folders(self.rows(Folder))):
            return removed
        announced = self.rows(
            Message, kind=Message.Kind.ANNOUNCEMENT, details__what__startswith=f"{self.feature.value}."
        )
        ids = list(announced.values_list("pk", flat=True)[:AT_ONCE])
        if ids:
            Message.objects.filter(pk__in=ids).delete()
        return len(ids)


def forget_room(group: Group) -> None:
    """Deletes everything in a group's room, with its bytes, before the group is deleted permanently."""
    everything = StoredFile.objects.filter(group=group).select_related("group").order_by("pk")
    while found := list(everything[:AT_ONCE]):
        files.remove(found)
    for upload in Upload.objects.filter(group=group):
        forget(upload)
    for model in (Message, Note, Event, FolderFile):
        rows = model._default_manager.filter(group=group)
        while ids := list(rows.order_by("-pk").values_list("pk", flat=True)[:AT_ONCE]):
            model._default_manager.filter(pk__in=ids).delete()
    bin.remove_folders(Folder.objects.filter(group=group))
    Room.objects.filter(group=group).delete()
