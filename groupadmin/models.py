"""What the installation stores about itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult


class Worker(models.Model):
    """A running background worker, which updates its row every few seconds."""

    id = models.CharField(primary_key=True, max_length=64)
    # Where it runs, so that workers on the same machine notice at once when it ends (groupadmin.worker).
    machine = models.CharField(max_length=200)
    process = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.id


class WaitingTask(DBTaskResult):  # type: ignore[type-arg]
    """A task of the worker that waits or runs, for Django admin."""

    class Meta:
        proxy = True
        verbose_name = _("waiting task")
        verbose_name_plural = _("waiting tasks")

    def __str__(self) -> str:
        return str(self.task_path)


class TimedRun(models.Model):
    """When something that a timer starts ended well the last time (rule 11.6)."""

    name = models.CharField(primary_key=True, max_length=64)
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
