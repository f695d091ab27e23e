"""Pickers of people and teams: one text value in forms, a combobox with chips in the browser."""

from .chosen import Chosen
from .fields import PickerField, give_scope
from .scope import CompanyScope, Purpose

__all__ = ["Chosen", "CompanyScope", "PickerField", "Purpose", "give_scope"]
