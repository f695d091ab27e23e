"""YAML of lists, mappings and texts only, each text with its line (rule 10.1).

Built from the parser's events, so that nothing is made but what stands there: no objects, no numbers or
switches out of names such as "no" and "0123", and no aliases, by which few lines become billions.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import yaml
from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groups.directory.sources import SourceFile

BYTES_LIMIT = 20 * 1024 * 1024
DEPTH_LIMIT = 50

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Word(str):
    """A text, and the line that it stands in, from 1."""

    __slots__ = ("line",)
    line: int

    @classmethod
    def at(cls, text: str, line: int) -> "Word":
        word = cls(text)
        word.line = line
        return word


def read(file: SourceFile) -> Iterator[Any]:
    """The documents of a file: dicts, lists and Words. Raises Invalid."""
    with closing(file.open()) as content:
        if len(data := content.read(BYTES_LIMIT + 1)) > BYTES_LIMIT:
            raise Invalid("file", _("%(file)s is too large to be YAML.") % {"file": file.name})
    try:
        yield from _documents(yaml.parse(data, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeError) as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = 1 if mark is None else mark.line + 1
        reason = _("%(file)s is no YAML from line %(line)s on.")
        raise Invalid("file", reason % {"file": file.name, "line": line}) from None


def _documents(events: Iterator[yaml.Event]) -> Iterator[Any]:
    """Builds without recursion: `open_` are the lists and mappings that have begun."""
    open_: list[tuple[Any, Word | None]] = []
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise Invalid("file", _("Line %(line)s is an alias, which is not read.") % {"line": line})
        if isinstance(event, yaml.ScalarEvent):
            node: Any = Word.at(event.value, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(open_) == DEPTH_LIMIT:
                raise Invalid("file", _("Line %(line)s is nested too deeply.") % {"line": line})
            open_.append(({} if isinstance(event, yaml.MappingStartEvent) else [], None))
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            node, _key = open_.pop()
        else:
            continue
        if open_:
            open_[-1] = _with(node, *open_[-1], line)
        else:
            yield node


def _with(node: Any, around: Any, key: Word | None, line: int) -> tuple[Any, Word | None]:
    """What is around a node, with it; and the key of which the value comes next."""
    if isinstance(around, list):
        around.append(node)
        return around, None
    if key is not None:
        around[key] = node
        return around, None
    if not isinstance(node, Word):
        raise Invalid("file", _("The key in line %(line)s is no text.") % {"line": line})
    if node in around:
        message = _("“%(key)s” stands twice, in line %(line)s again.")
        raise Invalid("file", message % {"key": node[:100], "line": line})
    return around, node
