"""The audit as a table for spreadsheets (rule 8.3), streamed line by line."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AuditEntry
from groupadmin.base.downloads import in_batches, table_lines
from groupadmin.base.spreadsheets.writing import Cells

from .reading import Detail
from .rows import Book, Row


def rows(book: Book, entries: QuerySet[AuditEntry]) -> Iterator[Cells]:
    """The lines, newest first, for table_answer."""

    def cells(batch: list[AuditEntry]) -> list[list[str]]:
        return [_cells(book, row) for row in book.rows(batch, linked=False)]

    return in_batches(entries.order_by("-at", "-id"), cells)


def lines(book: Book, entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The table as CSV, some lines at a time."""
    return table_lines(head, rows(book, entries))


def head() -> list[str]:
    """The titles of the columns."""
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
