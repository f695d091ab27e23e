"""Mails of all companies, and the folder that outgoing mail is written to when none is sent."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.actor import Actor, Door
from accounts.models import Company, Member
from groupadmin.base.admin import ReadOnlyAdmin, only_one
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_id
from groups.actions.mail import send_again
from groups.mail.content import HEADER_BYTES, content_of, header_texts
from groups.mail.outgoing.transports import FolderMail, mail_folder, names_in, read_mail
from groups.models import Mail

SHOWN_AT_ONCE = 50
RECIPIENTS_SHOWN = 5


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Read-only, without mail content (rule 8.2)."""

    list_display = ["at", "subject", "sender", "list_address", "recipient_count", "result"]
    list_filter = [
        "result",
        "door",
        only_one("company_id", Company, gettext_lazy("company")),
        only_one("member_id", Member, gettext_lazy("actual sender")),
    ]
    search_fields = ["list_address", "message_id"]
    fields = [
        *["at", "finished_at", "company_id", "list_name", "list_address", "is_as_list", "door", "ip"],
        *["envelope_sender", "sender", "member_name", "member_email", "subject", "message_id", "size"],
        *["result", "rule", "reason", "recipient_count"],
    ]
    change_list_template = "admin/mail_change_list.html"
    actions = ["send_again"]

    def matches(self, term: str) -> Q:
        return Q(list_address__startswith=term) | Q(message_id=term) | Q(member_email=term)

    @admin.action(description=gettext_lazy("Send again to those it failed for"))
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """Each mail is an action of its own; says of each that cannot be sent why (rule 4.11)."""
        count = 0
        for mail in chosen:
            try:
                count += send_again(mail, actor=Actor.of(request, Door.ADMIN))
            except Invalid as problem:
                messages.warning(request, f"{mail}: {problem}")
        text = ngettext(
            "On its way again to %(count)s person.", "On its way again to %(count)s people.", count
        )
        messages.success(request, text % {"count": f"{count:,}"})

    def get_urls(self) -> list[URLPattern]:
        seen = self.admin_site.admin_view
        return [
            path("outgoing/", seen(require_safe(self.outgoing)), name="outgoing"),
            path("outgoing/<str:name>/", seen(require_safe(self.outgoing_mail)), name="outgoing_mail"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"has_folder": mail_folder() is not None, **(extra_context or {})}
        return super().changelist_view(request, context)

    def outgoing(self, request: HttpRequest) -> HttpResponse:
        """What would have been sent, newest first."""
        if (folder := mail_folder()) is None:
            raise Http404
        names = names_in(folder)
        number = _page(request.GET.get("page", ""), len(names))
        start = (number - 1) * SHOWN_AT_ONCE
        found = [read_mail(folder, name) for name in names[start : start + SHOWN_AT_ONCE]]
        context = {
            "title": _("Outgoing mail"),
            "rows": [(one, _subject(one)) for one in found if one is not None],
            "shown_at_most": RECIPIENTS_SHOWN,
            "count": len(names),
            "previous": number - 1,
            "next": number + 1 if start + SHOWN_AT_ONCE < len(names) else 0,
        }
        return self._page(request, "admin/outgoing.html", context)

    def outgoing_mail(self, request: HttpRequest, name: str) -> HttpResponse:
        """One mail as plain text: recipients, headers, body."""
        folder = mail_folder()
        written = read_mail(folder, name) if folder is not None else None
        if written is None or not written.path.exists():
            raise Http404
        context = {"title": _("Outgoing mail"), "written": written, "content": content_of(written.path)}
        return self._page(request, "admin/outgoing_mail.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, context)


def _page(raw: str, count: int) -> int:
    last = max(1, -(-count // SHOWN_AT_ONCE))
    return min(last, parse_id(raw) or 1)


def _subject(written: FolderMail) -> str:
    try:
        with written.path.open("rb") as file:
            found = header_texts(file.read(HEADER_BYTES), ("Subject",))
    except OSError:
        return ""
    return found[0][1] if found else ""
