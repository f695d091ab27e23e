"""Mailing lists, their designated people and external contacts (rules 4.5, 4.6, 4.8)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.admin.changes import ActionForm, AddAndDeleteAdmin
from accounts.models import Member, Team
from groupadmin.base.admin import (
    ChooseOne,
    LineInput,
    ReadOnlyAdmin,
    list_link,
    name_column,
    only_one,
    shown,
    those_named,
)
from groupadmin.base.errors import Invalid
from groupadmin.base.finding import finds
from groupadmin.base.form_fields import AddressInput
from groupadmin.base.pasted_addresses import clean_address
from groupadmin.base.text import clean_line
from groups.actions import Contact, GroupSettings, ListSettings, update_group
from groups.entries import entries_of
from groups.models import Designation, ExternalContact, Group, ListAlias, MailingList

Change = Callable[[ListSettings], ListSettings]


def change_list(mailing_list: MailingList, change: Change, actor: Actor) -> None:
    """Applies a change to a list's current settings. Call in a transaction. Raises Refused or Invalid."""
    group = Group.objects.live().filter(mailing_list=mailing_list).first()
    if group is None:
        raise Invalid("mailing_list", _("The group of this list is deleted. Restore it first."))
    lock_company(group.company_id)
    group = Group.objects.select_related("mailing_list__address").get(pk=group.pk)
    now = GroupSettings.of(group, with_people=False)
    if now.mailing_list is None:
        raise Invalid("mailing_list", _("The group of this list is deleted. Restore it first."))
    settings = replace(now, mailing_list=change(now.mailing_list))
    update_group(group, settings, group.version, actor=actor)


def _by_list(rows: Iterable[Any]) -> Iterator[tuple[MailingList, list[Any]]]:
    """Rows by list, so that each list is changed once."""
    in_order = sorted(rows, key=lambda row: row.mailing_list_id)
    for _list_id, some in groupby(in_order, key=lambda row: row.mailing_list_id):
        of_one = list(some)
        yield of_one[0].mailing_list, of_one


@admin.register(MailingList)
class MailingListAdmin(ReadOnlyAdmin):
    """Read-only; the rules are edited with the group."""

    list_display = ["__str__", "shown_group", "blocks_external_domains", "who_can_send"]
    list_filter = ["blocks_external_domains", "who_can_send"]
    list_select_related = ["address__domain", "group"]
    search_fields = ["address__local_part"]
    readonly_fields = ["group_link", "shown_aliases", "designations_link", "contacts_link"]
    fields = [
        "address",
        "shown_aliases",
        "group_link",
        "blocks_external_domains",
        "who_can_send",
        *readonly_fields[2:],
    ]

    def matches(self, term: str) -> Q:
        local_part, _at, domain = term.partition("@")
        address = Q(address__local_part__contains=local_part)
        if domain:
            address &= Q(address__domain__name__startswith=domain)
        aliases = ListAlias.objects.filter(address__email__contains=term).values("mailing_list")
        return address | Q(pk__in=aliases) | finds("group__name_search", term)

    @admin.display(description=gettext_lazy("aliases"))
    def shown_aliases(self, mailing_list: MailingList) -> str:
        return ", ".join(mailing_list.aliases.values_list("address__email", flat=True))

    @admin.display(description=gettext_lazy("group"))
    def shown_group(self, mailing_list: MailingList) -> SafeString | str:
        return shown(getattr(mailing_list, "group", None))

    @admin.display(description=gettext_lazy("group"))
    def group_link(self, mailing_list: MailingList) -> SafeString | str:
        return self.shown_group(mailing_list)

    @admin.display(description=gettext_lazy("designated members"))
    def designations_link(self, mailing_list: MailingList) -> SafeString:
        return list_link(_("Designated members"), "groups_designation", mailing_list=mailing_list.pk)

    @admin.display(description=gettext_lazy("external contacts"))
    def contacts_link(self, mailing_list: MailingList) -> SafeString:
        return list_link(_("External contacts"), "groups_externalcontact", mailing_list=mailing_list.pk)


