"""The dialog "Edit Members", and adding masters (rules 2.7, 2.18)."""

from dataclasses import dataclass, field

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Undoable
from accounts.pickers import PickerField, give_scope
from accounts.pickers.boxes import BoxesWidget
from accounts.pickers.choice import Choice
from accounts.pickers.describing import describe
from accounts.pickers.fields import MOST_CHOICES
from accounts.pickers.tokens import tokens_of
from groups import limits
from groups.actions import Entries, add_external_members, add_masters
from groups.entries import present_entries
from groups.models import Group
from groups.pickers import GroupScope, Purpose
from groups.undo.people import edit_entries

NAMED_AT_MOST = 20
LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True)
class Difference:
    """What saving would add and remove, the first ones by name."""

    added: list[Choice] = field(default_factory=list)
    removed: list[Choice] = field(default_factory=list)
    more_added: int = 0
    more_removed: int = 0


class EditMembersForm(forms.Form):
    """The entries of a group, all in one field.

    If a group has more entries than fit, entries can only be added here; they are removed one by one on
    its page.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LARGEST_VERSION)
    members = PickerField(
        label=gettext_lazy("Member(s)"),
        error_messages={"required": limits.NO_ENTRY},
    )

    def __init__(self, data: QueryDict | None = None, *, actor: Actor, group: Group) -> None:
        self.actor, self.group = actor, group
        self.present = present_entries(group)
        self.only_adds = len(self.present) > MOST_CHOICES
        entries = Entries() if self.only_adds else self.present
        super().__init__(data, initial={"members": entries, "version": group.version})
        self.scope = GroupScope.of(group, Purpose.MEMBERS, actor)
        picker = give_scope(self, "members", self.scope)
        picker.required = not group.is_external and not self.only_adds
        if self.only_adds:
            picker.label = gettext_lazy("Add member(s)")

    def save(self) -> Undoable | None:
        """What can be undone of it (rule 10.13). Raises Refused, Invalid or Conflict."""
        added, removed = self._changes()
        version = None if self.only_adds else self.cleaned_data["version"]
        return edit_entries(self.group, added, removed, actor=self.actor, version=version)

    def _changes(self) -> tuple[Entries, Entries]:
        wanted: Entries = self.cleaned_data["members"]
        return wanted - self.present, Entries() if self.only_adds else self.present - wanted

    def difference(self) -> Difference:
        """What saving would change now, shown before somebody overwrites another's change."""
        added, removed = (tokens_of(entries) for entries in self._changes())
        return Difference(
            describe(self.scope, added[:NAMED_AT_MOST]),
            describe(self.scope, removed[:NAMED_AT_MOST]),
            max(0, len(added) - NAMED_AT_MOST),
            max(0, len(removed) - NAMED_AT_MOST),
        )


class NameMasterForm(forms.Form):
    """More masters, for example for a group without any (rules 2.7, 2.15)."""

    masters = PickerField(
        label=gettext_lazy("Master(s)"),
        error_messages={"required": limits.NO_MASTER},
    )

    def __init__(self, data: QueryDict | None = None, *, actor: Actor, group: Group) -> None:
        super().__init__(data)
        self.actor, self.group = actor, group
        give_scope(self, "masters", GroupScope.of(group, Purpose.MASTERS, actor))

    def save(self) -> Group:
        """Raises Refused or Invalid."""
        return add_masters(self.group, self.cleaned_data["masters"].members, actor=self.actor)


class AddExternalMembersForm(forms.Form):
    """People in other companies, from the acting person's Contacts (rule 6.3)."""

    members = PickerField(
        label=gettext_lazy("People from your Contacts"),
        widget=BoxesWidget,
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )

    def __init__(self, data: QueryDict | None = None, *, actor: Actor, group: Group) -> None:
        super().__init__(data)
        self.actor, self.group = actor, group
        picker = give_scope(self, "members", GroupScope.of(group, Purpose.CONTACTS, actor))
        self.has_anybody = picker.scope.members().exists()

    def clean_members(self) -> Entries:
        """Only people, whatever was posted."""
        chosen: Entries = self.cleaned_data["members"]
        if chosen != Entries(members=chosen.members):
            raise ValidationError(self.fields["members"].error_messages["required"])
        return chosen

    def save(self) -> Group:
        """Raises Refused or Invalid."""
        return add_external_members(self.group, self.cleaned_data["members"].members, actor=self.actor)
