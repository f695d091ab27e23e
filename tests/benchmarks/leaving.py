"""Times a disconnect: 5,000 people of a company leave 1,000 external groups, half of them another company's.

    DATABASE_URL=… python -m tests.benchmarks.leaving

Each run adds two companies to the database; give it one of its own. Everybody who leaves is told, every
second group tells the people left, and both audits have it all.
"""

import os
import time
import uuid
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.background_settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.actions.company import CompanySettings, effect_of  # noqa: E402
from accounts.actor import Actor  # noqa: E402
from accounts.jobs import engine, kinds  # noqa: E402
from accounts.models import AuditEntry, Company, Domain, Job, Member  # noqa: E402
from groups import notices  # noqa: E402
from groups.models import Group, Master, Membership, Notice, Notification  # noqa: E402

PEOPLE, GROUPS = 5_000, 1_000
GROUPS_A_PERSON = 4
BATCH = 5_000


def company_of(name: str, people: int) -> tuple[Company, list[Member]]:
    mark = uuid.uuid4().hex[:8]
    company = Company.objects.create(
        name=f"{name} {mark}", plan="paid", has_core=True, connecting="everybody"
    )
    domain = Domain.objects.create(company=company, name=f"{mark}.example", is_primary=True, state="proven")
    members = [
        Member(company=company, name=f"{name} {n}", email=f"person{n}@{domain.name}") for n in range(people)
    ]
    for member in members:
        member.fold_name()
    return company, Member.objects.bulk_create(members, batch_size=BATCH)


def fill() -> Company:
    """Two companies with groups of both; returns the one that is going to leave."""
    ours, people = company_of("Ours", PEOPLE)
    theirs, others = company_of("Theirs", PEOPLE // 2)
    groups = [
        Group(
            company=(ours, theirs)[n % 2],
            kind="external",
            is_visible=False,
            name=f"Shared {n}",
            notifies=n % 4 < 2,
        )
        for n in range(GROUPS)
    ]
    for group in groups:
        group.fold_name()
    groups = Group.objects.bulk_create(groups, batch_size=BATCH)
    entries = [
        Membership(group=groups[(n * 7 + step * 251) % GROUPS], member=person)
        for members in (people, others)
        for n, person in enumerate(members)
        for step in range(GROUPS_A_PERSON)
    ]
    Membership.objects.bulk_create(entries, batch_size=BATCH)
    masters = [
        Master(group=group, member=member)
        for n, group in enumerate(groups)
        for member in (people[n], *([others[n]] if n % 3 else []))
    ]
    Master.objects.bulk_create(masters, batch_size=BATCH)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return ours


def timed(what: str, work: Callable[[], object]) -> object:
    start = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        result = work()
    print(f"{what:<46} {time.perf_counter() - start:7.2f} s  {len(queries):6,} queries")
    return result


def main() -> None:
    call_command("migrate", verbosity=0)
    company = fill()
    wanted = CompanySettings.of(company)
    wanted = CompanySettings(wanted.plan, wanted.has_core, "nobody", wanted.group_creators)
    print(f"{connection.vendor}: {PEOPLE:,} people, {GROUPS:,} groups\n")
    effect = timed("asking before (who would leave)", lambda: effect_of(company, wanted))
    print(f"  {effect}")
    job = kinds.start_update(company, wanted, actor=Actor.system())
    timed("the job: leave, audit, tell", lambda: engine.run_job.call(job.pk))
    print(f"  {Job.objects.get(pk=job.pk).message}")
    timed("telling the people left (worker, afterwards)", notices.spread.call)
    print(
        f"\n{AuditEntry.objects.filter(action='group.leave_by_rule').count():,} audit entries, "
        f"{Notice.objects.count():,} notices, {Notification.objects.count():,} notifications"
    )


if __name__ == "__main__":
    main()
