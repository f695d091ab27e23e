"""python manage.py populate: a large company, to see how the product does when it is full."""

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Company, Domain, Member
from groupadmin.base.progress_line import ProgressLine
from groupadmin.demo import large


class Command(BaseCommand):
    help = (
        "Adds a company with made-up people, teams and groups, all of a size that you choose: to try out how "
        "fast the product is. For an installation that is only tried: the company stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        most = Company.GROUP_LIMITS[Company.Plan.PAID], Company.TEAM_LIMITS[Company.Plan.PAID]
        for name, limit, default in (
            ("groups", most[0], 1_000),
            ("members", None, 1_000),
            ("teams", most[1], 100),
        ):
            parser.add_argument(
                f"--{name}",
                type=_Number(1 if name == "members" else 0, limit),
                default=default,
                metavar="N",
                help=f"how many{f', up to {limit:,}' if limit else ''} [%(default)s]",
            )

    def handle(self, *, groups: int, members: int, teams: int, **options: Any) -> None:
        if Domain.objects.filter(name=large.DOMAIN).exists():
            raise CommandError(
                f"The company of {large.DOMAIN} is there already. For another size, take an empty database."
            )
        line, begin = ProgressLine(self.stderr), time.monotonic()
        company = large.fill(large.Size(groups, members, teams), line.show)
        line.end()
        administrator = Member.objects.get(company=company, is_administrator=True)
        self.stdout.write(
            f"Added {company.name}: {members:,} people, {teams:,} teams and {groups:,} groups, in "
            f"{time.monotonic() - begin:.0f} seconds. To sign in as the administrator, set their password:\n"
            f"  python manage.py changepassword {administrator.email}"
        )


class _Number:
    """An argument's type: a number within limits. Raises ArgumentTypeError."""

    def __init__(self, least: int, most: int | None) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        try:
            number = int(text.replace(",", "").replace("_", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number.") from None
        if number < self._least or (self._most is not None and number > self._most):
            most = f" to {self._most:,}" if self._most is not None else " on"
            raise argparse.ArgumentTypeError(f"Choose a number from {self._least:,}{most}.")
        return number
