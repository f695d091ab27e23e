"""The audit (rule 8): written here, read and shown by the modules beside `write`."""

from .write import (
    Changes,
    Entry,
    action,
    difference,
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
    "difference",
    "record",
    "record_each",
    "record_in_bulk",
    "record_not_visible",
    "record_refusal",
]
