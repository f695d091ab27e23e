"""Names in the order of the reader's language (rule 12.2): by the database's collation for it.

"name_sort__collated" in order_by() and filter() is the name as that language compares it: Å beside A in
English and after Z in Swedish, Hangul before Latin in Korean, "Team 2" before "Team 10" everywhere.
PostgreSQL compares by ICU, and so does SQLite, with a package's. Names that compare the same are sorted by
code point, so that pages can be continued after any name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import icu
from django.db.backends.signals import connection_created
from django.db.models import CharField, TextField, Transform
from django.utils.translation import get_language

from .text import fold

SUFFIX = "__collated"
ROOT = "und"
# Those whose order differs from the root's, which is that of English, German, French, Italian, Dutch…
LANGUAGES = (
    ROOT,
    *("ko", "ja", "zh", "zh-Hant"),
    *("ar", "bg", "cs", "da", "el", "es", "et", "fa", "fi", "he", "hi", "hr", "hu", "is", "lt", "lv", "nb"),
    *("pl", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi"),
)
INDEXED = (ROOT, "ko", "ja", "zh-Hant")
"""The languages in whose order PostgreSQL keeps lists of names; others are sorted when they are asked for."""

_SAME = {"no": "nb", "nn": "nb", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant", "iw": "he"}

_reader: ContextVar[str] = ContextVar("reader_of_names", default="")


@contextmanager
def read_in(language: str) -> Iterator[None]:
    """Sorts names for a reader of that language, which need not be one that the pages are in."""
    token = _reader.set(language)
    try:
        yield
    finally:
        _reader.reset(token)


def current() -> str:
    """The language that names are sorted in."""
    return closest(_reader.get() or get_language() or ROOT)


@cache
def closest(tag: str) -> str:
    """The language of LANGUAGES that sorts as that one does, such as "zh-Hant" for "zh-TW"."""
    known = {language.lower(): language for language in LANGUAGES} | _SAME
    parts = tag.lower().replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        if found := known.get("-".join(parts[:length])):
            return found
    return ROOT


def collation_of(language: str) -> str:
    """The name of its collation in the database."""
    return f"names_{language.lower().replace('-', '_')}"


def locale_of(language: str) -> str:
    """What ICU calls it; numbers are compared as numbers."""
    return f"{language}-u-kn-true"


@cache
def _collator(language: str) -> icu.Collator:
    return icu.Collator.createInstance(icu.Locale.forLanguageTag(locale_of(language)))


def in_order(name: str) -> tuple[bytes, str]:
    """The key that sorts names in Python as the database does."""
    folded = fold(name)
    return _collator(current()).getSortKey(folded), folded


class Collated(Transform):
    """The text as the reader's language compares it; decided when the query is run."""

    lookup_name = SUFFIX.removeprefix("__")

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_context: Any) -> tuple[str, Any]:
        text, values = compiler.compile(self.lhs)
        return f"({text} COLLATE {connection.ops.quote_name(collation_of(current()))})", values


for kind in (CharField, TextField):
    kind.register_lookup(Collated)


def _on_connection(connection: Any, **_kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        for language in LANGUAGES:
            connection.connection.create_collation(collation_of(language), _comparing(language))


@cache
def _comparing(language: str) -> Any:
    def compare(one: str, other: str) -> int:
        return _collator(language).compare(one, other) or (one > other) - (one < other)

    return compare


connection_created.connect(_on_connection, dispatch_uid="groupadmin.base.name_order")
