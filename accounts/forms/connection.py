"""The forms of the page "Connection" (rule 1.4)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Company
from accounts.pickers import Chosen, CompanyScope, PickerField, Purpose, give_scope
from accounts.tree import people_of_teams

from .company import DomainForm


class ConnectionPeopleForm(forms.Form):
    """People to permit to connect. A team means the people who are in it now."""

    people = PickerField(
        label=gettext_lazy("People or teams"),
        help_text=gettext_lazy(
            "A team adds the people who are in it and its subteams now, not those who join later."
        ),
        error_messages={"required": gettext_lazy("Choose at least one person or team.")},
    )

    def __init__(self, *args: Any, actor: Actor, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_scope(self, "people", CompanyScope(actor, company, Purpose.CROWD))
        self.company = company

    def clean_people(self) -> frozenset[int]:
        """The ids of all chosen people, by name or by team."""
        chosen: Chosen = self.cleaned_data["people"]
        members = chosen.members
        if chosen.teams:
            people = people_of_teams(chosen.teams).filter(company=self.company)
            members |= frozenset(people.values_list("pk", flat=True))
        if not members:
            raise ValidationError(_("The teams you chose have no people. Choose others."))
        return members


class PartnerDomainForm(DomainForm):
    """An email domain of a company to connect with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("Email domain of the other company")
