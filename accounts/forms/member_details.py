"""What a company knows of a person besides name and addresses (rule 1.12): part of the forms of "Members"."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.details import LINES, Details
from accounts.actor import Actor
from accounts.models import Company, Member
from accounts.pickers import Chosen, CompanyScope, PickerField, Purpose, give_scope
from groupadmin.base.form_fields import LineField

DAY = "%Y-%m-%d"


class DayField(forms.DateField):
    """A date, chosen in the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"type": "date", "class": "form-control", "min": "1900-01-01", "max": "2999-12-31"}
        super().__init__(
            required=False,
            widget=forms.DateInput(format=DAY, attrs=attributes),
            input_formats=[DAY],
            error_messages={"invalid": gettext_lazy("Enter a date, such as 2026-11-30.")},
            **kwargs,
        )


def _line(name: str, label: str | Promise, **kwargs: Any) -> LineField:
    most, code_points = LINES[name]
    return LineField(label=label, required=False, most=most, code_points=code_points, **kwargs)


class DetailsForm(forms.Form):
    """The fields of Details, behind "More"."""

    employee_number = _line("employee_number", gettext_lazy("Employee number"))
    job_title = _line("job_title", gettext_lazy("Job title"))
    site = _line("site", gettext_lazy("Site"))
    phone = _line("phone", gettext_lazy("Phone"))
    nickname = _line("nickname", gettext_lazy("Nickname"))
    reading = _line(
        "reading",
        gettext_lazy("Reading of the name"),
        help_text=gettext_lazy("How the name is pronounced, such as in kana."),
    )
    manager = PickerField(label=gettext_lazy("Manager"), required=False)
    starts_on = DayField(label=gettext_lazy("First day"))
    ends_on = DayField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy(
            "Before the first and after the last day of employment the person is inactive."
        ),
    )

    def offer_managers(self, actor: Actor, company: Company) -> None:
        """Who can be chosen as manager."""
        give_scope(self, "manager", CompanyScope(actor, company, Purpose.PEOPLE))

    def clean_manager(self) -> int | None:
        people: frozenset[int] = self.cleaned_data["manager"].members
        if len(people) > 1:
            raise ValidationError(_("A person has one manager. Choose one."))
        return next(iter(people), None)

    def details(self) -> dict[str, Any]:
        """The fields' content, as arguments of MemberSettings."""
        values = self.cleaned_data
        return {name: values[name.removesuffix("_id")] for name in Details.__dataclass_fields__}

    def more_is_open(self) -> bool:
        """Whether "More" shows something worth seeing: a value, or an error."""
        return any(self._has_content(self[name.removesuffix("_id")]) for name in Details.__dataclass_fields__)

    def _has_content(self, field: BoundField) -> bool:
        value = field.value()
        return bool(field.errors or (value.members if isinstance(value, Chosen) else value))


def initial_details(member: Member) -> dict[str, Any]:
    """The member's details as the form's initial values."""
    found = {name: getattr(member, name) for name in Details.__dataclass_fields__ if name != "manager_id"}
    manager = frozenset({member.manager_id} if member.manager_id is not None else ())
    return found | {"manager": Chosen(members=manager)}
