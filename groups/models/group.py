from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Member, Named
from accounts.models.named import DESCRIPTION_CODE_POINTS, Sourced, once_per_source

from .mailing_list import MailingList
from .switches import FEATURES, NEED_MESSAGE, NEED_MESSAGE_TEXT, SWITCHES, Feature, GroupSwitches, names_of

NAME_TAKEN = _("Your company already has a group with this name. Choose another one.")


def is_live(prefix: str = "") -> Q:
    """Groups not deleted (rule 2.17). `prefix` leads to the group, such as "group__"."""
    return Q(**{f"{prefix}deleted_at__isnull": True})


class GroupQuerySet(models.QuerySet["Group"]):
    """Queries on groups that are used often."""

    def live(self) -> "GroupQuerySet":
        """Those that were not deleted (rule 2.17)."""
        return self.filter(is_live())

    def deleted(self) -> "GroupQuerySet":
        return self.filter(deleted_at__isnull=False)

    def without_master(self) -> "GroupQuerySet":
        """Groups nobody runs (rule 2.15)."""
        return self.exclude(masters__member__is_active=True)


class Group(GroupSwitches, Sourced, Named):
    """A group of people, run by its masters (rule 2)."""

    class Kind(models.TextChoices):
        """Internal or external; never changes once the group exists (rule 2.1)."""

        INTERNAL = "internal", _("Group")
        EXTERNAL = "external", _("External group")

    company = models.ForeignKey(Company, models.CASCADE, related_name="groups", verbose_name=_("company"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.INTERNAL, editable=False)
    description = models.CharField(_("Description"), max_length=DESCRIPTION_CODE_POINTS, blank=True)
    photo = models.ImageField(_("Representative photo"), upload_to="groups/", blank=True)
    photo_small = models.ImageField(upload_to="groups/", blank=True, editable=False)

    # Kept while its switch is off (rule 3.3). The key is on this side so that the database can reject
    # an external group with a list (rule 4.9).
    mailing_list = models.OneToOneField(
        MailingList,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="group",
        verbose_name=_("mailing list"),
    )

    version = models.PositiveIntegerField(default=1, editable=False)
    # The dialog that the group came from, so that a form posted twice adds one group.
    form_key = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("created by")
    )
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    deleted_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("deleted by")
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name_sort__collated", "id"]
        indexes = [
            models.Index(fields=["company", "created_at", "id"], name="group_by_creation"),
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
                violation_error_message=NAME_TAKEN,
            ),
            once_per_source("group_external_id_once"),
            # Rule 3.2, for every path.
            models.CheckConstraint(
                condition=Q(message=True) | Q(**{feature.value: False for feature in NEED_MESSAGE}),
                # Rule 3.2.
                name="group_features_need_message",
                violation_error_message=NEED_MESSAGE_TEXT,
            ),
            models.CheckConstraint(
                condition=Q(kind="internal")
                | Q(
                    kind="external",
                    mailing_list__isnull=True,
                    **{switch.name: False for switch in SWITCHES if not switch.in_external},
                ),
                # Rules 3.1, 4.9, 5.4.
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
    def switched_on(self) -> frozenset[str]:
        """The names of the switches that are on."""
        return frozenset(switch.name for switch in SWITCHES if getattr(self, switch.name))

    def switch(self, on: frozenset[str]) -> None:
        """Switches these on, if its kind has them, and all others off. The caller saves."""
        on &= names_of(self.kind)
        for switch in SWITCHES:
            setattr(self, switch.name, switch.name in on)

    @property
    def address(self) -> str:
        """The mailing list's address, or nothing while the list is off."""
        if not self.uses_mailing_list or self.mailing_list is None or self.mailing_list.address is None:
            return ""
        return str(self.mailing_list.address)
