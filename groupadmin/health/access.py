"""Who is told how the installation is (rule 11.6): by the token, from named addresses, or our own doctor."""

import ipaddress
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

DOCTOR_SALT = "groupadmin.health.doctor"
DOCTOR_SECONDS = 60


def is_open_to_anybody_known() -> bool:
    """Whether somebody may look at all."""
    return bool(settings.METRICS_TOKEN or settings.METRICS_ADDRESSES)


def may_look(request: HttpRequest) -> bool:
    """Whether whoever asks may see numbers and reasons."""
    return _has_token(request) or _is_at_named_address(request)


def doctors_pass() -> str:
    """What `manage.py doctor` shows: good for a minute, and only where the same SECRET_KEY is used."""
    return signing.dumps("doctor", salt=DOCTOR_SALT)


def is_doctor(request: HttpRequest) -> bool:
    """Whether it is our own doctor who asks."""
    try:
        signing.loads(_presented(request), salt=DOCTOR_SALT, max_age=DOCTOR_SECONDS)
    except signing.BadSignature:
        return False
    return True


def _presented(request: HttpRequest) -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _has_token(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    presented = _presented(request).encode("utf-8", "surrogatepass")
    return bool(token) and secrets.compare_digest(presented, token.encode())


def _is_at_named_address(request: HttpRequest) -> bool:
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if is_forwarded and not settings.TRUSTED_PROXIES:
        # Somebody stands in front of whom we know nothing: the address is theirs, whoever asks.
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in settings.METRICS_ADDRESSES)
