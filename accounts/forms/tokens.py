"""The form of "Add token" (rule 11.4)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.tokens import SOURCE_LENGTH, TokenSettings
from accounts.actor import Actor
from accounts.models import OF_COMPANIES_ONLY, Company, Scope
from accounts.pickers import CompanyScope, PickerField, Purpose, give_scope
from groupadmin.base.form_fields import LineField, field_of

from .name_field import NameField

DAYS = [
    ("7", gettext_lazy("7 days")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("1 year")),
    ("730", gettext_lazy("2 years")),
]
TOKEN, CLIENT = "token", "client"


class OwnTokenForm(forms.Form):
    """A token of one's own."""

    name = NameField(label=gettext_lazy("Name"))
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"),
        choices=[(scope.value, scope.label) for scope in Scope if scope not in OF_COMPANIES_ONLY],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one permission.")},
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Ends after"), choices=DAYS, coerce=int, initial="90")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("What the token is for, so that you recognize it.")
        self.fields["days"].widget.attrs["class"] = "form-select"

    def settings(self) -> TokenSettings:
        """The form's content, for the action."""
        values = self.cleaned_data
        return TokenSettings(
            name=values["name"],
            scopes=frozenset(Scope(scope) for scope in values["scopes"]),
            days=values["days"],
            source=values.get("source", ""),
            default_master=values.get("default_master"),
            is_client=values.get("kind") == CLIENT,
            accepts_loss=values.get("accepts_loss", False),
        )


class CompanyTokenForm(OwnTokenForm):
    """A token of the company, for a program that belongs to nobody."""

    kind = forms.ChoiceField(
        label=gettext_lazy("How the program signs in"),
        choices=[
            (TOKEN, gettext_lazy("With the token itself")),
            (CLIENT, gettext_lazy("With a client ID and a secret, for tokens of an hour (OAuth 2.0)")),
        ],
        initial=TOKEN,
        widget=forms.RadioSelect,
    )
    source = LineField(
        label=gettext_lazy("Name of the system"),
        required=False,
        most=SOURCE_LENGTH,
        code_points=SOURCE_LENGTH,
        help_text=gettext_lazy(
            "Marks what the program adds, such as “entra”. SCIM needs it, and removes only what is so marked."
        ),
    )
    default_master = PickerField(
        label=gettext_lazy("Default master"),
        required=False,
        help_text=gettext_lazy("SCIM needs one: this person becomes master of groups that name none."),
    )

    accepts_loss = forms.BooleanField(
        label=gettext_lazy("May remove many people at once"),
        required=False,
        help_text=gettext_lazy("Otherwise it is refused to remove more than a tenth of a group in one step."),
    )

    def __init__(self, *args: Any, actor: Actor, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "scopes", forms.MultipleChoiceField).choices = Scope.choices
        give_scope(self, "default_master", CompanyScope(actor, company, Purpose.PEOPLE))

    def clean_default_master(self) -> int | None:
        people: frozenset[int] = self.cleaned_data["default_master"].members
        if len(people) > 1:
            raise ValidationError(_("There is one default master. Choose one person."))
        return next(iter(people), None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if Scope.SCIM in cleaned.get("scopes", ()) and not cleaned.get("source"):
            self.add_error("source", _("Enter a short name of the system that provisions by SCIM."))
        return cleaned
