"""Checks whether mail from a list reaches one person or address, and theirs the list."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Member
from accounts.pickers.fields import PickerWidget
from accounts.pickers.scope import Scope
from accounts.pickers.tokens import parse, split_token
from groups.mail import delivery_check
from groups.models import Group
from groups.pickers import GroupScope, Purpose

LONGEST = 2_000


class OnePersonWidget(PickerWidget):
    """A picker with its own prompt."""

    def placeholder(self, scope: Scope) -> str:
        return _("Name or email address")


class OnePersonField(forms.CharField):
    """A person, as a picker's token, or any address."""

    widget = OnePersonWidget

    def clean(self, value: Any) -> str:
        typed = parse(super().clean(value)[:LONGEST])
        for token in typed.tokens:
            if token.startswith("member:"):
                return token
        for address in typed.addresses:
            try:
                validate_email(address)
            except ValidationError:
                break
            return address
        raise ValidationError(_("Choose a person or enter a full email address."))


class DeliveryCheckForm(forms.Form):
    who = OnePersonField(
        label=gettext_lazy("Person or email address"),
        error_messages={"required": gettext_lazy("Choose a person or enter a full email address.")},
    )

    def __init__(self, data: QueryDict | None = None, *, actor: Actor, group: Group) -> None:
        super().__init__(data, use_required_attribute=False)
        self.group = group
        widget = self.fields["who"].widget
        assert isinstance(widget, PickerWidget)  # noqa: S101  (declared above)
        widget.scope = GroupScope.of(group, Purpose.ASKED, actor)
        widget.attrs["rows"] = 1

    def clean_who(self) -> str | Member:
        who = str(self.cleaned_data["who"])
        if "@" in who:
            return who.lower()
        _kind, pk = split_token(who)
        people = Member.objects.filter(company=self.group.company_id)
        member = people.filter(pk=pk).first()
        if member is None:
            raise ValidationError(_("This person is no longer available. Choose someone else."))
        return member

    def answer(self, viewer: Member) -> delivery_check.DeliveryCheck:
        """The answer of a valid form."""
        who = self.cleaned_data["who"]
        mailing_list = self.group.mailing_list
        assert mailing_list is not None  # noqa: S101  (the page has looked)
        if isinstance(who, Member):
            return delivery_check.of_member(self.group, mailing_list, who, viewer)
        return delivery_check.of_address(self.group, mailing_list, who, viewer)
