"""Fields for what people type: cleaned before it is checked, counted as a person counts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from groups.actions.settings import too_long

from .errors import Invalid
from .text import clean_line, clean_text


class LineField(forms.CharField):
    """One line of text: line breaks and control characters become spaces (spec 2.4)."""

    def __init__(self, *, most: int, code_points: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most
        self.code_points = code_points
        self.widget.attrs |= {
            "class": "form-control",
            "dir": "auto",
            "data-most": str(most),
            "autocomplete": "off",
        }

    def to_python(self, value: Any) -> str:
        return self.cleaned(super().to_python(value) or "")

    def cleaned(self, text: str) -> str:
        """The text as it is kept."""
        return clean_line(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        if problem := too_long(value, self.most, self.code_points):
            raise ValidationError(problem)


class TextField(LineField):
    """Text of several lines."""

    widget = forms.Textarea

    def cleaned(self, text: str) -> str:
        return clean_text(text)


def show_invalid(form: forms.BaseForm, invalid: Invalid, *, renamed: dict[str, str] | None = None) -> None:
    """Puts what an action found wrong beside its field, or above the form if the form has no such field."""
    field = (renamed or {}).get(invalid.field or "", invalid.field)
    form.add_error(field if field in form.fields else None, invalid.message)
