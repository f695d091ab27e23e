"""Entries and masters of groups, one per row: added and deleted, never edited."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.admin.changes import ActionForm, AddAndDeleteAdmin
from accounts.models import Member, Team
from groupadmin.base.admin import ChooseOne, name_column, only_one, shown, those_named
from groupadmin.base.errors import Invalid
from groups.actions import Entries, GroupSettings, add_masters, edit_entries, update_group
from groups.models import Group, Master, Membership

Row = Membership | Master


def _by_group(rows: Iterable[Row]) -> Iterator[tuple[Group, list[Any]]]:
    """Rows by group, so that each group is changed once."""
    for _group_id, some in groupby(sorted(rows, key=lambda row: row.group_id), key=lambda row: row.group_id):
        of_one = list(some)
        yield of_one[0].group, of_one


def _entries(*rows: Membership) -> Entries:
    """Rows as the actions take them."""
    return Entries(
        frozenset(row.member_id for row in rows if row.member_id),
        frozenset(row.team_id for row in rows if row.team_id),
        frozenset(row.subgroup_id for row in rows if row.subgroup_id),
    )


class MembershipForm(ActionForm):
    """Adds one entry to a group."""

    group = ChooseOne(Membership._meta.get_field("group"))
    member = ChooseOne(Membership._meta.get_field("member"), required=False)
    team = ChooseOne(Membership._meta.get_field("team"), required=False)
    subgroup = ChooseOne(Membership._meta.get_field("subgroup"), required=False)

    class Meta:
        model = Membership
        fields = ["group", "member", "team", "subgroup"]

    def clean(self) -> dict[str, Any]:
        chosen = [name for name in ("member", "team", "subgroup") if self.cleaned_data.get(name)]
        if not self.errors and len(chosen) != 1:
            raise ValidationError(_("Choose either a member, a team or a group."))
        # Errors about "members" belong to the field in use.
        self.beside = {"members": chosen[0]} if chosen else {}
        return self.cleaned_data

    def apply(self) -> Model:
        data = self.cleaned_data
        row = Membership(**{name: data[name] for name in ("group", "member", "team", "subgroup")})
        here = Membership.objects.filter(
            group=row.group, member=row.member, team=row.team, subgroup=row.subgroup
        )
        if here.exists():
            raise Invalid("members", _("This is already in the group."))
        edit_entries(row.group, _entries(row), Entries(), actor=self.actor)
        return here.get()


@admin.register(Membership)
class MembershipAdmin(AddAndDeleteAdmin):
    """The entries of all groups."""

    form = MembershipForm
    list_display = ["shown_group", "entry", "what", "added_at"]
    list_filter = [
        only_one("group", Group, gettext_lazy("group")),
        only_one("member", Member, gettext_lazy("member")),
        only_one("team", Team, gettext_lazy("team")),
        only_one("subgroup", Group, gettext_lazy("contained group")),
    ]
    list_select_related = ["group", "member", "team", "subgroup"]
    search_fields = ["group__name", "member__name", "member__email", "team__name", "subgroup__name"]
    fields = ["group", "member", "team", "subgroup"]

    def matches(self, term: str) -> Q:
        groups, members = those_named(Group, term), those_named(Member, term)
        things = Q(subgroup__in=groups) | Q(team__in=those_named(Team, term))
        return Q(group__in=groups) | Q(member__in=members) | things

    def remove(self, objs: Sequence[Membership], actor: Actor) -> None:
        with actor.in_one_step() as one:
            for group, rows in _by_group(objs):
                _check_live(group)
                edit_entries(group, Entries(), _entries(*rows), actor=one)

    shown_group = name_column(gettext_lazy("group"), "group")

    @admin.display(description=gettext_lazy("entry"))
    def entry(self, row: Membership) -> SafeString | str:
        return shown(row.member or row.team or row.subgroup)

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: Membership) -> str:
        if row.member is not None:
            return row.member.email
        return _("team") if row.team_id else _("group")


class MasterForm(ActionForm):
    """Adds one master to a group."""

    beside = {"masters": "member"}

    group = ChooseOne(Master._meta.get_field("group"))
    member = ChooseOne(Master._meta.get_field("member"))

    class Meta:
        model = Master
        fields = ["group", "member"]

    def apply(self) -> Model:
        group, member = self.cleaned_data["group"], self.cleaned_data["member"]
        if group.masters.filter(member=member).exists():
            raise Invalid("member", _("This person is already a master of the group."))
        add_masters(group, frozenset({member.pk}), actor=self.actor)
        return Master.objects.get(group=group, member=member)


@admin.register(Master)
class MasterAdmin(AddAndDeleteAdmin):
    """Who runs which group."""

    form = MasterForm
    list_display = ["shown_group", "shown_member", "email", "since"]
    list_filter = [
        only_one("group", Group, gettext_lazy("group")),
        only_one("member", Member, gettext_lazy("member")),
    ]
    list_select_related = ["group", "member"]
    search_fields = ["group__name", "member__name", "member__email"]
    fields = ["group", "member"]

    def matches(self, term: str) -> Q:
        return Q(group__in=those_named(Group, term)) | Q(member__in=those_named(Member, term))

    def remove(self, objs: Sequence[Master], actor: Actor) -> None:
        for group, rows in _by_group(objs):
            _check_live(group)
            now = GroupSettings.of(group)
            left = now.masters - {row.member_id for row in rows}
            update_group(group, replace(now, masters=left), group.version, actor=actor)

    shown_group = name_column(gettext_lazy("group"), "group")
    shown_member = name_column(gettext_lazy("member"), "member")

    @admin.display(description=gettext_lazy("email address"))
    def email(self, row: Master) -> str:
        return row.member.email


def _check_live(group: Group) -> None:
    if group.deleted_at is not None:
        raise Invalid(None, _("This group is deleted. Restore it first."))
