"""Runs the checks: each has an end, whatever the other side does or does not."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Address, Domain
from groupadmin.base import clock
from groupadmin.health.brief import within
from groupadmin.health.storage import begin
from groups.mail.outgoing.signing_keys import signing_key

from . import domains, installation, loop, machine, mail, site, work
from .finding import Check, Facts, Finding, error, in_words, note

DATABASE_SECONDS = 5.0
DOMAINS_AT_MOST = 50

CHECKS = (
    Check("settings", installation.settings_of),
    Check("database", installation.database, needs_database=True),
    Check("migrations", installation.migrations, needs_database=True),
    Check("cache", installation.cache_of, needs_database=True),
    Check("storage", machine.storage_of),
    Check("disk", machine.disk),
    Check("clock", machine.clock_of),
    Check("site", site.site),
    Check("certificates", site.certificates),
    Check("workers", work.workers, needs_database=True),
    Check("queues", work.queues, needs_database=True),
    Check("timers", work.timers, needs_database=True),
    Check("mail-in", mail.incoming),
    Check("mail-out", mail.outgoing),
    Check("mail-people", mail.to_people),
    Check("mail-loop", loop.loop),
    Check("dns", domains.domains),
)


def examine(names: Iterable[str], seconds: float) -> Iterator[tuple[str, Finding]]:
    """What each of these checks finds, in their order; what takes longer than so many seconds is given up."""
    wanted = set(names)
    checks = [check for check in CHECKS if check.name in wanted]
    facts = _facts()
    until = time.monotonic() + seconds
    # All that waits for others waits at the same time.
    begun = {check: _begin(check, facts, seconds) for check in checks if not check.needs_database}
    for check in checks:
        found = _ended(begun[check], until) if check in begun else _asked(check, facts, seconds)
        for finding in found:
            yield check.name, finding


def _facts() -> Facts:
    try:
        with within(DATABASE_SECONDS):
            ahead = clock.read() - timezone.now()
            found = list(_of_lists()[: DOMAINS_AT_MOST + 1000])
            keys = {
                name: key
                for name, company in found[: loop.DOMAINS_AT_MOST]
                if (key := signing_key(company, [name]))
            }
    except Exception:
        # The check of the database says why.
        connection.close()
        return Facts(False)
    # Who asks needs a moment.
    ahead = timedelta(0) if abs(ahead) < timedelta(seconds=1) else ahead
    names = tuple(name for name, _company in found[:DOMAINS_AT_MOST])
    return Facts(True, names, len(found[DOMAINS_AT_MOST:]), keys, ahead)


def _of_lists() -> QuerySet[Domain, tuple[str, int]]:
    kinds = [Address.Kind.GROUP, Address.Kind.GROUP_ALIAS]
    used = Exists(Address.objects.filter(domain=OuterRef("pk"), kind__in=kinds))
    return Domain.objects.usable().filter(used).order_by("name").values_list("name", "company_id")


def _begin(check: Check, facts: Facts, seconds: float) -> "Future[list[Finding]]":
    return begin(lambda: list(check.look(facts, seconds)))


def _ended(begun: "Future[list[Finding]]", until: float) -> list[Finding]:
    try:
        return begun.result(max(0.1, until - time.monotonic()))
    except TimeoutError:
        mend = "What it asks is away or busy; or ask for it alone, with --only and a longer --timeout."
        return [error("Did not end in time.", mend)]
    except Exception as problem:
        return [error(f"{type(problem).__name__}: {in_words(problem)}")]


def _asked(check: Check, facts: Facts, seconds: float) -> list[Finding]:
    if not facts.has_database and check.name != "database":
        return [note("Not looked at: the database does not answer.")]
    try:
        with within(DATABASE_SECONDS):
            return list(check.look(facts, seconds))
    except Exception as problem:
        connection.close()
        if not facts.has_database:
            return [installation.away(problem)]
        return [error(f"{type(problem).__name__}: {in_words(problem)}")]
