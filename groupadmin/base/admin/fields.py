"""Form fields that choose among a hundred thousand rows without listing them in the page."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from groupadmin.base.ids import parse_id

from .lists import ListAdmin

# For select2, which sets the width in JavaScript: as wide as the form, so that names and addresses fit.
WIDE = {"data-width": "min(40em, 100%)"}


def _option_text(obj: Model) -> str:
    model_admin = admin.site._registry.get(type(obj))
    return model_admin.option_text(obj) if isinstance(model_admin, ListAdmin) else str(obj)


def _options(field: "ForeignKey[Any, Any]") -> QuerySet[Model]:
    """The rows to choose from, with the relations that their labels need."""
    model: type[Model] = field.remote_field.model
    related = getattr(admin.site._registry.get(model), "list_select_related", ())
    options = model._default_manager.all()
    return options.select_related(*related) if isinstance(related, (list, tuple)) and related else options


class OneSelect(AutocompleteSelect):
    """Survives a posted value that is not an id, and shows the field with its error."""

    def optgroups(self, name: str, value: Iterable[Any], attrs: Any = None) -> Any:
        return super().optgroups(name, [v for v in value if v == "" or parse_id(v) is not None], attrs)


class ManySelect(AutocompleteSelectMultiple):
    """The same for several values."""

    def optgroups(self, name: str, value: Iterable[Any], attrs: Any = None) -> Any:
        return super().optgroups(name, [v for v in value if parse_id(v) is not None], attrs)


class ChooseOne(forms.ModelChoiceField[Model]):
    """One row that a model's foreign key can point to."""

    def __init__(self, field: object, **kwargs: Any) -> None:
        assert isinstance(field, ForeignKey)  # noqa: S101  (a bug if not)
        kwargs.setdefault("label", capfirst(field.verbose_name))
        super().__init__(None, widget=OneSelect(field, admin.site, attrs=WIDE), **kwargs)
        self.source = field

    def label_from_instance(self, obj: Model) -> str:
        return _option_text(obj)

    def __deepcopy__(self, memo: dict[int, Any]) -> "ChooseOne":
        copied: ChooseOne = super().__deepcopy__(memo)
        copied.queryset = _options(self.source)
        return copied

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and parse_id(value) is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class ChooseMany(forms.ModelMultipleChoiceField[Model]):
    """Several rows that a model's foreign key can point to."""

    def __init__(self, field: object, **kwargs: Any) -> None:
        assert isinstance(field, ForeignKey)  # noqa: S101  (a bug if not)
        super().__init__(None, widget=ManySelect(field, admin.site, attrs=WIDE), **kwargs)
        self.source = field

    def label_from_instance(self, obj: Model) -> str:
        return _option_text(obj)

    def __deepcopy__(self, memo: dict[int, Any]) -> "ChooseMany":
        copied: ChooseMany = super().__deepcopy__(memo)
        copied.queryset = _options(self.source)
        return copied

    def clean(self, value: Any) -> Any:
        if any(parse_id(raw) is None for raw in value or ()):
            raise ValidationError(_("Something you chose is no longer available. Choose again."))
        return super().clean(value)


class LineInput(forms.TextInput):
    """A line as wide as admin's own, in the direction of the text that is entered."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "vTextField", "dir": "auto", **(attrs or {})})


class TextInput(forms.Textarea):
    """The same for several lines."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "vLargeTextField", "dir": "auto", "rows": 3, **(attrs or {})})
