"""The addresses that bounces come back to: signed, so that nobody can invent one.

That of a shared envelope names the envelope. That of a personal one (rule 4.15) names a recipient in it too,
by a signature over both: whoever has it knows nobody else's, and what comes back to it needs no reading.
"""

import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.utils.crypto import salted_hmac

from groupadmin.base.ids import parse_id

# A list's address has no plus sign (rule 4.1), so these collide with none.
_BOUNCE = re.compile(r"bounce\+([0-9]{1,19})-(p?)([0-9a-f]{32})", re.IGNORECASE)
_BOUNCE_SALT = "groups.mail.bounce"
_PERSONAL_SALT = b"groups.mail.bounce.personal"


def bounce_address(envelope_id: int, domain: str) -> str:
    """The envelope sender of a shared envelope, at the list's domain.

    It names an envelope, not a recipient, which allows a hundred recipients per transaction. The bounce
    itself must name the recipient. In lower case, since servers on the way may fold it, and below the 64
    characters that a local part may have (RFC 5321).
    """
    return f"bounce+{envelope_id}-{_signature(envelope_id, settings.SECRET_KEY)}@{domain}"


def personal_address(envelope_id: int, recipient: str, domain: str) -> str:
    """The envelope sender of one recipient's mail, under the same limits (rule 4.15)."""
    return (
        f"bounce+{envelope_id}-p{_personal_signature(envelope_id, recipient, settings.SECRET_KEY)}@{domain}"
    )


def bounce_token(address: str) -> str | None:
    """The token that bounces.take_in needs; None if the address is not for bounces."""
    local_part = address.rpartition("@")[0]
    return local_part.lower() if _BOUNCE.fullmatch(local_part) else None


def envelope_of(token: str) -> int | None:
    """The id of the envelope that a shared token names; None if we have not signed it."""
    found = _BOUNCE.fullmatch(token)
    if found is None or found[2] or (envelope := parse_id(found[1])) is None:
        return None
    given = found[3].lower()
    if any(hmac.compare_digest(_signature(envelope, key), given) for key in _keys()):
        return envelope
    return None


def personal_envelope_of(token: str) -> int | None:
    """The id of the envelope that a personal token names, though anybody may have written it."""
    found = _BOUNCE.fullmatch(token)
    return parse_id(found[1]) if found is not None and found[2] else None


def recipient_of(token: str, envelope_id: int, recipients: Iterable[str]) -> str | None:
    """Whose personal token it is, of an envelope's recipients; None if we have signed it for none of them."""
    given = token.lower().rpartition("-p")[2]
    for recipient in recipients:
        made = (_personal_signature(envelope_id, recipient, key) for key in _keys())
        if any(hmac.compare_digest(one, given) for one in made):
            return recipient
    return None


def _keys() -> list[str | bytes]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _signature(envelope_id: int, key: str | bytes) -> str:
    return salted_hmac(_BOUNCE_SALT, str(envelope_id), secret=key, algorithm="sha256").hexdigest()[:32]


def _personal_signature(envelope_id: int, recipient: str, key: str | bytes) -> str:
    signed = f"{envelope_id}:{recipient.lower()}".encode("utf-8", "surrogatepass")
    return hmac.digest(_personal_key(key), signed, "sha256").hex()[:32]


@lru_cache(maxsize=8)
def _personal_key(key: str | bytes) -> bytes:
    """Made once, since it is needed for each of 100,000 recipients."""
    return sha256(_PERSONAL_SALT + (key.encode() if isinstance(key, str) else key)).digest()
