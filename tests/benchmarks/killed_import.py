"""Kills a process that imports a directory, again and again: each row comes in once (rule 10.2).

    DATABASE_URL=postgresql://… python -m tests.benchmarks.killed_import [KILLS]

Uses the database that it finds, which should be empty; give it one of its own. First kills it while it reads
and judges, which begins again each time, then while it brings in, which goes on with what waits.
"""

import os
import random
import signal
import subprocess
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402

from accounts.actor import Actor  # noqa: E402
from accounts.models import AuditEntry, Company, Member, TeamMembership  # noqa: E402
from groups.directory.imports import lifecycle  # noqa: E402
from groups.models import DirectoryImport, Group, ImportRow, Master, Membership  # noqa: E402
from tests.factories import CompanyFactory  # noqa: E402

from . import directory_import  # noqa: E402

GROUPS, KILLS = 2_000, 50
TO_JUDGE, TO_RUN = "--judge", "--run"


def work() -> None:
    """What is killed: one part of the one import."""
    wanted = DirectoryImport.objects.get()
    if TO_JUDGE in sys.argv:
        lifecycle.judge_now(wanted, directory_import.records(GROUPS), actor=Actor.system())
    else:
        lifecycle.run_now(wanted, actor=Actor.system())


def kill(part: str, times: int, seconds: float) -> int:
    """Runs the part, killed at random moments; returns how many of these were before its end."""
    killed = 0
    for _try in range(times):
        process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.killed_import", part])
        try:
            process.wait(random.uniform(1, seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        # The database may not have noticed yet that nobody listens.
        time.sleep(0.1)
    return killed


def timed(part: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tests.benchmarks.killed_import", part], check=True)
    return time.perf_counter() - start


def told_twice() -> int:
    """Groups and people of whom the audit says more than once that they were added."""
    entries = AuditEntry.objects.filter(action__in=("group.create", "member.add", "team.add"))
    counted = entries.order_by().values("target_kind", "target_id").annotate(count=Count("pk"))
    return counted.filter(count__gt=1).count()


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    call_command("migrate", verbosity=0)
    company = CompanyFactory.create(name="Large", domain="large.example", plan=Company.Plan.PAID)
    lifecycle.open_import(company, [], actor=Actor.system())
    rows = sum(1 for _record in directory_import.records(GROUPS))
    seconds = timed(TO_JUDGE)
    killed = kill(TO_JUDGE, times // 5, seconds)
    timed(TO_JUDGE)
    stored = ImportRow.objects.count()
    sys.stdout.write(f"{connection.vendor}: {killed} kills while reading, {stored:,} rows of {rows:,}\n")
    killed = kill(TO_RUN, times - times // 5, 4)
    timed(TO_RUN)
    waiting = ImportRow.objects.good().exclude(state=ImportRow.State.DONE).count()
    sys.stdout.write(f"{killed} kills while bringing in, {waiting} rows not in, {told_twice()} told twice\n")
    wanted = ImportRow.objects.filter(verdict=ImportRow.Verdict.ADD)
    for kind, model in (
        *(("group", Group), ("member", Member), ("place", TeamMembership)),
        *(("master", Master), ("entry", Membership)),
    ):
        there = model._default_manager.count()
        sys.stdout.write(f"{kind:8} {there:8,} there of {wanted.filter(kind=kind).count():8,}\n")


if __name__ == "__main__":
    main() if TO_JUDGE not in sys.argv and TO_RUN not in sys.argv else work()
