"""The audit as a table for spreadsheets (rule 8.3), streamed line by line."""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Any, TypeVar

import regex
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import AuditEntry

from .reading import Detail
from .rows import Book, Row

T = TypeVar("T", bound=Model)

LINES_AT_ONCE = 2_000
BYTE_ORDER_MARK = "\ufeff"

# What spreadsheets take for the start of a formula, including East Asian full-width forms: at the start of a
# cell, and inside it after what another country's spreadsheet splits lines at, since it then reads our
# quotation marks as part of a longer cell. Spaces and quotation marks in between do not help.
_FORMULA = regex.compile(r"""(?:^|(?<=[;؛；|\t\r\n]))([\p{Zs}\p{Cf}"']*+)(?=[=+\-@＝＋－＠])""")
_SPLIT = tuple("\t\r\n")


class _Echo:
    """A file that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(book: Book, entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The table, some lines at a time, in the requester's language and time zone."""

    def cells(batch: list[AuditEntry]) -> list[list[str]]:
        return [_cells(book, row) for row in book.rows(batch, linked=False)]

    return table(_head, entries, cells)


def table(
    head: Callable[[], list[str]], things: QuerySet[T], cells: Callable[[list[T]], list[list[str]]]
) -> Iterator[str]:
    """A table of rows that have a time (`at`), newest first, for spreadsheets.

    The reader's language and time zone are read now: by the time the lines are made, the request is over.
    """
    return _table(head, things, cells, translation.get_language(), timezone.get_current_timezone())


def _table(
    head: Callable[[], list[str]],
    things: QuerySet[T],
    cells: Callable[[list[T]], list[list[str]]],
    language: str | None,
    zone: Any,
) -> Iterator[str]:
    writer = csv.writer(_Echo())
    with translation.override(language), timezone.override(zone), _one_reading():
        yield BYTE_ORDER_MARK + writer.writerow(head())
        ordered = things.order_by("-at", "-id").iterator(chunk_size=LINES_AT_ONCE)
        while batch := list(islice(ordered, LINES_AT_ONCE)):
            yield "".join(writer.writerow([safe(cell) for cell in row]) for row in cells(batch))


def bulk_table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """A table of texts that are there already, for spreadsheets (rule 10.6)."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(head)
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def _one_reading() -> Any:
    """On PostgreSQL a transaction, for a server-side cursor; on SQLite it would block writers."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def safe(cell: str) -> str:
    """The cell, escaped so that no part of it is read as a formula, wherever a spreadsheet splits lines."""
    escaped = _FORMULA.sub(r"\1'", cell)
    return f"'{escaped}" if cell.startswith(_SPLIT) else escaped


def _head() -> list[str]:
    return [
        *(_("Number"), _("Time"), _("Who"), _("Email address"), _("Company"), _("IP address"), _("Source")),
        *(_("Action"), _("Kind"), _("Target"), _("Changes"), _("Result"), _("Reason")),
    ]


def _cells(book: Book, row: Row) -> list[str]:
    entry = row.entry
    return [
        str(entry.pk),
        timezone.localtime(entry.at).isoformat(timespec="seconds"),
        row.who,
        row.email,
        row.company,
        row.ip,
        row.door,
        row.task,
        row.kind,
        row.target,
        "\n".join(_told(detail) for detail in book.details(entry)),
        row.result,
        row.reason,
    ]


def _told(detail: Detail) -> str:
    if detail.is_list:
        items = [*(f"+ {item}" for item in detail.added), *(f"− {item}" for item in detail.removed)]
        return f"{detail.label}: {', '.join(items)}"
    if detail.is_new:
        return f"{detail.label}: {detail.after}"
    return f"{detail.label}: {detail.before or '–'} → {detail.after or '–'}"
