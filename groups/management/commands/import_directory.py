"""python manage.py import_directory: a company's members, teams and groups from files (rules 10.1, 10.2).

Exit status: 0 if all rows are good, 1 if some were refused, 2 if nothing could be read.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor, Door
from accounts.losses import LosesMany
from accounts.models import Company, Member
from groupadmin.base.errors import Invalid
from groupadmin.base.progress_line import ProgressLine
from groupadmin.base.text import clean_line
from groups.directory.imports import lifecycle
from groups.directory.imports.keys import clean_email
from groups.directory.imports.options import Options
from groups.directory.imports.report import report_of
from groups.directory.imports.said import lines_of
from groups.directory.imports.summary import summary_of
from groups.directory.records import Problem, Record
from groups.directory.sources.known import SOURCES, source_of_url
from groups.management.local_files import files_of
from groups.models import DirectoryImport, ImportRow

GOOD, REFUSED, UNREADABLE, STOPPED = 0, 1, 2, 130
ACTOR = Actor(None, Door.SHELL)
LATE_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Imports a company's members, teams, groups and mailing lists from files: CSV, XLSX, JSON, a zip or "
        "a folder of them, or another system's export. With --dry-run it only says what would happen. The "
        "exit status is 0 if all rows are good, 1 if some were refused (without --only-good, nothing is "
        "imported then), and 2 if nothing could be read. Importing the same again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="a file, a zip, a folder of files, or one URL to ask"
        )
        parser.add_argument(
            "--company",
            default="",
            metavar="DOMAIN",
            help="one of the company's domains, if there are several",
        )
        parser.add_argument(
            "--format",
            choices=sorted(source.name for source in SOURCES),
            default="",
            help="where the files come from [found out]",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, only say what would happen"
        )
        parser.add_argument(
            "--default-master", default="", metavar="ADDRESS", help="who manages groups that name no master"
        )
        parser.add_argument(
            "--only-good", action="store_true", help="import the good rows although others are refused"
        )
        parser.add_argument(
            "--remove-missing",
            action="store_true",
            help="remove what this source brought earlier and no longer has",
        )
        parser.add_argument(
            "--accept-loss", action="store_true", help="although many people lose their place (rule 10.5)"
        )
        parser.add_argument(
            "--language",
            default="",
            metavar="CODE",
            help="the language of the files, such as ko: helps to find their encoding",
        )
        parser.add_argument(
            "--report", default="", metavar="FILE", help="write each row's verdict there, as CSV"
        )

    def handle(self, *, paths: list[str], **options: Any) -> None:
        self._line = ProgressLine(self.stderr)
        try:
            status = self._import(paths, options)
        except Invalid as invalid:
            raise CommandError(invalid.message, returncode=UNREADABLE) from None
        except KeyboardInterrupt:
            self._line.end()
            self.stderr.write("Stopped. What was imported stays; run it again for the rest.")
            status = STOPPED
        if status:
            sys.exit(status)

    def _import(self, paths: Sequence[str], options: dict[str, Any]) -> int:
        # Systems are asked by this command only: whoever may use it could reach them anyway.
        asked = source_of_url(paths[0]) if len(paths) == 1 else None
        files = [] if asked else files_of(paths)
        records = asked.ask(paths[0]) if asked and asked.ask else None
        company, report = _company(options["company"]), _writable(options["report"])
        chosen = Options(
            format=options["format"],
            default_master=_master(company, options["default_master"]),
            only_good=options["only_good"],
            removes_missing=options["remove_missing"],
            accepts_loss=options["accept_loss"],
            languages=[options["language"]] if options["language"] else [],
        )
        with ExitStack() as stack:
            opened = [(file.name, File(stack.enter_context(file.open()), file.name)) for file in files]
            source = asked.name if asked else ""
            directory_import = lifecycle.open_import(company, opened, chosen, source=source, actor=ACTOR)
        try:
            return self._look_and_go(directory_import, records, report, options)
        except BaseException:
            _give_up(directory_import)
            raise

    def _look_and_go(
        self,
        directory_import: DirectoryImport,
        records: Iterator[Record | Problem] | None,
        report: Path | None,
        options: dict[str, Any],
    ) -> int:
        """Says what the rows mean, and brings them in unless that is not wanted."""
        lifecycle.judge_now(directory_import, records, actor=ACTOR, tell=partial(self._line.show, "Checking"))
        self._line.end()
        self._tell(directory_import, report)
        refused = summary_of(directory_import.counts).refused
        self.stdout.write("")
        if options["dry_run"] or (refused and not options["only_good"]):
            lifecycle.discard(directory_import, actor=ACTOR)
            why = (
                "It was only a try."
                if options["dry_run"]
                else "Mend these rows, or leave them out (--only-good)."
            )
            self.stdout.write(f"Nothing was imported. {why}")
            return REFUSED if refused else GOOD
        try:
            lifecycle.run_now(
                directory_import, only_good=True, actor=ACTOR, tell=partial(self._line.show, "Importing")
            )
        except LosesMany as question:
            raise CommandError(
                f"{question.message} Agree to it by --accept-loss.", returncode=REFUSED
            ) from None
        except Invalid as invalid:
            raise CommandError(invalid.message, returncode=REFUSED) from None
        self._line.end()
        return self._end(directory_import, report, refused)

    def _end(self, directory_import: DirectoryImport, report: Path | None, refused: int) -> int:
        """Says what was imported, and what could no longer be."""
        if directory_import.state != DirectoryImport.State.DONE:
            raise CommandError("The import was cancelled. What was imported stays.", returncode=REFUSED)
        late = list(ImportRow.objects.filter(directory_import=directory_import).left_out())
        for row in late[:LATE_SHOWN]:
            self.stdout.write(f"Could no longer be imported: {clean_line(row.name)}: {row.reason}")
        if late and report is not None:
            _write(report, directory_import)
        changing = summary_of(directory_import.counts).changing - len(late)
        self.stdout.write(
            f"Imported {changing:,} row{'s' if changing > 1 else ''}." if changing else "Nothing to change."
        )
        return REFUSED if refused or late else GOOD

    def _tell(self, directory_import: DirectoryImport, report: Path | None) -> None:
        """The summary, and the report where one is wanted."""
        for line in lines_of(directory_import):
            self.stdout.write(line)
        if report is not None:
            _write(report, directory_import)


def _company(domain: str) -> Company:
    """The company that has the domain, or the only one. Raises CommandError."""
    companies = Company.objects.order_by("pk")
    if domain:
        found = companies.filter(domains__name=domain.strip().lower()).first()
        if found is None:
            raise CommandError(
                f"There is no company with the domain {clean_line(domain)}.", returncode=UNREADABLE
            )
        return found
    first = list(companies[:2])
    if len(first) != 1:
        why = "There are several companies: say which by" if first else "There is no company. Add one before"
        raise CommandError(f"{why} --company DOMAIN.", returncode=UNREADABLE)
    return first[0]


def _master(company: Company, address: str) -> str:
    """The address of an active member, who has it or another one, or of whom the files may bring.

    Raises CommandError.
    """
    if not address:
        return ""
    wanted = clean_email(address)
    found = Member.objects.filter(company=company, addresses__email=wanted).first()
    at_home = company.domains.filter(name=wanted.rpartition("@")[2]).exists()
    if (found is not None and not found.is_active) or (found is None and not at_home):
        why = f"The company has no active member with the address {clean_line(address)}."
        raise CommandError(why, returncode=UNREADABLE)
    return found.email if found is not None else wanted


def _give_up(directory_import: DirectoryImport) -> None:
    """Forgets an import that has changed nothing; stops one that has, so that others can start."""
    try:
        lifecycle.cancel(directory_import, actor=ACTOR)
        lifecycle.discard(directory_import, actor=ACTOR)
    except (Invalid, DirectoryImport.DoesNotExist):
        return


def _write(report: Path, directory_import: DirectoryImport) -> None:
    with report.open("w", encoding="utf-8", newline="") as file:
        file.writelines(report_of(directory_import))


def _writable(name: str) -> Path | None:
    """Where the report goes; found out before anything is done. Raises CommandError."""
    if not name:
        return None
    try:
        with Path(name).open("a"):
            return Path(name)
    except OSError as error:
        raise CommandError(f"The report cannot be written: {error}", returncode=UNREADABLE) from None
