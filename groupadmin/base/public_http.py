"""Requests to addresses that strangers chose: only to public ones, and never for long (rule 11.5).

Whoever names an address must not reach through us what only we can reach. So a name is looked up once, all
addresses that it has are checked, and the connection goes to one of those that were: a second lookup could
answer differently. TLS is still verified by the name. Redirects are not followed, no proxy is asked, and one
deadline holds for all of it, as a server that sends a byte now and then would outlast any other.
"""

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from .public_addresses import is_allowed

URL_LENGTH = 2000
PIECE = 64 * 1024
ADDRESSES_TRIED = 4
DEEPEST = 50
"""How far JSON may be nested."""

PORTS = {"http": 80, "https": 443}
PORTS_OF_OTHERS = {
    *(1719, 1720, 1723, 2049, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5900, 6000, 6379, 6566),
    *(6665, 6666, 6667, 6668, 6669, 6679, 6697, 9100, 10080, 11211, 27017),
}
"""Where something listens that might take a request for its own language; largely as browsers refuse them."""


class Reason(StrEnum):
    """Why there was no answer."""

    ADDRESS = "address"
    """The URL is none that we ask: its scheme, port, or something in it."""
    PRIVATE = "private"
    """The name leads, also, to an address that is not public."""
    UNKNOWN = "unknown"
    """The name has no address."""
    CONNECTION = "connection"
    """Nobody listens there, or the network does not lead there."""
    TLS = "tls"
    """No secure connection: the certificate is not good for the name, or it speaks no TLS."""
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """The connection ended, or what came was no HTTP."""


