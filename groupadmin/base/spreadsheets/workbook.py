"""Rows of a workbook: XLSX, XLS, XLSB and ODS (rule 4.13)."""

import io
import json
import threading
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from groupadmin.base import confined
from groupadmin.base.errors import Invalid

from .delimited import Row

READER = Path(__file__).with_name("workbook_reader.py")
LIMITS = confined.Limits(memory=800_000_000, seconds=15, answer=64 * 1024 * 1024)
WAITING_SECONDS = 30

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Workbook:
    """One sheet of a workbook, and the names of all."""

    sheets: tuple[str, ...]
    chosen: int
    rows: list[Row]


def is_workbook(data: bytes) -> bool:
    """Whether it begins as workbooks do."""
    return data.startswith((_ZIP, _OLE))


def read_workbook(
    data: bytes, sheet: int | None, *, most_rows: int, most_cells: int, longest: int
) -> Workbook:
    """Reads one sheet, within fixed memory and time. Raises Invalid."""
    arguments = ("" if sheet is None else str(sheet), str(most_rows), str(most_cells), str(longest))
    if not _one_at_a_time.acquire(timeout=WAITING_SECONDS):
        raise Invalid("file", _("Other files are being read. Try again in a minute."))
    try:
        answer = json.loads(confined.run(READER, io.BytesIO(data), *arguments, limits=LIMITS))
    except confined.TooMuch:
        raise Invalid(
            "file", _("This workbook is too large. Save the sheet with the addresses as CSV.")
        ) from None
    except (confined.Failed, OSError, ValueError):
        raise Invalid("file", _("This workbook cannot be read. Save it again, or as CSV.")) from None
    finally:
        _one_at_a_time.release()
    rows = [Row(line, tuple(cells)) for line, cells in answer["rows"]]
    return Workbook(tuple(answer["sheets"]), answer["chosen"], rows)
