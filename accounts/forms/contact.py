"""The form of "Contacts" (rule 6.2)."""

from django import forms
from django.utils.translation import gettext_lazy

from groupadmin.base.form_fields import AddressInput


class ContactForm(forms.Form):
    """ "Add contact": the address of a person of another company (rule 6.2)."""

    address = forms.CharField(
        label=gettext_lazy("Email address"),
        error_messages={"required": gettext_lazy("Enter the person's email address.")},
        widget=AddressInput(
            attrs={
                "class": "form-control",
                "autocomplete": "off",
                "placeholder": "name@example.com",
                "autofocus": True,
            }
        ),
    )
