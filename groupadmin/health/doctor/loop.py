"""Sends a mail to ourselves by the server of MAIL_OUT, and waits until our mail server has it."""

import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.db import connection
from django.utils import timezone

from groupadmin.base.dns_records import Problem, txt_records
from groups.mail.loop import Arrived, Loop
from groups.mail.outgoing import transports
from groups.mail.outgoing.parcels import Parcel, dot_stuffed, with_crlf
from groups.mail.outgoing.signatures import Content, Key, Signature

from .finding import Facts, Finding, error, in_words, note, ok, warning

DOMAINS_AT_MOST = 3
LOOKED_FOR_EVERY = 0.2
# Kept by one process alone: another's mail server cannot tell us anything there.
ALONE = ("locmem", "dummy")
ROUTE = "See the log of the mail server in front: does it hand mail for this domain to MAIL_LMTP_LISTEN?"


def loop(facts: Facts, seconds: float) -> Iterator[Finding]:
    """One mail for each of the first domains. Nobody gets it, and nothing is stored."""
    if why := _cannot(facts):
        yield note(why)
        return
    until = time.monotonic() + seconds * 0.9
    try:
        waiting: list[Loop] = []
        for domain in facts.domains[:DOMAINS_AT_MOST]:
            begun = Loop.begin(domain)
            if (problem := _sent(begun, facts.keys.get(domain), seconds / 4)) is None:
                waiting.append(begun)
            else:
                yield problem
        for one in waiting:
            yield from _outcome(one, until)
            one.forget()
    finally:
        # A thread of its own, which has asked the cache.
        connection.close()


def _cannot(facts: Facts) -> str:
    backend = settings.CACHES["default"]["BACKEND"]
    if transports.mail_folder() is not None:
        return "Not tried: MAIL_OUT writes to a folder."
    if any(word in backend.lower() for word in ALONE):
        return "Not tried: CACHE_URL keeps things in one process, so the mail server could not tell us."
    if not facts.has_database:
        return "Not tried: the database does not answer."
    return "" if facts.domains else "Not tried: there is no list yet."


def _sent(loop: Loop, key: Key | None, seconds: float) -> Finding | None:
    """Hands it over, signed if lists' mail is; what is wrong if that fails."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"noreply@{loop.domain}"
    mail["To"] = loop.recipient
    mail["Subject"] = "groupadmin asks whether mail arrives"
    mail["Date"] = format_datetime(timezone.now())
    mail["Message-ID"] = make_msgid(domain=loop.domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("Sent and received by manage.py doctor.\n")
    raw = with_crlf(mail.as_bytes())
    signature = Signature(key, Content.of(raw)).header() if key else b""
    parcel = Parcel(loop.sender, [loop.recipient], [signature, dot_stuffed(raw)])
    transport = transports.open_transport(seconds)
    try:
        outcome = transport.hand_over(parcel)
    except Exception as problem:
        words = f"{loop.domain}: the mail could not be handed over: {in_words(problem)}"
        return error(words, "Start the server of MAIL_OUT, or correct that setting.")
    finally:
        transport.close()
    for reply in outcome.refused.values():
        return error(f"{loop.domain}: the server of MAIL_OUT refuses the mail: {reply}", ROUTE)
    return None


def _outcome(loop: Loop, until: float) -> Iterator[Finding]:
    while (arrived := loop.arrived()) is None:
        if loop.has_come_back():
            yield error(f"{loop.domain}: the mail came back as undeliverable.", ROUTE)
            return
        if time.monotonic() > until:
            yield error(f"{loop.domain}: the mail was sent, and has not arrived in time.", ROUTE)
            return
        time.sleep(LOOKED_FOR_EVERY)
    yield ok(f"{loop.domain}: a mail went out and came in again within {arrived.seconds:.1f} s.")
    yield _signed(loop.domain, arrived)


def _signed(domain: str, arrived: Arrived) -> Finding:
    """Whether it was signed in the domain's name (DKIM), and whether others can check that."""
    page = "on the page Service › Integrations › Mail signing"
    mend = f"Make a key {page}" if settings.MAIL_SIGN else f"Set MAIL_SIGN=yes and make a key {page}"
    mend += ", or have the server of MAIL_OUT sign for it."
    for signer, selector in arrived.signatures:
        if domain == signer or domain.endswith(f".{signer}"):
            name = f"{selector}._domainkey.{signer}"
            found = txt_records(name)
            if any("p=" in value and not value.endswith("p=") for value in found.values):
                return ok(f"{domain}: mail is signed (DKIM), and the key is at {name}.")
            if found.problem in (Problem.NO_ANSWER, Problem.FAILED):
                return note(
                    f"{domain}: mail is signed (DKIM); whether the key is at {name} cannot be seen now."
                )
            return error(
                f"{domain}: mail is signed (DKIM), and its key is missing at {name}.",
                "Add that TXT record, or others take each mail for forged.",
            )
    return warning(f"{domain}: mail is not signed (DKIM); many servers refuse it or file it as spam.", mend)
