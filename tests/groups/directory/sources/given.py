"""Files as people bring them, and what a source makes of them, short enough to compare."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from groups.directory.records import Problem, Record
from groups.directory.sources import Source


@dataclass(frozen=True)
class Given:
    """A file of that name; text is written in UTF-8, lists and objects as JSON."""

    name: str
    content: Any

    def open(self) -> BinaryIO:
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        is_text = isinstance(self.content, str)
        return io.BytesIO((self.content if is_text else json.dumps(self.content)).encode())


def csv(*rows: str) -> str:
    """Lines as programs on Windows end them."""
    return "".join(f"{row}\r\n" for row in rows)


def read(source: Source, *files: Given) -> list[Record | Problem]:
    """Everything that a source makes of files, all of which it recognises."""
    for file in files:
        assert source.recognises(file), file.name
    return list(source.read(files))


def of(found: Iterable[Record | Problem], kind: str) -> list[dict[str, Any]]:
    """The values of the records of a kind."""
    return [one.values for one in found if isinstance(one, Record) and one.kind == kind]


def problems(found: Iterable[Record | Problem]) -> list[str]:
    """What was not understood, each with its place."""
    return [f"{one.file}:{one.row} {one.name}: {one.reason}" for one in found if isinstance(one, Problem)]
