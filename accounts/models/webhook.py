import json
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from groupadmin.base import clock
from groupadmin.base.sealed import InvalidToken, seal, unseal

from .company import Company
from .member import Member

URL_LENGTH = 2000
PURPOSE = "webhooks"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Conditions that are needed again and again."""

    def told(self) -> "WebhookQuerySet":
        """Those for which events are kept. While one is paused, they wait (rule 11.5)."""
        return self.filter(is_on=True)

    def ready(self) -> "WebhookQuerySet":
        """Those that may be called now."""
        is_silent = Q(silent_until__gt=clock.now())
        return self.told().filter(paused_at=None).exclude(is_silent)


class Webhook(models.Model):
    """An address that a company wants to be told of changes (rule 11.5)."""

    class Paused(models.TextChoices):
        FAILING = "failing", _("It has not answered well for a day.")
        GONE = "gone", _("The receiver said that the address no longer exists (410 Gone).")

    company = models.ForeignKey(Company, models.CASCADE, related_name="webhooks", verbose_name=_("company"))
    url = models.CharField(_("address"), max_length=URL_LENGTH)
    description = models.CharField(_("description"), max_length=1000, blank=True, default="")
    # The types of events; none for all of them, also those that are yet to come.
    event_types = models.JSONField(_("events"), default=list, blank=True)
    is_on = models.BooleanField(_("on"), default=True)

    # Encrypted, as it has to be read again to sign. After a change the old one signs too, for a day.
    sealed_secret = models.TextField(editable=False)
    old_sealed_secret = models.TextField(editable=False, blank=True, default="")
    old_signs_until = models.DateTimeField(null=True, editable=False)

    created_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    # How it goes: since when nothing was taken, how often in a row, and until when nothing is tried, as it
    # did not answer at all.
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    silent_until = models.DateTimeField(null=True, editable=False)
    taken_at = models.DateTimeField(_("last success"), null=True, editable=False)
    paused_at = models.DateTimeField(_("paused"), null=True, editable=False)
    paused_because = models.CharField(max_length=7, choices=Paused, blank=True, default="", editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True) ^ ~Q(paused_because=""),
                name="webhook_paused_for_a_reason",
            )
        ]

    def __str__(self) -> str:
        # The rest of the address may be a secret of the receiver's.
        return self.host

    @property
    def name(self) -> str:
        """For the audit, which never forgets."""
        return self.host

    @property
    def secret(self) -> str:
        """What it is signed with; empty if that can no longer be read."""
        return _unsealed(self.sealed_secret)

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = seal(PURPOSE, text)

    @property
    def old_secret(self) -> str:
        return _unsealed(self.old_sealed_secret) if self.old_sealed_secret else ""

    @property
    def host(self) -> str:
        """The part of the address by which people know it."""
        return urlsplit(self.url).netloc


def without_secret(url: str) -> str:
    """An address for the audit: by the mark at its end one sees that it was changed.

    What follows the host may be a secret of the receiver's, who takes whoever knows it for us.
    """
    parts = urlsplit(url)
    if parts.path in ("", "/") and not parts.query:
        return url
    return f"{parts.scheme}://{parts.netloc}/… ({sha256(url.encode()).hexdigest()[:8]})"


def _unsealed(sealed: str) -> str:
    try:
        return unseal(PURPOSE, sealed)
    except InvalidToken:
        return ""


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Conditions that are needed again and again."""

    def waiting(self) -> "WebhookDeliveryQuerySet":
        return self.filter(state=WebhookDelivery.State.WAITING)


class WebhookDelivery(models.Model):
    """One event for one webhook, written in the transaction of the change that it tells (rule 11.5)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Delivered")
        FAILED = "failed", _("Failed")

    # Without a constraint: whoever changes something while the webhook is deleted must not fail. What is left
    # behind is never sent, and goes as it gets old.
    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"), db_constraint=False
    )
    # The same in each attempt, and for all webhooks that are told of the event.
    event_id = models.UUIDField(_("event"), default=uuid4)
    event_type = models.CharField(_("type"), max_length=40)
    # What changed: its events arrive one after the other.
    thing = models.CharField(_("thing"), max_length=40)
    # Exactly what is sent and signed.
    body = models.TextField(_("content"))
    created_at = models.DateTimeField(_("time"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    # The next attempt; while one is under way, when it is taken for lost.
    due_at = models.DateTimeField(_("next attempt"))

    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    first_tried_at = models.DateTimeField(_("first attempt"), null=True)
    tried_at = models.DateTimeField(_("last attempt"), null=True)
    seconds = models.FloatField(_("duration"), null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    problem = models.CharField(_("problem"), max_length=400, blank=True, default="")
    response = models.TextField(_("response"), blank=True, default="")

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(
                "webhook", "due_at", "id", condition=Q(state="waiting"), name="webhook_delivery_due"
            ),
            models.Index(
                "webhook", "thing", "id", condition=Q(state="waiting"), name="webhook_delivery_in_order"
            ),
            models.Index(F("webhook"), F("id").desc(), name="webhook_delivery_shown"),
            models.Index(F("webhook"), F("state"), F("id").desc(), name="webhook_delivery_by_state"),
            models.Index(F("created_at"), name="webhook_delivery_old"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"

    @property
    def thing_name(self) -> str:
        """The name of what changed, as it was sent."""
        target = json.loads(self.body)["data"].get("target") or {}
        return str(target.get("name") or "")

    @property
    def message_id(self) -> str:
        """By which receivers know what they have had before."""
        return f"msg_{self.event_id.hex}"