class Unreachable(Exception):  # noqa: N818  (a fact about the other side, as `Refused` is about ours)
    """There was no answer. `detail` is for logs and administrators, in English."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """How many seconds to wait for a connection and for all of it, and how many bytes of a body are read."""

    connect: float = 5.0
    total: float = 15.0
    body: int = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status. Redirects are answers too."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a name that came twice, the last."""
    body: bytes
    is_cut: bool
    """Whether the body was longer than the limit, and ends early."""
    seconds: float

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body read as JSON; Unreachable if it is none, or was too long."""
        if self.is_cut:
            raise Unreachable(Reason.BROKEN, "The answer is too long.")
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable(Reason.BROKEN, "The answer is no JSON.") from None
        if _is_deep(found):
            raise Unreachable(Reason.BROKEN, "The answer is nested too deeply.")
        return found


def _is_deep(document: Any) -> bool:
    """Whether storing it, such as in the cache, could fail for that."""
    level = [document]
    for _depth in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)


@dataclass(frozen=True)
class Target:
    """A URL that may be asked, as far as can be said without looking up its name."""

    scheme: str
    host: str
    port: int
    path: str
    is_ipv6: bool = False

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if self.is_ipv6 else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def get(url: str, *, headers: Mapping[str, str] | None = None, limits: Limits = Limits()) -> Answer:
    """Asks for a URL. Raises Unreachable, and nothing else."""
    return _ask("GET", url, None, headers or {}, limits)


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
) -> Answer:
    """Sends a body, whose Content-Type stands in the headers. Raises Unreachable, and nothing else."""
    return _ask("POST", url, body, headers or {}, limits)


def target_of(url: str) -> Target:
    """Reads and checks a URL without any lookup, as a form does; raises Unreachable."""
    if len(url) > URL_LENGTH or not url.isprintable() or " " in url or "\\" in url:
        raise Unreachable(Reason.ADDRESS, "Not a web address.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except ValueError:
        raise Unreachable(Reason.ADDRESS, "Not a web address.") from None
    if parts.scheme not in PORTS or (parts.scheme == "http" and not settings.OUTGOING_PLAIN_HTTP):
        raise Unreachable(Reason.ADDRESS, "Only https: addresses are called.")
    if "@" in parts.netloc:
        raise Unreachable(Reason.ADDRESS, "No user name or password may stand in the address.")
    if parts.fragment or "#" in url:
        raise Unreachable(Reason.ADDRESS, "Nothing may follow a # in the address.")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and (port < 1024 or port in PORTS_OF_OTHERS):
        raise Unreachable(Reason.ADDRESS, f"Port {port} is not called.")
    is_ipv6 = ":" in host
    return Target(parts.scheme, _ipv6(host) if is_ipv6 else _name(host), port, path, is_ipv6)


def _ipv6(host: str) -> str:
    if "%" in host:
        raise Unreachable(Reason.PRIVATE, "The address is one of this machine's own networks.")
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise Unreachable(Reason.ADDRESS, "Not a web address.") from None


def _name(host: str) -> str:
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not name or not all(letter.isalnum() or letter in "-._" for letter in name):
        raise Unreachable(Reason.ADDRESS, "Not a web address.")
    return name


def _ask(method: str, url: str, body: bytes | None, headers: Mapping[str, str], limits: Limits) -> Answer:
    began = time.monotonic()
    target = target_of(url)
    addresses = _checked_addresses(target, limits.connect)
    try:
        with _Connection(target, addresses, limits, began) as connection:
            answer = connection.ask(method, body, headers)
            content, is_cut = _read(answer, limits.body)
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, content, is_cut, time.monotonic() - began)
    except TimeoutError:
        raise Unreachable(Reason.TIMEOUT, "It took too long.") from None
    except ssl.SSLError as problem:
        raise Unreachable(Reason.TLS, _said(problem)) from problem
    except (OSError, HTTPException, ValueError) as problem:
        raise Unreachable(Reason.BROKEN, _said(problem)) from problem


def _said(problem: Exception) -> str:
    said = getattr(problem, "verify_message", "") or getattr(problem, "reason", "") or str(problem)
    return f"{said}"[:300] or type(problem).__name__


def _checked_addresses(target: Target, seconds: float) -> list[str]:
    """Where the name leads: looked up once; if any of the addresses may not be asked, none is."""
    found = [ipaddress.ip_address(address) for address in _look_up(target, seconds)]
    if any(not is_allowed(address) for address in found):
        raise Unreachable(Reason.PRIVATE, "The address is not public.")
    return list(dict.fromkeys(str(address) for address in found))


def _look_up(target: Target, seconds: float) -> list[str]:
    """The system's lookup has no end of its own, so that it runs in a thread that may be left behind."""
    found: list[str] = []
    problems: list[Exception] = []

    def look() -> None:
        try:
            found.extend(resolve(target.host, target.port))
        except (OSError, UnicodeError) as problem:
            problems.append(problem)

    thread = threading.Thread(target=look, name="lookup", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise Unreachable(Reason.TIMEOUT, f"Looking up {target.host} took too long.")
    if problems or not found:
        raise Unreachable(Reason.UNKNOWN, f"{target.host} has no address.")
    return found


def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system knows of a name."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # An address with a zone, as fe80::1%eth0, is one of this machine's own networks.
    return [str(row[4][0]).partition("%")[0] for row in rows]


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that the system trusts, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()


def _connect(target: Target, addresses: list[str], until: float) -> socket.socket:
    """To the first of the addresses that answers; TLS is verified by the name."""
    plain = _open(addresses[:ADDRESSES_TRIED], target.port, until)
    if target.scheme == "http":
        return plain
    try:
        plain.settimeout(max(0.001, until - time.monotonic()))
        return _trust().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _open(addresses: list[str], port: int, until: float) -> socket.socket:
    problem: OSError = TimeoutError()
    for number, address in enumerate(addresses):
        # One that is silent leaves time for the others.
        seconds = (until - time.monotonic()) / (len(addresses) - number)
        try:
            return socket.create_connection((address, port), timeout=max(0.001, seconds))
        except OSError as error:
            problem = error
    if isinstance(problem, TimeoutError):
        raise problem
    raise Unreachable(Reason.CONNECTION, problem.strerror or "No connection.") from problem


class _Connection:
    """One request over a connection of its own, which is shut when its time is up."""

    def __init__(self, target: Target, addresses: list[str], limits: Limits, began: float) -> None:
        self.target = target
        self.ends = began + limits.total
        self.is_late = False
        self.socket = _connect(target, addresses, began + limits.connect)
        self._timer = threading.Timer(max(0.0, self.ends - time.monotonic()), self._stop)
        self._timer.daemon = True
        self._answer: HTTPResponse | None = None

    def __enter__(self) -> "_Connection":
        self._timer.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._timer.cancel()
        if self._answer is not None:
            self._answer.close()
        self.socket.close()
        if self.is_late:
            # Whatever failed, or looked like the end, did so because we had hung up.
            raise TimeoutError

    def _stop(self) -> None:
        self.is_late = True
        with suppress(OSError):
            # Past TLS, which belongs to the thread that waits.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def ask(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> HTTPResponse:
        self.socket.settimeout(max(0.001, self.ends - time.monotonic()))
        http = HTTPConnection(self.target.host, self.target.port)
        http.sock = self.socket
        http.putrequest(method, self.target.path, skip_host=True, skip_accept_encoding=True)
        ours = {"Host": self.target.authority, "Accept-Encoding": "identity", "Connection": "close"}
        if body is not None:
            ours["Content-Length"] = str(len(body))
        for name, value in {"User-Agent": "groupadmin", **headers, **ours}.items():
            http.putheader(name, value)
        http.endheaders(body)
        self._answer = http.getresponse()
        return self._answer


def _read(answer: HTTPResponse, most: int) -> tuple[bytes, bool]:
    """The body, up to so many bytes, and whether there was more."""
    pieces: list[bytes] = []
    length = 0
    while length <= most:
        piece = answer.read1(min(PIECE, most + 1 - length))
        if not piece:
            if answer.length:
                raise HTTPException("The answer ended early.")
            return b"".join(pieces), False
        pieces.append(piece)
        length += len(piece)
    return b"".join(pieces)[:most], True
