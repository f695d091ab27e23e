"""A company's directory as files of our form: what goes out comes in again, unchanged (rule 10.1)."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Company
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groupadmin.base.files import needs_space
from groups.directory.form import writing

from .records import directory_of

ACTION = "directory.export"
FORMATS = ("csv", "xlsx", "json")


def tables(company: Company) -> Iterator[tuple[str, Iterable[bytes]]]:
    """A CSV file for each table of the form: its name, and its content."""
    return writing.csv_files(directory_of(company))


@audit.action
def record_export(company: Company, format: str, *, actor: Actor) -> None:
    """Records that somebody takes the company's directory along. Raises Refused."""
    check_administers(actor, company, ACTION)
    audit.record(actor, ACTION, company, {"format": [None, format]}, company=company)


def export_directory(company: Company, path: Path, format: str = "", *, actor: Actor) -> str:
    """Writes the company's directory to a file or folder, and returns the format.

    The ending of the path tells the format if it is not given: .xlsx, .json, .zip of CSV files, else a folder
    of them. Each file stays as it was until a new one is whole. Raises Refused, Invalid or OSError.
    """
    format = format or _format_of(path)
    if format not in FORMATS:
        raise Invalid("format", _("Choose one of %(names)s.") % {"names": ", ".join(FORMATS)})
    record_export(company, format, actor=actor)
    with needs_space():
        if format == "csv" and path.suffix.lower() != ".zip":
            path.mkdir(parents=True, exist_ok=True)
            for name, pieces in tables(company):
                _replace(path / name, partial(_write, pieces))
        else:
            write = {"csv": _write_archive, "xlsx": _write_workbook, "json": _write_document}[format]
            _replace(path, partial(write, company))
    return format


def _format_of(path: Path) -> str:
    ending = path.suffix.lower().removeprefix(".")
    return ending if ending in FORMATS and not path.is_dir() else "csv"


def _replace(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Writes a file beside the place, for its owner only, and puts it there once it is whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".export-", delete=False) as target:
        made = Path(target.name)
        try:
            write(target)
            target.flush()
            made.replace(path)
        except BaseException:
            made.unlink(missing_ok=True)
            raise


def _write(pieces: Iterable[bytes], target: IO[bytes]) -> None:
    for piece in pieces:
        target.write(piece)


def _write_archive(company: Company, target: IO[bytes]) -> None:
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, pieces in tables(company):
            with archive.open(name, "w", force_zip64=True) as packed:
                _write(pieces, packed)


def _write_workbook(company: Company, target: IO[bytes]) -> None:
    with writing.workbook(directory_of(company)) as workbook:
        shutil.copyfileobj(workbook, target)


def _write_document(company: Company, target: IO[bytes]) -> None:
    _write(writing.document(directory_of(company)), target)
