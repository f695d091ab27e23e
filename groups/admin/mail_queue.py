"""The mail of all lists that waits to be handed over, and what superusers do with it (rule 4.11)."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actor import Actor, Door
from accounts.models import Company
from groupadmin.base.admin import ReadOnlyAdmin, only_one, shown
from groupadmin.base.ids import parse_id
from groupadmin.base.sql import JsonLength
from groups.mail.outgoing import queue
from groups.models import Envelope, Mail, Outage


class StateFilter(admin.SimpleListFilter):
    """Held by an operator, put off, or new."""

    title = gettext_lazy("state")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[Any, str]]:
        return [("held", _("Held")), ("late", _("Tried before")), ("new", _("Not tried yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {
            "held": Q(held_at__isnull=False),
            "late": Q(held_at=None, attempts__gt=0),
            "new": Q(held_at=None, attempts=0),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


@admin.register(Envelope)
class MailQueueAdmin(ReadOnlyAdmin):
    """Envelopes of up to a hundred recipients each; "mailqueue" acts on whole lists, or on everything."""

    list_display = ["shown_mail", "shown_list", "people", "shown_state", "due_at", "shown_error", "attempts"]
    list_display_links = ["shown_mail"]
    list_filter = [
        StateFilter,
        only_one("mail__company_id", Company, gettext_lazy("company")),
        only_one("mail_id", Mail, gettext_lazy("email")),
    ]
    list_select_related = ["mail"]
    search_fields = ["mail__list_address"]
    # By an index of what waits.
    ordering = ["mail_id"]
    readonly_fields = (
        "mail",
        "shown_list",
        "shown_state",
        "due_at",
        "attempts",
        "shown_error",
        "shown_recipients",
    )
    fields = readonly_fields
    actions = ["flush", "hold", "release", "drop"]
    change_list_template = "admin/mail_queue.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        waiting = Envelope.objects.waiting().annotate(people_left=JsonLength("recipients"))
        return waiting.defer("failures", "headers")

    def matches(self, term: str) -> Q:
        lists = Mail.objects.filter(list_address__startswith=term, result=Mail.Result.WAITING)
        return Q(mail__in=lists.values("pk"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        outages = Outage.objects.current().order_by("domain")
        return super().changelist_view(request, {"outages": list(outages[:20]), **(extra_context or {})})

    @admin.display(description=gettext_lazy("email"))
    def shown_mail(self, envelope: Envelope) -> object:
        return shown(envelope.mail.subject or envelope.mail_id)

    @admin.display(description=gettext_lazy("mailing list"))
    def shown_list(self, envelope: Envelope) -> object:
        return shown(envelope.mail.list_address)

    @admin.display(description=gettext_lazy("recipients"))
    def people(self, envelope: Envelope) -> object:
        return getattr(envelope, "people_left", "")

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, envelope: Envelope) -> object:
        return _("Held") if envelope.held_at else _("Waiting")

    @admin.display(description=gettext_lazy("last error"))
    def shown_error(self, envelope: Envelope) -> object:
        return shown(envelope.last_error or None)

    @admin.display(description=gettext_lazy("recipients"))
    def shown_recipients(self, envelope: Envelope) -> object:
        return shown(", ".join(map(str, envelope.recipients)))

    @admin.action(description=gettext_lazy("Try now"))
    def flush(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        _change(request, queue.flush, chosen)

    @admin.action(description=gettext_lazy("Hold"))
    def hold(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        _change(request, queue.hold, chosen)

    @admin.action(description=gettext_lazy("Release"))
    def release(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        _change(request, queue.release, chosen)

    @admin.action(description=gettext_lazy("Drop"))
    def drop(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Asks first: those people will not get the mail."""
        if request.POST.get("confirmed") == "yes":
            _change(request, queue.drop, chosen)
            return None
        ids = list(chosen.values_list("pk", flat=True))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Drop emails?"),
            "ids": ids,
            "action": "drop",
            "answer": _("Drop"),
            "count": queue.count_waiting(queue.Chosen(envelopes=ids)),
        }
        return TemplateResponse(request, "admin/drop_mail.html", context)


def _change(request: HttpRequest, change: Callable[..., queue.Done], chosen: QuerySet[Any]) -> None:
    """Does it to the chosen rows, and says to how many."""
    ids = [pk for raw in request.POST.getlist(ACTION_CHECKBOX_NAME) if (pk := parse_id(raw)) is not None]
    known = list(chosen.filter(pk__in=ids).values_list("pk", flat=True))
    done = change(queue.Chosen(envelopes=known), actor=Actor.of(request, Door.ADMIN))
    text = ngettext(
        "Done for %(emails)s email (recipients: %(recipients)s).",
        "Done for %(emails)s emails (recipients: %(recipients)s).",
        done.mails,
    )
    numbers = {"emails": f"{done.mails:,}", "recipients": f"{done.recipients:,}"}
    messages.success(request, text % numbers)
