from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member

from .group import Group


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Queries on notices that are used often."""

    def to_spread(self) -> "NoticeQuerySet":
        """Those a worker has yet to write to everybody in the group."""
        return self.filter(is_spread=False)


class Notice(models.Model):
    """What people are notified of (rule 5.1), written in the transaction of the change itself.

    Names are kept as they were. Its recipients are written either at once (`Notification`) or, for
    everybody in a group, by the worker soon after: until then `is_spread` is off.
    """

    class Kind(models.TextChoices):
        RENAMED = "renamed", _("A group was renamed")
        DELETED = "deleted", _("A group was deleted")
        JOINED = "joined", _("You were added to a group")
        REMOVED = "removed", _("You were removed from a group")
        LEFT_BY_RULE = "left_by_rule", _("You left external groups")
        PEOPLE_LEFT = "people_left", _("People left a group")
        CONNECTED = "connected", _("You can connect with other companies")
        DISCONNECTED = "disconnected", _("You can no longer connect with other companies")
        CONTACT_ASKED = "contact_asked", _("Someone wants to add you as a contact")
        CONTACT_ACCEPTED = "contact_accepted", _("Someone accepted your contact request")
        MENTIONED = "mentioned", _("Someone mentioned you in a message")
        TASK_ASSIGNED = "task_assigned", _("You were assigned a task")
        EVENT_REMINDER = "event_reminder", _("An event is about to start")
        MAIL_PAUSED = "mail_paused", _("Emails to your address are paused")
        ADDRESS_PAUSED = "address_paused", _("Emails to an address are paused")
        STAYS_ACTIVE = "stays_active", _("The last administrator stays active")
        MAIL_STUCK = "mail_stuck", _("Emails of mailing lists do not leave")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("time"), auto_now_add=True)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="notices")
    group_name = models.CharField(max_length=1000, blank=True)
    # Who did it, and is not notified; empty if the system did.
    by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=1000, blank=True)
    details = models.JSONField(default=dict)
    is_spread = models.BooleanField(default=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_spread=False), name="notice_to_spread"),
            models.Index(fields=["at"], name="notice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.group_name}".strip()


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Queries on notifications that are used often."""

    def in_bell_of(self, member: Member) -> "NotificationQuerySet":
        return self.filter(member=member, in_bell=True)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)

    def to_mail(self) -> "NotificationQuerySet":
        """Those waiting for their mail."""
        return self.filter(mail_at__isnull=False)


class Notification(models.Model):
    """A notice for one person: by the bell, by mail or both, as they chose."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="notifications")
    member = models.ForeignKey(Member, models.CASCADE, related_name="notifications")
    in_bell = models.BooleanField(default=True)
    read_at = models.DateTimeField(_("read"), null=True)
    # Waits for its mail while this is set; pushed back if the mail server cannot be reached.
    mail_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(_("emailed"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["member", "-id"], condition=Q(in_bell=True), name="notification_of_member"),
            models.Index(
                fields=["member"], condition=Q(in_bell=True, read_at__isnull=True), name="notification_unread"
            ),
            models.Index(
                fields=["mail_at", "member"], condition=Q(mail_at__isnull=False), name="notification_to_mail"
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["notice", "member"], name="notification_once")]

    def __str__(self) -> str:
        return f"{self.notice}"
