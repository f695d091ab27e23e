"""The audit (rule 8): `write` records it, the other modules read and show it."""

from .write import (
    Changes,
    Entry,
    action,
    because,
    difference,
    heard,
    record,
    record_each,
    record_in_bulk,
    record_not_visible,
    record_refusal,
)

__all__ = [
    "Changes",
    "Entry",
    "action",
    "because",
    "difference",
    "heard",
    "record",
    "record_each",
    "record_in_bulk",
    "record_not_visible",
    "record_refusal",
]
