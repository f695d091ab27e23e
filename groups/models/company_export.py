from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Job, Member


class CompanyExport(models.Model):
    """Everything that a company has, in a zip file that can be downloaded for some days (rule 10.7)."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="exports", verbose_name=_("company"))
    has_rooms = models.BooleanField(_("with what is in the message rooms"), default=False)
    file = models.FileField(upload_to="exports/", blank=True)
    size = models.PositiveBigIntegerField(default=0)
    started_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export of a company")
        verbose_name_plural = _("exports of companies")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.company_id} {self.pk}"
