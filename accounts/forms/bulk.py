"""What is asked before many are changed (rule 10.6)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Company
from accounts.pickers import CompanyScope, PickerField, Purpose, give_scope


class TeamsForm(forms.Form):
    """Teams that many people are added to, or removed from."""

    teams = PickerField(
        label=gettext_lazy("Teams"),
        error_messages={"required": gettext_lazy("Choose at least one team.")},
    )

    def __init__(self, data: Any = None, *, actor: Actor, company: Company) -> None:
        super().__init__(data)
        give_scope(self, "teams", CompanyScope(actor, company, Purpose.TEAMS))

    def values(self) -> dict[str, Any]:
        """What the work needs, as JSON."""
        return {"teams": sorted(self.cleaned_data["teams"].teams)}


class ParentForm(forms.Form):
    """Where many teams are moved."""

    parent = PickerField(
        label=gettext_lazy("Parent team"),
        required=False,
        help_text=gettext_lazy("Leave empty for the top level."),
    )

    def __init__(self, data: Any = None, *, actor: Actor, company: Company) -> None:
        super().__init__(data)
        give_scope(self, "parent", CompanyScope(actor, company, Purpose.TEAMS))

    def clean_parent(self) -> int | None:
        teams: frozenset[int] = self.cleaned_data["parent"].teams
        if len(teams) > 1:
            raise ValidationError(_("A team has one parent team. Choose one."))
        return next(iter(teams), None)

    def values(self) -> dict[str, Any]:
        """What the work needs, as JSON."""
        return {"parent": self.cleaned_data["parent"]}
