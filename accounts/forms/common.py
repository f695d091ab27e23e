"""Shared by the forms of members, teams and the company.

They read input; the actions decide whether it is allowed.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company, Domain, IdentityProvider, Member, Team
from groupadmin.base import zones
from groupadmin.base.form_fields import PASTED_LENGTH, field_of
from groupadmin.base.pasted_addresses import folded, one_address
from groupadmin.base.text import clean_line, isolated

LOCAL_PART_LENGTH = 64
LARGEST_VERSION = 2**31 - 1


def zone_choices(present: str) -> list[tuple[str, str]]:
    """The time zones to choose from, also the present one if it goes by an older name."""
    return [(name, zones.shown(name)) for name in sorted({*zones.offered(), present} - {""})]


class SeenForm(forms.Form):
    """A form that sends the version of the object that it was opened at (rule 2.18)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=LARGEST_VERSION)

    def be_of(self, thing: Company | IdentityProvider | Member | Team | None) -> None:
        """Without an object, the form creates a new one."""
        if thing is None:
            del self.fields["version"]
        else:
            self.initial["version"] = thing.version


class AddressForm(SeenForm):
    """A form with an address at one of the company's domains."""

    local_part = forms.CharField(label=gettext_lazy("Address"), max_length=PASTED_LENGTH)
    domain = forms.ModelChoiceField(Domain.objects.none(), label=gettext_lazy("Domain"), empty_label=None)

    _pasted_domain = ""

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

    def clean_local_part(self) -> str:
        """What stands before the @, also of a whole address that somebody has pasted (rule 1.11)."""
        typed: str = self.cleaned_data["local_part"]
        local_part = folded(typed)
        if "@" in local_part:
            local_part, _at, self._pasted_domain = one_address(typed).rpartition("@")
        if len(local_part) > LOCAL_PART_LENGTH:
            raise ValidationError(_("Use at most %(most)s characters.") % {"most": LOCAL_PART_LENGTH})
        return local_part

    def clean(self) -> dict[str, Any]:
        """A whole address that was pasted chooses the domain too."""
        cleaned = super().clean() or self.cleaned_data
        if self._pasted_domain and "local_part" in cleaned:
            domain = Domain.objects.usable().filter(company=self.company, name=self._pasted_domain).first()
            if domain is None:
                self.add_error("local_part", not_ours(f"{cleaned['local_part']}@{self._pasted_domain}"))
            else:
                cleaned["domain"] = domain
        return cleaned


def not_ours(address: str) -> str:
    """Said of an address that is not the company's."""
    return _("%(address)s is not at one of your company's domains.") % {
        "address": isolated(clean_line(address)[:100])
    }
