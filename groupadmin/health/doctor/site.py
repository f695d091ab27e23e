"""The site as people reach it, and certificates."""

import http.client
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings

from groupadmin.health import access
from groupadmin.health.readiness import NOT_LOOKED_AT

from .finding import Facts, Finding, error, in_words, note, ok, warning

SOON = timedelta(days=14)
BYTES_AT_MOST = 64 * 1024
RENEW = "Renew it; what has it renewed by itself, such as certbot, may have failed: see its log."
# By OpenSSL's numbers.
REFUSALS = {
    9: "It is from the future: is this machine's clock right?",
    10: RENEW,
    62: "Get one that is for this name, or correct GROUPADMIN_URL.",
    64: "Get one that is for this address, or correct GROUPADMIN_URL.",
}
UNKNOWN_ISSUER = (
    "Have the web server send the whole chain (fullchain.pem). For an authority of your own, have "
    "SSL_CERT_FILE name its certificate, here and for the services."
)


def site(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Asks for a page by the address that people have, as nobody but us can."""
    url = urlsplit(settings.SITE_URL)
    try:
        status, text, expires = _get(url.scheme, url.netloc, f"{url.path}/readyz", seconds / 2)
    except ssl.SSLCertVerificationError as problem:
        words = f"{settings.SITE_URL}: browsers refuse its certificate: {problem.verify_message}"
        yield error(words, REFUSALS.get(problem.verify_code, UNKNOWN_ISSUER))
        return
    except (OSError, http.client.HTTPException) as problem:
        yield error(
            f"{settings.SITE_URL} does not answer from here: {in_words(problem)}",
            "systemctl status groupadmin-web nginx; does the name lead to this machine, here too?",
        )
        return
    yield from _expiry(settings.SITE_URL, expires)
    yield from _said(status, text)


def _get(scheme: str, host: str, path: str, seconds: float) -> tuple[int, bytes, datetime | None]:
    """The status and text at an address, and when its certificate ends; follows to nowhere."""
    connection: http.client.HTTPConnection
    if scheme == "https":
        connection = http.client.HTTPSConnection(host, timeout=seconds, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, timeout=seconds)
    try:
        connection.connect()
        expires = _end_of(connection.sock)
        connection.request("GET", path, headers={"Authorization": f"Bearer {access.doctors_pass()}"})
        answer = connection.getresponse()
        return answer.status, answer.read(BYTES_AT_MOST), expires
    finally:
        connection.close()


def _end_of(sock: Any) -> datetime | None:
    if not isinstance(sock, ssl.SSLSocket) or not (shown := sock.getpeercert()):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def _said(status: int, text: bytes) -> Iterator[Finding]:
    try:
        said = json.loads(text)
        seen, checks = said["seen"], said["checks"]
    except (ValueError, TypeError, KeyError):
        yield error(
            f"{settings.SITE_URL} answers ({status}), but not as this installation does.",
            "Does the name lead here? Do the web server and this command have the same SECRET_KEY?",
        )
        return
    for name, check in checks.items():
        # Workers and mail are looked at by themselves. Without a database, nothing in it can be looked at.
        if not check["ok"] and name not in ("worker", "mail") and check.get("detail") != NOT_LOOKED_AT:
            yield error(
                f"The web server is not ready, {name}: {check.get('detail', '')}",
                "If it is well here, see what differs there: settings, user, machine; and restart it.",
            )
    yield from _proxies(seen) or [ok(f"{settings.SITE_URL} answers.")]


def _proxies(seen: dict[str, Any]) -> list[Finding]:
    """Whether the settings know of the proxies in front: else everybody has one address, or anybody any."""
    forwarded, trusted = seen["forwarded"], seen["trusted_proxies"]
    if forwarded and not trusted:
        return [
            error("A proxy is in front, and TRUSTED_PROXIES is 0: all people have its address.", "Set it.")
        ]
    if trusted and len(forwarded.split(",")) < trusted:
        return [
            error(
                f"TRUSTED_PROXIES is {trusted}, but fewer say whom they answer.",
                "Correct it, or have each proxy set X-Forwarded-For.",
            )
        ]
    if settings.SITE_URL.startswith("https:") and not seen["is_secure"]:
        return [error("The proxy does not say that it is asked by https.", "Have it set X-Forwarded-Proto.")]
    return []


def certificates(facts: Facts, seconds: float) -> Iterator[Finding]:
    """The mail server's own certificate."""
    path = settings.MAIL_TLS_CERTIFICATE
    if not path:
        yield note("The mail server has none (MAIL_TLS_CERTIFICATE): nobody sends by it from a mail program.")
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            path, settings.MAIL_TLS_KEY or None
        )
        shown = x509.load_pem_x509_certificate(Path(path).read_bytes())
    except (OSError, ValueError) as problem:
        yield error(
            f"{path} cannot be used with its key: {in_words(problem)}",
            "Correct MAIL_TLS_CERTIFICATE and MAIL_TLS_KEY; the services must be able to read both.",
        )
        return
    yield from _expiry(path, shown.not_valid_after_utc)
    if not _is_for(shown, settings.MAIL_HOSTNAME):
        yield warning(
            f"{path} is not for {settings.MAIL_HOSTNAME}, the name in the greeting.", "Set MAIL_HOSTNAME."
        )


def _is_for(shown: x509.Certificate, name: str) -> bool:
    try:
        alternatives = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    names = {one.lower() for one in alternatives.get_values_for_type(x509.DNSName)}
    return not names.isdisjoint({name.lower(), f"*.{name.lower().partition('.')[2]}"})


def _expiry(of: str, at: datetime | None) -> Iterator[Finding]:
    if at is None:
        return
    left = at - datetime.now(UTC)
    words = f"The certificate of {of} ends on {at:%Y-%m-%d}."
    if left < timedelta(0):
        yield error(f"The certificate of {of} ended on {at:%Y-%m-%d}.", RENEW)
    else:
        yield warning(words, RENEW) if left < SOON else ok(words)
