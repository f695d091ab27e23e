"""Whether requests can be answered (rule 11.6): database, tables, files, worker and mail queue."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor

from groupadmin.base import clock, outage

from . import storage
from .brief import within
from .state import ListMail, Workers, mail_to_people

SECONDS = 2.0
OF_DATABASE = ("migrations", "worker", "mail")
NOT_LOOKED_AT = "not looked at"
# However often it is asked, the database is asked so often.
KEPT_SECONDS = 1.0


@dataclass(frozen=True)
class Check:
    """Something without which we are not ready; the detail is for those who may know."""

    name: str
    is_good: bool
    detail: str


class _Last:
    """What was found last: while one looks, or has just looked, the others hear that."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.checks: list[Check] = []
        self.at = 0.0


_last = _Last()
_migrated = threading.Event()


def checks() -> list[Check]:
    """All checks, in their order; asks at most once a second, in one thread."""
    if _last.checks and time.monotonic() - _last.at < KEPT_SECONDS:
        return _last.checks
    if not _last.lock.acquire(blocking=not _last.checks):
        return _last.checks
    try:
        _last.checks, _last.at = look(), time.monotonic()
        return _last.checks
    finally:
        _last.lock.release()


def look() -> list[Check]:
    """Looks now. What needs the database fails with it."""
    try:
        with within(SECONDS):
            now = clock.read()
            found = [_of_migrations()]
            if found[0].is_good:
                found += [_worker(now), _mail(now)]
    except Exception as problem:
        outage.notice(problem)
        detail = f"{type(problem).__name__}: {problem}".split("\n", 1)[0][:300]
        found, database = [], Check("database", False, detail)
    else:
        database = Check("database", True, connection.vendor)
    known = {check.name for check in found}
    unknown = [Check(name, False, NOT_LOOKED_AT) for name in OF_DATABASE if name not in known]
    return [database, _storage(), *found, *unknown]


def _storage() -> Check:
    problem = storage.watch.trouble()
    return Check("storage", not problem, problem or "writable")


def unapplied() -> list[str]:
    """The migrations that are still to be applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _of_migrations() -> Check:
    """Once they are applied, they stay so as long as this process lives."""
    if not _migrated.is_set():
        if missing := unapplied():
            return Check("migrations", False, f"{len(missing)} not applied: {', '.join(missing[:3])}")
        _migrated.set()
    return Check("migrations", True, f"applied ({DEFAULT_DB_ALIAS})")


def _worker(now: datetime) -> Check:
    workers = Workers.read()
    if not workers.alive or workers.seen_at is None:
        return Check("worker", False, f"none is alive, {workers.dead} are dead")
    age = (now - workers.seen_at).total_seconds()
    return Check("worker", True, f"{workers.alive} alive, seen {age:.0f} s ago")


def _mail(now: datetime) -> Check:
    """Stuck is what nobody has touched though it is due, or a server that has taken nothing for long."""
    lists, people = ListMail.read(), mail_to_people()
    ages: dict[str, Callable[[], datetime | None]] = {
        "mail of lists is due since": lambda: lists.untouched_since,
        "mail to people is due since": lambda: people.since,
        "the server takes no mail since": lambda: lists.outages.get(""),
    }
    stuck = []
    for words, since in ages.items():
        if (at := since()) is not None and (now - at).total_seconds() > settings.STUCK_SECONDS:
            stuck.append(f"{words} {at:%Y-%m-%d %H:%M} UTC")
    return Check("mail", not stuck, "; ".join(stuck) or f"{lists.waiting} envelopes wait")
