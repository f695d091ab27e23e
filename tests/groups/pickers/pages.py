"""Pickers as forms have them, for the tests."""

from django import forms

from accounts.models import Member
from accounts.pickers import Chosen, PickerField, give_scope
from accounts.pickers.scope import Scope
from groups.models import Group
from groups.pickers import GroupScope, Purpose
from tests.helpers import actor_of


def scope_of(
    member: Member, purpose: Purpose = Purpose.MEMBERS, kind: str = "internal", group: Group | None = None
) -> GroupScope:
    company = group.company if group else member.company
    assert company is not None
    return GroupScope(actor_of(member), company, group.kind if group else kind, purpose, group)


def form_of(scope: Scope, text: str | None = None, initial: Chosen | None = None) -> forms.Form:
    class PickerForm(forms.Form):
        chosen = PickerField(label="Member(s)")

    form = PickerForm(None if text is None else {"chosen": text}, initial={"chosen": initial})
    give_scope(form, "chosen", scope)
    return form
