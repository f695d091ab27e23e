from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .company import Company
from .member import Member


class PartnerDomain(models.Model):
    """An email domain of a company to connect with, if only named companies are allowed (rule 1.4).

    Stored as text: whether anyone here owns the domain is not revealed (rule 6.2).
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="partner_domains", verbose_name=_("company")
    )
    name = models.CharField(_("domain"), max_length=253, db_index=True)

    class Meta:
        verbose_name = _("domain of another company")
        verbose_name_plural = _("domains of other companies")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(name=Lower(F("name"))), name="partner_domain_is_lower_case"),
            models.UniqueConstraint(fields=["company", "name"], name="partner_domain_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person's contact in another company, by the consent of both (rule 6).

    Each pair has two rows: `owner` has `person` among their contacts.
    """

    owner = models.ForeignKey(Member, models.CASCADE, related_name="contacts", verbose_name=_("whose"))
    person = models.ForeignKey(Member, models.CASCADE, related_name="+", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["owner", "person"], name="contact_once"),
            models.CheckConstraint(condition=~Q(owner=F("person")), name="contact_is_somebody_else"),
        ]

    def __str__(self) -> str:
        return str(self.person)


class ContactRequest(models.Model):
    """A request to become contacts, sent to an exact address, known here or not (rule 6.2).

    `person` is whose address it was when the worker looked: never shown to the requester, who sees the same
    for every address.
    """

    asker = models.ForeignKey(Member, models.CASCADE, related_name="contact_requests", verbose_name=_("who"))
    address = models.CharField(_("address"), max_length=320)
    person = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="asked_by")
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)

    class Meta:
        verbose_name = _("contact request")
        verbose_name_plural = _("contact requests")
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["asked_at"], name="contact_request_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["asker", "address"], name="contact_request_once"),
            models.CheckConstraint(
                condition=Q(address=Lower(F("address"))), name="contact_request_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.address


class ContactBlock(models.Model):
    """A blocked person: their requests are no longer delivered, which they are never told (rule 6.2)."""

    owner = models.ForeignKey(Member, models.CASCADE, related_name="contact_blocks", verbose_name=_("whose"))
    person = models.ForeignKey(Member, models.CASCADE, related_name="+", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("blocked person")
        verbose_name_plural = _("blocked people")
        constraints = [
            models.UniqueConstraint(fields=["owner", "person"], name="contact_block_once"),
            models.CheckConstraint(condition=~Q(owner=F("person")), name="contact_block_is_somebody_else"),
        ]

    def __str__(self) -> str:
        return str(self.person)
