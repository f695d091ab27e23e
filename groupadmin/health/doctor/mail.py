"""Mail: whether we can be handed some, and hand over some."""

import re
import smtplib
import socket
from collections.abc import Iterator

from django.conf import settings
from django.core import mail

from groups.mail.outgoing import client, transports

from .finding import Facts, Finding, error, in_words, note, ok, warning

DOORS = {
    "LMTP": "MAIL_LMTP_LISTEN",
    "SMTP": "MAIL_SMTP_LISTEN",
    "Submission": "MAIL_SUBMISSION_LISTEN",
    "Submission (TLS)": "MAIL_SUBMISSIONS_LISTEN",
}
_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]*)):([0-9]{1,5})")
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def incoming(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether the mail server listens, and takes mail for the lists' domains."""
    places = {door: getattr(settings, name) for door, name in DOORS.items()}
    if not any(places.values()):
        yield note("No address to listen on is set: lists receive no mail.", "Set MAIL_LMTP_LISTEN.")
    for door, place in places.items():
        if place and (found := _PLACE.fullmatch(place)) is not None:
            host = found[1] or found[2]
            yield from _door(door, EVERYWHERE.get(host, host), int(found[3]), facts, seconds / 4)


def _door(door: str, host: str, port: int, facts: Facts, seconds: float) -> Iterator[Finding]:
    try:
        refused = _lmtp(host, port, facts, seconds) if door == "LMTP" else _greeting(host, port, seconds)
    except (OSError, smtplib.SMTPException) as problem:
        yield error(
            f"{door}: nobody answers at {host}:{port}: {in_words(problem)}",
            "systemctl start groupadmin-mail; its log: journalctl -u groupadmin-mail",
        )
        return
    yield from refused or [ok(f"{door}: listens at {host}:{port}.")]


def _lmtp(host: str, port: int, facts: Facts, seconds: float) -> list[Finding]:
    """Asks for an address that each domain has, and sends nothing."""
    found = []
    with _Lmtp(host, port, timeout=seconds) as server:
        server.ehlo()
        server.docmd("MAIL FROM:<>")
        for domain in facts.domains:
            code, text = server.docmd(f"RCPT TO:<postmaster@{domain.encode('idna').decode()}>")
            if code == 451:
                return [error(f"LMTP: it cannot look up addresses now: {text.decode(errors='replace')}")]
            if code != 250:
                words = f"LMTP: mail to {domain} is refused: {code} {text.decode(errors='replace')}"
                found.append(error(words, "Is the mail server's DATABASE_URL the same as ours?"))
        server.rset()
    return found


class _Lmtp(smtplib.LMTP):
    """smtplib's has no time limit for connecting on some versions of Python."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((host, port), timeout)


def _greeting(host: str, port: int, seconds: float) -> list[Finding]:
    """Whether something answers; TLS is looked at with the certificate."""
    socket.create_connection((host, port), seconds).close()
    return []


def outgoing(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether the server of MAIL_OUT lets us in."""
    if (folder := transports.mail_folder()) is not None:
        yield note(f"MAIL_OUT writes the lists' mail to {folder}, and sends nothing.")
        return
    try:
        server = client.connect(settings.MAIL_OUT, seconds / 2)
    except Exception as problem:
        yield error(f"MAIL_OUT: {in_words(problem)}", "Start that server, or correct MAIL_OUT.")
        return
    server.close()
    yield ok("The server of MAIL_OUT lets us in.")


def to_people(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether the server of EMAIL_URL lets us in: without it, nobody gets a link to set a password."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        yield note(f"EMAIL_URL sends nothing: {settings.EMAIL_BACKEND}.")
        return
    try:
        server = mail.get_connection(timeout=seconds / 2)
        server.open()
        server.close()
    except Exception as problem:
        yield error(f"EMAIL_URL: {in_words(problem)}", "Start that server, or correct EMAIL_URL.")
        return
    yield ok("The server of EMAIL_URL lets us in.")
    if settings.EMAIL_HOST_USER and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield warning("EMAIL_URL sends its password as it is.", "Use smtp+tls:// or smtp+ssl://.")
