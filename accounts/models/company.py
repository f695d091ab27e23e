from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .named import Named

if TYPE_CHECKING:
    from .domain import Domain


class Company(Named):
    """A tenant (rule 1.1)."""

    class Plan(models.TextChoices):
        FREE = "free", _("Free")
        PAID = "paid", _("Paid")

    class Region(models.TextChoices):
        WORLD = "world", _("Worldwide")
        TAIWAN = "tw", _("Taiwan")

    class Connecting(models.TextChoices):
        NOBODY = "nobody", _("Nobody")
        CHOSEN = "chosen", _("Chosen members")
        EVERYBODY = "everybody", _("All members")

    class Partners(models.TextChoices):
        ANY = "any", _("Any company")
        NAMED = "named", _("Only listed companies")

    class Creators(models.TextChoices):
        ADMINISTRATORS = "administrators", _("Administrators only")
        EVERYBODY = "everybody", _("All members")

    class SecondFactor(models.TextChoices):
        NOBODY = "nobody", _("Nobody")
        ADMINISTRATORS = "administrators", _("Administrators")
        EVERYBODY = "everybody", _("All members")

    RECALL_HOURS = [(1, _("1 hour")), (24, _("24 hours"))]

    plan = models.CharField(_("plan"), max_length=4, choices=Plan, default=Plan.FREE)
    region = models.CharField(_("region"), max_length=5, choices=Region, default=Region.WORLD)
    has_core = models.BooleanField(_("has applied for Core"), default=False)
    connecting = models.CharField(
        _("who can connect with other companies"),
        max_length=9,
        choices=Connecting,
        default=Connecting.NOBODY,
    )
    partners = models.CharField(
        _("which companies to connect with"), max_length=5, choices=Partners, default=Partners.ANY
    )
    group_creators = models.CharField(
        _("authority to create group"), max_length=14, choices=Creators, default=Creators.ADMINISTRATORS
    )
    recall_hours = models.PositiveSmallIntegerField(
        _("messages can be taken back for"), choices=RECALL_HOURS, default=24
    )
    # Rule 9.2: who has to set one up before anything else.
    second_factor = models.CharField(
        _("who needs a second factor"), max_length=14, choices=SecondFactor, default=SecondFactor.NOBODY
    )
    # Rule 12.3: for people whose own zone is not known.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    # Increased by each change, so that two people do not overwrite each other (rule 2.18).
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name_sort__collated", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(region="tw", plan="free"),
                # Rule 1.7.
                name="company_taiwan_has_no_free_plan",
                violation_error_message=_("The free plan is not available in the Taiwan region."),
            )
        ]

    GROUP_LIMITS = {Plan.FREE: 1_000, Plan.PAID: 100_000}
    TEAM_LIMITS = {Plan.FREE: 100, Plan.PAID: 10_000}

    @property
    def group_limit(self) -> int:
        """How many groups the plan allows, internal and external together (rule 2.2)."""
        return self.GROUP_LIMITS[self.Plan(self.plan)]

    @property
    def team_limit(self) -> int:
        """How many teams the plan allows (rule 1.3)."""
        return self.TEAM_LIMITS[self.Plan(self.plan)]

    @property
    def primary_domain(self) -> "Domain":
        return self.domains.get(is_primary=True)
