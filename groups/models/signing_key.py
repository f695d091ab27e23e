from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Domain


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    """Queries on keys that are used often."""

    def in_use(self) -> "SigningKeyQuerySet":
        """Keys that sign now, of domains that are their company's (rule 1.9)."""
        return self.filter(state=SigningKey.State.IN_USE, domain__state__in=Domain.USABLE)


class SigningKey(models.Model):
    """A key that signs the lists' mail for a domain (rule 4.16), once its record is found there.

    A key that no longer signs has lost its private half; its record is needed until the mail it has signed
    has arrived.
    """

    class State(models.TextChoices):
        NEW = "new", _("Waiting for its record")
        IN_USE = "in_use", _("Signs")
        FORMER = "former", _("No longer signs")

    # Longer than mail servers try to deliver, which is five days.
    NEEDED_FOR = timedelta(days=7)

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="signing_keys", verbose_name=_("domain"))
    selector = models.CharField(_("selector"), max_length=63)
    public_key = models.TextField(_("public key"))
    # Sealed (groupadmin/base/sealed.py); empty once it no longer signs.
    private_key = models.TextField(editable=False)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.NEW)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    used_since = models.DateTimeField(_("signs since"), null=True)
    used_until = models.DateTimeField(_("signed until"), null=True)
    # The last look at its record, and what was wrong with it.
    checked_at = models.DateTimeField(_("last checked"), null=True)
    problem = models.CharField(max_length=12, blank=True)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="signing_key_selector"),
            models.UniqueConstraint(fields=["domain"], condition=Q(state="new"), name="signing_key_new_once"),
            models.UniqueConstraint(
                fields=["domain"], condition=Q(state="in_use"), name="signing_key_in_use_once"
            ),
            models.CheckConstraint(
                condition=Q(state="former") | ~Q(private_key=""), name="signing_key_can_sign"
            ),
            models.CheckConstraint(
                condition=Q(used_until=None) | Q(used_until__gte=F("used_since")), name="signing_key_times"
            ),
        ]

    def __str__(self) -> str:
        return self.record_name

    @property
    def record_name(self) -> str:
        """Where its record is."""
        return f"{self.selector}._domainkey.{self.domain.name}"

    @property
    def needed_until(self) -> datetime | None:
        """How long its record is needed after it no longer signs."""
        return self.used_until + self.NEEDED_FOR if self.used_until else None

    @property
    def record_value(self) -> str:
        """What its TXT record says."""
        return f"v=DKIM1; k=rsa; p={self.public_key}"
