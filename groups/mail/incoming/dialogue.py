"""One connection's dialogue: aiosmtpd's, with limits, enhanced status codes and our replies (RFC 2033, 5321).

Nothing here touches the database: threads do, through `Host.work`, so that a slow mail blocks nobody.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from ssl import SSLContext
from typing import Any, Protocol, TypeVar, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException, syntax

from groupadmin.base import outage
from groups.mail.arrival import Decision
from groups.models import Mail

from . import paths, policy, reading, receive, sign_in

logger = logging.getLogger(__name__)

IDLE_SECONDS = 5 * 60
# For a whole mail, however slowly it arrives.
DATA_SECONDS = 15 * 60
MOST_RECIPIENTS = 500
# Replies and refusals since the last accepted mail.
MOST_REPLIES = 2000
MOST_REFUSALS = 50
MOST_REFUSALS_OF_FRONT = 1000
CHUNK = 1024 * 1024
# Storing a mail takes about ten times its size in memory; larger ones than this wait for their turn.
LARGE = 2 * 1024 * 1024

END = b"\r\n.\r\n"
BUSY = b"421 4.3.2 Too many connections. Try again in a few minutes.\r\n"
TIMED_OUT = b"421 4.4.2 Timed out waiting for data.\r\n"
STOPPING = b"421 4.3.2 The server is restarting. Try again in a minute.\r\n"
MISBEHAVING = b"421 4.7.0 Too many commands without an email, or too many refusals.\r\n"
NO_ROOM = "451 4.3.1 Too many large emails are arriving. Send yours again in a few minutes."
ONE_LIST = "452 4.5.3 One mailing list at a time. Send to the others separately."
TOO_MANY_RECIPIENTS = f"452 4.5.3 At most {MOST_RECIPIENTS} recipients per email."

_REPLY = re.compile(r"([245])([0-9]{2}) (?![245]\.[0-9]{1,3}\.[0-9]{1,3} )")
_STATUS = {
    **{"500": "5.5.2", "501": "5.5.4", "502": "5.5.1", "503": "5.5.1", "504": "5.5.4", "530": "5.7.0"},
    **{"552": "5.3.4", "553": "5.1.3", "554": "5.7.0", "555": "5.5.4"},
}
R = TypeVar("R")


class Host(Protocol):
    """What a dialogue needs from its server."""

    stopping: bool
    arriving: int
    most_arriving: int
    large: asyncio.Semaphore

    async def work(self, function: Callable[..., R], *args: Any) -> R: ...


@dataclass
class Listener:
    """One address that the server listens on, and its connections."""

    door: str
    host: Host
    hostname: str
    size_limit: int
    most_connections: int
    most_of_peer: int
    tls: SSLContext | None = None
    is_tls_from_the_start: bool = False
    dialogues: set["Dialogue"] = field(default_factory=set)

    def dialogue(self) -> "Dialogue":
        return (LmtpDialogue if self.door == Mail.Door.LMTP else Dialogue)(self)

    def has_room_for(self, peer: str | None) -> bool:
        if len(self.dialogues) >= self.most_connections:
            return False
        return sum(dialogue.ip == peer for dialogue in self.dialogues) < self.most_of_peer


class Dialogue(SMTP):
    """The SMTP dialogue on one connection. It is its own handler for aiosmtpd's hooks."""

    line_length_limit = 4096
    command_size_limit = 2048

    def __init__(self, listener: Listener) -> None:
        # One for each connection: aiosmtpd shares one, and adds to it with every EHLO.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)
        self.listener = listener
        self.ip: str | None = None
        self.is_working = False
        # Bytes of the mail being received.
        self._held = 0
        self._replies = self._refusals = 0
        super().__init__(
            self,
            data_size_limit=listener.size_limit,
            enable_SMTPUTF8=True,
            hostname=listener.hostname,
            ident="groupadmin",
            tls_context=None if listener.is_tls_from_the_start else listener.tls,
            timeout=IDLE_SECONDS,
            require_starttls=self.is_submission,
            loop=asyncio.get_running_loop(),
        )
        # Set afterwards: aiosmtpd does not notice TLS from the start, and warns about sign-in without TLS.
        self._auth_required = self.is_submission
        self._auth_require_tls = not listener.is_tls_from_the_start

    @property
    def is_submission(self) -> bool:
        return self.listener.door == Mail.Door.SUBMISSION

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self.ip = ip_of(transport.get_extra_info("peername"))
            if self.listener.host.stopping or not self.listener.has_room_for(self.ip):
                _turn_away(transport)
                return
            self.listener.dialogues.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.listener.dialogues.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        try:
            await super()._handle_client()
        except OSError:
            logger.info("The connection from %s was lost", self.ip)

    def _timeout_cb(self) -> None:
        if self.is_working:
            self._reset_timeout()
        else:
            self.say_goodbye(TIMED_OUT)

    def say_goodbye(self, reply: bytes) -> None:
        """Ends the connection after a last reply."""
        if isinstance(self.transport, asyncio.WriteTransport) and not self.transport.is_closing():
            self.transport.write(reply)
            if self.transport.get_write_buffer_size() > len(reply):
                # A client that does not read our replies would keep the connection open for ever.
                self.transport.abort()
            self.transport.close()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    async def push(self, status: str | bytes) -> None:
        """Sends a reply, with an enhanced status code (RFC 2034); bytes go out as they are."""
        if isinstance(status, str):
            self._replies += 1
            self._refusals += status.startswith("5")
            if status.startswith("552 Error"):
                # aiosmtpd's reply to a SIZE= above the limit.
                status = policy.too_large(self.listener.size_limit).reply
            status = _with_status(status).encode("utf-8", "backslashreplace")
        await super().push(status)
        most = MOST_REFUSALS_OF_FRONT if self.listener.door == Mail.Door.LMTP else MOST_REFUSALS
        if self._replies > MOST_REPLIES or self._refusals > most:
            logger.warning("%s sends commands that lead to nothing", self.ip)
            self.say_goodbye(MISBEHAVING)

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, TLSSetupException):
            logger.info("%s asked for encryption and broke it off", self.ip)
        elif outage.notice(error) is None:
            logger.error("The dialogue with %s has failed", self.ip, exc_info=error)
        return policy.LATER.reply

    # Commands

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, name: str) -> bytes:
        session.host_name = name
        return f"250 {self.hostname}".encode()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, replies: list[str]
    ) -> list[bytes]:
        session.host_name = name
        offered = [reply for reply in replies[:-1] if self.is_submission or not reply.startswith("250-AUTH")]
        offered += ["250-PIPELINING", "250 ENHANCEDSTATUSCODES"]
        return [reply.encode() for reply in offered]

    async def smtp_VRFY(self, arg: str) -> None:
        await self.push("252 2.5.2 Send an email to find out.")

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._tls_protocol is not None or self.listener.is_tls_from_the_start:
            await self.push("503 5.5.1 The connection is already encrypted.")
            return
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not self.is_submission:
            await self.push("502 5.5.1 You cannot sign in here.")
            return
        await super().smtp_AUTH(arg)

    async def handle_AUTH(
        self, server: SMTP, session: Session, envelope: Envelope, args: list[str]
    ) -> str | None:
        """Lets aiosmtpd ask for name and password, then checks them in a thread so as not to block."""
        result = await self._auth_methods[args[0]].method(self, args)
        if not isinstance(result, AuthResult) or not isinstance(result.auth_data, LoginPassword):
            return None
        found = await self.listener.host.work(sign_in.sign_in, *result.auth_data, self.ip)
        if found.member_id is not None:
            session.authenticated = True
            cast(Any, session).auth_data = found
        return found.reply

    def _authenticate(self, mechanism: str, auth_data: Any) -> AuthResult:
        return AuthResult(success=True, auth_data=auth_data)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return paths.read(arg)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        address = paths.unquoted(address)
        if not all(address.rpartition("@")):
            return "553 5.1.3 This is not a valid email address."
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY_RECIPIENTS
        if not self.is_submission and (refusal := await self._refusal_of(envelope, address)) is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def _refusal_of(self, envelope: Envelope, address: str) -> str | None:
        others = {recipient.lower() for recipient in envelope.rcpt_tos} - {address.lower()}
        # In SMTP one reply covers all recipients, but each list decides for itself.
        if others and self.listener.door != Mail.Door.LMTP:
            return ONE_LIST
        decision = await self.listener.host.work(
            receive.check_recipient, self.listener.door, self._seen_ip, _sender(envelope), address
        )
        return None if decision is None else decision.reply

    @property
    def _seen_ip(self) -> str | None:
        """The IP address that the mail came from; in LMTP we only see the front server."""
        return None if self.listener.door == Mail.Door.LMTP else self.ip

    # The mail

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos or arg:
            await self.push(
                "501 5.5.4 DATA takes no arguments." if arg else "503 5.5.1 Give a recipient first."
            )
            return
        await self.push(b"354 End data with <CR><LF>.<CR><LF>")
        self._reset_timeout(DATA_SECONDS)
        try:
            read = await self._read_data()
            replies = [read] if isinstance(read, str) else await self._receive(read, envelope)
        finally:
            self._hold(-self._held)
        if len(replies) == 1 and self.listener.door == Mail.Door.LMTP:
            replies *= len(envelope.rcpt_tos)
        cast(Any, self)._set_post_data_state()
        self._reset_timeout()
        for reply in replies:
            await self.push(reply)
        if self.listener.host.stopping:
            self.say_goodbye(STOPPING)

    def _hold(self, more: int) -> None:
        self._held += more
        self.listener.host.arriving += more

    async def _read_data(self) -> bytes | str:
        """The mail, or what is wrong with it. Never holds more than the size limit."""
        data = bytearray(b"\r\n")
        host, refusal = self.listener.host, ""
        while True:
            if not (chunk := await self._reader.read(CHUNK)):
                raise ConnectionResetError
            looked_at = max(0, len(data) - len(END) + 1)
            data += chunk
            if not refusal:
                self._hold(len(chunk))
            if host.arriving > host.most_arriving:
                refusal = refusal or NO_ROOM
            if (end := data.find(END, looked_at)) >= 0:
                break
            if len(data) > self.listener.size_limit + len(END):
                refusal = policy.too_large(self.listener.size_limit).reply
            if refusal:
                self._hold(-self._held)
                del data[: -len(END) + 1]
        if rest := bytes(data[end + len(END) :]):
            # The reader's buffer is empty now: the bytes after the mail are the next command.
            self._reader.feed_data(rest)
        return refusal or reading.mail_bytes(data[: end + 2])

    async def _receive(self, raw: bytes, envelope: Envelope) -> list[str]:
        found = getattr(self.session, "auth_data", None) if self.is_submission else None
        self.is_working = True
        try:
            signed_in_id = await self.listener.host.work(sign_in.still_in, found) if found else None
            async with self.listener.host.large if len(raw) > LARGE else nullcontext():
                decisions = await self.listener.host.work(
                    receive.take, raw, self.listener.door, _sender(envelope),
                    tuple(envelope.rcpt_tos), self._seen_ip, signed_in_id,
                )  # fmt: skip
        finally:
            self.is_working = False
        if any(decision.accepted for decision in decisions):
            self._replies = self._refusals = 0
        return self._replies_for(decisions)

    def _replies_for(self, decisions: list[Decision]) -> list[str]:
        return [decisions[0].reply]


class LmtpDialogue(Dialogue, LMTP):
    """The same for LMTP: after the mail, each recipient gets a reply."""

    def _replies_for(self, decisions: list[Decision]) -> list[str]:
        return [decision.reply for decision in decisions]


class _RefusedConnection(asyncio.Protocol):
    """The protocol of a connection that is over the limit."""


def ip_of(peer: Any) -> str | None:
    """The IP address of the other end, as a database stores it: IPv4 unmapped, without a zone."""
    if not isinstance(peer, tuple):
        return None
    address = ip_address(peer[0].partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _turn_away(transport: asyncio.BaseTransport) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.set_protocol(_RefusedConnection())
        transport.write(BUSY)
    transport.close()


def _sender(envelope: Envelope) -> str:
    return "" if envelope.mail_from in (None, paths.NULL_SENDER) else str(envelope.mail_from)


def _with_status(reply: str) -> str:
    found = _REPLY.match(reply)
    if found is None or reply.startswith("220"):
        return reply
    code = found[1] + found[2]
    return f"{code} {_STATUS.get(code, f'{found[1]}.0.0')} {reply[4:]}"
