from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .company import Company
from .member import Member
from .named import NAME_CODE_POINTS

USER_NAME_LENGTH = 320


class Provisioned(models.Model):
    """What an identity provider says of a person and asks for again, but nothing here uses (rule 11.2).

    People have one name here, and their teams say where they work.
    """

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="provisioned")
    company = models.ForeignKey(Company, models.CASCADE, related_name="+", editable=False)
    # How the provider calls the person, if not by the address with which they sign in.
    user_name = models.CharField(_("user name"), max_length=USER_NAME_LENGTH, blank=True, default="")
    given_name = models.CharField(_("given name"), max_length=NAME_CODE_POINTS, blank=True)
    family_name = models.CharField(_("family name"), max_length=NAME_CODE_POINTS, blank=True)
    department = models.CharField(_("department"), max_length=NAME_CODE_POINTS, blank=True)
    # As it wrote them, with their types.
    emails = models.JSONField(default=list, editable=False)
    phones = models.JSONField(default=list, editable=False)
    # When it deleted the person: they are inactive, and it knows nothing of them until it adds them again.
    left_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("what an identity provider says")
        verbose_name_plural = _("what identity providers say")
        constraints = [
            models.UniqueConstraint(
                F("company"),
                Lower("user_name"),
                condition=~Q(user_name=""),
                name="provisioned_user_name_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.member)
