from django.db import models
from django.utils.translation import gettext_lazy as _

from .audit import AuditEntry
from .company import Company
from .member import Member
from .token import AccessToken


class Job(models.Model):
    """Long work that somebody has started and the worker does, with a progress bar."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="jobs")
    kind = models.CharField(_("kind"), max_length=40)
    arguments = models.JSONField(default=dict)
    # The actor, as the worker passes it to the action.
    started_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="jobs")
    # Instead of a person: the company's token that it was started with (rule 11.4).
    token = models.ForeignKey(AccessToken, models.SET_NULL, null=True, blank=True, related_name="+")
    door = models.CharField(max_length=6, choices=AuditEntry.Door)
    ip = models.GenericIPAddressField(null=True)

    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def percent(self) -> int:
        """The progress in percent; 0 while unknown."""
        return min(100, self.done * 100 // self.total) if self.total else 0
