"""The forms of "Company" and "General" (rules 1.1, 1.4, 1.5, 9.2)."""

from dataclasses import asdict, replace
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.company import CompanySettings
from accounts.models import Company
from groupadmin.base import zones
from groupadmin.base.form_fields import LineField, field_of

from .common import SeenForm, zone_choices


class PartForm(SeenForm):
    """Some of the company's settings, on a page of their own; the others stay as they are."""

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.be_of(company)
        self.present = CompanySettings.of(company)
        self.initial.update(asdict(self.present))

    def settings(self) -> CompanySettings:
        """All settings of the company with what the form changes, for the action."""
        own = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return replace(self.present, **own)


class CompanyForm(PartForm):
    """Plan, sign-in and time zone (rules 1.1, 9.2, 12.3)."""

    plan = forms.ChoiceField(
        label=gettext_lazy("Plan"), choices=Company.Plan.choices, widget=forms.RadioSelect
    )
    has_core = forms.BooleanField(
        label=gettext_lazy("Core"),
        required=False,
        help_text=gettext_lazy("External groups, with people from other companies, need Core."),
    )
    second_factor = forms.ChoiceField(
        label=gettext_lazy("Who needs a second factor"),
        choices=Company.SecondFactor.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "A passkey, or a code from an authenticator app besides the password. Whoever has none yet sets "
            "one up before anything else."
        ),
    )

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("For people who have not chosen one, and whose browser has not said one yet."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, company=company, **kwargs)
        usual = _("Default (%(zone)s)") % {"zone": zones.shown(settings.TIME_ZONE)}
        zone = field_of(self, "time_zone", forms.ChoiceField)
        zone.choices = [("", usual), *zone_choices(company.time_zone)]


class GeneralForm(PartForm):
    """Who creates groups and who connects with other companies (rules 1.4, 1.5)."""

    group_creators = forms.ChoiceField(
        label=gettext_lazy("Authority to create group"),
        choices=Company.Creators.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A member who creates a group becomes its master."),
    )
    recall_hours = forms.TypedChoiceField(
        label=gettext_lazy("How long masters can take back other people's messages"),
        choices=Company.RECALL_HOURS,
        coerce=int,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("People can take back their own messages at any time."),
    )
    connecting = forms.ChoiceField(
        label=gettext_lazy("Who can connect with other companies"),
        choices=Company.Connecting.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Only these people can be in external groups. With “Chosen members”, you decide on "
            "each member's page."
        ),
    )
    partners = forms.ChoiceField(
        label=gettext_lazy("Which companies to connect with"),
        choices=Company.Partners.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("List them under Connection. Both companies must allow it."),
    )


class DomainForm(forms.Form):
    """A new email domain."""

    name = LineField(
        label=gettext_lazy("New domain"),
        most=253,
        code_points=253,
        widget=forms.TextInput(
            {
                "placeholder": gettext_lazy("example.com"),
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
