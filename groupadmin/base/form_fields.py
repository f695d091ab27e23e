"""Fields for text that people enter: cleaned before it is checked, its length counted as people count."""

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from .errors import Invalid
from .pasted_addresses import one_address
from .text import clean_line, clean_text, too_long

Field = TypeVar("Field", bound=forms.Field)

PASTED_LENGTH = 1_000


class LineField(forms.CharField):
    """One line of text: line breaks and control characters become spaces (rule 2.4)."""

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
        """The text as it is stored."""
        return clean_line(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        if problem := too_long(value, self.most, self.code_points):
            raise ValidationError(problem)


class AddressInput(forms.TextInput):
    """A field for one email address, pasted with a name or with invisible characters (rule 1.11).

    Of the type text: browsers refuse what is pasted into one of the type email, without a word that helps.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        usual = {"inputmode": "email", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
        super().__init__({**usual, **(attrs or {})})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        if isinstance(value, str) and len(value) <= PASTED_LENGTH and "@" in (found := one_address(value)):
            return found
        return value


class TextField(LineField):
    """Text of several lines."""

    widget = forms.Textarea

    def cleaned(self, text: str) -> str:
        return clean_text(text)


def field_of(form: forms.BaseForm, name: str, kind: type[Field]) -> Field:
    """The form's field of that name, checked to be of that type."""
    field = form.fields[name]
    if not isinstance(field, kind):
        raise TypeError(f"{name!r} is no {kind.__name__}.")
    return field


def show_invalid(form: forms.BaseForm, invalid: Invalid, *, renamed: dict[str, str] | None = None) -> None:
    """Puts an action's error next to its field, or above the form if the form has no such field."""
    field = (renamed or {}).get(invalid.field or "", invalid.field)
    form.add_error(field if field in form.fields else None, invalid.message)
