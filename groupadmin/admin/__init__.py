"""What all models' pages in Django admin share: quick lists, and changes by way of the actions (spec 7)."""

from .changes import ActionAdmin, ActionForm, AddAndDeleteAdmin, version_field
from .fields import ChooseMany, ChooseOne, LineInput, TextInput
from .lists import ListAdmin, ReadOnlyAdmin, list_link, name_column, only_one, shown, those_named
from .site import Site

__all__ = [
    "ActionAdmin",
    "ActionForm",
    "AddAndDeleteAdmin",
    "ChooseMany",
    "ChooseOne",
    "LineInput",
    "ListAdmin",
    "ReadOnlyAdmin",
    "Site",
    "TextInput",
    "list_link",
    "name_column",
    "only_one",
    "shown",
    "those_named",
    "version_field",
]
