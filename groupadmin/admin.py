"""What the worker has still to do, in Django admin (rule 11.6). What failed is in accounts.admin.queues."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import TaskResultStatus
from django_tasks_db.models import get_date_max

from accounts.admin.queues import FailedTaskAdmin
from groupadmin.models import WaitingTask

STATES = [TaskResultStatus.READY, TaskResultStatus.RUNNING]


@admin.register(WaitingTask)
class WaitingTaskAdmin(FailedTaskAdmin):
    """Tasks that wait or run; one that has failed waits for its next attempt, which can be had at once."""

    list_display = ["shown_task", "shown_state", "enqueued_at", "shown_next", "shown_attempts", "shown_error"]
    ordering = ["enqueued_at"]
    readonly_fields: ClassVar[tuple[str, ...]] = (
        *("shown_task", "shown_arguments", "shown_state", "enqueued_at", "started_at", "shown_next"),
        *("shown_attempts", "shown_error", "shown_trace"),
    )
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return WaitingTask.objects.filter(status__in=STATES)

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def shown_state(self, task: WaitingTask) -> object:
        return _("Running") if task.status == TaskResultStatus.RUNNING else _("Waiting")

    @admin.display(description=gettext_lazy("next attempt"), ordering="run_after")
    def shown_next(self, task: WaitingTask) -> object:
        """None if it runs; a task that was never put off is begun as soon as a worker is free."""
        if task.status == TaskResultStatus.RUNNING:
            return None
        if task.run_after == get_date_max():
            return _("Now")
        # The page of one task would show it as Python does.
        return localize(localtime(task.run_after))

    @admin.display(description=gettext_lazy("attempts"))
    def shown_attempts(self, task: WaitingTask) -> object:
        return len(task.worker_ids)
