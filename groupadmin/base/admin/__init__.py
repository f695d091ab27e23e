"""Shared by all pages of Django admin: lists that stay fast, and fields that choose among many rows."""

from .fields import ChooseMany, ChooseOne, LineInput, TextInput
from .lists import ListAdmin, ReadOnlyAdmin, list_link, name_column, only_one, shown, those_named
from .site import Site

__all__ = [
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
]
