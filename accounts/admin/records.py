"""Read-only pages: addresses, which belong to people, teams and groups; and the audit (rule 8.3)."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from accounts.models import Address, AuditEntry, Company, Domain, Member
from groupadmin.base.admin import ReadOnlyAdmin, name_column, only_one, shown


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    """All addresses in use, and whose they are."""

    list_display = ["__str__", "kind", "owner", "company"]
    list_filter = [
        "kind",
        "predates_rule",
        only_one("domain", Domain, gettext_lazy("domain")),
        only_one("member", Member, gettext_lazy("member")),
    ]
    list_select_related = ["domain__company", "member", "team", "mailing_list__group"]
    search_fields = ["local_part"]
    fields = ["email", "kind", "predates_rule", "owner", "company"]
    readonly_fields = ["email", "predates_rule", "owner", "company"]

    def matches(self, term: str) -> Q:
        local_part, at, _domain = term.partition("@")
        return Q(local_part__contains=local_part) & (Q(email__contains=term) if at else Q())

    @admin.display(description=gettext_lazy("owner"))
    def owner(self, address: Address) -> SafeString | str:
        mailing_list = getattr(address, "mailing_list", None)
        group = getattr(mailing_list, "group", None)
        return shown(address.member or getattr(address, "team", None) or group)

    @admin.display(description=gettext_lazy("company"))
    def company(self, address: Address) -> SafeString | str:
        return shown(address.domain.company if address.domain else None)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """What was done and what was refused. Nobody can change or delete an entry (rule 8.3)."""

    list_display = ["at", "actor_email", "action", "target_shown", "result", "door"]
    list_filter = [
        "result",
        "door",
        only_one("company_id", Company, gettext_lazy("company")),
        only_one("actor_id", Member, gettext_lazy("who")),
    ]
    search_fields = ["actor_email", "target_name"]
    fields = [
        *["at", "actor_name_shown", "actor_email", "ip", "door", "action", "target_kind", "target_id"],
        *["target_shown", "target_version", "result", "reason", "before_and_after", "company_id"],
    ]
    readonly_fields = ["actor_name_shown", "target_shown", "before_and_after"]

    def matches(self, term: str) -> Q:
        who = Q(actor_email__contains=term) | Q(actor_name__icontains=term)
        return who | Q(target_name__icontains=term) | Q(action=term)

    actor_name_shown = name_column(gettext_lazy("who"), "actor_name")
    target_shown = name_column(gettext_lazy("target"), "target_name")

    @admin.display(description=gettext_lazy("before and after"))
    def before_and_after(self, entry: AuditEntry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.changes, indent=2, ensure_ascii=False))

    def get_queryset(self, request: HttpRequest) -> Any:
        entries = super().get_queryset(request)
        # The list shows no changes, and they can be long.
        return entries.defer("changes") if _is_list(request) else entries


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_changelist")
