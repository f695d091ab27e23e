"""The addresses that bounces come back to: signed, so that nobody can invent one."""

import hmac
import re

from django.conf import settings
from django.utils.crypto import salted_hmac

from groupadmin.base.ids import parse_id

# A list's address has no plus sign (rule 4.1), so these collide with none.
_BOUNCE = re.compile(r"bounce\+([0-9]{1,19})-([0-9a-f]{32})", re.IGNORECASE)
_BOUNCE_SALT = "groups.mail.bounce"


def bounce_address(envelope_id: int, domain: str) -> str:
    """The envelope sender of an envelope, at the list's domain.

    It names an envelope, not a recipient, which allows a hundred recipients per transaction. The bounce
    itself must name the recipient. In lower case, since servers on the way may fold it, and below the 64
    characters that a local part may have (RFC 5321).
    """
    return f"bounce+{envelope_id}-{_signature(envelope_id, settings.SECRET_KEY)}@{domain}"


def bounce_token(address: str) -> str | None:
    """The token that bounces.take_in needs; None if the address is not for bounces."""
    local_part = address.rpartition("@")[0]
    return local_part.lower() if _BOUNCE.fullmatch(local_part) else None


def envelope_of(token: str) -> int | None:
    """The id of the envelope that a token names; None if we have not signed it."""
    found = _BOUNCE.fullmatch(token)
    if found is None or (envelope := parse_id(found[1])) is None:
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    given = found[2].lower()
    if any(hmac.compare_digest(_signature(envelope, key), given) for key in keys):
        return envelope
    return None


def _signature(envelope_id: int, key: str | bytes) -> str:
    return salted_hmac(_BOUNCE_SALT, str(envelope_id), secret=key, algorithm="sha256").hexdigest()[:32]
