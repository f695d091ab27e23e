"""Speaks SMTP to the smart host: smtplib, with a hundred recipients in two round trips (RFC 2920)."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from .dead_addresses import why_dead

TIMEOUT = 60
# Commands sent at once: they and their replies fit into any socket's buffer.
PIPELINED = 100
PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}

_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f<>\ud800-\udfff]")
# Sign-in is required or failed.
_SIGN_IN = (530, 534, 535, 538)
# About this mail, though the server has not seen it: its size (by SIZE=) or its characters.
_OF_MAIL = re.compile(r"[45]\.(?:2\.3|3\.4|6\.\d+)\b")
_NO_RELAY = re.compile(
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited)|unable to relay"
    r"|not (?:permitted|allowed|authori[sz]ed) to relay",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reply:
    """What the other side replies about one recipient or about the whole mail."""

    code: int
    text: str
    is_of_recipient: bool = False
    # Said before it has seen the mail, to whoever asks.
    is_of_server: bool = False

    @property
    def is_permanent(self) -> bool:
        if self.is_too_many or self.is_about_us:
            return False
        return self.code // 100 == 5

    @property
    def is_about_us(self) -> bool:
        """Whether the server takes no mail from us now, whichever it is and for whomever (rule 4.11).

        It is away, or an operator has to change something here or there: so the mail waits.
        """
        if self.code in _SIGN_IN:
            return True
        if self.is_of_recipient:
            return self.code // 100 == 5 and _NO_RELAY.search(self.text) is not None
        return self.is_of_server and self.code != 552 and _OF_MAIL.match(self.text) is None

    @property
    def is_refusal(self) -> bool:
        """Whether it is away only because it says no, which does not pass by itself."""
        return self.is_about_us and self.code // 100 == 5

    @property
    def is_too_many(self) -> bool:
        """Whether the recipient is one too many for this transaction, but not for the next."""
        says_so = self.text.startswith(("4.5.3", "5.5.3")) or "too many" in self.text.lower()
        return self.is_of_recipient and self.code in (452, 552) and says_so

    @property
    def tells_address_is_dead(self) -> bool:
        """Whether no mail will ever arrive at the recipient's address (rule 4.10)."""
        return self.is_of_recipient and self.is_permanent and why_dead(str(self)) is not None

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True)
class Outcome:
    """Whom the smart host has accepted, and whom not."""

    accepted: list[str] = field(default_factory=list)
    refused: dict[str, Reply] = field(default_factory=dict)

    @classmethod
    def none(cls, recipients: Sequence[str], reply: Reply) -> "Outcome":
        return cls([], dict.fromkeys(recipients, reply))

    @property
    def trouble(self) -> Reply | None:
        """A reply by which the server takes no mail from us; None if there is none."""
        return next((reply for reply in self.refused.values() if reply.is_about_us), None)


class ConnectionLost(Exception):  # noqa: N818
    """The connection broke, or there never was one. The fate of the envelope is unknown."""

    def __init__(
        self,
        reason: str,
        *,
        before_content: bool = True,
        never_connected: bool = False,
        is_refusal: bool = False,
    ) -> None:
        super().__init__(reason)
        self.before_content = before_content
        self.never_connected = never_connected
        # It answered, and will say the same until somebody changes something.
        self.is_refusal = is_refusal


@dataclass(frozen=True)
class Parcel:
    """An envelope with its mail, as SMTP sends it: lines end in CRLF, leading dots are doubled."""

    sender: str
    recipients: Sequence[str]
    parts: Sequence[bytes]
    has_8bit: bool = False
    has_utf8_header: bool = False

    @property
    def size(self) -> int:
        return sum(map(len, self.parts))


def dot_stuffed(data: bytes) -> bytes:
    """Text as SMTP sends it (RFC 5321, 4.5.2), without the final dot."""
    data = data.replace(b"\n.", b"\n..")
    return b"." + data if data.startswith(b".") else data


def with_crlf(data: bytes) -> bytes:
    """Every line ends in CR and LF, the last one too: a later server could take others for the mail's end."""
    if data.count(b"\n") != data.count(b"\r\n") or data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return data if not data or data.endswith(b"\r\n") else data + b"\r\n"


