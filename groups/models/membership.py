from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Team


class Membership(models.Model):
    """An entry of a group: a member, a team or another group (rule 2.8)."""

    group = models.ForeignKey("groups.Group", models.CASCADE, related_name="entries", verbose_name=_("group"))
    member = models.ForeignKey(
        Member,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("member"),
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="group_entries", verbose_name=_("team")
    )
    subgroup = models.ForeignKey(
        "groups.Group",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="containers",
        verbose_name=_("contained group"),
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    added_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    # The system that it comes from; empty if by hand (rule 10.4).
    source = models.CharField(_("source"), max_length=100, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("group entry")
        verbose_name_plural = _("group entries")
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, team__isnull=True, subgroup__isnull=True)
                | Q(member__isnull=True, team__isnull=False, subgroup__isnull=True)
                | Q(member__isnull=True, team__isnull=True, subgroup__isnull=False),
                name="entry_is_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(subgroup__isnull=True) | ~Q(subgroup=F("group")), name="entry_is_not_its_group"
            ),
            models.UniqueConstraint(fields=["group", "member"], name="entry_member_once"),
            models.UniqueConstraint(fields=["group", "team"], name="entry_team_once"),
            models.UniqueConstraint(fields=["group", "subgroup"], name="entry_subgroup_once"),
        ]

    def __str__(self) -> str:
        return str(self.member or self.team or self.subgroup)


class MasterQuerySet(models.QuerySet["Master"]):
    """Queries on masters that are used often."""

    def active(self) -> "MasterQuerySet":
        """Those who can act: inactive ones do not count (rule 2.15)."""
        return self.filter(member__is_active=True)


class Master(models.Model):
    """Somebody who runs a group; not necessarily a member of it (rule 2.12)."""

    group = models.ForeignKey("groups.Group", models.CASCADE, related_name="masters", verbose_name=_("group"))
    member = models.ForeignKey(Member, models.CASCADE, related_name="masterships", verbose_name=_("member"))
    since = models.DateTimeField(_("since"), auto_now_add=True)
    # The system that it comes from; empty if by hand (rule 10.4).
    source = models.CharField(_("source"), max_length=100, blank=True, default="", editable=False)

    objects = MasterQuerySet.as_manager()

    class Meta:
        verbose_name = _("master")
        verbose_name_plural = _("masters")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["group", "member"], name="master_once")]

    def __str__(self) -> str:
        return str(self.member)
