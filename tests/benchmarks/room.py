"""Times a room with 100,000 messages, and 200 open rooms that all ask for what is new (rule 3.5).

    DATABASE_URL=postgresql://… python -m tests.benchmarks.room [SECONDS]

Fills the database that it is given the first time; give it one of its own. The second part starts gunicorn as
groupadmin/deploy does, has 200 people ask as static/groupadmin/message-changes.js does while some of them
write, and says what that costs and after how long a message is there for the others.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.room_settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Company, Member  # noqa: E402
from groups.models import Group, Membership, Message, Room  # noqa: E402
from groups.room.messages.polling import ticket  # noqa: E402
from groups.room.unread import rooms_of  # noqa: E402
from tests.helpers import client_of  # noqa: E402

MESSAGES = 100_000
PEOPLE = 200
ROOMS = 40
GROUPS_OF_ONE = 2_000
ROUNDS = 15
PAUSE = 1.5
WARMING_UP = 8.0
PORT = 8161
WORDS = (
    "the",
    "plan",
    "of",
    "this",
    "week",
    "robots",
    "ships",
    "people",
    "Seoul",
    "Hamburg",
    "Taipei",
    "we",
    "meet",
)


def fill() -> Company:
    """A company whose first group has all the messages, 40 rooms of five, and somebody in 2,000 groups."""
    call_command("migrate", verbosity=0)
    if found := Company.objects.filter(name="Rooms").first():
        return found
    company = Company.objects.create(name="Rooms", plan="paid", name_folded="", name_sort="", name_key="")
    people = [
        Member(company=company, name=f"Person {n}", email=f"person{n}@rooms.example") for n in range(PEOPLE)
    ]
    for person in people:
        person.fold_name()
    Member.objects.bulk_create(people)
    groups = [Group(company=company, name=f"Room {n}", message=True) for n in range(GROUPS_OF_ONE)]
    for group in groups:
        group.fold_name()
    Group.objects.bulk_create(groups, batch_size=1_000)
    entries = [Membership(group=groups[0], member=person) for person in people]
    entries += [Membership(group=groups[1 + n % ROOMS], member=person) for n, person in enumerate(people)]
    entries += [Membership(group=group, member=people[0]) for group in groups[2 + ROOMS :]]
    Membership.objects.bulk_create(entries, batch_size=1_000)
    choose = random.Random(1)
    for start in range(0, MESSAGES, 10_000):
        messages = []
        for change in range(start + 1, start + 10_001):
            text = " ".join(choose.choices(WORDS, k=12))
            author = choose.choice(people)
            messages.append(
                Message(
                    group=groups[0], author=author, author_name=author.name, text=text,
                    text_folded=text.casefold(), change=change,
                )
            )  # fmt: skip
        Message.objects.bulk_create(messages, batch_size=2_000)
    now = timezone.now()
    rooms = [Room(group=group, last_activity_at=now) for group in groups]
    rooms[0].changes, rooms[0].newest_message = MESSAGES, Message.objects.latest("pk").pk
    Room.objects.bulk_create(rooms)
    newcomer = Member(company=company, name="Newcomer", email="newcomer@rooms.example")
    newcomer.save()
    Membership.objects.create(group=groups[0], member=newcomer)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return company


def timed(name: str, ask: Callable[[], object]) -> None:
    """Prints how many queries it takes, and the median time."""
    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    count = len(queries)
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begun)
    print(f"{name:58} {count:3} queries {1000 * statistics.median(times):8.1f} ms")


def long_room(company: Company) -> None:
    """The room with 100,000 messages, and the menu of somebody with 2,000 rooms."""
    group = Group.objects.get(company=company, name="Room 0")
    person = Member.objects.get(email="person7@rooms.example")
    client, address = client_of(person), f"/rooms/{group.pk}/messages/"
    newcomer = client_of(Member.objects.get(email="newcomer@rooms.example"))
    pks = Message.objects.filter(group=group).order_by("pk").values_list("pk", flat=True)
    first, middle = pks[0], pks[MESSAGES // 2]
    older = {"HX-Request": "true", "HX-Target": "older"}
    timed("open at the newest", lambda: client.get(address))
    timed("scroll up: 50 more", lambda: client.get(address, {"before": middle}, headers=older))
    timed(
        "scroll up at the very beginning", lambda: client.get(address, {"before": first + 60}, headers=older)
    )
    timed("open in the middle", lambda: client.get(address, {"at": middle}))
    timed("open, by who has come after all of them", lambda: newcomer.get(address))
    timed("search, found", lambda: client.get(address, {"q": "seoul hamburg"}))
    timed("search, not there", lambda: client.get(address, {"q": "not in any message"}))
    changes = f"{address}changes/"
    timed("ask what is new, nothing", lambda: client.get(changes, {"after": MESSAGES}))
    timed("ask what is new, one", lambda: client.get(changes, {"after": MESSAGES - 1}))
    busy = Member.objects.get(email="person0@rooms.example")
    busy_client: Client = client_of(busy)
    tickets = [{"Room-Ticket": ticket(one, group.pk)} for one in (person, busy)]
    timed("  with a ticket", lambda: client.get(changes, {"after": MESSAGES}, headers=tickets[0]))
    timed("the menu's rooms, of somebody in 2,000 groups", lambda: rooms_of(busy, 5))
    timed("ask what is new, in 2,000 groups", lambda: busy_client.get(changes, {"after": MESSAGES}))
    timed("  with a ticket", lambda: busy_client.get(changes, {"after": MESSAGES}, headers=tickets[1]))


@dataclass
class Person:
    """Somebody who looks at a room: what their browser keeps."""

    room: int
    cookie: str
    change: int
    ticket: str = ""


class Talk:
    """200 people with a room open each, five in a room; some write."""

    def __init__(self, company: Company, seconds: float, processes: tuple[str, ...]) -> None:
        self.seconds = seconds
        self.processes = processes
        self.used: list[float] = []
        self.asked: list[float] = []
        self.seen: list[float] = []
        self.wrote: dict[str, float] = {}
        self.failed = 0
        self.written = 0
        self.people: list[Person] = []
        for n, person in enumerate(Member.objects.filter(company=company).order_by("pk")[:PEOPLE]):
            room = Group.objects.get(company=company, name=f"Room {1 + n % ROOMS}")
            cookie = client_of(person).cookies["sessionid"].value
            changes = Room.objects.filter(group=room).values_list("changes", flat=True).first() or 0
            self.people.append(Person(room.pk, cookie, changes))

    async def request(
        self, method: str, path: str, person: Person, body: str = ""
    ) -> tuple[int, dict[str, str], str]:
        token = "x" * 32
        shown = f"Room-Ticket: {person.ticket}\r\n" if person.ticket else ""
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Cookie: sessionid={person.cookie}; csrftoken={token}\r\n"
            f"X-CSRFToken: {token}\r\nHX-Request: true\r\n{shown}"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = (await reader.read()).decode()
        writer.close()
        head, _gap, content = answer.partition("\r\n\r\n")
        lines = head.split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:])
        headers = {name.lower(): value for name, value in pairs}
        return int(lines[0].split()[1]), headers, content

    async def look(self, person: Person, until: float) -> None:
        await asyncio.sleep(random.random() * PAUSE)
        while time.perf_counter() < until:
            begun = time.perf_counter()
            address = f"/rooms/{person.room}/messages/changes/?after={person.change}"
            try:
                status, headers, content = await self.request("GET", address, person)
            except OSError:
                self.failed += 1
                continue
            now = time.perf_counter()
            self.asked.append(now - begun)
            person.ticket = headers.get("room-ticket", person.ticket)
            if status == 200:
                person.change = int(headers["room-change"])
                self.seen += [now - at for key, at in self.wrote.items() if f"{key}<" in content]
            elif status != 204:
                self.failed += 1
            await asyncio.sleep(PAUSE)

    async def write(self, until: float) -> None:
        while time.perf_counter() < until - 3:
            person = random.choice(self.people)
            self.written += 1
            key = f"m{self.written}m"
            self.wrote[key] = time.perf_counter()
            body = urlencode({"text": f"Hello {key}"})
            status, _headers, _content = await self.request(
                "POST", f"/rooms/{person.room}/messages/", person, body
            )
            self.failed += status != 204
            await asyncio.sleep(0.5)

    async def run(self) -> None:
        # What each process does once, such as opening its connections, is not counted.
        await self.talk(WARMING_UP)
        self.asked, self.seen, self.wrote, self.failed = [], [], {}, 0
        self.used = [-cpu_of((name,)) for name in self.processes]
        await self.talk(self.seconds)
        self.used = [before + cpu_of((name,)) for before, name in zip(self.used, self.processes, strict=True)]

    async def talk(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(self.look(person, until) for person in self.people), self.write(until))


def cpu_of(names: tuple[str, ...]) -> float:
    """Seconds of processor that processes whose command line holds one of the names have used."""
    used = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            line = (stat.parent / "cmdline").read_bytes().decode(errors="replace")
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if any(name in line for name in names):
            used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def open_rooms(company: Company, seconds: float) -> None:
    """Starts the server as in use, and says what it costs."""
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "gunicorn", "groupadmin.wsgi:application", "--bind", f"127.0.0.1:{PORT}"]
    command += ["--workers", "4", "--threads", "4", "--limit-request-line", "8190", "--no-control-socket"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.room_settings"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            time.sleep(8)
            talk = Talk(company, seconds, (f"127.0.0.1:{PORT}", f"{database} 127.0.0.1"))
            connection.close()
            asyncio.run(talk.run())
        finally:
            server.terminate()
    asked, seen = sorted(talk.asked), sorted(talk.seen)

    def at(values: list[float], part: float) -> str:
        return f"{1000 * values[int((len(values) - 1) * part)]:.0f} ms" if values else "-"

    print(f"{PEOPLE} rooms open for {seconds:.0f} s: {len(asked) / seconds:.0f} questions a second")
    print(f"  answered in {at(asked, 0.5)} (median), {at(asked, 0.95)} (95%), {at(asked, 1)} (worst)")
    print(f"  {len(talk.wrote)} messages, seen {len(seen)} times after {at(seen, 0.5)} (median), "
          f"{at(seen, 0.95)} (95%), {at(seen, 1)} (worst)")  # fmt: skip
    server_used, database_used = (f"{100 * one / seconds:.0f} %" for one in talk.used)
    print(f"  of one processor: server {server_used}, PostgreSQL {database_used}")
    print(f"  failed: {talk.failed}")


if __name__ == "__main__":
    filled = fill()
    long_room(filled)
    open_rooms(filled, float(sys.argv[1]) if len(sys.argv) > 1 else 40)
