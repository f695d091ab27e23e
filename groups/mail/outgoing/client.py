"""Speaks SMTP to the smart host: smtplib, with a hundred recipients in two round trips (RFC 2920)."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from .parcels import ConnectionLost, Outcome, Parcel, Reply

TIMEOUT = 60
# Commands sent at once: they and their replies fit into any socket's buffer.
PIPELINED = 100
# A small mail is sent in one piece; copying a large one for each recipient would cost more than it saves.
JOINED_AT_MOST = 64 * 1024
# For so many seconds, letters go out one after the other; the rest then waits for the next turn. Well below
# the time for which SQLite sets an envelope aside.
LONGEST_CHAIN = 240
PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}

_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f<>\ud800-\udfff]")


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

    def hand_over_each(self, letters: Sequence[Parcel], outcome: Outcome) -> None:
        """Hands over letters with one recipient each, and adds what became of them, in their order.

        Goes on after those that the outcome has. With PIPELINING each costs one round trip: a mail's content
        and the commands of the next one travel together (RFC 2920, 3.1). Raises ConnectionLost; the outcome
        then has all letters but those that certainly were not taken.
        """
        self.content_sent = False
        try:
            if self.has_extn("pipelining"):
                self._chain(letters, outcome)
            else:
                self._one_by_one(letters, outcome)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            reason = str(error) or "no answer in time"
            if self.content_sent:
                # Whether it was taken, nobody knows: it is sent again, as a shared envelope is.
                unknown = letters[outcome.count].recipients
                outcome.refused.update(dict.fromkeys(unknown, Reply(451, reason)))
            raise ConnectionLost(reason, before_content=not self.content_sent) from error

    def _one_by_one(self, letters: Sequence[Parcel], outcome: Outcome) -> None:
        end = time.monotonic() + LONGEST_CHAIN
        for number in range(outcome.count, len(letters)):
            self.content_sent = False
            outcome.add(self._transaction(letters[number]))
            if outcome.trouble is not None or time.monotonic() > end:
                return

    def _chain(self, letters: Sequence[Parcel], outcome: Outcome) -> None:
        """Stops early if the server takes no mail from us, whichever it is."""
        under_way: Parcel | None = None
        end = time.monotonic() + LONGEST_CHAIN
        for number in range(outcome.count, len(letters)):
            if time.monotonic() > end:
                break
            letter = letters[number]
            (recipient,) = letter.recipients
            unsendable = self._unsendable(recipient)
            opening = b"" if unsendable else self._opening(letter, recipient)
            self._finish(under_way, outcome, opening)
            under_way = None
            if unsendable:
                outcome.refused[recipient] = unsendable
                continue
            if (refusal := self._begun()) is None:
                under_way = letter
                continue
            outcome.refused[recipient] = refusal
            if refusal.is_about_us:
                return
        self._finish(under_way, outcome, b"")

    def _opening(self, letter: Parcel, recipient: str) -> bytes:
        needs_utf8 = self.has_extn("smtputf8") and (letter.has_utf8_header or not recipient.isascii())
        options = self._options(letter, needs_utf8)
        to = self._encoded(recipient, needs_utf8)
        return f"MAIL FROM:<{letter.sender}>{options}\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode()

    def _finish(self, under_way: Parcel | None, outcome: Outcome, more: bytes) -> None:
        """Sends the content of the letter under way, with what comes next, and notes what became of it."""
        if under_way is None:
            if more:
                self._write(more)
            return
        (recipient,) = under_way.recipients
        self.content_sent = True
        if under_way.size > JOINED_AT_MOST:
            for part in under_way.parts:
                self._write(part)
            self._write(b".\r\n" + more)
        else:
            self._write(b"".join((*under_way.parts, b".\r\n", more)))
        reply = self._reply()
        self.content_sent = False
        if reply.code == 250:
            outcome.accepted.append(recipient)
        else:
            outcome.refused[recipient] = reply

    def _begun(self) -> Reply | None:
        """Reads the replies to an opening; why the letter cannot go on, with the transaction ended."""
        mail, rcpt, data = self._reply(), self._reply(), self._reply()
        if mail.code // 100 == 2 and rcpt.code // 100 == 2 and data.code == 354:
            return None
        if data.code == 354:
            # It wants a mail for nobody.
            self._write(b".\r\n")
            self._reply()
        self._replies(["RSET"], "ascii")
        if mail.code // 100 != 2:
            return replace(mail, is_of_server=True)
        if rcpt.code // 100 != 2:
            return replace(rcpt, is_of_recipient=True)
        return replace(data, is_of_server=True)

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


def connect(url: str, timeout: float = TIMEOUT) -> Client:
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
        client = _Secure(timeout=timeout) if parts.scheme == "smtp+ssl" else Client(timeout=timeout)
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