class Client(smtplib.SMTP):
    """A connection that sends one envelope after the other."""

    def hand_over(self, parcel: Parcel) -> Outcome:
        """One transaction. Raises ConnectionLost."""
        self.content_sent = False
        try:
            return self._transaction(parcel)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise ConnectionLost(
                str(error) or "no answer in time", before_content=not self.content_sent
            ) from error

    def _transaction(self, parcel: Parcel) -> Outcome:
        unsendable = {address: reply for address in parcel.recipients if (reply := self._unsendable(address))}
        recipients = [address for address in parcel.recipients if address not in unsendable]
        outcome = Outcome([], unsendable)
        if not recipients:
            return outcome
        needs_utf8 = self.has_extn("smtputf8") and (
            parcel.has_utf8_header or not all(map(str.isascii, recipients))
        )
        start = f"MAIL FROM:<{parcel.sender}>{self._options(parcel, needs_utf8)}"
        encoding = "utf-8" if needs_utf8 else "ascii"
        envelope = [f"RCPT TO:<{self._encoded(address, needs_utf8)}>" for address in recipients]
        mail, *rcpt_replies, data = self._replies([start, *envelope, "DATA"], encoding)
        self._sort(outcome, recipients, mail, rcpt_replies)
        if data.code == 354:
            data = self._content(parcel.parts if outcome.accepted else ())
        else:
            data = replace(data, is_of_server=True)
        if data.code != 250 or not outcome.accepted:
            self._refuse_all(outcome, data)
        return outcome

    def _sort(
        self, outcome: Outcome, recipients: Sequence[str], mail: Reply, replies: Sequence[Reply]
    ) -> None:
        for address, reply in zip(recipients, replies, strict=True):
            if mail.code // 100 != 2:
                outcome.refused[address] = replace(mail, is_of_server=True)
            elif reply.code // 100 == 2:
                outcome.accepted.append(address)
            else:
                outcome.refused[address] = Reply(reply.code, reply.text, is_of_recipient=True)

    def _refuse_all(self, outcome: Outcome, data: Reply) -> None:
        """The mail as a whole was refused; whatever state the other side is in, it starts afresh."""
        outcome.refused.update(dict.fromkeys(outcome.accepted, data))
        outcome.accepted.clear()
        self._replies(["RSET"], "ascii")

    def _replies(self, commands: Sequence[str], encoding: str) -> list[Reply]:
        if self.has_extn("pipelining"):
            return list(self._pipelined(commands, encoding))
        replies: list[Reply] = []
        for command in commands:
            if command == "DATA" and all(reply.code // 100 != 2 for reply in replies[1:]):
                replies.append(Reply(503, "5.5.1 No valid recipients"))
                continue
            replies += self._pipelined([command], encoding)
        return replies

    def _pipelined(self, commands: Sequence[str], encoding: str) -> Iterator[Reply]:
        for start in range(0, len(commands), PIPELINED):
            some = commands[start : start + PIPELINED]
            self._write("".join(f"{command}\r\n" for command in some).encode(encoding))
            for _command in some:
                yield self._reply()

    def _content(self, parts: Sequence[bytes]) -> Reply:
        self.content_sent = bool(parts)
        for part in parts:
            self._write(part)
        self._write(b".\r\n")
        return self._reply()

    def _write(self, data: bytes) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.sock.sendall(data)

    def _reply(self) -> Reply:
        code, text = self.getreply()
        if code in (421, -1):
            raise smtplib.SMTPServerDisconnected(f"{code} {_said(text)}")
        return Reply(code, " ".join(_said(text).split())[:500])

    def _options(self, parcel: Parcel, needs_utf8: bool) -> str:
        options = f" SIZE={parcel.size}" if self.has_extn("size") else ""
        if parcel.has_8bit and self.has_extn("8bitmime"):
            options += " BODY=8BITMIME"
        return f"{options} SMTPUTF8" if needs_utf8 else options

    def _unsendable(self, address: str) -> Reply | None:
        if _UNSENDABLE.search(address) or "@" not in address:
            return Reply(553, "5.1.3 This is not a valid email address", is_of_recipient=True)
        if not address.rpartition("@")[0].isascii() and not self.has_extn("smtputf8"):
            return Reply(553, "5.6.7 The mail server does not accept addresses with these characters")
        try:
            self._encoded(address, self.has_extn("smtputf8"))
        except UnicodeError:
            return Reply(553, "5.1.2 This is not a valid email domain", is_of_recipient=True)
        return None

    @staticmethod
    def _encoded(address: str, needs_utf8: bool) -> str:
        if address.isascii() or needs_utf8:
            return address
        local_part, _at, domain = address.rpartition("@")
        return f"{local_part}@{domain.encode('idna').decode()}"


def connect(url: str) -> Client:
    """A connection to a smart host: smtp://, smtp+tls:// (STARTTLS) or smtp+ssl://, with user:password@.

    Raises ConnectionLost, or ImproperlyConfigured if a password would cross a network as plain text.
    """
    parts = urlsplit(url)
    host, user = parts.hostname or "localhost", unquote(parts.username or "")
    if parts.scheme not in PORTS:
        raise ImproperlyConfigured(f"MAIL_OUT begins with one of {', '.join(PORTS)} or folder, and ://")
    if user and parts.scheme == "smtp" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ImproperlyConfigured("MAIL_OUT has a password, so it needs smtp+tls:// or smtp+ssl://")
    client: Client | None = None
    try:
        client = _Secure(timeout=TIMEOUT) if parts.scheme == "smtp+ssl" else Client(timeout=TIMEOUT)
        cast(Any, client)._host = host  # smtplib checks certificates against it
        code, text = client.connect(host, parts.port or PORTS[parts.scheme])
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        if client.sock is not None:
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "smtp+tls":
            client.starttls(context=ssl.create_default_context())
        client.ehlo_or_helo_if_needed()
        if user:
            client.login(user, unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException) as error:
        if client is not None:
            client.close()
        raise ConnectionLost(
            f"{host}: {_in_words(error)}", never_connected=True, is_refusal=_is_refusal(error)
        ) from error
    return client


def _in_words(error: Exception) -> str:
    if not isinstance(error, smtplib.SMTPResponseException):
        return str(error)
    text = error.smtp_error
    return f"{error.smtp_code} {_said(text) if isinstance(text, bytes) else text}"


def _said(reply: bytes) -> str:
    return reply.decode("utf-8", "backslashreplace")


def _is_refusal(error: Exception) -> bool:
    """Whether waiting is of no use: the password is wrong, the certificate not for this host."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code // 100 == 5
    return isinstance(error, (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError))


class _Secure(Client):
    """Encrypted from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        plain = socket.create_connection((host, port), timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
