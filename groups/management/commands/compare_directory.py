"""python manage.py compare_directory: what differs between a source and a company (rule 10.8).

Exit status: 0 if nothing differs, 1 if something does, 2 if the source cannot be read.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor, Door
from groupadmin.base.errors import Invalid
from groups.directory.comparing.differences import Difference, What, compare
from groups.directory.comparing.mail import MailDifference
from groups.directory.comparing.said import line_of, lines_of_mail, plain
from groups.directory.imports.options import Options
from groups.directory.records import Problem, Record
from groups.directory.sources import Source, known
from groups.management.companies import company_of
from groups.management.local_files import files_of

SAME, DIFFERS, UNREADABLE = 0, 1, 2

Found = Difference | MailDifference


class Command(BaseCommand):
    help = (
        "Shows what differs between a source and a company, and changes nothing: people, teams, groups, who "
        "is in them, settings, and who would get a mail to each list. The exit status is 0 if nothing "
        "differs, 1 if something does, and 2 if the source cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(sorted(source.name for source in known.SOURCES))
        parser.add_argument("source", metavar="SOURCE", help=f"{names}; or at once a path or URL")
        parser.add_argument(
            "paths", nargs="*", metavar="PATH", help="its files or folders, or the URL at which it answers"
        )
        parser.add_argument(
            "--company",
            default="",
            metavar="DOMAIN",
            help="one of the company's domains, if there are several",
        )
        parser.add_argument(
            "--default-master", default="", metavar="ADDRESS", help="who manages groups that name no master"
        )
        parser.add_argument("--json", action="store_true", help="write one JSON document")
        parser.add_argument(
            "--limit", type=int, default=100, help="show so many differences of a kind [%(default)s]"
        )

    def handle(self, *, source: str, paths: list[str], company: str, **options: Any) -> None:
        asked = company_of(company, returncode=UNREADABLE)
        named = source if known.source_named(source) is not None else ""
        chosen = Options(format=named, default_master=options["default_master"], removes_missing=True)
        try:
            of, records = _records(named, paths if named else [source, *paths], chosen)
            found = compare(records, asked, of.name, actor=Actor(None, Door.SHELL), options=chosen)
            tell = self._as_json if options["json"] else self._in_words
            differs = tell(of, found, max(0, options["limit"]))
        except Invalid as invalid:
            raise CommandError(invalid.message, returncode=UNREADABLE) from None
        if differs:
            sys.exit(DIFFERS)

    def _in_words(self, source: Source, found: Iterator[Found], limit: int) -> bool:
        """Says each difference in a line, as far as there are not too many; whether there are any."""
        counts: Counter[str] = Counter()
        for section, ones in groupby(found, _section):
            self.stdout.write(f"{section}:")
            for number, one in enumerate(ones):
                counts[section] += 1
                if number < limit:
                    for line in lines_of_mail(one) if isinstance(one, MailDifference) else [line_of(one)]:
                        self.stdout.write(f"  {line}")
            if counts[section] > limit:
                self.stdout.write(f"  … and {counts[section] - limit:,} more (see --limit)")
        differences = counts.total() - counts[LEFT_OUT]
        self.stdout.write(_summary(source, differences, counts))
        return differences > 0

    def _as_json(self, source: Source, found: Iterator[Found], _limit: int) -> bool:
        """Writes a document while the differences are found: there may be many."""
        counts: Counter[str] = Counter()
        self.stdout.write(f'{{"source": {json.dumps(source.name)}, "differences": [', ending="")
        current = "differences"
        separator = ""
        for one in found:
            if (name := _list_of(one)) != current:
                self._open_list(current, name)
                current, separator = name, ""
            counts[name] += 1
            self.stdout.write(f"{separator}\n{json.dumps(plain(one), ensure_ascii=False)}", ending="")
            separator = ","
        self._open_list(current, "")
        differs = counts["differences"] + counts["mail"] > 0
        self.stdout.write(f', "same": {json.dumps(not differs)}}}')
        return differs

    def _open_list(self, current: str, wanted: str) -> None:
        """Ends the list that is being written, and begins the next one, so that none is left out."""
        begin = _LISTS.index(current) + 1
        until = _LISTS.index(wanted) + 1 if wanted else len(_LISTS)
        self.stdout.write("]", ending="")
        for number, name in enumerate(_LISTS[begin:until], start=begin + 1):
            ending = "" if number == until and wanted else "]"
            self.stdout.write(f',\n"{name}": [{ending}', ending="")


_LISTS = ("differences", "mail", "left_out")
LEFT_OUT = "Left out, without a counterpart here"
_SECTIONS = {
    "team": "Teams",
    "member": "People",
    "place": "People in teams",
    "group": "Groups",
    "master": "Masters",
    "entry": "Members of groups",
    "list": "Mailing lists",
    "sender": "Who can send",
    "contact": "External contacts",
    "": "Unreadable",
}


def _section(one: Found) -> str:
    if isinstance(one, MailDifference):
        return "Who would get a mail"
    if one.what is What.LEFT_OUT:
        return LEFT_OUT
    return _SECTIONS[one.kind]


def _list_of(one: Found) -> str:
    if isinstance(one, MailDifference):
        return "mail"
    return "left_out" if one.what is What.LEFT_OUT else "differences"


def _summary(source: Source, differences: int, counts: Counter[str]) -> str:
    left_out = f" {counts[LEFT_OUT]:,} left out." if counts[LEFT_OUT] else ""
    if not differences:
        return f"No difference to {source.label}.{left_out}"
    return f"{differences:,} difference{'' if differences == 1 else 's'} to {source.label}.{left_out}"


def _records(named: str, places: list[str], options: Options) -> tuple[Source, Iterable[Record | Problem]]:
    """The source, and what it says. Raises Invalid."""
    if not places:
        raise CommandError(f"Say where: {named} PATH, or {named} URL.", returncode=UNREADABLE)
    at_url = known.source_named(named) or known.source_of_url(places[0])
    if at_url is not None and at_url.ask is not None and urlsplit(places[0]).scheme in at_url.schemes:
        if len(places) > 1:
            raise CommandError("Name one URL only.", returncode=UNREADABLE)
        return at_url, at_url.ask(places[0])
    files = files_of(places)
    return known.source_of(files, named), known.read(files, options)
