"""The audit as a table for spreadsheets (rule 8.3), streamed line by line."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain, islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import AuditEntry
from groupadmin.base.spreadsheets.writing import csv_lines

from .reading import Detail
from .rows import Book, Row

T = TypeVar("T", bound=Model)

LINES_AT_ONCE = 2_000


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
    with translation.override(language), timezone.override(zone), _one_reading():
        yield from csv_lines(chain([head()], _rows(things, cells)))


def _rows(things: QuerySet[T], cells: Callable[[list[T]], list[list[str]]]) -> Iterator[list[str]]:
    ordered = things.order_by("-at", "-id").iterator(chunk_size=LINES_AT_ONCE)
    while batch := list(islice(ordered, LINES_AT_ONCE)):
        yield from cells(batch)


def _one_reading() -> Any:
    """On PostgreSQL a transaction, for a server-side cursor; on SQLite it would block writers."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


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
