"""Seconds of the processor that the worst inputs of the allowed size cost, kind by kind: each less than two.

    python -m tests.benchmarks.hostile_inputs [WORD …]

Only the kinds whose names have one of the words. Each runs in a process of its own, with a minute at most. No
database is needed: everything here happens before one is asked.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.exceptions import ValidationError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from accounts.pickers import tokens  # noqa: E402
from groupadmin.base.errors import Invalid  # noqa: E402
from groupadmin.base.text import fold, initial, too_long  # noqa: E402
from groups.forms.mailing_list import ContactsField  # noqa: E402
from groups.forms.new_mail import AddressesField  # noqa: E402
from groups.mail import content  # noqa: E402
from groups.mail.contacts import reading as contacts_reading  # noqa: E402
from groups.mail.incoming import policy  # noqa: E402
from groups.mail.incoming import reading as mail_reading  # noqa: E402
from groups.mail.outgoing import bounces, headers  # noqa: E402
from groups.room import text as room_text  # noqa: E402
from groups.room.calendar.ics_reader import read_calendar  # noqa: E402
from groups.room.messages import mentions  # noqa: E402
from groups.room.notes.markdown import excerpt_of, html_of  # noqa: E402
from groups.room.notes.reading import difference  # noqa: E402
from tests.benchmarks import hostile_calendars, hostile_mails, hostile_texts  # noqa: E402

LIMIT = 60


def refused(function: Callable[[], object]) -> object:
    try:
        return function()
    except Invalid as invalid:
        return f"refused: {invalid.message}"
    except ValidationError as invalid:
        return f"refused: {' '.join(invalid.messages)}"


def read_mail(raw: bytes) -> object:
    arrival = mail_reading.read(
        mail_reading.mail_bytes(bytearray(b"\r\n" + raw)),
        door="lmtp",
        envelope_sender="a@b.example",
        recipients=["c@d.example"],
    )
    decision = policy.decide(arrival, policy.PolicyContext("c@d.example"))
    if not decision.accepted:
        return f"refused: {decision.text}"
    return headers.common_headers(arrival, "c@d.example"), headers.author_headers(
        arrival, "Group", "c@d.example", frozenset()
    )


def shown_mail(raw: bytes) -> object:
    return content.header_texts(raw)


def write_about(text: str) -> object:
    cleaned = room_text.cleaned("text", text, lambda raw: raw, 10_000, 40_000)
    return (
        mentions.mentioned_names(text),
        room_text.html_of(text),
        room_text.is_emoji_only(text),
        fold(cleaned),
    )


def checked_name(name: str) -> object:
    return too_long(name, 100, 1000), fold(name[:2000]), initial(name[:2000])


KINDS: dict[str, tuple[Callable[[], Iterable[tuple[str, Any]]], Callable[[Any], object]]] = {
    "calendar": (hostile_calendars.calendars, lambda text: read_calendar(text, "Europe/Berlin")),
    "mail": (hostile_mails.mails, read_mail),
    "mail as shown": (hostile_mails.mails, shown_mail),
    "bounce": (hostile_mails.bounced, bounces._failures),
    "CSV": (hostile_texts.sheets, contacts_reading.read),
    "note": (hostile_texts.notes, lambda text: (html_of(text), excerpt_of(text), fold(text))),
    "message": (hostile_texts.texts, write_about),
    "name": (hostile_texts.names, checked_name),
    "difference": (hostile_texts.differences, lambda both: difference(*both)),
    "form of contacts": (hostile_texts.picked, ContactsField().clean),
    "form of addresses": (hostile_texts.picked, AddressesField().clean),
    "picker": (hostile_texts.picked, tokens.parse),
}


def cost(function: Callable[[Any], object], given: Any) -> tuple[float, str]:
    """The seconds that it takes in a process of its own, and what comes of it."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
        try:
            begun = time.process_time()
            try:
                said = refused(lambda: function(given))
            except BaseException as error:
                said = f"error: {type(error).__name__} {error}"
            told = said if isinstance(said, str) and said.startswith(("refused", "error")) else ""
            os.write(writer, f"{time.process_time() - begun} {told[:100]}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with os.fdopen(reader) as answer:
        seconds, _space, told = (answer.read() or f"{LIMIT} (did not end)").partition(" ")
    return float(seconds), told


def main(words: list[str]) -> None:
    slow = 0
    for kind, (inputs, function) in KINDS.items():
        for name, given in inputs():
            label = f"{kind}: {name}"
            if words and not any(word in label for word in words):
                continue
            seconds, told = cost(function, given)
            slow += seconds > 2
            print(f"{label:44} {seconds:6.2f} s{' ***' if seconds > 2 else ''} {told}", flush=True)
    print(f"{slow} of more than two seconds")


if __name__ == "__main__":
    main(sys.argv[1:])
