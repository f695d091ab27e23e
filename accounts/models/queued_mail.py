from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from .member import Member


class QueuedMail(models.Model):
    """A mail to one person that waits to be sent, or could not be. What was sent is gone from here.

    It is written when it is sent: a link that lets somebody in is never stored.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="+", verbose_name=_("member"))
    to = models.CharField(_("to"), max_length=320)
    kind = models.CharField(_("kind"), max_length=40)
    arguments = models.JSONField(default=dict)
    queued_at = models.DateTimeField(_("queued"))
    # From then on it would tell nothing that still holds.
    expires_at = models.DateTimeField(_("expires"))
    # None if it was given up.
    due_at = models.DateTimeField(_("next attempt"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("email to a person")
        verbose_name_plural = _("emails to people")
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="queued_mail_due")]

    def __str__(self) -> str:
        return self.to


class FailedTask(DBTaskResult):  # type: ignore[type-arg]
    """A task of the worker that was given up, for Django admin."""

    class Meta:
        proxy = True
        verbose_name = _("failed task")
        verbose_name_plural = _("failed tasks")

    def __str__(self) -> str:
        return str(self.task_path)
