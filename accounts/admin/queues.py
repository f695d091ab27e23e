"""What the worker could not do, or has not done yet: failed tasks, and mails to people (rule 5.1)."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext
from django_tasks import TaskResultStatus

from accounts.actions.queues import try_mails_again, try_tasks_again
from accounts.actor import Actor, Door
from accounts.models import FailedTask, QueuedMail
from groupadmin.base.admin import ReadOnlyAdmin, shown

AT_ONCE = 1000


@admin.register(FailedTask)
class FailedTaskAdmin(ReadOnlyAdmin):
    """Tasks that failed five times. They are kept for two weeks."""

    list_display = ["task_path", "finished_at", "exception_class_path"]
    ordering = ["-finished_at"]
    search_fields = ["task_path"]
    fields = ["task_path", "args_kwargs", "enqueued_at", "finished_at", "exception_class_path", "shown_trace"]
    readonly_fields = ["shown_trace"]
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

    @admin.display(description=gettext_lazy("reason"))
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

    list_display = ["kind", "to", "queued_at", "due_at", "attempts", "shown_error"]
    list_filter = [("due_at", admin.EmptyFieldListFilter)]
    search_fields = ["to"]
    fields = ["kind", "to", "queued_at", "expires_at", "due_at", "attempts", "shown_error"]
    readonly_fields = ["shown_error"]
    actions = ["try_again"]

    def matches(self, term: str) -> Q:
        return Q(to__startswith=term)

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
