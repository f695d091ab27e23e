from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member

from .group import Group
from .room import Written


class Event(Written):
    """An appointment of a group (rule 3.5).

    A timed event keeps its moment, and the time zone in which it repeats; an all-day event keeps
    midnight UTC of its first day, and of the day after its last. An occurrence that was edited by itself is
    an event of its own, which calendar programs see as part of its series.
    """

    title = models.CharField(_("title"), max_length=1000)
    place = models.CharField(_("location"), max_length=1000, blank=True)
    description = models.TextField(_("description"), blank=True)
    is_all_day = models.BooleanField(_("all day"), default=False)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # RFC 5545's RRULE without the name, and the starts of occurrences that are left out.
    repeats = models.CharField(_("repeats"), max_length=500, blank=True)
    left_out = models.JSONField(default=list)
    # When the last occurrence ends; empty if they never do. Finds events of a period.
    last_ends_at = models.DateTimeField(null=True)
    # For an occurrence edited by itself: which one it replaces. The series leaves that one out.
    series = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="replacements", verbose_name=_("series")
    )
    instead_of = models.DateTimeField(null=True, blank=True)
    reminds_before = models.PositiveIntegerField(_("reminder, minutes before"), null=True, blank=True)
    # When the next reminder is due; lets the worker find it.
    reminds_at = models.DateTimeField(null=True, db_index=True)
    uid = models.CharField(max_length=300)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["group", "starts_at", "id"], name="event_in_order")]
        constraints = [
            models.UniqueConstraint(fields=["group", "uid"], name="event_uid_once"),
            models.UniqueConstraint(fields=["series", "instead_of"], name="event_replaced_once"),
            models.CheckConstraint(
                condition=Q(series__isnull=True, instead_of__isnull=True)
                | Q(series__isnull=False, instead_of__isnull=False, repeats=""),
                name="event_replaces_an_occurrence",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")),
                name="event_ends_after_it_starts",
                violation_error_message=_("An event cannot end before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attendance(models.Model):
    """Whether somebody goes to an occurrence of an event."""

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        MAYBE = "maybe", _("Maybe")

    event = models.ForeignKey(Event, models.CASCADE, related_name="attendances")
    member = models.ForeignKey(Member, models.CASCADE, related_name="attendances")
    starts_at = models.DateTimeField()
    answer = models.CharField(max_length=5, choices=Answer)

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [
            models.UniqueConstraint(fields=["event", "member", "starts_at"], name="attendance_once")
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.get_answer_display()}"


class Reminder(models.Model):
    """An occurrence whose reminder went out, so that it is sent once."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="reminders")
    starts_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [models.UniqueConstraint(fields=["event", "starts_at"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.event}"


class CalendarFeed(models.Model):
    """The private address at which one person's calendar program reads one group's events."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="feeds")
    member = models.ForeignKey(Member, models.CASCADE, related_name="feeds")
    # A hash: the database does not reveal the address.
    key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [models.UniqueConstraint(fields=["group", "member"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.member} · {self.group}"
