"""Times asking for a contact, for every kind of address: nobody can tell them apart by it (rule 6.2).

    DATABASE_URL=postgresql://… python -m tests.benchmarks.contact_lookup

Posts to /contacts/add/ with the tasks' queue in the database, as in use. Fills the database that it is
given the first time; give it one of its own. Cases take turns in random order. The table has the
median and the 95th percentile of each, and how likely a difference from the reachable person as large as the
one seen would be by chance: of medians, by shuffling, and of whole distributions (Kolmogorov-Smirnov).
"""

import math
import os
import random
import statistics
import sys
import time
from bisect import bisect_right
from collections import defaultdict

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.actions import contacts  # noqa: E402
from accounts.models import Address, Company, ContactBlock, Domain, Member  # noqa: E402
from tests.helpers import client_of  # noqa: E402

ROUNDS = 400
WARM_UP = 20
SHUFFLES = 2_000
REACHABLE = "person reachable"
QUEUE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def company(name: str, people: int, connecting: str) -> Company:
    """A company with so many people, person0@… and so on."""
    made = Company(name=name, plan="paid", connecting=connecting)
    made.save()
    domain = Domain.objects.create(
        company=made, name=f"{name.lower()}.example", is_primary=True, state="proven"
    )
    members = [
        Member(company=made, name=f"Person {n}", email=f"person{n}@{domain.name}", password="!")
        for n in range(people)
    ]
    for member in members:
        member.fold_name()
    Member.objects.bulk_create(members, batch_size=2_000)
    Address.objects.bulk_create(
        (Address(email=member.email, local_part=f"person{n}", domain=domain, kind="member", member=member)
         for n, member in enumerate(members)),
        batch_size=2_000,
    )  # fmt: skip
    return made


def fill() -> None:
    company("Asking", 10, "everybody")
    asked = company("Requested", 20_000, "everybody")
    company("Closed", 20_000, "nobody")
    asker = Member.objects.get(email="person0@asking.example")
    blocking = asked.members.order_by("pk")[10_000:20_000]
    ContactBlock.objects.bulk_create(ContactBlock(owner=person, person=asker) for person in blocking)


def address_of(case: str, n: int) -> str:
    """An address of that kind, another one each time."""
    return {
        "unknown address": f"nobody{n}@asked.example",
        "unknown domain": f"person{n}@nowhere.example",
        "person without permission": f"person{n}@closed.example",
        "person who blocked": f"person{10_000 + n}@asked.example",
        REACHABLE: f"person{n}@asked.example",
    }[case]


CASES = ("unknown address", "unknown domain", "person without permission", "person who blocked", REACHABLE)


def measure(client: Client) -> dict[str, list[float]]:
    """Milliseconds of each case, taking turns in random order."""
    url = reverse("accounts:contact_add")
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for n in range(ROUNDS + WARM_UP):
        for case in random.sample(CASES, len(CASES)):
            address = address_of(case, n)
            start = time.perf_counter()
            response = client.post(url, {"address": address})
            end = time.perf_counter()
            if response.status_code != 302:
                sys.exit(f"{case}: {response.status_code}")
            if n >= WARM_UP:
                taken[case].append((end - start) * 1000)
    return taken


def chance_of_medians(one: list[float], other: list[float]) -> float:
    """How often medians of the shuffled lot differ by as much."""
    seen = abs(statistics.median(one) - statistics.median(other))
    lot = one + other
    hits = 0
    for _ in range(SHUFFLES):
        random.shuffle(lot)
        hits += abs(statistics.median(lot[: len(one)]) - statistics.median(lot[len(one) :])) >= seen
    return (hits + 1) / (SHUFFLES + 1)


def chance_of_distributions(one: list[float], other: list[float]) -> float:
    """The Kolmogorov-Smirnov test: how often two samples of one distribution are as far apart."""
    first, second = sorted(one), sorted(other)
    far = max(
        abs(bisect_right(first, x) / len(first) - bisect_right(second, x) / len(second))
        for x in first + second
    )
    size = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    scaled = (size + 0.12 + 0.11 / size) * far
    terms = ((2.0 if k % 2 else -2.0) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, sum(terms)))


def main() -> None:
    if connection.vendor != "postgresql":
        sys.exit("Give it a PostgreSQL database of its own by DATABASE_URL.")
    call_command("migrate", verbosity=0)
    if not Company.objects.filter(name="Requested").exists():
        fill()
    asker = Member.objects.get(email="person0@asking.example")
    asker.contact_requests.all().delete()
    contacts.ASKED_AT_MOST.clear()  # the limit is for people
    print(f"{ROUNDS} requests of each, in milliseconds; {connection.vendor}, queue in the database\n")
    with override_settings(TASKS=QUEUE, DEBUG=False):
        taken = measure(client_of(asker))
    print(f"{'':28}{'median':>8}{'p95':>8}{'median by chance':>18}{'distribution':>14}")
    for case in CASES:
        times = taken[case]
        row = f"{case:28}{statistics.median(times):8.2f}{statistics.quantiles(times, n=20)[18]:8.2f}"
        if case != REACHABLE:
            row += f"{chance_of_medians(times, taken[REACHABLE]):18.2f}"
            row += f"{chance_of_distributions(times, taken[REACHABLE]):14.2f}"
        print(row)


if __name__ == "__main__":
    main()
