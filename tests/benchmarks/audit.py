"""Times Audit › Admin in a company with a million entries, and its download.

    DATABASE_URL=… python -m tests.benchmarks.audit

Uses the database that it finds and fills it the first time; give it one of its own.
"""

import os
import resource
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.audit.csv import lines  # noqa: E402
from accounts.audit.filters import AuditFilters  # noqa: E402
from accounts.audit.rows import Book  # noqa: E402
from accounts.models import Company, Domain, Member  # noqa: E402
from accounts.views.audit import BY_TIME  # noqa: E402
from groupadmin.base.paging import page_of  # noqa: E402

ENTRIES = 1_000_000
PEOPLE = 2_000
GROUPS = 20_000
DAYS = 180
SIZE = 50
TRIES = 3
PAGES = 40
ADDRESSES = (
    *("", "period=1", "period=180", "since=2026-06-01&until=2026-06-30"),
    *("period=180&person=person77@", "period=180&person=이름 1999", "period=180&person=nobody"),
    *("period=180&group=Group 12345", "period=180&group=nothing", "group=nothing"),
    *("period=180&task=group.edit_members", "period=180&task=audit.export", "period=180&task=audit.purge"),
    *("period=180&result=refused", "period=180&door=import", "period=180&door=import&person=nobody"),
    *("period=180&who={person}", "period=180&of=group-17", "period=180&result=refused&person=person77@"),
)

# One in a hundred is refused, one in a thousand is a download; nobody used the import.
FILL = """
INSERT INTO accounts_auditentry (
    at, company_id, actor_id, actor_name, actor_email, actor_company_id, actor_company_name, ip, door, action,
    target_kind, target_id, target_name, target_version, changes, result, reason, people_folded, groups_folded)
SELECT
    now() - interval '1 second' * (%(days)s * 86400.0 * (%(entries)s - n) / %(entries)s),
    %(company)s, %(person)s + n %% %(people)s, '이름 ' || n %% %(people)s,
    'person' || n %% %(people)s || '@audited.example', %(company)s, '', '192.0.2.7', 'web',
    CASE WHEN n %% 1000 = 0 THEN 'audit.export' WHEN n %% 3 = 0 THEN 'group.edit' ELSE 'group.edit_members' END,
    'group', n %% %(groups)s, 'Group ' || n %% %(groups)s, 1,
    json_build_object('members_added', json_build_array(NULL, json_build_array(
        json_build_object('kind', 'member', 'id', 1, 'company', %(company)s, 'name', '이름 ' || (n * 7) %% %(people)s,
                          'email', 'person' || (n * 7) %% %(people)s || '@audited.example'),
        json_build_object('kind', 'member', 'id', 2, 'company', %(company)s, 'name', 'Ada Kim', 'email', 'ada@audited.example')
    ))),
    CASE WHEN n %% 100 = 0 THEN 'refused' ELSE 'done' END, '',
    '이름 ' || n %% %(people)s || E'\\nperson' || n %% %(people)s || E'@audited.example\\n이름 ' || (n * 7) %% %(people)s
        || E'\\nperson' || (n * 7) %% %(people)s || E'@audited.example\\nada kim\\nada@audited.example',
    'group ' || n %% %(groups)s
FROM generate_series(1, %(entries)s) AS n
"""  # noqa: E501


def fill() -> None:
    company = Company.objects.create(name="Audited", plan=Company.Plan.PAID)
    Domain.objects.create(company=company, name="audited.example", is_primary=True, state="proven")
    people = [
        Member(company=company, name=f"이름 {n}", email=f"person{n}@audited.example") for n in range(PEOPLE)
    ]
    people[0].is_administrator = True
    for person in people:
        person.fold_name()
    first = Member.objects.bulk_create(people)[0]
    with connection.cursor() as cursor:
        wanted = {"company": company.pk, "person": first.pk, "people": PEOPLE, "groups": GROUPS}
        cursor.execute(FILL, {**wanted, "entries": ENTRIES, "days": DAYS})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure(viewer: Member, company: Company, address: str) -> str:
    """The best of some tries: a page, with its rows in words."""
    best, shown, queries = float("inf"), 0, 0
    for _ in range(TRIES):
        start = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            filters = AuditFilters(QueryDict(address))
            assert filters.is_valid(), filters.errors
            page = page_of(filters.entries(company), BY_TIME, QueryDict(address), SIZE)
            rows = Book(viewer, company).rows(page.rows)
        best, shown, queries = min(best, time.perf_counter() - start), len(rows), len(captured)
    return f"{best * 1000:7.0f} ms  {queries} queries  {shown} rows"


def later(company: Company, address: str, pages: int) -> str:
    for _ in range(pages):
        filters = AuditFilters(QueryDict(address))
        assert filters.is_valid()
        address = page_of(filters.entries(company), BY_TIME, QueryDict(address), SIZE).next.removeprefix("?")
    return address


def download(viewer: Member, company: Company) -> str:
    filters = AuditFilters(QueryDict("period=180"))
    assert filters.is_valid()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, begun, size, count = time.perf_counter(), time.process_time(), 0, 0
    for some in lines(Book(viewer, company, named_at_most=None), filters.entries(company)):
        size += len(some.encode())
        count += some.count("\r\n")
    seconds, busy = time.perf_counter() - start, time.process_time() - begun
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    lasted = f"{seconds:.1f} s ({busy:.1f} s busy)"
    return f"{lasted}  {count:,} lines  {size / 1e6:.0f} MB  {more / 1024:.0f} MB more memory"


def main() -> None:
    call_command("migrate", verbosity=0)
    if not Company.objects.filter(name="Audited").exists():
        fill()
    company = Company.objects.get(name="Audited")
    viewer = Member.objects.get(email="person0@audited.example")
    for address in ADDRESSES:
        say(address or "(30 days)", measure(viewer, company, address.format(person=viewer.pk + 77)))
    say(f"page {PAGES}", measure(viewer, company, later(company, "period=180", PAGES)))
    say("CSV", download(viewer, company))


def say(what: str, result: str) -> None:
    sys.stdout.write(f"{what:40} {result}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
