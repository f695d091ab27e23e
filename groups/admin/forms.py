"""The forms behind a group's page in admin: to add or change it, and to restore it."""

import uuid
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.members import LocalAndDomain
from accounts.admin.changes import ActionForm, OriginForm, split_address
from accounts.models import Address, Company
from groupadmin.base.admin import ChooseMany, ChooseOne, LineInput, TextInput
from groupadmin.base.errors import Invalid
from groupadmin.base.pictures import NotAPicture, read_picture
from groupadmin.base.text import clean_line
from groups.actions import (
    Entries,
    GroupSettings,
    ListSettings,
    create_group,
    keep_photo_draft,
    restore_group,
    update_group,
)
from groups.actions.mailing_list import plain as plain_list
from groups.models import Group, MailingList, Master, Membership, PhotoDraft
from groups.models.switches import SWITCHES

ENTRY_FIELDS = {"members": "member", "teams": "team", "subgroups": "subgroup"}
LARGEST_VERSION = 2**31 - 1


def _entry_field(name: str, label: Any) -> ChooseMany:
    return ChooseMany(Membership._meta.get_field(ENTRY_FIELDS[name]), label=label, required=False)


class GroupForm(OriginForm):
    """All fields of the dialogs, except who is designated for the list."""

    beside = {"address": "local_part"}

    company = ChooseOne(Group._meta.get_field("company"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Group.Kind, initial=Group.Kind.INTERNAL, widget=forms.RadioSelect
    )
    masters = ChooseMany(Master._meta.get_field("member"), label=gettext_lazy("Master(s)"))
    members = _entry_field("members", gettext_lazy("Member(s)"))
    teams = _entry_field("teams", gettext_lazy("Teams"))
    subgroups = _entry_field("subgroups", gettext_lazy("Groups"))
    photo = forms.FileField(label=gettext_lazy("Representative photo"), required=False)
    removes_photo = forms.BooleanField(label=gettext_lazy("Remove photo"), required=False)
    local_part = forms.CharField(label=gettext_lazy("Address"), required=False, widget=LineInput)
    domain = ChooseOne(Address._meta.get_field("domain"), required=False)
    aliases = forms.CharField(
        label=gettext_lazy("Aliases"),
        required=False,
        widget=TextInput,
        help_text=gettext_lazy("Further addresses of the list, one per line."),
    )
    blocks_external_domains = forms.BooleanField(
        label=gettext_lazy("Block emails of external domains"), required=False
    )
    who_can_send = forms.ChoiceField(
        label=gettext_lazy("Who can send to the list"),
        choices=MailingList.Senders,
        initial=MailingList.Senders.EVERYONE,
    )
    # The version the person saw, so that nobody overwrites others (rule 2.18).
    version = forms.IntegerField(min_value=0, max_value=LARGEST_VERSION, widget=forms.HiddenInput)
    # A form posted twice adds one group.
    form_key = forms.UUIDField(initial=uuid.uuid4, required=False, widget=forms.HiddenInput)

    class Meta:
        model = Group
        fields = ["name", "description", *(switch.name for switch in SWITCHES)]
        widgets = {"name": LineInput, "description": TextInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        now = GroupSettings.of(self.instance)
        self.initial = {
            **self.initial,
            "version": self.instance.version,
            "masters": list(now.masters),
            "members": list(now.entries.members),
            "teams": list(now.entries.teams),
            "subgroups": list(now.entries.groups),
        }
        if now.mailing_list is not None:
            names = ("local_part", "blocks_external_domains", "who_can_send")
            for name in names:
                self.initial[name] = getattr(now.mailing_list, name)
            self.initial["domain"] = now.mailing_list.domain_id
            self.initial["aliases"] = "\n".join(plain_list(now.mailing_list)["aliases"])

    def clean_photo(self) -> Any:
        """Checks the picture early; it is read again once all other fields are valid."""
        file = self.cleaned_data["photo"]
        if file:
            try:
                read_picture(file, file.size)
            except NotAPicture as problem:
                raise ValidationError(str(problem)) from None
        return file

    def apply(self) -> Model:
        if self.instance.pk is None:
            company, kind = self.cleaned_data["company"], self.cleaned_data["kind"]
            settings = self._settings(GroupSettings("", frozenset()), company)
            settings = replace(settings, form_key=self.cleaned_data["form_key"])
            return create_group(company, kind, settings, actor=self.actor)
        group = Group.objects.select_related("company", "mailing_list__address").get(pk=self.instance.pk)
        settings = self._settings(GroupSettings.of(group), group.company)
        group = update_group(group, settings, self.cleaned_data["version"], actor=self.actor)
        return self.with_origin(group)

    def _settings(self, now: GroupSettings, company: Company) -> GroupSettings:
        """The settings as the form has them; fields it lacks stay unchanged."""
        data = self.cleaned_data
        return replace(
            now.with_switches(
                **{switch.name: data[switch.name] for switch in SWITCHES if switch.name in data}
            ),
            name=data["name"],
            description=data["description"],
            masters=self._ids("masters", now.masters),
            entries=Entries(
                self._ids("members", now.entries.members),
                self._ids("teams", now.entries.teams),
                self._ids("subgroups", now.entries.groups),
            ),
            mailing_list=self._list(now.mailing_list, company),
            photo=self._draft(),
            removes_photo=data.get("removes_photo", False),
        )

    def _ids(self, name: str, present: frozenset[int]) -> frozenset[int]:
        return frozenset(obj.pk for obj in self.cleaned_data[name]) if name in self.fields else present

    def _list(self, now: ListSettings | None, company: Company) -> ListSettings | None:
        if "local_part" not in self.fields or (now is None and not self.cleaned_data["local_part"]):
            return now
        data = self.cleaned_data
        domain = data["domain"] or company.domains.usable().first()
        if domain is None:
            raise Invalid("domain", _("This company has no domain. Add one first."))
        return replace(
            now or ListSettings("", 0),
            local_part=data["local_part"],
            domain_id=domain.pk,
            blocks_external_domains=data["blocks_external_domains"],
            who_can_send=data["who_can_send"],
            aliases=_aliases(data["aliases"], company),
        )

    def _draft(self) -> PhotoDraft | None:
        file = self.cleaned_data["photo"]
        if not file or self.actor.member is None:
            return None
        file.seek(0)
        return keep_photo_draft(self.actor.member, file, file.size)


def _aliases(typed: str, company: Company) -> frozenset[LocalAndDomain]:
    lines = (clean_line(line) for line in typed.splitlines())
    return frozenset(split_address(company, line, "aliases") for line in lines if line)


class RestoreForm(ActionForm):
    """Restores a deleted group, with a new name or address if the old one is taken (rule 2.17)."""

    beside = {"address": "local_part"}

    local_part = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        widget=LineInput,
        help_text=gettext_lazy("Only needed if the old one is now taken."),
    )
    # Not in the form of a live group: editing one that was just deleted must not restore it.
    restores = forms.BooleanField(initial=True, required=False, widget=forms.HiddenInput)

    class Meta:
        model = Group
        fields = ["name"]
        widgets = {"name": LineInput}
        help_texts = {"name": gettext_lazy("Only needed if the old one is now taken.")}

    def apply(self) -> Model:
        if not self.cleaned_data["restores"]:
            raise Invalid(None, _("Someone else deleted this group. Reload the page to restore it."))
        name, local_part = self.cleaned_data["name"], self.cleaned_data.get("local_part")
        return restore_group(self.instance, actor=self.actor, name=name, local_part=local_part or None)
