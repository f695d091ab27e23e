from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OutageQuerySet(models.QuerySet["Outage"]):
    """Queries on outages that are used often."""

    def current(self) -> "OutageQuerySet":
        return self.filter(ended_at=None)


class Outage(models.Model):
    """A time in which the server of MAIL_OUT was away, or took no mail from us (rule 4.11)."""

    # The domain in whose name it takes no mail; empty if it takes none at all.
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    # It answers, and says no: that does not pass by itself.
    is_refusal = models.BooleanField(_("refused"), default=False)
    started_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True)
    last_error = models.CharField(_("reason"), max_length=1000)
    # When the superusers were told.
    told_at = models.DateTimeField(null=True)

    objects = OutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["domain"], condition=Q(ended_at=None), name="outage_once"),
        ]

    def __str__(self) -> str:
        return self.last_error
