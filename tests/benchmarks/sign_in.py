"""Times signing in and asking for a new password, for every kind of address (rule 9.7).

Nobody can tell them apart by it.

    DATABASE_URL=postgresql://… python -m tests.benchmarks.sign_in [rounds]

Posts to the pages with the tasks' queue in the database and Django's own hashing, as in use; `ROUNDS` of each
kind, which take turns in random order. The table has the median of each and its ratio to the median of an
active member, of the time that passed and of that on the processor, which others on the machine disturb less;
and how likely a difference of the latter as large would be by chance (by shuffling).
Fills the database that it is given; give it one of its own.
"""

import os
import random
import statistics
import sys
import time
from collections import defaultdict

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import Company, FailureCount, Member  # noqa: E402
from tests.benchmarks.contact_lookup import chance_of_medians, company  # noqa: E402

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
WARM_UP = 5
KNOWN = "active member"
KINDS = (KNOWN, "inactive member", "member without password", "unknown address", "unknown domain")
PEOPLE = 5_000
IN_USE = {
    "TASKS": {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
}


def fill() -> None:
    made = company("Signing", 3 * PEOPLE, "everybody")
    ids = list(made.members.order_by("pk").values_list("pk", flat=True))
    chosen = Member(name="x")
    chosen.set_password("some chosen password")
    made.members.filter(pk__in=ids[: 2 * PEOPLE]).update(password=chosen.password)
    made.members.filter(pk__in=ids[PEOPLE : 2 * PEOPLE]).update(is_active=False)


def address_of(kind: str) -> str:
    """An address of that kind, another one each time."""
    n = random.randrange(PEOPLE)
    return {
        KNOWN: f"person{n}@signing.example",
        "inactive member": f"person{PEOPLE + n}@signing.example",
        "member without password": f"person{2 * PEOPLE + n}@signing.example",
        "unknown address": f"nobody{n}@signing.example",
        "unknown domain": f"person{n}@nowhere.example",
    }[kind]


Taken = dict[str, list[tuple[float, float]]]
"""Milliseconds that passed, and those on the processor, by kind."""


def measure(name: str, field: str, more: dict[str, str], status: int) -> Taken:
    """Taking turns in random order."""
    url = reverse(name)
    taken: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for n in range(ROUNDS + WARM_UP):
        for kind in random.sample(KINDS, len(KINDS)):
            sent = {field: address_of(kind)} | more
            ip = ".".join(str(random.randrange(1, 255)) for _part in range(4))
            start, cpu = time.perf_counter(), time.process_time()
            answer = Client(REMOTE_ADDR=ip).post(url, sent)
            passed, worked = time.perf_counter() - start, time.process_time() - cpu
            if answer.status_code != status:
                sys.exit(f"{kind}: {answer.status_code}")
            if n >= WARM_UP:
                taken[kind].append((passed * 1000, worked * 1000))
    return taken


def show(title: str, taken: Taken) -> None:
    print(f"{title:28}{'passed':>10}{'ratio':>8}{'processor':>12}{'ratio':>8}{'by chance':>12}")
    usual = [statistics.median(column) for column in zip(*taken[KNOWN], strict=True)]
    theirs = [worked for _passed, worked in taken[KNOWN]]
    for kind in KINDS:
        passed, worked = (list(column) for column in zip(*taken[kind], strict=True))
        medians = statistics.median(passed), statistics.median(worked)
        ratios = medians[0] / usual[0], medians[1] / usual[1]
        chance = f"{chance_of_medians(worked, theirs):12.2f}" if kind != KNOWN else ""
        print(f"{kind:28}{medians[0]:10.2f}{ratios[0]:8.3f}{medians[1]:12.2f}{ratios[1]:8.3f}{chance}")
    print()


def main() -> None:
    if connection.vendor != "postgresql":
        sys.exit("Give it a PostgreSQL database of its own by DATABASE_URL.")
    call_command("migrate", verbosity=0)
    with override_settings(**IN_USE, DEBUG=False):
        if not Company.objects.filter(name="Signing").exists():
            fill()
        FailureCount.objects.all().delete()
        print(f"{ROUNDS} requests of each kind; {connection.vendor}, queue in the database\n")
        show("new password", measure("account_reset_password", "email", {}, 302))
        show("wrong password", measure("account_login", "login", {"password": "a wrong guess"}, 200))


if __name__ == "__main__":
    main()
