"""Addresses of which a source knows only what stands before the @ (rule 10.10)."""

from dataclasses import replace

from groups.directory.records import Problem, Record

FIELDS = ("member", "manager")


def at_home(record: Record | Problem, domain: str) -> Record | Problem:
    """The record, with people's addresses that end with their @ at the company's primary domain."""
    if isinstance(record, Problem):
        return record
    values = record.values
    short = {name: f"{values[name]}{domain}" for name in FIELDS if str(values.get(name, "")).endswith("@")}
    return replace(record, values=values | short) if short else record
