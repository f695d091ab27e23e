"""The memory of one web process, while 16 people at once send it the worst that they may (rule 2.6).

    DATABASE_URL=postgresql://… python -m tests.benchmarks.web_memory [WORD …]

Only the kinds whose names have one of the words. Fills the database that it is given; give it one of its own.
Starts gunicorn as groupadmin/deploy does, with one process, and says for each kind how much memory the
process had at most, and how much it had together with the processes that it started.
"""

import http.client
import io
import os
import re
import shlex
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.room_settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402
from PIL import Image  # noqa: E402

from accounts.models import Member  # noqa: E402
from groups.models import Designation, Group  # noqa: E402
from tests.benchmarks import hostile_calendars  # noqa: E402
from tests.factories import (  # noqa: E402
    GroupFactory,
    MailingListFactory,
    MemberFactory,
)
from tests.helpers import client_of  # noqa: E402

AT_ONCE = 16
ROUNDS = 1
PORT = 8163
SIDE = 7071
TOKEN = "x" * 32
UNIT = Path(__file__).resolve().parents[2] / "groupadmin/deploy/groupadmin-web.service"

Fields = dict[str, str]
Files = list[tuple[str, str, bytes]]
Sent = tuple[str, Fields, Files]


def picture(kind: str, mode: str = "RGB", side: int = SIDE, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (side, side), None if mode == "CMYK" else "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def many_scans() -> bytes:
    """A photo whose last scan comes again and again, each time through all of it."""
    photo = picture("JPEG", progressive=True)
    scan = photo[photo.rfind(b"\xff\xda") : -2]
    return photo[:-2] + scan * ((9_000_000 - len(photo)) // len(scan)) + photo[-2:]


def pictures() -> Iterator[tuple[str, str, bytes]]:
    yield "PNG", "a.png", picture("PNG")
    yield "PNG, transparent", "a.png", picture("PNG", "RGBA")
    yield "JPEG", "a.jpg", picture("JPEG", quality=30)
    yield "JPEG, progressive", "a.jpg", picture("JPEG", quality=30, progressive=True, subsampling=0)
    yield "JPEG, CMYK", "a.jpg", picture("JPEG", "CMYK", quality=30, progressive=True)
    yield "JPEG, many scans", "a.jpg", many_scans()
    yield "GIF", "a.gif", picture("GIF", "L")
    yield "TIFF", "a.tif", picture("TIFF", side=4990, compression="tiff_deflate")
    yield "WebP", "a.webp", picture("WEBP", side=4300, method=0)
    yield (
        "WebP, animated",
        "a.webp",
        picture(
            "WEBP", side=4300, method=0, save_all=True, append_images=[Image.new("RGB", (4300, 4300), "red")]
        ),
    )
    yield "AVIF", "a.avif", picture("AVIF", side=4300, speed=10)


def kinds(group: Group) -> Iterator[tuple[str, Callable[[], Sent]]]:
    """What is sent, and where to."""

    def at(name: str) -> str:
        return reverse(f"room:{name}", args=[group.pk])

    for name, file, content in pictures():
        yield f"photo of a group: {name}", lambda file=file, content=content: (  # type: ignore[misc]
            reverse("groups:choose_photo"), {}, [("photo", file, content)]
        )  # fmt: skip
    png = picture("PNG")
    yield "own photo", lambda: (reverse("accounts:profile_photo"), {}, [("photo", "a.png", png)])
    yield "files of a message", lambda: (
        at("messages"), {"form_key": str(uuid.uuid4())}, [("files", f"{n}.png", png) for n in range(3)]
    )  # fmt: skip
    yield "files of a note", lambda: (
        at("note_add"), {"title": "a"}, [("files", f"{n}.png", png) for n in range(3)]
    )  # fmt: skip
    yield "files of a folder", lambda: (
        at("upload"), {}, [("files", f"{uuid.uuid4()}.png", png) for _ in range(3)]
    )  # fmt: skip
    for name, text in hostile_calendars.calendars():
        if name in ("exception dates of a zone", "many rules", "added dates", "daily, until 2199"):
            yield f"calendar: {name}", lambda text=text: (  # type: ignore[misc]
                at("events_import"), {}, [("file", "a.ics", text.encode()[: 1024 * 1024])]
            )  # fmt: skip
    sheet = b"".join(b"Person %d,p%d@b.example\n" % (n, n) for n in range(10_000))
    yield (
        "contacts",
        lambda: (reverse("groups:contacts_import", args=[group.pk]), {}, [("file", "a.csv", sheet)]),
    )
    attached = os.urandom(16 * 1024 * 1024)
    yield (
        "new mail",
        lambda: (
            reverse("groups:new_mail", args=[group.pk]),
            {"to": "a@b.example", "subject": "a", "text": "a", "form_key": str(uuid.uuid4())},
            [("attachments", "a.bin", attached)],
        ),
    )
    note = "x|" * 700 + "\n" + "-|" * 700 + "\n" + "a\n" * 23_000
    yield "note", lambda: (at("note_preview"), {"title": "a", "text": note}, [])
    yield (
        "form of five megabytes",
        lambda: (at("note_preview"), {"title": "a", "text": "a\n" * 2_600_000}, []),
    )


def fill() -> tuple[Group, list[str]]:
    """A room with everything on, and the sessions of the 16 people in it, who may send as its list."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    people = [MemberFactory.create(is_administrator=True)]
    company = people[0].company
    people += [MemberFactory.create(company=company, is_administrator=True) for _ in range(AT_ONCE - 1)]
    mailing_list = MailingListFactory.create(company=company)
    group = GroupFactory.create(
        company=company, masters=people, members=people, mailing_list=mailing_list, uses_mailing_list=True,
        message=True, note=True, event=True, folder=True,
    )  # fmt: skip
    for person in people:
        Designation.objects.create(
            mailing_list=mailing_list, member=person, purpose=Designation.Purpose.SEND_AS
        )
    return group, [
        client_of(person).cookies["sessionid"].value for person in Member.objects.filter(company=company)
    ]


def body(fields: Fields, files: Files) -> tuple[bytes, str]:
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode() + content
        for field, name, content in files
    ]
    return b"".join(
        b"--xxbb\r\n" + part + b"\r\n" for part in parts
    ) + b"--xxbb--\r\n", "multipart/form-data; boundary=xxbb"


def send(cookie: str, make: Callable[[], Sent], answers: Counter[str]) -> None:
    path, fields, files = make()
    sent, kind = body(fields, files)
    headers = {"Cookie": f"sessionid={cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN, "Content-Type": kind}
    here = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
    try:
        here.request("POST", path, sent, headers)
        answer = here.getresponse()
        answer.read()
        answers[str(answer.status)] += 1
    except OSError as error:
        answers[type(error).__name__] += 1
    finally:
        here.close()


def children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []


def megabytes(pid: int, name: str) -> int:
    try:
        found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0


class Watch(threading.Thread):
    """The most memory of a process, and of it and its children, every few milliseconds."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.own, self.both, self.is_over = pid, 0, 0, threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(0.01):
            own = megabytes(self.pid, "VmRSS")
            self.own = max(self.own, own)
            self.both = max(self.both, own + sum(megabytes(child, "VmRSS") for child in children(self.pid)))


def command() -> list[str]:
    """What the unit starts, with one process, on this port."""
    line = next(line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart="))
    started = re.sub(r"--workers \d+", "--workers 1", line.partition("=")[2])
    started = re.sub(r"--bind \S+", f"--bind 127.0.0.1:{PORT}", started)
    return [sys.executable, "-m", "gunicorn", *shlex.split(started)[1:]]


def main(words: list[str]) -> None:
    group, cookies = fill()
    connection.close()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.room_settings"}
    with subprocess.Popen(command(), env=environment) as server:
        try:
            while not (found := children(server.pid)) and server.poll() is None:
                time.sleep(0.1)
            time.sleep(5)
            (web,) = found
            print(f"started: {megabytes(web, 'VmRSS')} MB", flush=True)
            for name, make in kinds(group):
                if words and not any(word in name for word in words):
                    continue
                watch, answers, begun = Watch(web), Counter[str](), time.monotonic()
                watch.start()
                senders = [
                    threading.Thread(target=send, args=(cookie, make, answers)) for cookie in cookies * ROUNDS
                ]
                for start in range(0, len(senders), AT_ONCE):
                    for sender in senders[start : start + AT_ONCE]:
                        sender.start()
                    for sender in senders[start : start + AT_ONCE]:
                        sender.join()
                watch.is_over.set()
                watch.join()
                took = time.monotonic() - begun
                print(
                    f"{name:40} {watch.own:5} MB, with its children {watch.both:5} MB, {took:5.1f} s",
                    dict(answers),
                    flush=True,
                )
            print(f"at most: {megabytes(web, 'VmHWM')} MB")
        finally:
            server.terminate()


if __name__ == "__main__":
    main(sys.argv[1:])
