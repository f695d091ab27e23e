from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.locks import lock_company
from accounts.actions.teams import (
    TeamSettings,
    add_team,
    delete_team,
    move_team,
    set_team_people,
    update_team,
)
from accounts.actor import Actor
from accounts.admin.changes import (
    ActionAdmin,
    ActionForm,
    AddAndDeleteAdmin,
    OriginForm,
    origin_fields,
    version_field,
)
from accounts.models import Address, Company, Member, Team, TeamMembership
from groupadmin.base.admin import (
    ChooseMany,
    ChooseOne,
    LineInput,
    TextInput,
    list_link,
    name_column,
    only_one,
    those_named,
)
from groupadmin.base.errors import Invalid
from groupadmin.base.finding import finds

PEOPLE_IN_FORM = 200
NOBODY: frozenset[int] = frozenset()


class TeamForm(OriginForm):
    """A team, its place in the chart, and its people."""

    company = ChooseOne(Team._meta.get_field("company"))
    parent = ChooseOne(Team._meta.get_field("parent"), required=False)
    local_part = forms.CharField(label=gettext_lazy("Address"), required=False, widget=LineInput)
    domain = ChooseOne(Address._meta.get_field("domain"), required=False)
    people = ChooseMany(
        TeamMembership._meta.get_field("member"), label=gettext_lazy("Members"), required=False
    )
    version = version_field()

    class Meta:
        model = Team
        fields = ["company", "parent", "name", "description"]
        widgets = {"name": LineInput, "description": TextInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            now = TeamSettings.of(self.instance)
            self.initial["local_part"], self.initial["domain"] = now.local_part, now.domain_id
        if self.instance.pk and "people" in self.fields:
            self.initial["people"] = list(self.instance.memberships.values_list("member_id", flat=True))

    def apply(self) -> Model:
        with self.actor.in_one_step() as actor:
            return self._apply(actor)

    def _apply(self, actor: Actor) -> Model:
        data = self.cleaned_data
        settings = TeamSettings(data["name"], data["description"], data["local_part"], self._domain_id())
        if self.instance.pk is None:
            team = add_team(data["company"], settings, data["parent"], actor=actor)
        else:
            lock_company(self.instance.company_id)
            self.check_version(Team.objects.get(pk=self.instance.pk).version)
            team = update_team(self.instance, settings, actor=actor)
            team = move_team(team, data["parent"], actor=actor)
            team = self.with_origin(team)
        if "people" not in self.fields:
            return team
        wanted = frozenset(member.pk for member in data["people"])
        present = frozenset(team.memberships.values_list("member_id", flat=True))
        return set_team_people(team, wanted - present, present - wanted, actor=actor)

    def _domain_id(self) -> int | None:
        if self.cleaned_data["domain"] is not None:
            return int(self.cleaned_data["domain"].pk)
        company = self.instance.company if self.instance.pk else self.cleaned_data["company"]
        first = company.domains.usable().first()
        return first.pk if first else None


@admin.register(Team)
class TeamAdmin(ActionAdmin):
    """The organization chart."""

    form = TeamForm
    list_display = ["shown_name", "shown_parent", "address", "shown_company", "created_at"]
    list_filter = [
        only_one("company", Company, gettext_lazy("company")),
        only_one("parent", Team, gettext_lazy("parent team")),
    ]
    list_select_related = ["company", "parent", "address__domain"]
    search_fields = ["name", "address__local_part"]

    def matches(self, term: str) -> Q:
        address = Q(address__local_part__contains=term.partition("@")[0])
        return finds("name_search", term) | Q(external_id__iexact=term) | address

    def option_text(self, obj: Team) -> str:
        return " › ".join(str(part) for part in (obj.company, obj.parent, obj) if part)

    def get_fieldsets(self, request: HttpRequest, obj: Team | None = None) -> Any:
        many = obj is not None and obj.memberships.all()[: PEOPLE_IN_FORM + 1].count() > PEOPLE_IN_FORM
        people = ["people_link"] if many else ["people"] if obj is None else ["people", "people_link"]
        seen = ["version"] if obj else []
        return [
            (None, {"fields": [*seen, "company", "parent", "name", "description"]}),
            (_("Address"), {"fields": ["local_part", "domain"]}),
            (_("Members"), {"fields": people}),
            *([origin_fields(folded=not (obj.source or obj.external_id))] if obj else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> list[str]:
        return ["people_link", "company"] if obj else ["people_link"]

    def remove(self, objs: Sequence[Team], actor: Actor) -> None:
        with actor.in_one_step() as one:
            for team in objs:
                delete_team(team, actor=one)

    def touched(self, obj: Team) -> list[str]:
        texts = [
            _("%(count)d people") % {"count": obj.memberships.count()},
            _("Added to %(count)d groups") % {"count": obj.group_entries.count()},
        ]
        return [*texts, str(obj.address)] if obj.address else texts

    shown_name = name_column(gettext_lazy("name"))
    shown_parent = name_column(gettext_lazy("parent team"), "parent")
    shown_company = name_column(gettext_lazy("company"), "company")

    @admin.display(description=gettext_lazy("members"))
    def people_link(self, team: Team) -> SafeString:
        label = _("%(count)d people") % {"count": team.memberships.count()}
        return list_link(label, "accounts_teammembership", team=team.pk)


class TeamMembershipForm(ActionForm):
    """Adds a person to a team."""

    beside = {"people": "member"}

    team = ChooseOne(TeamMembership._meta.get_field("team"))
    member = ChooseOne(TeamMembership._meta.get_field("member"))

    class Meta:
        model = TeamMembership
        fields = ["team", "member"]

    def apply(self) -> Model:
        team, member = self.cleaned_data["team"], self.cleaned_data["member"]
        if team.memberships.filter(member=member).exists():
            raise Invalid("member", _("This person is already in the team."))
        set_team_people(team, frozenset({member.pk}), NOBODY, actor=self.actor)
        return TeamMembership.objects.get(team=team, member=member)


@admin.register(TeamMembership)
class TeamMembershipAdmin(AddAndDeleteAdmin):
    """Who is in which team."""

    form = TeamMembershipForm
    list_display = ["shown_member", "email", "shown_team", "shown_company"]
    list_filter = [
        only_one("team", Team, gettext_lazy("team")),
        only_one("member", Member, gettext_lazy("member")),
    ]
    list_select_related = ["member", "team__company"]
    search_fields = ["member__name", "team__name"]
    fields = ["team", "member"]

    def matches(self, term: str) -> Q:
        return Q(member__in=those_named(Member, term)) | Q(team__in=those_named(Team, term))

    def remove(self, objs: Sequence[TeamMembership], actor: Actor) -> None:
        in_order = sorted(objs, key=lambda membership: membership.team_id)
        with actor.in_one_step() as one:
            for _team_id, memberships in groupby(in_order, key=lambda membership: membership.team_id):
                gone = list(memberships)
                ids = frozenset(membership.member_id for membership in gone)
                set_team_people(gone[0].team, NOBODY, ids, actor=one)

    shown_member = name_column(gettext_lazy("member"), "member")

    @admin.display(description=gettext_lazy("email address"))
    def email(self, membership: TeamMembership) -> str:
        return membership.member.email

    shown_team = name_column(gettext_lazy("team"), "team")
    shown_company = name_column(gettext_lazy("company"), "team.company")
