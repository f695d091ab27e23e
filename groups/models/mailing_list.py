from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Address, Member, Team


class MailingList(models.Model):
    """A group's mailing list and its rules (rule 4). It is kept while the group's switch is off."""

    class Senders(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")
        DESIGNATED = "designated", _("Designated members")

    # Empty only while the group is deleted and its address free for others (rule 2.17).
    address = models.OneToOneField(
        Address, models.PROTECT, null=True, related_name="mailing_list", verbose_name=_("address")
    )
    kept_address = models.CharField(max_length=320, blank=True, editable=False)
    # Of the aliases, each with a line break before and after it.
    kept_aliases = models.TextField(blank=True, default="", editable=False)
    blocks_external_domains = models.BooleanField(_("Block emails of external domains"), default=False)
    who_can_send = models.CharField(
        _("Who can send to the list"), max_length=10, choices=Senders, default=Senders.EVERYONE
    )

    class Meta:
        verbose_name = _("mailing list")
        verbose_name_plural = _("mailing lists")

    def __str__(self) -> str:
        return str(self.address) if self.address else self.kept_address

    @property
    def addresses(self) -> frozenset[str]:
        """All its addresses, in lower case: mail to any of them is mail to the list (rule 4.14)."""
        aliases = self.aliases.values_list("address__email", flat=True)
        return frozenset(aliases if self.address is None else (self.address.email, *aliases))


class ListAlias(models.Model):
    """A further address of a mailing list (rule 4.14)."""

    mailing_list = models.ForeignKey(
        MailingList, models.CASCADE, related_name="aliases", verbose_name=_("mailing list")
    )
    address = models.OneToOneField(
        Address, models.PROTECT, related_name="list_alias", verbose_name=_("address")
    )

    class Meta:
        verbose_name = _("alias of a mailing list")
        verbose_name_plural = _("aliases of mailing lists")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.address)


def list_at(address: Address) -> MailingList | None:
    """The list that has the address, as its own or as an alias (rule 4.14)."""
    alias: ListAlias | None = getattr(address, "list_alias", None)
    found: MailingList | None = getattr(address, "mailing_list", None)
    return alias.mailing_list if alias is not None else found


class Designation(models.Model):
    """A member, team or group designated to send to the list, or to send as the list (rules 4.5, 4.6)."""

    class Purpose(models.TextChoices):
        SEND_TO = "to", _("Send to the list")
        SEND_AS = "as", _("Send as the list")

    mailing_list = models.ForeignKey(
        MailingList, models.CASCADE, related_name="designations", verbose_name=_("mailing list")
    )
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("member")
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    group = models.ForeignKey(
        "groups.Group", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    purpose = models.CharField(_("purpose"), max_length=2, choices=Purpose)

    class Meta:
        verbose_name = _("designated member")
        verbose_name_plural = _("designated members")
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, team__isnull=True, group__isnull=True)
                | Q(member__isnull=True, team__isnull=False, group__isnull=True)
                | Q(member__isnull=True, team__isnull=True, group__isnull=False),
                name="designation_is_one_thing",
            ),
            models.UniqueConstraint(fields=["mailing_list", "member", "purpose"], name="designation_once"),
            models.UniqueConstraint(fields=["mailing_list", "team", "purpose"], name="designation_team_once"),
            models.UniqueConstraint(
                fields=["mailing_list", "group", "purpose"], name="designation_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member or self.team or self.group} · {self.get_purpose_display()}"


class ExternalContact(models.Model):
    """An outside recipient of the list, not a member (rule 4.8)."""

    mailing_list = models.ForeignKey(
        MailingList, models.CASCADE, related_name="external_contacts", verbose_name=_("mailing list")
    )
    name = models.CharField(_("name"), max_length=1000, blank=True)
    email = models.EmailField(_("email address"), max_length=320)

    class Meta:
        verbose_name = _("external contact")
        verbose_name_plural = _("external contacts")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(fields=["mailing_list", "email"], name="external_contact_once"),
            models.CheckConstraint(
                condition=Q(email=Lower(F("email"))), name="external_contact_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.email
