"""Times how long one member more takes by SCIM, in a group of ten, of 5,000 and of 100,000.

    DATABASE_URL=… python -m tests.benchmarks.scim_members [--cpu]

Uses the database that it finds and fills it the first time; give it one of its own. Ratios say how much
longer it takes than in a group of ten: it should not matter.
"""

import json
import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import AccessToken, Company, Domain, Member, Scope  # noqa: E402
from groups.models import Group, Master, Membership  # noqa: E402
from tests.factories import AccessTokenFactory, CompanyFactory, GroupFactory  # noqa: E402

SIZES = (10, 5_000, 100_000)
TRIES = 15
ONLY_OURS = "--cpu" in sys.argv
"""Whether to leave out the waiting: for a machine that is busy with other things."""
TOKEN = "gadm_benchmark"


def fill() -> Company:
    """A company whose groups have so many people, who came from the provider."""
    company: Company = CompanyFactory.create(name="Provided", domain="provided.example")
    assert Domain.objects.filter(company=company).exists()
    people = [
        Member(company=company, name=f"Person {number}", email=f"p{number}@provided.example")
        for number in range(max(SIZES) + TRIES + 1)
    ]
    for person in people:
        person.fold_name()
    people = Member.objects.bulk_create(people, batch_size=5000)
    for size in SIZES:
        group = GroupFactory.create(company=company, name=f"Of {size}", source="entra")
        Master.objects.create(group=group, member=people[0])
        rows = (Membership(group=group, member=one, source="entra") for one in people[:size])
        Membership.objects.bulk_create(rows, batch_size=5000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return company


def ask(client: Client, group: Group, operation: dict[str, object]) -> float:
    """How long it takes."""
    body = json.dumps({"Operations": [operation]})
    start = time.process_time() if ONLY_OURS else time.perf_counter()
    response = client.patch(
        f"/scim/v2/Groups/g-{group.pk}",
        body,
        "application/scim+json",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    taken = (time.process_time() if ONLY_OURS else time.perf_counter()) - start
    assert response.status_code in (200, 204), response.content
    return taken


def main() -> None:
    call_command("migrate", verbosity=0)
    company = Company.objects.filter(name="Provided").first() or fill()
    AccessToken.objects.filter(company=company).delete()
    AccessTokenFactory.create(company=company, token=TOKEN, source="entra", scopes=[Scope.SCIM])
    others = list(Member.objects.filter(company=company).order_by("-pk")[:TRIES])
    client, first = Client(), 0.0
    for size in SIZES:
        group = Group.objects.get(company=company, name=f"Of {size}")
        added, removed = [], []
        for person in others:
            value = [{"value": f"u-{person.pk}"}]
            added.append(ask(client, group, {"op": "add", "path": "members", "value": value}))
            removed.append(ask(client, group, {"op": "Remove", "path": "members", "value": value}))
        middle, gone = statistics.median(added), statistics.median(removed)
        first = first or middle
        print(
            f"{size:7,} members: added in {middle * 1000:6.1f} ms (ratio {middle / first:4.2f}), "
            f"removed in {gone * 1000:6.1f} ms"
        )


if __name__ == "__main__":
    main()
