"""The panels of a group's page "Settings", each with its own fields (rule 5.10).

They are parts of "Edit Group/Master": the same fields, checked in the same way, saved by the same action.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Undoable
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groups import permissions
from groups.actions import GroupSettings, ListSettings
from groups.models import ROOM_FEATURES, Feature, Group
from groups.permissions import Act
from groups.undo.settings import change_group

from .group import EditGroupForm
from .mailing_list import ContactsField, MailingListForm


class PanelForm(EditGroupForm):
    """What the panels share; each names what it holds, and which act one must be allowed for it."""

    panel: ClassVar[str]
    title: ClassVar[Any]
    act: ClassVar[Act]
    holds: ClassVar[tuple[str, ...]]

    def __init__(self, data: QueryDict | None = None, *, actor: Actor, group: Group) -> None:
        super().__init__(data, actor=actor, company=group.company, instance=group)
        for name in list(self.fields):
            if name not in (*self.holds, "version"):
                del self.fields[name]

    def _initial(self, group: Group | None) -> dict[str, Any]:
        """Its people are not shown, and there may be very many."""
        return {}

    def _list_form(self, data: QueryDict | None) -> MailingListForm | None:
        return None

    @classmethod
    def is_of(cls, group: Group) -> bool:
        """Whether such a group has the panel."""
        return True

    def save(self, commit: bool = True) -> Group:
        """Changes what the panel holds, and nothing else. Raises Refused, Invalid or Conflict."""
        assert self.group is not None  # noqa: S101  (a panel has a group)
        version = self.cleaned_data["version"]
        group, self.undoable = change_group(self.group, self.changed, actor=self.actor, version=version)
        return group

    def changed(self, now: GroupSettings) -> GroupSettings:
        """The present settings with those of this panel."""
        return now.with_switches(**self._switches())

    def _switches(self) -> dict[str, bool]:
        return {
            name: bool(self.cleaned_data[name])
            for name, field in self.fields.items()
            if isinstance(field, forms.BooleanField) and not field.disabled
        }

    @property
    def switches(self) -> Iterator[forms.BoundField]:
        """Its switches, in their order."""
        return (self[name] for name, field in self.fields.items() if isinstance(field, forms.BooleanField))


class InformationForm(PanelForm):
    """Name, description, and whether it is visible."""

    panel, title, act = "information", gettext_lazy("Group information"), Act.EDIT
    holds = ("name", "description", "is_visible")

    def changed(self, now: GroupSettings) -> GroupSettings:
        data = self.cleaned_data
        return replace(super().changed(now), name=data["name"], description=data["description"])


class FeaturesForm(PanelForm):
    """The features of the room; the mailing list has a panel of its own, for its address."""

    panel, title, act = "features", gettext_lazy("Message room features"), Act.SWITCH_FEATURES
    holds = tuple(feature.value for feature in ROOM_FEATURES)


class AdvancedForm(PanelForm):
    """The switches under "Advanced", but for the one that stands with the name."""

    panel, title, act = "advanced", gettext_lazy("Advanced"), Act.EDIT
    holds = ("notifies", "grants_features")


class ListForm(PanelForm):
    """The mailing list: its addresses, and who may send to it and as it."""

    panel, title, act = "list", gettext_lazy("Mailing list"), Act.SET_LIST_RULES
    holds = (Feature.MAILING_LIST.value,)

    @classmethod
    def is_of(cls, group: Group) -> bool:
        return Feature.MAILING_LIST in group.features

    def _list_form(self, data: QueryDict | None) -> MailingListForm | None:
        form = super(PanelForm, self)._list_form(data)
        if form is not None:
            del form.fields["contacts"]
        return form

    def changed(self, now: GroupSettings) -> GroupSettings:
        settings = super().changed(now)
        if self.list_form is None or not self.list_form.is_used:
            return settings
        contacts = now.mailing_list.contacts if now.mailing_list is not None else frozenset()
        return replace(settings, mailing_list=replace(self.list_form.settings(), contacts=contacts))


class ContactsForm(forms.Form):
    """The external contacts of a list, one per line (rule 4.8)."""

    panel, title, act = "contacts", gettext_lazy("External contacts"), Act.SET_LIST_RULES

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    contacts = ContactsField(label=gettext_lazy("External contacts"), required=False)
    asks_to_close = False
    list_form = None
    undoable: Undoable | None = None

    def __init__(self, data: QueryDict | None = None, *, actor: Actor, group: Group) -> None:
        self.actor, self.group = actor, group
        super().__init__(data, initial={"version": group.version})
        lists = MailingListForm(None, actor=actor, company=group.company, group=group, is_used=False)
        self.fields["contacts"] = lists.fields["contacts"]
        self.fields["contacts"].widget.attrs |= {"rows": 10, "autofocus": data is None}
        self.initial["contacts"] = lists.initial.get("contacts", "")

    @classmethod
    def is_of(cls, group: Group) -> bool:
        return ListSettings.of(group) is not None

    def save(self) -> Group:
        """Raises Refused, Invalid or Conflict."""
        version = self.cleaned_data["version"]
        group, self.undoable = change_group(self.group, self.changed, actor=self.actor, version=version)
        return group

    def changed(self, now: GroupSettings) -> GroupSettings:
        if now.mailing_list is None:
            return now
        return replace(now, mailing_list=replace(now.mailing_list, contacts=self.cleaned_data["contacts"]))

    def show(self, invalid: Invalid) -> None:
        show_invalid(self, invalid)

    @property
    def hidden_errors(self) -> list[str]:
        return [str(error) for error in self.errors.get("version", [])]


AnyPanel = PanelForm | ContactsForm
PANELS: dict[str, type[PanelForm] | type[ContactsForm]] = {
    form.panel: form for form in (InformationForm, FeaturesForm, ListForm, ContactsForm, AdvancedForm)
}


def panels_of(actor: Actor, group: Group) -> dict[str, str]:
    """Which panels the actor may edit, and for those that they see and may not, why (rule 7)."""
    verdicts = {act: permissions.may(actor, act, group) for act in {form.act for form in PANELS.values()}}
    return {
        name: "" if (verdict := verdicts[form.act]) else str(verdict.reason) for name, form in PANELS.items()
    }
