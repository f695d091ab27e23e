"""The forms of "Teams" (rule 1.3)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.teams import TeamSettings
from accounts.actor import Actor
from accounts.models import Company, Team
from accounts.models.named import DESCRIPTION_CODE_POINTS, DESCRIPTION_LENGTH
from accounts.pickers import Chosen, CompanyScope, PickerField, Purpose, give_scope
from groupadmin.base.form_fields import TextField

from .common import AddressForm, SeenForm
from .name_field import NameField


class TeamForm(AddressForm):
    """ "Add team" and "Edit team" (rule 1.3)."""

    name = NameField(label=gettext_lazy("Name"))
    description = TextField(
        label=gettext_lazy("Description"),
        required=False,
        most=DESCRIPTION_LENGTH,
        code_points=DESCRIPTION_CODE_POINTS,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["local_part"].required = False
        self.fields["local_part"].help_text = _("2 to 40 characters: a–z, 0–9 and . - _ ! #")
        self.fields["domain"].required = False
        self.be_of(team)
        if team is not None:
            settings = TeamSettings.of(team)
            self.initial = {
                "name": settings.name,
                "description": settings.description,
                "local_part": settings.local_part,
                **({"domain": settings.domain_id} if settings.domain_id else {}),
                **self.initial,
            }

    def settings(self) -> TeamSettings:
        """The form's content, for the action."""
        values = self.cleaned_data
        domain = values["domain"]
        return TeamSettings(
            values["name"], values["description"], values["local_part"], domain.pk if domain else None
        )


class TeamMoveForm(SeenForm):
    """A team's new place: below another one, or at the top."""

    parent = PickerField(
        label=gettext_lazy("Parent team"),
        required=False,
        help_text=gettext_lazy("Leave empty for a team at the top level."),
    )

    def __init__(self, *args: Any, actor: Actor, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.be_of(team)
        self.initial["parent"] = Chosen(teams=frozenset({team.parent_id} if team.parent_id else ()))
        give_scope(self, "parent", CompanyScope(actor, team.company, Purpose.TEAMS))

    def clean_parent(self) -> int | None:
        teams: frozenset[int] = self.cleaned_data["parent"].teams
        if len(teams) > 1:
            raise ValidationError(_("A team has one parent team. Choose one."))
        return next(iter(teams), None)


class TeamPeopleForm(forms.Form):
    """People to add to a team."""

    people = PickerField(
        label=gettext_lazy("People"),
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )

    def __init__(self, *args: Any, actor: Actor, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_scope(self, "people", CompanyScope(actor, company, Purpose.PEOPLE))
