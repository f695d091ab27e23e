from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.deactivation import touches_of_deactivation
from accounts.actions.deletion import delete_member, touches_of_member
from accounts.actions.details import LINES
from accounts.actions.factors import reset_factors
from accounts.actions.locks import lock_company
from accounts.actions.losses import check_people_leave
from accounts.actions.members import (
    MemberSettings,
    activate_member,
    add_member,
    deactivate_member,
    send_sign_in_mail,
)
from accounts.actions.profile import update_profile
from accounts.actions.sign_in import record_password_set
from accounts.actions.superusers import add_superuser, set_superuser, update_superuser
from accounts.actor import Actor, Door
from accounts.admin.changes import ActionAdmin, OriginForm, origin_fields, split_address, version_field
from accounts.consequences import Departures, in_groups
from accounts.installation_steps import goes_to_next_step
from accounts.jobs import changes
from accounts.jobs.kinds import start_deactivation
from accounts.models import Address, Company, Domain, Member, TeamMembership
from groupadmin.base.admin import (
    ChooseMany,
    ChooseOne,
    LineInput,
    TextInput,
    list_link,
    name_column,
    only_one,
)
from groupadmin.base.errors import Invalid
from groupadmin.base.finding import finds
from groupadmin.base.text import balanced, isolated

NAMED_AT_MOST = 20
OF_A_COMPANY = ["aliases", "teams", "is_administrator", "may_connect"]
DETAILS = [*LINES, "manager", "starts_on", "ends_on"]


