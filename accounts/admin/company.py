from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.company import CompanySettings, create_company, rename_company, update_settings
from accounts.actions.deletion import touches_of_company
from accounts.actions.domains import (
    add_domain,
    approve_domain,
    departures_without_domain,
    make_domain_primary,
    remove_domain,
)
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.admin.changes import ActionAdmin, ActionForm, version_field
from accounts.installation_steps import goes_to_next_step
from accounts.jobs import changes, engine, kinds
from accounts.models import Company, Domain, Job
from groupadmin.base.admin import ChooseOne, LineInput, list_link, name_column, only_one
from groupadmin.base.errors import Invalid
from groupadmin.base.finding import finds
from groupadmin.base.text import isolated

SETTINGS = [
    "plan",
    "has_core",
    "connecting",
    "partners",
    "group_creators",
    "recall_hours",
    "second_factor",
    "time_zone",
]


class CompanyForm(ActionForm):
    """A company and, for a new one, its first domain."""

    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        widget=LineInput,
        help_text=gettext_lazy("The first domain for email addresses, such as example.com."),
    )
    version = version_field()

    class Meta:
        model = Company
        fields = ["name", "region", *SETTINGS]
        widgets = {"name": LineInput}

    def apply(self) -> Model:
        data, company = self.cleaned_data, self.instance
        settings = CompanySettings(**{name: data[name] for name in SETTINGS})
        name, region = data["name"], data["region"]
        if company.pk is None:
            return create_company(name, region, data["domain"], settings, actor=self.actor)
        company = lock_company(company.pk)
        self.check_version(company.version)
        # Who may connect is changed last: the confirmation, or the job, is only about that.
        rest = replace(settings, connecting=company.connecting, partners=company.partners)
        if region == Company.Region.TAIWAN:
            # The plan first, as Taiwan has no free one; the other way round when leaving Taiwan.
            update_settings(company, rest, actor=self.actor)
            company = rename_company(company, name, region, actor=self.actor)
        else:
            rename_company(company, name, region, actor=self.actor)
            company = update_settings(company, rest, actor=self.actor)
        self.job = changes.change_settings(
            company, settings, company.version, confirmed=self.is_confirmed, actor=self.actor
        )
        return Company.objects.get(pk=company.pk)


