"""Times permissions and the directory, in a company as large as a plan allows and in a tenth of it.

    DATABASE_URL=… SMALL_DATABASE_URL=… python -m tests.benchmarks.directory

Uses the databases that it finds and fills them the first time; give it ones of its own. Without the small one
it prints the figures alone. The ratio says how a question grows where everything grows tenfold.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402

from accounts.models import Team  # noqa: E402
from accounts.tree import count_people_of_teams  # noqa: E402
from groupadmin.demo.large import Size  # noqa: E402
from groups.membership import effective  # noqa: E402
from groups.models import Group  # noqa: E402
from groups.permissions import visible_groups  # noqa: E402

from . import large_company  # noqa: E402

TRIES = 5
TENTH = "--tenth"


def questions() -> dict[str, Callable[[], object]]:
    """What is asked, by what it is called in the table."""
    administrator = large_company.administrator()
    member = large_company.member()
    by_name = Group.objects.order_by("name_sort", "pk")
    nested = by_name.filter(entries__subgroup__entries__subgroup__isnull=False)[0]
    newest = list(Group.objects.order_by("-pk")[:50])
    named = list(by_name[:50])
    top = Team.objects.get(parent=None)
    return {
        "groups of an administrator, a page": lambda: list(
            visible_groups(administrator).order_by("name_sort", "pk")[:50]
        ),
        "groups of a member, a page": lambda: list(visible_groups(member).order_by("name_sort", "pk")[:50]),
        "all groups of one person": lambda: Group.objects.filter(
            pk__in=effective.group_ids_of(member)
        ).count(),
        "is somebody in a group": lambda: effective.is_in(member, nested),
        "people of a nested group": lambda: effective.people_of(nested).count(),
        "people of a nested group, as shown": lambda: effective.people_shown(
            nested, visible_groups(member)
        ).count(),
        "people of a group of everybody": lambda: effective.people_of(newest[0]).count(),
        "people of everybody, a page": lambda: list(
            effective.people_of(newest[0]).order_by("name_sort", "pk")[:50]
        ),
        "people of the team above all": lambda: count_people_of_teams([top.pk]),
        "counts for 25 groups": lambda: effective.count_people(named[:25]),
        "counts for 50 groups": lambda: effective.count_people(named),
        "counts for 50, 20 of them everybody's": lambda: effective.count_people(newest),
        "groups above a group": lambda: Group.objects.filter(
            pk__in=effective.group_ids_above(nested.pk)
        ).count(),
    }


def milliseconds(ask: Callable[[], object]) -> float:
    """The best of some tries."""
    best = float("inf")
    for _ in range(TRIES):
        start = time.perf_counter()
        ask()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def figures(share: int) -> dict[str, float]:
    """The times of all questions, in a company of a full size or of a share of it."""
    full = Size()
    large_company.get_or_fill(Size(full.groups // share, full.members // share, full.teams // share))
    return {what: milliseconds(ask) for what, ask in questions().items()}


def figures_of_a_tenth() -> dict[str, float]:
    """The same in another process, which has the other database."""
    if not (url := os.environ.get("SMALL_DATABASE_URL")):
        return {}
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.directory", TENTH],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        check=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    if TENTH in sys.argv:
        sys.stdout.write(json.dumps(figures(10)))
        return
    small = figures_of_a_tenth()
    for what, time_taken in figures(1).items():
        ratio = f"{time_taken / small[what]:6.1f} × {small[what]:.1f} ms" if small else ""
        sys.stdout.write(f"{connection.vendor} {what:40} {time_taken:9.1f} ms {ratio}\n")


if __name__ == "__main__":
    main()
