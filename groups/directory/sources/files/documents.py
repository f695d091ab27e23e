"""Items of JSON files of any size: a document, a list, one after the other, or one a line (rule 10.1)."""

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol, cast

import ijson
from django.utils.translation import gettext as _

from groups.directory.records import Problem
from groups.directory.sources import SourceFile
from groups.directory.sources.files.text import as_utf8

EVENTS_LIMIT = 5_000_000
"""In one item, so that none can fill the memory."""
DEPTH_LIMIT = 100

Event = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """An object: of a list of that name, or by itself, and then without one.

    `around` are the plain values before it in the document that its list stands in.
    """

    list_name: str
    values: dict[str, Any]
    around: dict[str, Any]
    number: int
    """Which one it is in its file, from 1."""


class _Builder(Protocol):
    value: Any

    def event(self, event: str, value: Any) -> None: ...


def items_of(
    file: SourceFile, lists: Collection[str], *, of_documents: bool = True
) -> Iterator[Item | Problem]:
    """The objects in the lists of these names, and, after them, the documents that they stand in.

    Of documents there is only what is plain if not `of_documents`: they may be large. A file that breaks off
    gives what stands before, and a Problem.
    """
    reading = _Reading(lists, of_documents)
    with closing(file.open()) as content:
        events = ijson.basic_parse(as_utf8(content), multiple_values=True, buf_size=256 * 1024)
        try:
            for list_name, values, around in reading.documents(events):
                yield Item(list_name, values, around, reading.number)
        except (ijson.JSONError, ValueError, ArithmeticError, SystemError):
            # Also bytes that are no text, and numbers of thousands of digits, about which the parser may say
            # nothing before Python sees that something is wrong.
            reason = _("The file breaks off, or is no JSON, after item %(number)s.")
            yield Problem(reason % {"number": f"{reading.number:,}"}, file=file.name, row=reading.number + 1)
        except _TooMuch:
            reason = _("Item %(number)s is too large.") % {"number": f"{reading.number + 1:,}"}
            yield Problem(reason, file=file.name, row=reading.number + 1)


class _TooMuch(Exception):  # noqa: N818  (what is found, not a fault of ours)
    pass


class _Reading:
    def __init__(self, lists: Collection[str], of_documents: bool) -> None:
        self.lists = frozenset(lists)
        self.of_documents = of_documents
        self.number = 0

    def documents(self, events: Iterator[Event]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Documents, and those in lists that are documents."""
        for event, _value in events:
            if event == "start_map":
                yield from self._document(events)
            # Lists of documents are gone through as if their brackets were not there.

    def _document(self, events: Iterator[Event]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        values: dict[str, Any] = {}
        for event, key in events:
            if event == "end_map":
                break
            event, value = next(events)
            if event == "start_array" and key in self.lists:
                for item in self._items(events):
                    self.number += 1
                    yield key, item, values
            elif event in ("start_map", "start_array"):
                built = _built(event, events, keeps=self.of_documents)
                if self.of_documents:
                    values[key] = built
            else:
                values[key] = value
        self.number += 1
        yield "", values, {}

    def _items(self, events: Iterator[Event]) -> Iterator[dict[str, Any]]:
        for event, value in events:
            if event == "end_array":
                return
            item = _built(event, events) if event in ("start_map", "start_array") else value
            if isinstance(item, dict):
                yield item


def _built(first: str, events: Iterator[Event], *, keeps: bool = True) -> Any:
    """The object or list that has just begun; None if it is not kept."""
    builder = cast(_Builder, ijson.ObjectBuilder())
    if keeps:
        builder.event(first, None)
    depth = 1
    for count, (event, value) in enumerate(events):
        if keeps:
            builder.event(event, value)
        if event in ("start_map", "start_array"):
            depth += 1
        elif event in ("end_map", "end_array"):
            depth -= 1
            if not depth:
                return builder.value if keeps else None
        if depth > DEPTH_LIMIT or (keeps and count > EVENTS_LIMIT):
            raise _TooMuch
    return None
