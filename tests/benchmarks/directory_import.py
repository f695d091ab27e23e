r"""Times an import of a whole directory: read, judged, brought in, and judged again (rule 10.2).

    DATABASE_URL=postgresql://… python -m tests.benchmarks.directory_import \
        [GROUPS] [--meaning] [--round-trip]

Uses the database that it finds, which should be empty; give it one of its own. Prints rows a second the
most memory that the process has had after each part, so that one sees whether it grows with the rows, and how
long this process and the database have worked for it, which is what counts on a machine that others use too.
With --round-trip the company goes out again, and what goes out is compared with what came in (rule 10.1).
With --meaning also computes what the import means, which takes as long as many groups are in each other.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.actor import Actor  # noqa: E402
from accounts.models import Company  # noqa: E402
from groups.directory.export.records import directory_of  # noqa: E402
from groups.directory.imports import judging, lifecycle, meaning, reading  # noqa: E402
from groups.directory.records import Kind, Record  # noqa: E402
from groups.models import DirectoryImport, Group, Membership  # noqa: E402
from tests.factories import CompanyFactory  # noqa: E402

GROUPS, ENTRIES_EACH = 100_000, 11
MEANING, ROUND_TRIP = "--meaning", "--round-trip"
PEOPLE, TEAMS = int(os.environ.get("PEOPLE", "30000")), 1_000


def email(number: int) -> str:
    return f"person{number % PEOPLE}@large.example"


def records(groups: int) -> Iterator[Record]:
    """Groups with ten people and another group or a team each; what they name comes later."""
    teams = min(TEAMS, groups)
    for number in range(groups):
        name = f"Group {number}"
        yield Record(Kind.GROUP, {"group": name, "description": f"Number {number}"}, "groups", number)
        yield Record(Kind.MASTER, {"group": name, "member": email(number * 7)}, "masters", number)
        for step in range(ENTRIES_EACH - 1):
            yield Record(
                Kind.ENTRY, {"group": name, "member": email(number * 13 + step * 101)}, "entries", number
            )
        if number % 2 and number > 1:
            yield Record(Kind.ENTRY, {"group": name, "subgroup": f"Group {number // 2}"}, "entries", number)
        else:
            yield Record(
                Kind.ENTRY, {"group": name, "team": f"Top / Team {number % teams}"}, "entries", number
            )
    for number in range(PEOPLE):
        yield Record(Kind.MEMBER, {"member": email(number), "name": f"Person {number}"}, "members", number)
        yield Record(
            Kind.PLACE, {"team": f"Top / Team {number % teams}", "member": email(number)}, "places", number
        )


SAID = {
    Kind.GROUP: ("group", "description"),
    Kind.MASTER: ("group", "member"),
    Kind.ENTRY: ("group", "member", "team", "subgroup"),
    Kind.MEMBER: ("member", "name"),
    Kind.PLACE: ("team", "member"),
}


def said(given: Iterable[Record]) -> set[int]:
    """What these records say, as numbers that are equal for the same."""
    return {
        hash((str(one.kind), *(one.values.get(name) or "" for name in SAID[Kind(one.kind)])))
        for one in given
        if one.kind in SAID
    }


def round_trip(company: Company, groups: int) -> None:
    """Says how many records differ between what came in and what goes out."""
    gone_out: set[int] = set()

    def export() -> None:
        for _table, given in directory_of(company):
            gone_out.update(said(given))

    came_in = said(records(groups))
    timed("going out", len(came_in), export)
    sys.stdout.write(f"{len(came_in):,} records came in; other ones go out: {len(came_in ^ gone_out):,}\n")


def database_time() -> float:
    """What the database has worked for us, if it is on this machine: others may use the machine too."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(what: str, rows: int, act: Callable[[], object]) -> float:
    start, ours, theirs = time.perf_counter(), time.process_time(), database_time()
    act()
    taken = time.perf_counter() - start
    ours, theirs = time.process_time() - ours, database_time() - theirs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{what:24} {taken:8.1f} s {rows / taken:10,.0f} rows a second, at most {peak} MB")
    sys.stdout.write(f", {ours:.1f} s of it ours and {theirs:.1f} s the database's\n")
    sys.stdout.flush()
    return taken


def main() -> None:
    groups = int(sys.argv[1]) if len(sys.argv) > 1 else GROUPS
    call_command("migrate", verbosity=0)
    company = CompanyFactory.create(name="Large", domain="large.example", plan=Company.Plan.PAID)
    actor = Actor.system()
    rows = sum(1 for _record in records(groups))
    opened: DirectoryImport = lifecycle.open_import(company, [], actor=actor)
    sys.stdout.write(f"{connection.vendor}: {groups:,} groups, {rows:,} rows\n")
    read = timed("read", rows, lambda: reading.read(opened, records(groups)))
    judged = timed("judged", rows, lambda: judging.judge(opened, actor=actor))
    DirectoryImport.objects.filter(pk=opened.pk).update(state=DirectoryImport.State.READY)
    meant = timed("what it means", rows, lambda: meaning.compute(opened)) if MEANING in sys.argv else 0.0
    run = timed("brought in", rows, lambda: lifecycle.run_now(opened, actor=actor))
    sys.stdout.write(f"{groups / run:,.0f} groups a second, {read + judged + meant + run:,.0f} s in all\n")
    sys.stdout.write(f"{Group.objects.count():,} groups, {Membership.objects.count():,} entries\n")
    if ROUND_TRIP in sys.argv:
        round_trip(company, groups)
    again = lifecycle.open_import(company, [], actor=actor)
    reading.read(again, records(groups))
    timed("judged again", rows, lambda: judging.judge(again, actor=actor))
    sys.stdout.write(f"{again.counts}\n")


if __name__ == "__main__":
    main()
