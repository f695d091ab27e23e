"""The forms of "Settings" (rules 1.1, 1.4, 1.5)."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.actions.company import CompanySettings
from accounts.models import Company
from groupadmin.base.form_fields import LineField

from .common import SeenForm


class SettingsForm(SeenForm):
    """The company's settings (rules 1.1, 1.4, 1.5)."""

    plan = forms.ChoiceField(
        label=gettext_lazy("Plan"), choices=Company.Plan.choices, widget=forms.RadioSelect
    )
    has_core = forms.BooleanField(
        label=gettext_lazy("Core"),
        required=False,
        help_text=gettext_lazy("External groups, with people from other companies, need Core."),
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
    group_creators = forms.ChoiceField(
        label=gettext_lazy("Authority to create group"),
        choices=Company.Creators.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A member who creates a group becomes its master."),
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
    recall_hours = forms.TypedChoiceField(
        label=gettext_lazy("How long masters can take back other people's messages"),
        choices=Company.RECALL_HOURS,
        coerce=int,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("People can take back their own messages at any time."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.be_of(company)
        self.initial.update(asdict(CompanySettings.of(company)))

    def settings(self) -> CompanySettings:
        """The form's content, for the action."""
        return CompanySettings(**{name: self.cleaned_data[name] for name in self.fields if name != "version"})


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