@admin.register(Company)
class CompanyAdmin(ActionAdmin):
    """Companies. The worker deletes them, as they have so many related rows."""

    form = CompanyForm
    list_display = ["shown_name", "plan", "region", "has_core", "connecting", "created_at"]
    list_filter = ["plan", "region", "has_core", "connecting"]
    search_fields = ["name", "domains__name"]
    sortable_by = ["created_at"]

    def matches(self, term: str) -> Q:
        domains = Domain.objects.filter(name__contains=term)
        return finds("name_search", term) | Q(pk__in=domains.values("company"))

    def get_fieldsets(self, request: HttpRequest, obj: Company | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["name", "domain", "region", *SETTINGS]})]
        fields = ["version", "name", "domains", "region", *SETTINGS, "people", "created_at"]
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> list[str]:
        return ["domains", "people", "created_at"]

    def response_add(
        self, request: HttpRequest, obj: Company, post_url_continue: str | None = None
    ) -> HttpResponse:
        """In a new installation back to its first steps (rule 1.14)."""
        if goes_to_next_step(request):
            self.message_user(request, _("%(name)s was added.") % {"name": isolated(obj.name)})
            return redirect("admin:index")
        return super().response_add(request, obj, post_url_continue)

    def remove(self, objs: Sequence[Company], actor: Actor) -> None:
        for company in objs:
            kinds.start_deletion(company, actor=actor)

    def touched(self, obj: Company) -> list[str]:
        texts = {
            "members": _("%(count)s members"),
            "teams": _("%(count)s teams"),
            "groups": _("%(count)s groups, with their rooms"),
            "addresses": _("%(count)s email addresses"),
            "groups_of_others": _(
                "%(count)s external groups of other companies, which its people will leave"
            ),
        }
        counts = touches_of_company(obj)
        return [
            *(text % {"count": f"{counts[key]:,}"} for key, text in texts.items()),
            _("It will be deleted in the background. This cannot be undone. The audit stays."),
        ]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Redirects to the job instead of reporting that it is done."""
        mine = Job.objects.filter(started_by=request.user.pk, kind="company.delete")
        job = mine.order_by("-pk").first()
        return redirect("accounts:job", job.pk) if job else redirect("admin:accounts_company_changelist")

    shown_name = name_column(gettext_lazy("name"))

    @admin.display(description=gettext_lazy("domains"))
    def domains(self, company: Company) -> SafeString:
        names = company.domains.values_list("name", flat=True)[:20]
        return list_link(", ".join(names) or _("None"), "accounts_domain", company=company.pk)

    @admin.display(description=gettext_lazy("people"))
    def people(self, company: Company) -> SafeString:
        return list_link(_("Its members"), "accounts_member", company=company.pk)


class DomainForm(ActionForm):
    """A new domain of a company, which counts as approved; or an approval, or which domain is primary."""

    beside = {"state": "is_approved"}

    company = ChooseOne(Domain._meta.get_field("company"))
    is_approved = forms.BooleanField(
        label=gettext_lazy("Approve without a record"),
        required=False,
        help_text=gettext_lazy("Only if you know that the domain belongs to this company."),
    )

    class Meta:
        model = Domain
        fields = ["company", "name", "is_primary"]
        widgets = {"name": LineInput}

    def apply(self) -> Model:
        domain = self.instance
        if domain.pk is None:
            domain = add_domain(self.cleaned_data["company"], self.cleaned_data["name"], actor=self.actor)
            wanted = self.cleaned_data["is_primary"] or domain.is_primary
        else:
            domain = Domain.objects.get(pk=domain.pk)
            if self.cleaned_data.get("is_approved"):
                domain = approve_domain(domain, actor=self.actor)
            wanted = self.cleaned_data["is_primary"]
        if wanted:
            return make_domain_primary(domain, actor=self.actor)
        if domain.is_primary:
            raise Invalid("is_primary", _("Make another domain primary instead."))
        return domain


@admin.register(Domain)
class DomainAdmin(ActionAdmin):
    """The domains of companies' addresses."""

    form = DomainForm
    list_display = ["name", "shown_company", "state", "is_primary"]
    list_filter = ["state", "is_primary", only_one("company", Company, gettext_lazy("company"))]
    list_select_related = ["company"]
    search_fields = ["name"]

    def matches(self, term: str) -> Q:
        return Q(name__contains=term)

    def option_text(self, obj: Domain) -> str:
        return f"{obj.name} · {obj.company}"

    def get_fields(self, request: HttpRequest, obj: Domain | None = None) -> Any:
        """Superusers approve what is not proven; what they add is approved with that (rule 1.9)."""
        if obj is None:
            return ["company", "name", "is_primary"]
        known = ["company", "name", "is_primary", "state", "record", "claimed_at", "checked_at", "proven_at"]
        return known if obj.state == Domain.State.PROVEN else [*known[:4], "is_approved", *known[4:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Domain | None = None) -> list[str]:
        known = ["state", "record", "claimed_at", "checked_at", "proven_at"]
        return ["company", "name", *known] if obj else known

    @admin.display(description=gettext_lazy("TXT record that proves it"))
    def record(self, domain: Domain) -> str:
        return f"{domain.record_name} = {domain.record_value}"

    def remove(self, objs: Sequence[Domain], actor: Actor) -> None:
        for domain in objs:
            departures = departures_without_domain(domain)
            actor.check_losses(departures.losses)
            if departures.entries > engine.AT_ONCE:
                kinds.start_domain_removal(domain, actor=actor)
            else:
                remove_domain(domain, actor=actor)

    def touched(self, obj: Domain) -> list[str]:
        """Who would leave external groups (rule 2.15)."""
        departures = departures_without_domain(obj)
        counts = {"people": f"{departures.people:,}", "groups": f"{departures.groups:,}"}
        left = _("%(people)s people will leave %(groups)s external groups") % counts
        return [left] if departures.people else []

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Redirects to the job, if there is one."""
        mine = Job.objects.filter(started_by=request.user.pk, kind="domain.remove", arguments__domain=obj_id)
        job = mine.order_by("-pk").first()
        return (
            redirect("accounts:job", job.pk) if job else super().response_delete(request, obj_display, obj_id)
        )

    shown_company = name_column(gettext_lazy("company"), "company")