class MemberForm(OriginForm):
    """A company's member or, without a company, a superuser of the installation."""

    beside = {"local_part": "email", "domain": "email"}

    company = ChooseOne(
        Member._meta.get_field("company"),
        required=False,
        help_text=gettext_lazy("Leave empty for a superuser of the installation."),
    )
    aliases = forms.CharField(
        label=gettext_lazy("Aliases"),
        required=False,
        widget=TextInput,
        help_text=gettext_lazy("More email addresses, one per line."),
    )
    manager = ChooseOne(Member._meta.get_field("manager"), required=False)
    teams = ChooseMany(TeamMembership._meta.get_field("team"), label=gettext_lazy("Teams"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=[("", "-"), *django_settings.LANGUAGES]
    )
    send_mail = forms.BooleanField(
        label=gettext_lazy("Send sign-in email"),
        required=False,
        initial=True,
        help_text=gettext_lazy("With a link to choose a password; to members of a company."),
    )
    version = version_field()

    class Meta:
        model = Member
        fields = [
            "name",
            "email",
            "is_administrator",
            "may_connect",
            "is_active",
            "is_superuser",
            "language",
            "time_zone",
            *LINES,
            "starts_on",
            "ends_on",
        ]
        widgets = dict.fromkeys(("name", *LINES), LineInput)
        help_texts = {
            "ends_on": gettext_lazy(
                "Before the first and after the last day of employment the person is inactive."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.company_id:
            now = MemberSettings.of(self.instance)
            domains = Domain.objects.in_bulk({domain_id for _local, domain_id in now.aliases})
            lines = [f"{local}@{domains[domain_id].name}" for local, domain_id in now.aliases]
            self.initial["aliases"], self.initial["teams"] = "\n".join(lines), list(now.team_ids)

    def apply(self) -> Model:
        member = Member.objects.get(pk=self.instance.pk) if self.instance.pk else None
        if member is None:
            return self._add()
        data = self.cleaned_data
        if member.company is None:
            values = (data["name"], data["email"], data["is_active"], data["version"])
            update_superuser(member, *values, actor=self.actor)
        else:
            self._update(member, member.company)
            self.with_origin(member)
        return update_profile(member, data["language"], data["time_zone"], actor=self.actor)

    def _add(self) -> Member:
        data = self.cleaned_data
        if data["company"] is not None:
            member = add_member(data["company"], self._settings(data["company"]), actor=self.actor)
            if data["send_mail"]:
                send_sign_in_mail(member, actor=self.actor)
            return member
        for name in (*OF_A_COMPANY, *DETAILS):
            if data[name]:
                raise Invalid(name, _("Only for members of a company."))
        return add_superuser(data["name"], data["email"], actor=self.actor)

    def _update(self, member: Member, company: Company) -> None:
        lock_company(company.pk)
        version = self.check_version(Member.objects.get(pk=member.pk).version)
        deactivates = member.is_active and not self.cleaned_data["is_active"]
        touches = touches_of_deactivation(member) if deactivates and not self.is_confirmed else None
        try:
            self.job = changes.change_member(
                member, self._settings(company), version, confirmed=self.is_confirmed, actor=self.actor
            )
        except changes.Asks as asks:
            raise changes.Asks(asks.departures, touches or asks.touches) from None
        set_superuser(member, self.cleaned_data["is_superuser"], actor=self.actor)
        if self.cleaned_data["is_active"] == member.is_active:
            return
        try:
            (deactivate_member if member.is_active else activate_member)(member, actor=self.actor)
        except Invalid as problem:
            raise Invalid("is_active", problem.message) from None
        if touches is not None:
            # What stands in the way is said before it is asked; the question rolls all of it back.
            raise changes.Asks(Departures(), touches)

    def _settings(self, company: Company) -> MemberSettings:
        data = self.cleaned_data
        local_part, domain_id = split_address(company, data["email"], "email")
        lines = (line.strip() for line in data["aliases"].splitlines())
        return MemberSettings(
            name=data["name"],
            local_part=local_part,
            domain_id=domain_id,
            aliases=tuple(split_address(company, line, "aliases") for line in lines if line),
            team_ids=frozenset(team.pk for team in data["teams"]),
            is_administrator=data["is_administrator"],
            may_connect=data["may_connect"],
            **{name: data[name] for name in (*LINES, "starts_on", "ends_on")},
            manager_id=data["manager"].pk if data["manager"] else None,
        )


@admin.register(Member)
class MemberAdmin(ActionAdmin, UserAdmin[Member]):
    """People. Superusers without a company are deactivated, not deleted."""

    form = add_form = MemberForm
    list_display = ["shown_name", "email", "shown_company", "is_administrator", "is_active", "is_superuser"]
    list_filter = [
        "is_active",
        "is_administrator",
        "may_connect",
        "is_superuser",
        only_one("company", Company, gettext_lazy("company")),
    ]
    list_select_related = ["company"]
    search_fields = ["name", "email"]
    ordering = ["-pk"]
    filter_horizontal = ()
    actions = ["reset_second_factors", "deactivate_chosen"]
    add_form_template = None

    def matches(self, term: str) -> Q:
        aliases = Address.objects.filter(local_part__contains=term.partition("@")[0], kind=Address.Kind.ALIAS)
        if domain := term.partition("@")[2]:
            aliases = aliases.filter(domain__name__startswith=domain)
        named = finds("work_folded", term) | Q(email__contains=term)
        return named | Q(external_id__iexact=term) | Q(pk__in=aliases.values("member"))

    def option_text(self, obj: Member) -> str:
        return f"{balanced(obj.name)} <{obj.email}>"

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        details = (_("Details"), {"fields": DETAILS})
        if obj is None:
            return [(None, {"fields": ["company", "name", "email", *OF_A_COMPANY, "send_mail"]}), details]
        own = ["language", "time_zone"]
        known = ["password_link", "last_login", "created_at"]
        if obj.company_id is None:
            return [(None, {"fields": ["version", "name", "email", "is_active", *own, *known]})]
        roles = [*OF_A_COMPANY, "is_active", "is_superuser"]
        fields = ["version", "company", "name", "email", *roles, *own, "entries", *known]
        origin = origin_fields(folded=not (obj.source or obj.external_id))
        return [(None, {"fields": fields}), details, origin]

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> list[str]:
        fields = ["password_link", "entries", "last_login", "created_at"]
        return [*fields, "company"] if obj else fields

    def response_add(
        self, request: HttpRequest, obj: Member, post_url_continue: str | None = None
    ) -> HttpResponse:
        """In a new installation back to its first steps (rule 1.14)."""
        if goes_to_next_step(request):
            self.message_user(request, _("%(name)s was added.") % {"name": isolated(obj.name)})
            return redirect("admin:index")
        return super().response_add(request, obj, post_url_continue)

    def remove(self, objs: Sequence[Member], actor: Actor) -> None:
        check_people_leave([member.pk for member in objs], actor)
        for member in objs:
            delete_member(member, actor=actor)

    def touched(self, obj: Member) -> list[str]:
        touches = touches_of_member(obj)
        return [
            _("%(count)s groups they were added to directly") % {"count": f"{touches.groups:,}"},
            _("%(count)s groups they are a master of; %(left)s of them will have no master")
            % {"count": f"{touches.masterships:,}", "left": f"{touches.without_master:,}"},
            _("%(count)s teams") % {"count": f"{touches.teams:,}"},
            _("%(count)s people whose manager they are") % {"count": f"{touches.reports:,}"},
            *touches.addresses,
        ]

    @admin.action(description=gettext_lazy("Reset second factors of the chosen people"))
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[Member]) -> None:
        """For people who have lost their phone or key (rule 9.2)."""
        actor = Actor.of(request, Door.ADMIN)
        reset = sum(reset_factors(member, actor=actor) for member in queryset)
        self.message_user(
            request, ngettext("%(count)d person reset.", "%(count)d people reset.", reset) % {"count": reset}
        )

    @admin.action(description=gettext_lazy("Deactivate the chosen people"), permissions=["change"])
    def deactivate_chosen(self, request: HttpRequest, queryset: QuerySet[Member]) -> HttpResponse | None:
        """All of them or none, as a job, after showing what that touches (rule 2.23)."""
        active = queryset.filter(is_active=True, company__isnull=False).select_related("company")
        people = list(active.order_by("pk"))
        if not people:
            self.message_user(request, _("None of them is an active member of a company."), messages.WARNING)
            return None
        if "confirmed" in request.POST:
            job = start_deactivation(people, actor=Actor.of(request, Door.ADMIN))
            return redirect("accounts:job", job.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Deactivate the chosen people"),
            "opts": self.opts,
            "ids": [member.pk for member in people],
            # What it touches takes some queries for each.
            "people": [(member, touches_of_deactivation(member)) for member in people[:NAMED_AT_MOST]],
            "more": max(0, len(people) - NAMED_AT_MOST),
            "action": "deactivate_chosen",
            "answer": _("Deactivate"),
        }
        return TemplateResponse(request, "admin/confirm_deactivation.html", context)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Says what deactivation took away, once the person is active again (rule 2.23)."""
        is_back = obj.is_active and "is_active" in getattr(request, "changed_fields", ())
        if is_back and (count := in_groups().places_kept(obj).count):
            said = ngettext(
                "They were in %(count)s external group before. See “Former places in groups”.",
                "They were in %(count)s external groups before. See “Former places in groups”.",
                count,
            )
            self.message_user(request, said % {"count": f"{count:,}"}, messages.WARNING)
        return super().response_change(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's own page, confirmed (rule 9.4), with an entry in the audit."""
        Actor.of(request, Door.ADMIN).check_confirmed()
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            if before is not None:
                after = Member.objects.get(pk=before.pk)
                if after.password != before.password:
                    record_password_set(after, actor=Actor.of(request, Door.ADMIN))
                    if goes_to_next_step(request):
                        answer = redirect("admin:index")
        return answer

    shown_name = name_column(gettext_lazy("name"))
    shown_company = name_column(gettext_lazy("company"), "company")

    @admin.display(description=gettext_lazy("password"))
    def password_link(self, member: Member) -> SafeString:
        return format_html('<a href="../password/">{}</a>', _("Set a password"))

    @admin.display(description=gettext_lazy("group entries"))
    def entries(self, member: Member) -> SafeString:
        return list_link(_("Groups they were added to directly"), "groups_membership", member=member.pk)
