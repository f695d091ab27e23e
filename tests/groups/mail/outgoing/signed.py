"""Keys that sign in tests, and what others make of the signatures: dkimpy, which shares no code with ours."""

from contextlib import suppress
from typing import Any

import dkim
from django.utils import timezone

from accounts.models import Domain
from groups.mail.outgoing import signing_keys
from groups.mail.outgoing.parcels import Parcel
from groups.models import SigningKey

_made: dict[str, SigningKey] = {}


def key_for(domain: Domain, state: str = SigningKey.State.IN_USE) -> SigningKey:
    """A key of a domain. Making one takes long, so tests share them."""
    again = _made.setdefault(state, signing_keys.new_key(domain))
    now = timezone.now() if state == SigningKey.State.IN_USE else None
    return SigningKey.objects.create(
        domain=domain,
        selector=again.selector,
        public_key=again.public_key,
        private_key=again.private_key,
        state=state,
        used_since=now,
    )


def as_received(parcel: Parcel) -> bytes:
    """A letter without what the wire needs."""
    return b"".join(parcel.parts).replace(b"\r\n..", b"\r\n.")


def dns(name: bytes, timeout: float = 5) -> bytes | None:
    """The records of all keys that there are."""
    records = {f"{key.record_name}.".encode(): key.record_value.encode() for key in SigningKey.objects.all()}
    return records.get(name)


def verifies(mail: bytes) -> bool:
    """Whether the topmost signature is good."""
    with suppress(dkim.DKIMException):
        return bool(dkim.verify(mail, dnsfunc=dns))
    return False


def chain(mail: bytes) -> tuple[Any, int]:
    """What comes of the chain of seals, and how many there are."""
    verdict, sets, _reason = dkim.arc_verify(mail, dnsfunc=dns)
    return verdict, len(sets)
