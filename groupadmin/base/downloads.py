"""Lists that are downloaded as tables: CSV, streamed while it is read, or XLSX (rule 10.11)."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import QueryDict, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header

from . import name_order
from .ids import parse_id
from .spreadsheets.writing import Cells, Sheet, csv_lines, file_chunks, workbook_file
from .text import clean_line

T = TypeVar("T")
M = TypeVar("M", bound=Model)

# Posted along: which kind of file it shall be.
FORMAT = "format"
ROWS_AT_ONCE = 2_000
# Where one is in a list, and what a page shows besides: a download is of all that match.
NOT_FILTERS = frozenset({"csrfmiddlewaretoken", FORMAT, "after", "before", "new", "form_key", "all"})
# What the bar of a list sends (rule 10.6): its filter in one, and the chosen rows.
BAR_FILTER, CHOSEN, ALL = "filter", "pk", "all"
FILTER_LENGTH = 2_000
CHOSEN_AT_MOST = 1_000
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Format(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"

    @classmethod
    def of(cls, posted: QueryDict) -> "Format":
        """What was asked for; CSV if nothing."""
        return cls.XLSX if posted.get(FORMAT) == cls.XLSX else cls.CSV


def asked_of(posted: QueryDict) -> QueryDict:
    """What a list is asked for: the fields of its filter, or what its bar sends, all or the chosen rows."""
    if BAR_FILTER not in posted:
        return posted
    if ALL in posted:
        return QueryDict(str(posted[BAR_FILTER])[:FILTER_LENGTH])
    asked = QueryDict(mutable=True)
    asked.setlist(CHOSEN, posted.getlist(CHOSEN)[:CHOSEN_AT_MOST])
    return asked


def chosen_in(rows: QuerySet[M], asked: QueryDict) -> QuerySet[M]:
    """Those of the rows that were chosen; all of them if none was."""
    if CHOSEN not in asked:
        return rows
    return rows.filter(pk__in={pk for text in asked.getlist(CHOSEN) if (pk := parse_id(text))})


def filters_of(posted: QueryDict) -> dict[str, str]:
    """What a list was filtered by, for the audit of its download."""
    given = {name: ", ".join(posted.getlist(name)) for name in posted if name not in NOT_FILTERS}
    told = {clean_line(name)[:50]: clean_line(value)[:200] for name, value in list(given.items())[:20]}
    return {name: value for name, value in told.items() if value}


def table_answer(
    wanted: Format, name: str, head: Callable[[], list[str]], rows: Iterable[Cells]
) -> StreamingHttpResponse:
    """A file with a table, in the reader's language and time zone. The rows may be made while it is sent."""
    if wanted is Format.XLSX:
        file = workbook_file([Sheet(name, _as_now(head, rows))])
        answer = StreamingHttpResponse(file_chunks(file), content_type=_TYPES[wanted])
    else:
        answer = StreamingHttpResponse(table_lines(head, rows), content_type=_TYPES[wanted])
    file_name = re.sub(r"\W+", "-", name).strip("-")[:100] or "list"
    answer["Content-Disposition"] = content_disposition_header(True, f"{file_name}.{wanted}") or "attachment"
    return answer


def table_lines(head: Callable[[], list[str]], rows: Iterable[Cells]) -> Iterator[str]:
    """The table as CSV, some lines at a time."""
    return csv_lines(_as_now(head, rows))


def in_batches(things: QuerySet[Any, T], cells: Callable[[list[T]], Iterable[Cells]]) -> Iterator[Cells]:
    """The rows of a sorted query, read in parts: what belongs to them is asked for once a part."""
    found = things.iterator(chunk_size=ROWS_AT_ONCE)
    while batch := list(islice(found, ROWS_AT_ONCE)):
        yield from cells(batch)


def _as_now(head: Callable[[], list[str]], rows: Iterable[Cells]) -> Iterator[Cells]:
    """In the present language, order and time zone: by the time that a file is sent, the request is over."""
    language, zone, order = translation.get_language(), timezone.get_current_timezone(), name_order.current()

    def made() -> Iterator[Cells]:
        in_order = name_order.read_in(order)
        with translation.override(language), timezone.override(zone), in_order, _one_reading():
            yield head()
            yield from rows

    return made()


def _one_reading() -> Any:
    """On PostgreSQL a transaction, for a server-side cursor; on SQLite it would block writers."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()
