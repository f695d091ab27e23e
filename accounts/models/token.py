from collections.abc import Collection
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .company import Company
from .member import Member


class Scope(models.TextChoices):
    """What a token may be used for, among what its owner may do anyway (rule 11.4)."""

    DIRECTORY_READ = "directory:read", _("Read members, teams, groups and lists")
    MEMBERS_WRITE = "members:write", _("Change members and teams")
    GROUPS_WRITE = "groups:write", _("Change groups, their entries, masters and lists")
    AUDIT_READ = "audit:read", _("Read the audit")
    IMPORTS = "imports", _("Import and export the directory")
    SCIM = "scim", _("Provision by SCIM")
    DELICATE = "delicate", _("Make delicate changes, such as appointing administrators")


OF_COMPANIES_ONLY = frozenset({Scope.SCIM})
"""What no single person's token can be used for."""


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    """Queries on tokens that are used often."""

    def usable(self) -> "AccessTokenQuerySet":
        """Those that have not ended, of people who are active, and of clients that have not ended either."""
        now = timezone.now()
        lasting = self.filter(expires_at__gt=now, revoked_at__isnull=True).exclude(member__is_active=False)
        return lasting.exclude(issued_to__revoked_at__isnull=False).exclude(issued_to__expires_at__lte=now)

    def shown(self) -> "AccessTokenQuerySet":
        """What people have made: without those that clients get for an hour."""
        return self.filter(issued_to__isnull=True)


class AccessToken(models.Model):
    """Lets a program in without a password: as a person, or as a service of a company (rule 11.4).

    It is shown once and stored as a hash; accounts/tokens.py finds it again.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, null=True, related_name="tokens", verbose_name=_("company")
    )
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, blank=True, related_name="tokens", verbose_name=_("member")
    )
    name = models.CharField(_("name"), max_length=1000)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    # Its beginning, by which people recognise it.
    hint = models.CharField(max_length=16, editable=False)
    # A client has a secret instead of a token, and gets itself tokens for an hour by it (RFC 6749, 4.4).
    client_id = models.CharField(_("client ID"), max_length=40, blank=True, default="", editable=False)
    issued_to = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="issued")
    scopes = models.JSONField(_("permissions"), default=list)

    # For SCIM: the system's name, by which its own entries are told apart (rule 10.4), and who becomes master
    # of a group that names none (rule 2.7).
    source = models.CharField(_("source"), max_length=100, blank=True, default="")
    default_master = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("default master")
    )

    # Whether it may take many people away at once, since it cannot be asked (rule 10.5).
    accepts_loss = models.BooleanField(
        _("remove many people at once"),
        default=False,
        help_text=_("Otherwise such changes are refused."),
    )

    created_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("ends"))
    # When its owner was told that it ends soon.
    warned_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(_("last used from"), null=True, blank=True)
    uses = models.PositiveBigIntegerField(_("uses"), default=0)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(company__isnull=False) | Q(member__isnull=False), name="token_has_an_owner"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def scope_labels(self) -> list[str]:
        """Its permissions in words."""
        return [str(Scope(scope).label) for scope in self.scopes if scope in Scope.values]

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, if it has."""
        return None if self.is_usable else min(self.revoked_at or self.expires_at, self.expires_at)

    @property
    def lasting_id(self) -> int:
        """Of the client, for what it has got for an hour: what lasts longer is the client's."""
        return self.issued_to_id or self.pk

    def has(self, scopes: Collection[Scope]) -> bool:
        """Whether it has all of these."""
        return set(scopes) <= set(self.scopes)
