"""What is asked before many groups are changed (rule 10.6)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Company
from accounts.pickers import PickerField, give_scope
from groups import limits
from groups.models import Group
from groups.models.switches import SWITCHES
from groups.pickers import GroupScope, Purpose

HAS_ACTIONS_OF_ITS_OWN = "is_visible"


class MastersForm(forms.Form):
    """People who become masters of many groups, or no longer are."""

    masters = PickerField(label=gettext_lazy("Master(s)"), error_messages={"required": limits.NO_MASTER})

    def __init__(self, data: Any = None, *, actor: Actor, company: Company) -> None:
        super().__init__(data)
        give_scope(self, "masters", GroupScope(actor, company, Group.Kind.INTERNAL, Purpose.MASTERS))

    def values(self) -> dict[str, Any]:
        """What the work needs, as JSON."""
        return {"members": sorted(self.cleaned_data["masters"].members)}


class SwitchesForm(forms.Form):
    """Which switches of many groups go on, go off, or stay as they are (rules 3.1, 5.2)."""

    def __init__(self, data: Any = None, *, actor: Actor, company: Company) -> None:
        super().__init__(data)
        choices = [("", _("Leave as it is")), ("on", _("Switch on")), ("off", _("Switch off"))]
        for switch in SWITCHES:
            if switch.name != HAS_ACTIONS_OF_ITS_OWN:
                self.fields[switch.name] = forms.ChoiceField(
                    label=switch.verbose_name, choices=choices, required=False
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()):
            raise ValidationError(_("Choose at least one to switch on or off."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the work needs, as JSON."""
        return {"switches": {name: to == "on" for name, to in self.cleaned_data.items() if to}}
