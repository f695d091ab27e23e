"""Items of JSON files of any size: a document, a list, one after the other, or one a line (rule 10.1)."""

import codecs
import io
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, cast

import ijson
from django.utils.translation import gettext as _

from groups.directory.records import Problem
from groups.directory.sources import SourceFile

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


def items_of(file: SourceFile, lists: Collection[str]) -> Iterator[Item | Problem]:
    """The objects in the lists of these names, and, after them, the documents that they stand in.

    A file that breaks off gives what stands before, and a Problem.
    """
    reading = _Reading(lists)
    with closing(file.open()) as content:
        events = ijson.basic_parse(_as_utf8(content), multiple_values=True, buf_size=256 * 1024)
        try:
            for list_name, values, around in reading.documents(events):
                yield Item(list_name, values, around, reading.number)
        except (ijson.JSONError, UnicodeDecodeError):
            reason = _("The file breaks off, or is no JSON, after item %(number)s.")
            yield Problem(reason % {"number": f"{reading.number:,}"}, file=file.name, row=reading.number + 1)
        except _TooMuch:
            reason = _("Item %(number)s is too large.") % {"number": f"{reading.number + 1:,}"}
            yield Problem(reason, file=file.name, row=reading.number + 1)


class _TooMuch(Exception):  # noqa: N818  (what is found, not a fault of ours)
    pass


def _as_utf8(content: BinaryIO) -> BinaryIO:
    """The content from after its mark, in UTF-8."""
    mark = content.read(3)
    if mark == codecs.BOM_UTF8:
        return content
    content.seek(0)
    if mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return cast(BinaryIO, _Recoded(content))
    return content


class _Recoded:
    """UTF-16 as UTF-8."""

    def __init__(self, content: BinaryIO) -> None:
        self.text = io.TextIOWrapper(content, "utf-16")

    def read(self, size: int) -> bytes:
        return self.text.read(size).encode()


class _Reading:
    def __init__(self, lists: Collection[str]) -> None:
        self.lists = frozenset(lists)
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
                values[key] = _built(event, events)
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


def _built(first: str, events: Iterator[Event]) -> Any:
    """The object or list that has just begun."""
    builder = cast(_Builder, ijson.ObjectBuilder())
    builder.event(first, None)
    depth = 1
    for count, (event, value) in enumerate(events):
        builder.event(event, value)
        if event in ("start_map", "start_array"):
            depth += 1
        elif event in ("end_map", "end_array"):
            depth -= 1
            if not depth:
                return builder.value
        if depth > DEPTH_LIMIT or count > EVENTS_LIMIT:
            raise _TooMuch
    return None
