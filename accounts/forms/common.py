"""Shared by the forms of members, teams and the company.

They read input; the actions decide whether it is allowed.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Company, Domain, Member, Team
from groupadmin.base.form_fields import field_of

LOCAL_PART_LENGTH = 64
LARGEST_VERSION = 2**31 - 1


class SeenForm(forms.Form):
    """A form that sends the version of the object that it was opened at (rule 2.18)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=LARGEST_VERSION)

    def be_of(self, thing: Company | Member | Team | None) -> None:
        """Without an object, the form creates a new one."""
        if thing is None:
            del self.fields["version"]
        else:
            self.initial["version"] = thing.version


class AddressForm(SeenForm):
    """A form with an address at one of the company's domains."""

    local_part = forms.CharField(label=gettext_lazy("Address"), max_length=LOCAL_PART_LENGTH)
    domain = forms.ModelChoiceField(Domain.objects.none(), label=gettext_lazy("Domain"), empty_label=None)

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        domains = field_of(self, "domain", forms.ModelChoiceField)
        domains.queryset = Domain.objects.usable().filter(company=company)
        self.fields["local_part"].widget.attrs |= {
            "autocapitalize": "none",
            "autocomplete": "off",
            "spellcheck": "false",
        }
        for name in ("name", "description"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-counter"] = f"id_{name}-counter"
