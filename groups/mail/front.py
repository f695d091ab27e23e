"""The mail server in front: which mail comes from it, and what it has written into it (RFC 8601)."""

from itertools import islice

from django.conf import settings

from groups.models import Mail

from .header_fields import value_of

LONGEST_RESULTS = 64 * 1024


def is_front(door: str, ip: str | None) -> bool:
    """Whether mail comes from the front server: anybody else can write any header."""
    return door == Mail.Door.LMTP or (door == Mail.Door.SMTP and ip in settings.MAIL_FRONTS)


def results_of_front(fields: list[tuple[bytes, bytes]], longest: int = LONGEST_RESULTS) -> list[bytes]:
    """Authentication-Results above the second Received: the front server did not write those below.

    Takes header fields as header_fields.fields gives them. Whose they say they are is not looked at.
    """
    received = [number for number, (name, _field) in enumerate(fields) if name == b"received"]
    end = received[1] if len(received) > 1 else len(fields)
    # Nobody but a forger leaves a blank before the colon, to get past the filters of names.
    return [
        value_of(field, longest)
        for _name, field in islice(fields, end)
        if field[:23].lower() == b"authentication-results:"
    ]
