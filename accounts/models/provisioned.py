from django.db import models
from django.utils.translation import gettext_lazy as _

from .member import Member
from .named import NAME_CODE_POINTS


class Provisioned(models.Model):
    """What an identity provider says of a person and asks for again, but nothing here uses (rule 11.2).

    People have one name here, and their teams say where they work.
    """

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="provisioned")
    given_name = models.CharField(_("given name"), max_length=NAME_CODE_POINTS, blank=True)
    family_name = models.CharField(_("family name"), max_length=NAME_CODE_POINTS, blank=True)
    department = models.CharField(_("department"), max_length=NAME_CODE_POINTS, blank=True)

    class Meta:
        verbose_name = _("what an identity provider says")
        verbose_name_plural = _("what identity providers say")

    def __str__(self) -> str:
        return str(self.member)
