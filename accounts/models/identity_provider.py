import secrets

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from groupadmin.base.sealed import seal, unseal

from .company import Company
from .domain import Domain
from .member import Member

PURPOSE = "identity providers"
KEY_BYTES = 12
SUBJECT_LENGTH = 255
"""The most characters of a `sub`, by OpenID Connect."""


def new_key() -> str:
    """Names a provider in addresses. Its own for each, so that no answer of one passes for another's."""
    return secrets.token_hex(KEY_BYTES)


class IdentityProviderQuerySet(models.QuerySet["IdentityProvider"]):
    """Conditions that are needed again and again."""

    def in_use(self) -> "IdentityProviderQuerySet":
        """Those that let people in."""
        return self.exclude(use=IdentityProvider.Use.OFF)

    def speaking_for(self, domain: str) -> "IdentityProviderQuerySet":
        """Those in use whose company has chosen this domain for them, and has proven it (rules 1.9, 9.6)."""
        return self.in_use().filter(
            domains__name=domain, domains__state=Domain.State.PROVEN, domains__company=F("company")
        )


class IdentityProvider(models.Model):
    """Where people of a company sign in instead of here, by OpenID Connect (rule 9.6)."""

    class Use(models.TextChoices):
        OFF = "off", _("Off")
        OFFERED = "offered", _("Offered, besides the password")
        REQUIRED = "required", _("Required")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="identity_providers", verbose_name=_("company")
    )
    key = models.CharField(max_length=2 * KEY_BYTES, unique=True, default=new_key, editable=False)
    name = models.CharField(_("name"), max_length=1000)
    discovery_url = models.CharField(_("discovery address"), max_length=2000)
    # As the provider's own document says: people are joined by it and their subject.
    issuer = models.CharField(_("issuer"), max_length=2000, editable=False)
    client_id = models.CharField(_("client ID"), max_length=500)
    # Encrypted, and never shown again.
    sealed_secret = models.TextField(editable=False)
    domains = models.ManyToManyField(
        Domain, related_name="identity_providers", blank=True, verbose_name=_("domains")
    )
    use = models.CharField(_("use"), max_length=8, choices=Use, default=Use.OFF)
    # Keeps the password where the provider is required.
    emergency_administrator = models.ForeignKey(
        Member,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency administrator"),
    )
    # Whether people need a second factor of ours besides (rule 9.2).
    asks_factor = models.BooleanField(_("ask for our second factor too"), default=False)
    # Increased by each change, so that two people do not overwrite each other (rule 2.18).
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_required(self) -> bool:
        return self.use == self.Use.REQUIRED

    @property
    def is_used(self) -> bool:
        return self.use != self.Use.OFF

    def set_secret(self, secret: str) -> None:
        self.sealed_secret = seal(PURPOSE, secret)

    def open_secret(self) -> str:
        """The client secret, for the provider alone. Raises InvalidToken if its SECRET_KEY is gone."""
        return unseal(PURPOSE, self.sealed_secret)


class Identity(models.Model):
    """Who a person is at a provider: joined once by address, and by the subject ever after (rule 9.6)."""

    provider = models.ForeignKey(IdentityProvider, models.CASCADE, related_name="identities")
    member = models.ForeignKey(Member, models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_subject_once"),
            models.UniqueConstraint(fields=["provider", "member"], name="identity_member_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class ProviderSession(models.Model):
    """A session that somebody began by a provider, which may end it (rule 9.6)."""

    session = models.OneToOneField(
        "usersessions.UserSession", models.CASCADE, related_name="provider_session"
    )
    provider = models.ForeignKey(IdentityProvider, models.CASCADE, related_name="sessions")
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    # What the provider calls its own session, if it says so.
    sid = models.CharField(max_length=SUBJECT_LENGTH, blank=True)

    class Meta:
        verbose_name = _("session by an identity provider")
        verbose_name_plural = _("sessions by an identity provider")
        ordering = ["id"]
        indexes = [models.Index(fields=["provider", "subject"], name="provider_session_subject")]

    def __str__(self) -> str:
        return self.subject
