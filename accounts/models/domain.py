import secrets

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .company import Company

# The record that proves a domain, below its name so that nothing else there is touched (rule 1.9).
RECORD = "_groupadmin-challenge"
VALUE = "groupadmin-domain"


def new_token() -> str:
    """Part of the record's value: its own for each claim, so that nobody proves with another's record."""
    return secrets.token_hex(20)


class DomainQuerySet(models.QuerySet["Domain"]):
    """Conditions that are needed again and again."""

    def usable(self) -> "DomainQuerySet":
        """Domains whose addresses count: proven, or in use since before that was asked for (rule 1.9)."""
        return self.filter(state__in=Domain.USABLE)

    def to_prove(self) -> "DomainQuerySet":
        """Domains that are looked up from time to time."""
        return self.filter(state__in=(Domain.State.CLAIMED, Domain.State.EXISTING))


class Domain(models.Model):
    """An email domain of a company, or its claim to one (rules 1.1, 1.9)."""

    class State(models.TextChoices):
        CLAIMED = "claimed", _("To be proven")
        EXISTING = "existing", _("In use, to be proven")
        PROVEN = "proven", _("Proven")
        LOST = "lost", _("Proven by another company")

    USABLE = (State.EXISTING, State.PROVEN)

    company = models.ForeignKey(Company, models.CASCADE, related_name="domains", verbose_name=_("company"))
    # Several companies may claim a name; one at most uses it.
    name = models.CharField(_("name"), max_length=253, db_index=True)
    is_primary = models.BooleanField(_("is primary"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CLAIMED)
    token = models.CharField(max_length=64, default=new_token, editable=False)
    claimed_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    proven_at = models.DateTimeField(_("proven"), null=True, editable=False)
    # The last look at the record, what was wrong with it, the last look that somebody asked for, and when the
    # worker looks again.
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)
    problem = models.CharField(max_length=12, blank=True, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    check_due_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["-is_primary", "name"]
        indexes = [
            models.Index(
                fields=["check_due_at"],
                condition=Q(state__in=["claimed", "existing"]),
                name="domain_check_due",
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(name=Lower(F("name"))), name="domain_is_lower_case"),
            models.UniqueConstraint(fields=["company", "name"], name="domain_once_per_company"),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(state__in=["existing", "proven"]),
                name="domain_used_by_one_company",
            ),
            models.UniqueConstraint(
                fields=["company"], condition=Q(is_primary=True), name="domain_one_primary_per_company"
            ),
            models.CheckConstraint(
                condition=Q(is_primary=False) | Q(state__in=["existing", "proven"]),
                name="domain_primary_is_usable",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        """Whether addresses, lists and connections may use it (rule 1.9)."""
        return self.state in self.USABLE

    @property
    def record_name(self) -> str:
        """Where the TXT record is looked for."""
        return f"{RECORD}.{self.name}"

    @property
    def record_value(self) -> str:
        """What the TXT record has to say."""
        return f"{VALUE}={self.token}"
