"""Times the lists of groups in a company as large as a plan allows.

    DATABASE_URL=… python -m tests.benchmarks.group_list

Uses the database that it finds and fills it the first time; give it one of its own.
"""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import Member  # noqa: E402
from groups.listing.query import Scope, Wanted, page_for, rows_of  # noqa: E402

from . import large_company  # noqa: E402

ADDRESSES = (
    "",
    *("sort=created", "sort=name", "sort=-name"),
    *("q=a&sort=name", "q=zo&sort=name", "q=로&sort=name", "q=委員&sort=name", "q=Наука&sort=name"),
    *("q=nowhere", "q=list-5", "q=list-5@large", "q=kim.7", "q=Kim&sort=name"),
    *("master=none&sort=name", "master=none&q=a&sort=name", "members=none"),
    *(
        "kind=external&sort=name",
        "visibility=private&sort=name",
        "feature=task",
        "feature=note&feature=folder",
    ),
)
TRIES = 3
PAGES = 40


def measure(member: Member, scope: Scope, query: QueryDict) -> str:
    """The best of some tries: the page, what stands beside its rows, and the number of queries."""
    best = (float("inf"), 0.0)
    for _ in range(TRIES):
        start = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            page = page_for(member, scope, Wanted.read(query), query)
            found = time.perf_counter()
            rows = rows_of(member, page.rows)
        best = min(best, (found - start, time.perf_counter() - found))
    return f"{best[0] * 1000:7.0f} ms {best[1] * 1000:7.0f} ms  {len(queries)} queries  {len(rows)} rows"


def later(member: Member, pages: int) -> QueryDict:
    """The address of a page so many pages later."""
    query = QueryDict("sort=name")
    for _ in range(pages):
        page = page_for(member, Scope.ALL, Wanted.read(query), query)
        query = QueryDict(page.next.removeprefix("?"))
    return query


def main() -> None:
    large_company.get_or_fill()
    for role, member in (
        ("administrator", large_company.administrator()),
        ("member", large_company.member()),
    ):
        for address in ADDRESSES:
            say(role, address or "(newest)", measure(member, Scope.ALL, QueryDict(address)))
        say(role, f"page {PAGES}", measure(member, Scope.ALL, later(member, PAGES)))
        for scope in (Scope.MANAGED, Scope.BELONGING):
            say(role, scope.value, measure(member, scope, QueryDict("sort=name")))


def say(role: str, what: str, result: str) -> None:
    sys.stdout.write(f"{connection.vendor} {role:14} {what:30} {result}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
