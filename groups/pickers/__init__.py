"""Choosing people, teams and groups: one text value in forms, a combobox with chips in the browser."""

from .fields import PickerField
from .scope import PickScope, Purpose

__all__ = ["PickScope", "PickerField", "Purpose"]
