from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Member, Named
from accounts.models.named import DESCRIPTION_CODE_POINTS

from .mailing_list import MailingList


class Feature(models.TextChoices):
    """What a group can have (spec 3.1). The values are the names of Group's switches."""

    MESSAGE = "message", _("Message")
    NOTE = "note", _("Note")
    EVENT = "event", _("Event")
    TASK = "task", _("Task")
    FOLDER = "folder", _("Folder")
    MAILING_LIST = "uses_mailing_list", _("Mailing list")


ROOM_FEATURES = (Feature.MESSAGE, Feature.NOTE, Feature.EVENT, Feature.TASK, Feature.FOLDER)

FEATURES = {
    "internal": (*ROOM_FEATURES, Feature.MAILING_LIST),
    "external": (Feature.MESSAGE, Feature.NOTE, Feature.EVENT, Feature.FOLDER),
}


class GroupQuerySet(models.QuerySet["Group"]):
    """What is asked about groups again and again."""

    def live(self) -> "GroupQuerySet":
        """Without the ones that were deleted (spec 2.17)."""
        return self.filter(deleted_at__isnull=True)

    def deleted(self) -> "GroupQuerySet":
        return self.filter(deleted_at__isnull=False)

    def without_master(self) -> "GroupQuerySet":
        """Those that nobody runs (spec 2.15)."""
        return self.exclude(masters__member__is_active=True)


class Group(Named):
    """A group of people, run by its masters (spec 2)."""

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("Group")
        EXTERNAL = "external", _("External group")

    company = models.ForeignKey(Company, models.CASCADE, related_name="groups", verbose_name=_("company"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.INTERNAL, editable=False)
    description = models.CharField(_("Description"), max_length=DESCRIPTION_CODE_POINTS, blank=True)
    photo = models.ImageField(_("Representative photo"), upload_to="groups/", blank=True)
    photo_small = models.ImageField(upload_to="groups/", blank=True, editable=False)

    message = models.BooleanField(_("Message"), default=False)
    note = models.BooleanField(_("Note"), default=False)
    event = models.BooleanField(_("Event"), default=False)
    task = models.BooleanField(_("Task"), default=False)
    folder = models.BooleanField(_("Folder"), default=False)
    uses_mailing_list = models.BooleanField(_("Mailing list"), default=False)
    # Kept while the switch is off (spec 3.3). The key is on this side so that the database can refuse
    # an external group with a list (spec 4.9).
    mailing_list = models.OneToOneField(
        MailingList,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="group",
        verbose_name=_("mailing list"),
    )

    is_visible = models.BooleanField(_("Make visible"), default=True)
    notifies = models.BooleanField(_("Send group notifications to all members"), default=False)
    grants_features = models.BooleanField(
        _("Grant permission for the message room feature to the master"), default=True
    )

    version = models.PositiveIntegerField(default=1, editable=False)
    # Names the dialog that a group came from, so that a form posted twice adds one group.
    form_key = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("created by")
    )
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    deleted_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("deleted by")
    )

    objects: ClassVar[models.Manager["Group"]] = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name_sort", "id"]
        indexes = [
            models.Index(fields=["company", "created_at", "id"], name="group_by_creation"),
            models.Index(fields=["company", "name_sort", "id"], name="group_by_name"),
            models.Index(
                fields=["company", "deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="group_recently_deleted",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name_key"],
                condition=Q(deleted_at__isnull=True),
                name="group_name_once_per_company",
                violation_error_message=_("Your company already has a group with this name."),
            ),
            models.CheckConstraint(
                condition=Q(message=True) | Q(note=False, event=False, task=False, folder=False),
                name="group_features_need_message",
                violation_error_message=_("Note, Event, Task and Folder need Message."),
            ),
            models.CheckConstraint(
                condition=Q(kind="internal")
                | Q(
                    kind="external",
                    is_visible=False,
                    task=False,
                    uses_mailing_list=False,
                    mailing_list__isnull=True,
                ),
                name="group_external_is_private_and_without_list",
            ),
            models.CheckConstraint(
                condition=Q(uses_mailing_list=False) | Q(mailing_list__isnull=False),
                name="group_list_switched_on_exists",
            ),
        ]

    @property
    def is_external(self) -> bool:
        return self.kind == self.Kind.EXTERNAL

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features that this kind of group can have, in the order in which they are shown."""
        return FEATURES[self.kind]

    def has(self, feature: Feature) -> bool:
        """Whether the feature is switched on."""
        return bool(getattr(self, feature.value))

    @property
    def address(self) -> str:
        """The mailing list's address, or nothing while the list is off."""
        if not self.uses_mailing_list or self.mailing_list is None or self.mailing_list.address is None:
            return ""
        return str(self.mailing_list.address)
