from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from .domain import Domain

# Who reads mail to one of these could pass as the domain itself, such as for a certificate (rule 1.10).
RESERVED_LOCAL_PARTS = (
    *("abuse", "admin", "administrator", "bounce", "hostmaster", "info-ca", "mailer-daemon", "no-reply"),
    *(
        "noreply",
        "postmaster",
        "root",
        "security",
        "ssladmin",
        "ssladministrator",
        "sslwebmaster",
        "webmaster",
    ),
)
RESERVED_START = "bounce+"
RESERVED = Q(local_part__in=RESERVED_LOCAL_PARTS) | Q(local_part__startswith=RESERVED_START)
"""The condition on addresses that no company takes (rule 1.10)."""


def is_reserved(local_part: str) -> bool:
    """Whether no company takes an address with this local part (rule 1.10)."""
    return local_part in RESERVED_LOCAL_PARTS or local_part.startswith(RESERVED_START)


def as_stored(email: str) -> str:
    """An address as its row has it: lower case, the domain as mail servers write it."""
    local_part, _at, domain = email.strip().lower().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.rstrip(".").encode("idna").decode("ascii").rstrip(".")
    return f"{local_part}@{domain}"


def own_senders() -> frozenset[str]:
    """The addresses that the installation itself writes from (rule 1.10)."""
    senders = (settings.DEFAULT_FROM_EMAIL, settings.SERVER_EMAIL)
    return frozenset(as_stored(parseaddr(sender)[1]) for sender in senders)


class AddressQuerySet(models.QuerySet["Address"]):
    """Conditions that are needed again and again."""

    def usable(self) -> "AddressQuerySet":
        """Addresses at domains that are their company's (rule 1.9)."""
        return self.filter(domain__state__in=Domain.USABLE)

    def lost(self) -> "AddressQuerySet":
        """Addresses whose mail goes to another company now, which has proven their domain (rule 1.9)."""
        return self.filter(domain__state=Domain.State.LOST)


class Address(models.Model):
    """An email address of a company or a superuser, unique whatever it belongs to (rules 1.6, 1.10).

    Members' addresses point to their member; a team, a mailing list and its alias point to their address. A
    superuser without a company has one without a domain, so that nobody else can take the address they sign
    in with.
    """

    class Kind(models.TextChoices):
        MEMBER = "member", _("member")
        ALIAS = "alias", _("member (alias)")
        TEAM = "team", _("team")
        GROUP = "group", _("group")
        GROUP_ALIAS = "group_alias", _("group (alias)")
        SUPERUSER = "super", _("superuser")

    # The whole address: its uniqueness holds across domains, companies and the installation.
    email = models.CharField(_("address"), max_length=320, unique=True, editable=False)
    local_part = models.CharField(_("local part"), max_length=64)
    domain = models.ForeignKey(
        Domain, models.PROTECT, null=True, related_name="addresses", verbose_name=_("domain")
    )
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    member = models.ForeignKey(
        "accounts.Member",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="addresses",
        verbose_name=_("member"),
    )
    # Set by the migration that brought rule 1.10, for addresses that it would refuse; never by the code.
    predates_rule = models.BooleanField(_("reserved, but taken before"), default=False, editable=False)

    objects = AddressQuerySet.as_manager()

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
                fields=["member"],
                condition=Q(kind__in=["member", "super"]),
                name="address_one_primary_per_member",
            ),
            models.CheckConstraint(
                condition=Q(local_part=Lower(F("local_part")), email=Lower(F("email"))),
                name="address_is_lower_case",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["member", "alias"], member__isnull=False, domain__isnull=False)
                | Q(kind__in=["team", "group", "group_alias"], member__isnull=True, domain__isnull=False)
                | Q(kind="super", member__isnull=False, domain__isnull=True),
                name="address_belongs_to_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(email__startswith=Concat(F("local_part"), Value("@"))), name="address_is_whole"
            ),
            models.CheckConstraint(
                condition=~RESERVED | Q(kind="super") | Q(predates_rule=True),
                name="address_is_not_reserved",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, **kwargs: Any) -> None:
        if not self.email and self.domain is not None:
            self.email = f"{self.local_part}@{self.domain.name}"
        super().save(**kwargs)
