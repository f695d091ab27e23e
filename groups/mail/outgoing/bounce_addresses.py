"""The addresses to which bounces come back: signed, so that nobody can make one up."""

import hmac
import re

from django.conf import settings
from django.utils.crypto import salted_hmac

from groupadmin.base.ids import parse_id

# No list's address has a plus sign (rule 4.1), so these collide with none.
_BOUNCE = re.compile(r"bounce\+([0-9]{1,19})-([0-9a-f]{20})", re.IGNORECASE)
_BOUNCE_SALT = "groups.mail.bounce"


def bounce_address(envelope_id: int, domain: str) -> str:
    """The envelope sender of one envelope, at the list's domain.

    Of an envelope, not of a recipient: that is what keeps a hundred of them in one transaction. Whom a bounce
    is about, it has to say itself. In lower case, since servers on the way may fold it.
    """
    return f"bounce+{envelope_id}-{_signature(envelope_id, settings.SECRET_KEY)}@{domain}"


def bounce_token(address: str) -> str | None:
    """What bounces.take_in wants to have of an address for bounces; None if it is no such address."""
    local_part = address.rpartition("@")[0]
    return local_part.lower() if _BOUNCE.fullmatch(local_part) else None


def envelope_of(token: str) -> int | None:
    """The id of the envelope that a token names, None unless we have signed it."""
    found = _BOUNCE.fullmatch(token)
    if found is None or (envelope := parse_id(found[1])) is None:
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    given = found[2].lower()
    if any(hmac.compare_digest(_signature(envelope, key), given) for key in keys):
        return envelope
    return None


def _signature(envelope_id: int, key: str | bytes) -> str:
    return salted_hmac(_BOUNCE_SALT, str(envelope_id), secret=key, algorithm="sha256").hexdigest()[:20]
