from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .address import Address
from .company import Company
from .member import Member
from .named import DESCRIPTION_CODE_POINTS, Named, Sourced, once_per_source


class Team(Sourced, Named):
    """A node of the company's organization chart (rule 1.3)."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="teams", verbose_name=_("company"))
    description = models.CharField(_("description"), max_length=DESCRIPTION_CODE_POINTS, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent team"),
    )
    address = models.OneToOneField(
        Address, models.PROTECT, null=True, blank=True, related_name="team", verbose_name=_("address")
    )
    members = models.ManyToManyField(
        Member, through="TeamMembership", related_name="teams", verbose_name=_("members")
    )
    # Increased by each change, so that two people do not overwrite each other (rule 2.18).
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When it was moved below its current parent, if ever (rule 3.7).
    moved_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name_sort__collated", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "parent", "name_key"], name="team_name_once_below_its_parent"
            ),
            models.UniqueConstraint(
                fields=["company", "name_key"],
                condition=Q(parent__isnull=True),
                name="team_name_once_at_the_top",
            ),
            once_per_source("team_external_id_once"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="team_is_not_its_own_parent"
            ),
        ]


class TeamMembership(models.Model):
    """A member's place in a team; members can be in several."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    member = models.ForeignKey(
        Member, models.CASCADE, related_name="team_memberships", verbose_name=_("member")
    )
    since = models.DateTimeField(_("since"), auto_now_add=True)
    # The system that it comes from; empty if by hand (rule 10.4).
    source = models.CharField(_("source"), max_length=100, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("team membership")
        verbose_name_plural = _("team memberships")
        constraints = [models.UniqueConstraint(fields=["team", "member"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.member} · {self.team}"
