from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .company import Domain


class Address(models.Model):
    """An email address of a company, unique whatever it belongs to (rule 1.6).

    Members' addresses point to their member; a team and a mailing list point to their address.
    """

    class Kind(models.TextChoices):
        MEMBER = "member", _("member")
        ALIAS = "alias", _("member (alias)")
        TEAM = "team", _("team")
        GROUP = "group", _("group")

    local_part = models.CharField(_("local part"), max_length=64)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="addresses", verbose_name=_("domain"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    member = models.ForeignKey(
        "accounts.Member",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="addresses",
        verbose_name=_("member"),
    )

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["local_part", "domain"]
        constraints = [
            models.UniqueConstraint(
                fields=["local_part", "domain"],
                name="address_taken_once",
                violation_error_message=_("This address is taken. Choose another one."),
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(kind="member"), name="address_one_primary_per_member"
            ),
            models.CheckConstraint(
                condition=Q(local_part=Lower(F("local_part"))), name="address_is_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["member", "alias"], member__isnull=False)
                | Q(kind__in=["team", "group"], member__isnull=True),
                name="address_belongs_to_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain.name}"
