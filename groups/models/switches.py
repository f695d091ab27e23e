"""What can be switched on and off in a group. The field fully describes its switch.

The dialogs, Django admin, actions, permissions, audit and history read it from here. A new switch is a field
of GroupSwitches and a migration; what it does is coded where it is used.
"""

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    BooleanField = models.BooleanField[bool | Combinable, bool]
else:
    BooleanField = models.BooleanField


class Feature(models.TextChoices):
    """What a group can have (rule 3.1). The values are the names of its switches."""

    MESSAGE = "message", _("Message")
    NOTE = "note", _("Note")
    EVENT = "event", _("Event")
    TASK = "task", _("Task")
    FOLDER = "folder", _("Folder")
    MAILING_LIST = "uses_mailing_list", _("Mailing list")


class SetBy(Enum):
    """Who sets a switch, besides administrators (rules 5.2, 7)."""

    MASTERS = auto()
    MASTERS_WITH_GRANT = auto()
    """Masters, while "Grant permission for the message room feature to the master" is on."""
    ADMINISTRATORS_ONLY = auto()


class Switch(BooleanField):
    """A switch under "Advanced". Label and help are `verbose_name` and `help_text`, as of any field."""

    def __init__(
        self,
        label: Any,
        *,
        set_by: SetBy = SetBy.MASTERS,
        in_external: bool = True,
        default: bool = False,
        help_text: Any = "",
    ) -> None:
        super().__init__(label, default=default, help_text=help_text)
        self.set_by = set_by
        self.in_external = in_external
        """Whether external groups have it (rules 3.1, 4.9, 5.4); where not, it is off."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """A plain field in migrations: who sets it and its help do not concern the database."""
        name, _path, _args, kwargs = super().deconstruct()
        kwargs.pop("help_text", None)
        return str(name), "django.db.models.BooleanField", [], kwargs

    def clone(self) -> Any:
        return models.BooleanField(**self.deconstruct()[3])


class FeatureSwitch(Switch):
    """A switch under "Message room features" (rule 3.1)."""

    def __init__(self, feature: Feature, *, needs_message: bool = False, **kwargs: Any) -> None:
        super().__init__(feature.label, set_by=SetBy.MASTERS_WITH_GRANT, **kwargs)
        self.feature = feature
        self.needs_message = needs_message
        """Whether it is off while Message is off (rule 3.2)."""


class GroupSwitches(models.Model):
    """All switches of a group, in the order shown; defaults are those of rule 2.19, words of rule 5.6."""

    message = FeatureSwitch(
        Feature.MESSAGE, help_text=_("A message room for the members. The features below need it.")
    )
    note = FeatureSwitch(
        Feature.NOTE, needs_message=True, help_text=_("Members share posts with photos and files.")
    )
    event = FeatureSwitch(
        Feature.EVENT, needs_message=True, help_text=_("Members create, change and share group events.")
    )
    task = FeatureSwitch(
        Feature.TASK, needs_message=True, in_external=False, help_text=_("Members share and manage tasks.")
    )
    folder = FeatureSwitch(
        Feature.FOLDER, needs_message=True, help_text=_("Members upload, download and share files.")
    )
    uses_mailing_list = FeatureSwitch(
        Feature.MAILING_LIST,
        in_external=False,
        help_text=_("Email to this address reaches every member, including those who join later."),
    )
    notifies = Switch(
        _("Send group notifications to all members"),
        help_text=_("About new and removed members, and when the group is renamed or deleted."),
    )
    grants_features = Switch(
        _("Grant permission for the message room feature to the master"),
        set_by=SetBy.ADMINISTRATORS_ONLY,
        default=True,
        help_text=_("If off, only administrators can switch the features."),
    )
    is_visible = Switch(
        _("Make visible"),
        in_external=False,
        default=True,
        help_text=_("If off, only members, masters and administrators can find the group."),
    )

    class Meta:
        abstract = True


SWITCHES = tuple(field for field in GroupSwitches._meta.local_fields if isinstance(field, Switch))
FEATURE_SWITCHES = tuple(switch for switch in SWITCHES if isinstance(switch, FeatureSwitch))
ADVANCED_SWITCHES = tuple(switch for switch in SWITCHES if not isinstance(switch, FeatureSwitch))
NEED_MESSAGE = tuple(switch.feature for switch in FEATURE_SWITCHES if switch.needs_message)
NEED_MESSAGE_TEXT = _("Note, Event, Task and Folder need Message.")

ROOM_FEATURES = (Feature.MESSAGE, *NEED_MESSAGE)
FEATURES = {
    "internal": tuple(switch.feature for switch in FEATURE_SWITCHES),
    "external": tuple(switch.feature for switch in FEATURE_SWITCHES if switch.in_external),
}


ON_AT_FIRST = frozenset(switch.name for switch in SWITCHES if switch.default)
"""The names of those that are on in a new group (rule 2.19)."""


def switches_of(kind: str) -> tuple[Switch, ...]:
    """The switches that a group of this kind has."""
    return tuple(switch for switch in SWITCHES if kind == "internal" or switch.in_external)


def names_of(kind: str) -> frozenset[str]:
    """The names of the switches that a group of this kind has."""
    return frozenset(switch.name for switch in switches_of(kind))
