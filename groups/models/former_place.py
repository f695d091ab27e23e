from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Member


class FormerPlace(models.Model):
    """A place in an external group that somebody lost by being deactivated, to be given back (rule 2.23)."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="former_places", verbose_name=_("member"))
    # Empty once the group is gone for good; its name and company still say what was lost.
    group = models.ForeignKey(
        "groups.Group", models.SET_NULL, null=True, related_name="+", verbose_name=_("group")
    )
    group_name = models.CharField(max_length=1000)
    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    was_member = models.BooleanField(_("member"))
    was_master = models.BooleanField(_("master"))
    left_at = models.DateTimeField(_("since"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("former place in a group")
        verbose_name_plural = _("former places in groups")
        constraints = [models.UniqueConstraint(fields=["member", "group"], name="former_place_once")]

    def __str__(self) -> str:
        return f"{self.member} · {self.group or self.group_name}"
