"""python manage.py doctor: examines the installation and says what to mend (rule 11.6).

Exit status: 0 if everything works, 1 if something does not, 2 if the question was wrong.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupadmin.health.doctor.examine import CHECKS, examine
from groupadmin.health.doctor.finding import Finding, Level

NAMES = [check.name for check in CHECKS]
GOOD, BROKEN, ASKED_WRONGLY = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Examines the installation: settings, database, files, workers, mail, domains, certificates, disk "
        "and clock. Says what does not work and what to do about it. Changes nothing; sends a mail to "
        "itself. The exit status is 0 if everything works, and 1 if something does not."
    )
    # It says itself what is wrong.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(NAMES)
        parser.add_argument("--json", action="store_true", help="write one JSON document")
        parser.add_argument("--only", action="append", metavar="PART", help=f"look at this part: {names}")
        parser.add_argument("--skip", action="append", metavar="PART", help="leave this part out")
        parser.add_argument("--strict", action="store_true", help="warnings count as broken")
        parser.add_argument(
            "--timeout",
            type=float,
            default=30.0,
            metavar="SECONDS",
            help="wait so long at most [%(default)g]",
        )

    def handle(self, *, only: list[str] | None, skip: list[str] | None, **options: Any) -> None:
        if unknown := {*(only or ()), *(skip or ())} - set(NAMES):
            asked = ", ".join(sorted(unknown))
            raise CommandError(
                f"There is no part {asked}. Parts: {', '.join(NAMES)}.", returncode=ASKED_WRONGLY
            )
        if not 1 <= options["timeout"] <= 600:
            raise CommandError("--timeout takes 1 to 600 seconds.", returncode=ASKED_WRONGLY)
        names = [name for name in only or NAMES if name not in (skip or ())]
        tell = self._as_json if options["json"] else self._in_words
        levels = tell(examine(names, options["timeout"]))
        bad = {Level.ERROR, Level.WARNING} if options["strict"] else {Level.ERROR}
        if bad & levels:
            sys.exit(BROKEN)

    def _in_words(self, found: Iterator[tuple[str, Finding]]) -> set[Level]:
        """A line for each finding, as soon as it is known."""
        styles: dict[Level, Callable[[str], str]] = {
            Level.OK: self.style.SUCCESS,
            Level.NOTE: str,
            Level.WARNING: self.style.WARNING,
            Level.ERROR: self.style.ERROR,
        }
        counts = dict.fromkeys(Level, 0)
        for name, finding in found:
            counts[finding.level] += 1
            self.stdout.write(f"{styles[finding.level](f'{finding.level:<8}')}{name:<15}{finding.text}")
            if finding.mend:
                self.stdout.write(f"{'':<23}→ {finding.mend}")
            self.stdout.flush()
        self.stdout.write(_summary(counts[Level.ERROR], counts[Level.WARNING]))
        return {level for level, count in counts.items() if count}

    def _as_json(self, found: Iterator[tuple[str, Finding]]) -> set[Level]:
        all_found = list(found)
        levels = {finding.level for _name, finding in all_found}
        findings = [
            {"part": name, "level": finding.level, "text": finding.text, "mend": finding.mend}
            for name, finding in all_found
        ]
        self.stdout.write(json.dumps({"works": Level.ERROR not in levels, "findings": findings}, indent=2))
        return levels


def _summary(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return "Everything works."
    broken = f"{errors} {'thing does' if errors == 1 else 'things do'} not work"
    return f"{broken}, {warnings} warning{'' if warnings == 1 else 's'}."
