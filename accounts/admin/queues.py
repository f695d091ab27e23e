"""What the worker could not do, or has not done yet: failed tasks, and mails to people (rule 5.1)."""

import json
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tasks import TaskResultStatus

from accounts.actions.queues import try_mails_again, try_tasks_again
from accounts.actor import Actor, Door
from accounts.models import FailedTask, QueuedMail
from groupadmin.base.admin import ReadOnlyAdmin, shown

AT_ONCE = 1000
KINDS = {
    "sign_in": gettext_lazy("Invitation"),
    "reset": gettext_lazy("New password"),
    "way_in": gettext_lazy("Sign-in changed"),
    "factor": gettext_lazy("Second factor changed"),
    "webhook_paused": gettext_lazy("Webhook paused"),
}


class StateFilter(admin.SimpleListFilter):
    """Still tried, or given up."""

    title = gettext_lazy("state")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[Any, str]]:
        return [("waiting", _("Waiting")), ("given-up", _("Given up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"waiting": Q(due_at__isnull=False), "given-up": Q(due_at=None)}
        return queryset.filter(wanted.get(self.value() or "", Q()))


@admin.register(FailedTask)
class FailedTaskAdmin(ReadOnlyAdmin):
    """Tasks that failed five times. They are kept for two weeks."""

    list_display = ["shown_task", "shown_end", "shown_error"]
    ordering = ["-finished_at"]
    search_fields = ["task_path"]
    readonly_fields: ClassVar[tuple[str, ...]] = (
        "shown_task",
        "shown_arguments",
        "enqueued_at",
        "finished_at",
        "shown_error",
        "shown_trace",
    )
    fields = readonly_fields
    actions = ["try_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(status=TaskResultStatus.FAILED)

    def is_id(self, raw: str) -> bool:
        try:
            return bool(UUID(raw))
        except ValueError:
            return False

    def matches(self, term: str) -> Q:
        return Q(task_path__icontains=term)

    @admin.display(description=gettext_lazy("task"), ordering="task_path")
    def shown_task(self, task: FailedTask) -> object:
        return task.task_path

    @admin.display(description=gettext_lazy("arguments"))
    def shown_arguments(self, task: FailedTask) -> object:
        return shown(json.dumps(task.args_kwargs))

    @admin.display(description=gettext_lazy("given up"), ordering="finished_at")
    def shown_end(self, task: FailedTask) -> object:
        return task.finished_at

    @admin.display(description=gettext_lazy("error"))
    def shown_error(self, task: FailedTask) -> object:
        return task.exception_class_path.removeprefix("builtins.")

    @admin.display(description=gettext_lazy("trace"))
    def shown_trace(self, task: FailedTask) -> SafeString:
        return format_html("<pre>{}</pre>", task.traceback)

    @admin.action(description=gettext_lazy("Try again"))
    def try_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        pks = list(chosen.values_list("pk", flat=True)[:AT_ONCE])
        count = try_tasks_again(pks, actor=Actor.of(request, Door.ADMIN))
        text = ngettext("%(count)d task is tried again.", "%(count)d tasks are tried again.", count)
        messages.success(request, text % {"count": count})


@admin.register(QueuedMail)
class QueuedMailAdmin(ReadOnlyAdmin):
    """Mails for signing in and about it. What was sent is gone; what has no next attempt was given up."""

    list_display = ["shown_kind", "to", "shown_next", "shown_error", "attempts", "queued_at"]
    list_filter = [StateFilter]
    search_fields = ["to"]
    fields = ["shown_kind", "to", "queued_at", "expires_at", "due_at", "attempts", "shown_error"]
    readonly_fields = ["shown_kind", "shown_error"]
    actions = ["try_again"]

    def matches(self, term: str) -> Q:
        return Q(to__startswith=term)

    @admin.display(description=gettext_lazy("email"), ordering="kind")
    def shown_kind(self, mail: QueuedMail) -> object:
        return KINDS.get(mail.kind, mail.kind)

    @admin.display(description=gettext_lazy("next attempt"), ordering="due_at")
    def shown_next(self, mail: QueuedMail) -> object:
        return mail.due_at or _("Given up")

    @admin.display(description=gettext_lazy("last error"))
    def shown_error(self, mail: QueuedMail) -> object:
        return shown(mail.last_error or None)

    @admin.action(description=gettext_lazy("Send now"))
    def try_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """What has expired is left as it is."""
        pks = list(chosen.values_list("pk", flat=True)[:AT_ONCE])
        count = try_mails_again(pks, actor=Actor.of(request, Door.ADMIN))
        text = ngettext("%(count)d email is sent now.", "%(count)d emails are sent now.", count)
        messages.success(request, text % {"count": count})
