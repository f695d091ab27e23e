"""Webhooks of all companies, and what waits for them (rule 11.5)."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.webhooks import send_again
from accounts.actor import Actor, Door
from accounts.models import Company, Webhook, WebhookDelivery
from accounts.webhooks.words import explain
from groupadmin.base.admin import ReadOnlyAdmin, name_column, only_one, shown

AT_ONCE = 1000


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """How they are doing. Their administrators change them."""

    list_display = ["host", "company_shown", "is_on", "paused_at", "failing_since", "taken_at"]
    list_filter = ["is_on", "paused_because", only_one("company", Company, gettext_lazy("company"))]
    list_select_related = ["company"]
    search_fields = ["url"]
    fields = [
        *("host", "company_shown", "description", "is_on", "created_at"),
        *("taken_at", "failing_since", "failures", "silent_until", "paused_at", "paused_because"),
    ]
    readonly_fields = ["host", "company_shown"]

    def matches(self, term: str) -> Q:
        return Q(url__icontains=term)

    company_shown = name_column(gettext_lazy("company"), "company")

    @admin.display(description=gettext_lazy("address"), ordering="url")
    def host(self, webhook: Webhook) -> object:
        # The rest of the address may be a secret of the receiver's.
        return shown(webhook.host)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was sent and what waits; who changed what is not shown to superusers."""

    list_display = ["event_type", "webhook_shown", "state", "attempts", "status", "shown_problem", "due_at"]
    list_filter = ["state", only_one("webhook", Webhook, gettext_lazy("webhook"))]
    list_select_related = ["webhook"]
    search_fields = ["event_type"]
    fields = [
        *("event_type", "message_id", "webhook_shown", "created_at", "state", "due_at", "attempts"),
        *("first_tried_at", "tried_at", "seconds", "status", "shown_problem"),
    ]
    readonly_fields = ["message_id", "webhook_shown", "shown_problem"]
    actions = ["send_again"]

    def matches(self, term: str) -> Q:
        return Q(event_type__startswith=term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("body", "response")

    webhook_shown = name_column(gettext_lazy("webhook"), "webhook.host")

    @admin.display(description=gettext_lazy("problem"))
    def shown_problem(self, delivery: WebhookDelivery) -> object:
        return shown(explain(delivery.problem) or None)

    @admin.action(description=gettext_lazy("Send again"))
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        rows = list(chosen.select_related("webhook__company")[:AT_ONCE])
        count = send_again(rows, actor=Actor.of(request, Door.ADMIN))
        text = ngettext("%(count)d event is sent again.", "%(count)d events are sent again.", count)
        messages.success(request, text % {"count": count})
