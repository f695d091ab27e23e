"""python manage.py export_directory: a company's directory as files of our form (rule 10.1)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor, Door
from groupadmin.base.errors import Invalid
from groupadmin.management.companies import company_of
from groups.directory.export.directory import FORMATS, export_directory


class Command(BaseCommand):
    help = (
        "Writes a company's members, teams, groups and mailing lists to PATH: a folder of CSV files, or a "
        "file whose name ends with .zip, .xlsx or .json. import_directory reads it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="where to write")
        parser.add_argument(
            "--company", default="", metavar="DOMAIN", help="if there are several: its domain"
        )
        parser.add_argument(
            "--format", choices=FORMATS, default="", help="if the ending of PATH does not say"
        )

    def handle(self, *, path: Path, company: str, format: str, **options: Any) -> None:
        try:
            export_directory(company_of(company), path, format, actor=Actor(None, Door.SHELL))
        except Invalid as invalid:
            raise CommandError(invalid.message) from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}") from None
        self.stdout.write(f"Written to {path}")