class DesignationForm(ActionForm):
    """Adds one designated member, team or group to a list."""

    beside = {"senders": "member", "send_as": "member"}

    mailing_list = ChooseOne(Designation._meta.get_field("mailing_list"))
    member = ChooseOne(Designation._meta.get_field("member"), required=False)
    team = ChooseOne(Designation._meta.get_field("team"), required=False)
    group = ChooseOne(Designation._meta.get_field("group"), required=False)

    class Meta:
        model = Designation
        fields = ["mailing_list", "member", "team", "group", "purpose"]

    def apply(self) -> Model:
        row = Designation(**self.cleaned_data)
        if len([one for one in (row.member, row.team, row.group) if one is not None]) != 1:
            raise Invalid("member", _("Choose one member, team or group."))
        here = Designation.objects.filter(**self.cleaned_data)
        if here.exists():
            raise Invalid("member", _("This is already designated."))
        change_list(row.mailing_list, lambda now: _designate(now, [row], add=True), self.actor)
        return here.get()


def _designate(now: ListSettings, rows: Sequence[Designation], *, add: bool) -> ListSettings:
    to, as_list = (
        entries_of((row.member_id, row.team_id, row.group_id) for row in rows if row.purpose == purpose)
        for purpose in (Designation.Purpose.SEND_TO, Designation.Purpose.SEND_AS)
    )
    if add:
        return replace(now, senders=now.senders | to, send_as=now.send_as | as_list)
    return replace(now, senders=now.senders - to, send_as=now.send_as - as_list)


@admin.register(Designation)
class DesignationAdmin(AddAndDeleteAdmin):
    """Who may send to a list, and as a list."""

    form = DesignationForm
    list_display = ["mailing_list", "designated", "purpose"]
    list_filter = [
        "purpose",
        only_one("mailing_list", MailingList, gettext_lazy("mailing list")),
        only_one("member", Member, gettext_lazy("member")),
    ]
    list_select_related = ["mailing_list__address__domain", "member", "team", "group"]
    search_fields = ["member__name", "mailing_list__address__local_part"]
    fields = ["mailing_list", "member", "team", "group", "purpose"]

    def matches(self, term: str) -> Q:
        things = Q(member__in=those_named(Member, term)) | Q(team__in=those_named(Team, term))
        things |= Q(group__in=those_named(Group, term))
        return things | Q(mailing_list__address__local_part__contains=term.partition("@")[0])

    def remove(self, objs: Sequence[Designation], actor: Actor) -> None:
        for mailing_list, rows in _by_list(objs):
            change_list(mailing_list, lambda now, rows=rows: _designate(now, rows, add=False), actor)  # type: ignore[misc]

    @admin.display(description=gettext_lazy("designated"))
    def designated(self, row: Designation) -> SafeString | str:
        return shown(row.member or row.team or row.group)


class ExternalContactForm(ActionForm):
    """Adds one outside recipient to a list."""

    beside = {"contacts": "email"}

    mailing_list = ChooseOne(ExternalContact._meta.get_field("mailing_list"))

    class Meta:
        model = ExternalContact
        fields = ["mailing_list", "email", "name"]
        widgets = {"name": LineInput, "email": AddressInput}

    def apply(self) -> Model:
        mailing_list, email = self.cleaned_data["mailing_list"], clean_address(self.cleaned_data["email"])
        here = ExternalContact.objects.filter(mailing_list=mailing_list, email=email)
        if here.exists():
            raise Invalid("email", _("This address is already registered."))
        contact = Contact(email, clean_line(self.cleaned_data["name"]))
        change_list(mailing_list, lambda now: replace(now, contacts=now.contacts | {contact}), self.actor)
        return here.get()


@admin.register(ExternalContact)
class ExternalContactAdmin(AddAndDeleteAdmin):
    """Outside recipients of lists."""

    form = ExternalContactForm
    list_display = ["email", "shown_name", "mailing_list"]
    list_filter = [only_one("mailing_list", MailingList, gettext_lazy("mailing list"))]
    list_select_related = ["mailing_list__address__domain"]
    search_fields = ["email", "name"]
    fields = ["mailing_list", "email", "name"]

    def matches(self, term: str) -> Q:
        return Q(email__contains=term) | Q(name__icontains=term)

    def remove(self, objs: Sequence[ExternalContact], actor: Actor) -> None:
        for mailing_list, rows in _by_list(objs):
            gone = {row.email for row in rows}
            change_list(mailing_list, lambda now, gone=gone: _without(now, gone), actor)  # type: ignore[misc]

    shown_name = name_column(gettext_lazy("name"), "name")


def _without(now: ListSettings, emails: set[str]) -> ListSettings:
    return replace(now, contacts=frozenset(each for each in now.contacts if each.email not in emails))
