"""How much a room holds, shown before it is deleted (rules 2.17, 3.4)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from groups import permissions
from groups.models import (
    ROOM_FEATURES,
    Feature,
    Folder,
    Group,
    StoredFile,
)
from groups.permissions import Act
from groups.room.unread import WRITTEN

DELETABLE = (Feature.NOTE, Feature.EVENT, Feature.FOLDER)
"""The features whose data can be deleted (rule 3.4)."""
COUNTED_AT_MOST = 10_000


@dataclass(frozen=True)
class Amount:
    """The amount of a feature's data, counted up to COUNTED_AT_MOST."""

    feature: Feature
    count: int
    folders: int
    files: int
    bytes: int

    @property
    def is_more(self) -> bool:
        return max(self.count, self.folders, self.files) > COUNTED_AT_MOST

    def __bool__(self) -> bool:
        return bool(self.count or self.folders or self.files)

    @property
    def label(self) -> str:
        """Such as "12 notes, 3 files"."""
        parts = (
            [] if self.feature == Feature.FOLDER and not self.count else [_counted(self.feature, self.count)]
        )
        if self.folders:
            folders = ngettext("%(count)s folder", "%(count)s folders", self.folders)
            parts.append(folders % {"count": _shown(self.folders)})
        if self.files and self.feature != Feature.FOLDER:
            files = ngettext("%(count)s file", "%(count)s files", self.files)
            parts.append(files % {"count": _shown(self.files)})
        return ", ".join(parts)


def _counted(feature: Feature, count: int) -> str:
    labels = {
        Feature.MESSAGE: ngettext("%(count)s message", "%(count)s messages", count),
        Feature.NOTE: ngettext("%(count)s note", "%(count)s notes", count),
        Feature.EVENT: ngettext("%(count)s event", "%(count)s events", count),
        Feature.TASK: ngettext("%(count)s task", "%(count)s tasks", count),
        Feature.FOLDER: ngettext("%(count)s file", "%(count)s files", count),
    }
    return labels[feature] % {"count": _shown(count)}


def _shown(count: int) -> str:
    if count > COUNTED_AT_MOST:
        return _("more than %(count)s") % {"count": f"{COUNTED_AT_MOST:,}"}
    return f"{count:,}"


def amount_of(group: Group, feature: Feature) -> Amount:
    """The amount, looking at no more rows than are counted."""
    most = COUNTED_AT_MOST + 1
    stored = StoredFile.objects.filter(group=group, feature=feature)[:most]
    sizes = stored.aggregate(bytes=Sum("size"))
    return Amount(
        feature,
        WRITTEN[feature]._default_manager.filter(group=group)[:most].count(),
        Folder.objects.filter(group=group)[:most].count() if feature == Feature.FOLDER else 0,
        stored.count(),
        sizes["bytes"] or 0,
    )


def amounts(group: Group, features: tuple[Feature, ...] = ROOM_FEATURES) -> list[Amount]:
    """The amounts, without empty features."""
    return [amount for feature in features if (amount := amount_of(group, feature))]


def deletable_data(actor: Actor, group: Group) -> dict[str, Any]:
    """The data of the group's room that the actor could delete, for pages that link there (rule 3.4)."""
    if not permissions.may(actor, Act.DELETE_DATA, group):
        return {}
    return {"data": amounts(group, tuple(one for one in DELETABLE if one in group.features))}
