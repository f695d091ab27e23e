from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from groupadmin.base import clock

from .mailing_list import MailingList


class MailContent(models.Model):
    """The bytes of a mail, kept once for all recipients, and removed after a while."""

    data = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("email content")
        verbose_name_plural = _("email contents")
        indexes = [models.Index(fields=["created_at"], name="mail_content_by_age")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Mail(models.Model):
    """A mail to a list, or as one, accepted or refused: what Audit › Mail shows (rule 8.2).

    Lists and people are kept as plain values, so that rows outlive them (rule 8.3).
    """

    class Door(models.TextChoices):
        LMTP = "lmtp", _("Mail server (LMTP)")
        SMTP = "smtp", _("Mail server (SMTP)")
        SUBMISSION = "submission", _("Email program")
        WEB = "web", _("Web")
        SYSTEM = "system", _("System")

    class Result(models.TextChoices):
        WAITING = "waiting", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        PART_FAILED = "part_failed", _("Partly failed")
        FAILED = "failed", _("Failed")
        REFUSED = "refused", _("Refused")
        BLOCKED = "blocked", _("Blocked")

    at = models.DateTimeField(_("time"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    company_id = models.BigIntegerField(_("company"))
    mailing_list = models.ForeignKey(
        MailingList, models.SET_NULL, null=True, blank=True, related_name="mails"
    )
    group_id = models.BigIntegerField(_("group"), null=True)
    list_name = models.CharField(_("list"), max_length=1000)
    list_address = models.CharField(_("list address"), max_length=320)
    is_as_list = models.BooleanField(_("sent as the list"), default=False)

    door = models.CharField(_("received via"), max_length=10, choices=Door)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    envelope_sender = models.CharField(_("envelope sender"), max_length=1000, blank=True)
    sender = models.CharField(_("sender as shown"), max_length=1000, blank=True)
    # The verified sender: signed in, here or to the front server, or an own address that it found genuine.
    member_id = models.BigIntegerField(_("actual sender"), null=True)
    member_name = models.CharField(max_length=1000, blank=True)
    member_email = models.CharField(max_length=320, blank=True)
    # With which the sender signed in to the front server.
    front_login = models.CharField(max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=1000, blank=True)
    message_id = models.CharField(_("message ID"), max_length=1000, blank=True)
    # What it is known by if it comes again, for a day; how often it did, and when last (rule 4.3).
    fingerprint = models.CharField(max_length=64, blank=True)
    repeats = models.PositiveIntegerField(_("came again"), default=0)
    repeated_at = models.DateTimeField(_("came again last"), null=True)
    size = models.PositiveIntegerField(_("size in bytes"), default=0)
    content = models.ForeignKey(MailContent, models.SET_NULL, null=True, blank=True, related_name="mails")

    result = models.CharField(_("result"), max_length=11, choices=Result, default=Result.WAITING)
    rule = models.CharField(_("rule"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    recipient_count = models.PositiveIntegerField(_("recipients"), default=0)
    # Addressed by name in a mail sent as the list: their replies come in (rule 4.6).
    addressed = models.JSONField(default=list)
    # Whether From is certainly who sent it, so that we may sign it in their domain's name (rule 4.16).
    is_vouched = models.BooleanField(default=False)
    # Added by delivery above the content, the same for all recipients.
    headers = models.JSONField(default=list)

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["company_id", "-at", "-id"], name="mail_by_time"),
            models.Index(fields=["mailing_list", "message_id"], name="mail_by_message_id"),
            models.Index(fields=["id"], condition=Q(result="waiting"), name="mail_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mailing_list", "fingerprint"],
                condition=~Q(fingerprint=""),
                name="mail_stored_once",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class EnvelopeQuerySet(models.QuerySet["Envelope"]):
    """Queries on envelopes that are used often."""

    def waiting(self) -> "EnvelopeQuerySet":
        """Envelopes with recipients yet to get the mail."""
        return self.filter(state=Envelope.State.WAITING)

    def unclaimed(self) -> "EnvelopeQuerySet":
        """Those that no worker is handing over, as far as rows say so: on SQLite, which cannot lock them."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=clock.now()))


class Envelope(models.Model):
    """Up to a hundred recipients of a mail, handed over in one transaction, or one by one (rule 4.15).

    Recipients are kept as a list, not as rows: a mail to 100,000 people writes 1,000 envelopes. Those that
    could not be reached for now move to an envelope of their own.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")

    class Personal(models.TextChoices):
        """What each recipient gets of their own (rule 4.15)."""

        NOTHING = "", _("Nothing")
        ADDRESS = "address", _("An address for bounces")
        LEAVING = "leaving", _("An address for bounces and one for unsubscribing")

    mail = models.ForeignKey(Mail, models.CASCADE, related_name="envelopes")
    # [address, …] of those yet to get it or, once done, of those who got it.
    recipients = models.JSONField(default=list)
    # {address: "code text"} of those who will not get it.
    failures = models.JSONField(default=dict)
    # For a recipient with their own mail, such as an outside contact with an own unsubscribe address.
    headers = models.JSONField(default=list)
    # Fixed when the mail is accepted: each recipient is then sent a mail of their own.
    personal = models.CharField(max_length=7, choices=Personal, default=Personal.NOTHING, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("next try"))
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.CharField(_("last error"), max_length=1000, blank=True)
    done_at = models.DateTimeField(null=True)
    # Held by an operator: not handed over until released (rule 4.11).
    held_at = models.DateTimeField(_("held"), null=True)
    # Only the mail server is in its way; goes out at once when that takes mail again.
    waits_for_server = models.BooleanField(default=False)
    # Since when it is tried; until it is released or sent again, since the mail arrived.
    tried_since = models.DateTimeField(null=True)
    # Others than those named here knew its bounce address, and have another envelope now.
    was_shared = models.BooleanField(default=False)
    # A worker is handing it over (SQLite).
    claimed_until = models.DateTimeField(null=True)

    objects = EnvelopeQuerySet.as_manager()

    class Meta:
        verbose_name = _("queued email")
        verbose_name_plural = _("queued emails")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=Q(state="waiting", held_at=None), name="envelope_due"
            ),
            models.Index(
                fields=["id"], condition=Q(state="waiting", waits_for_server=True), name="envelope_for_server"
            ),
            # Whether any of a mail's thousand envelopes are left.
            models.Index(fields=["mail"], condition=Q(state="waiting"), name="envelope_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.mail} ({len(self.recipients)})"


class OptOut(models.Model):
    """A member who is in the list's group but has stopped its mail (rule 4.3)."""

    mailing_list = models.ForeignKey(MailingList, models.CASCADE, related_name="opt_outs")
    member = models.ForeignKey(Member, models.CASCADE, related_name="opt_outs")
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("unsubscription")
        verbose_name_plural = _("unsubscriptions")
        constraints = [models.UniqueConstraint(fields=["mailing_list", "member"], name="opt_out_once")]

    def __str__(self) -> str:
        return f"{self.member}"


class FailingAddressQuerySet(models.QuerySet["FailingAddress"]):
    """Queries on failing addresses that are used often."""

    def paused(self) -> "FailingAddressQuerySet":
        return self.filter(paused_at__isnull=False)


class FailingAddress(models.Model):
    """An address that mail servers call dead; once paused, it gets no mail of lists until it is resumed.

    Before that it gets one probe, and only what becomes of the probe pauses it (rule 4.10).
    """

    address = models.CharField(_("address"), max_length=320, unique=True)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    last_failed_at = models.DateTimeField(_("last failure"), null=True)
    last_error = models.CharField(_("reason"), max_length=1000, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True)
    # The last probe, sent alone; its envelope's bounce address is known to that mailbox only.
    probe = models.OneToOneField(
        Envelope, models.SET_NULL, null=True, blank=True, editable=False, related_name="probe_of"
    )
    probed_at = models.DateTimeField(_("probed"), null=True)

    objects = FailingAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("failing address")
        verbose_name_plural = _("failing addresses")
        ordering = ["address"]
        constraints = [
            models.CheckConstraint(
                condition=Q(address=Lower(F("address"))), name="failing_address_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.address
