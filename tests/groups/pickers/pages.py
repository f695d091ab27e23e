"""Pickers as forms have them, for the tests."""

from django import forms

from accounts.models import Member
from groups.actions.settings import Entries
from groups.models import Group
from groups.pickers import PickerField, PickScope, Purpose
from tests.helpers import actor_of


def scope_of(
    member: Member, purpose: Purpose = Purpose.MEMBERS, kind: str = "internal", group: Group | None = None
) -> PickScope:
    company = group.company if group else member.company
    assert company is not None
    return PickScope(actor_of(member), company, group.kind if group else kind, purpose, group)


def form_of(scope: PickScope, text: str | None = None, initial: Entries | None = None) -> forms.Form:
    class PickerForm(forms.Form):
        chosen = PickerField(label="Member(s)")

    form = PickerForm(None if text is None else {"chosen": text}, initial={"chosen": initial})
    field = form.fields["chosen"]
    assert isinstance(field, PickerField)
    field.scope = scope
    return form
