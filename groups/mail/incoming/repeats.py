"""Knows a mail again whose sender never heard that it was accepted, and who sends it again (rule 4.3).

Between the commit and the reply, the connection can break or the server end. The sender then has to send the
mail once more (RFC 5321, 4.5.4.1). It is known again by its list and what its author made: nothing that
servers add on the way counts, since it differs from one attempt to the next.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from groups.mail.arrival import Arrival
from groups.mail.header_fields import fields
from groups.models import Mail, MailingList

KNOWN_FOR = timedelta(days=1)
# A mail with neither Message-ID nor Date may as well be a new one with the same words: programs send them.
UNMARKED_KNOWN_FOR = timedelta(minutes=30)

_AUTHORS = frozenset({b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id"}) | {
    *(b"in-reply-to", b"references", b"mime-version", b"auto-submitted")
}
# A mail that somebody sends on under its old Message-ID has some of these (RFC 5322, 3.6.6).
_AUTHORS_PREFIXES = (b"content-", b"resent-")


@dataclass(frozen=True)
class Mark:
    """What a mail is known by, and for how long."""

    fingerprint: str
    known_for: timedelta = KNOWN_FOR


def mark_of(arrival: Arrival, *, as_list: bool) -> Mark:
    """The mark of a mail. Sent as the list, the same mail to other people is another one (rule 4.6)."""
    found, end = fields(arrival.raw)
    names = {name for name, _field in found}
    is_marked = bool(arrival.message_id) or not names.isdisjoint((b"message-id", b"date"))
    digest = hashlib.sha256(arrival.message_id.encode("utf-8", "replace"))
    if as_list:
        digest.update(
            "\0".join(sorted({address.lower() for address in arrival.recipients})).encode("utf-8", "replace")
        )
    digest.update(b"\0")
    for name, field in found:
        if not is_marked or name in _AUTHORS or name.startswith(_AUTHORS_PREFIXES):
            digest.update(field)
    digest.update(b"\0")
    digest.update(memoryview(arrival.raw)[end:])
    return Mark(digest.hexdigest(), KNOWN_FOR if is_marked else UNMARKED_KNOWN_FOR)


def known(mailing_list: MailingList, mark: Mark) -> Mail | None:
    """The mail that was accepted before, with a note that it came again; None for a new one."""
    found = Mail.objects.filter(
        mailing_list=mailing_list, fingerprint=mark.fingerprint, at__gt=timezone.now() - mark.known_for
    ).first()
    if found is not None:
        Mail.objects.filter(pk=found.pk).update(repeats=F("repeats") + 1, repeated_at=timezone.now())
    return found


def forget(mailing_list: MailingList, mark: Mark) -> None:
    """Lets a new mail have the mark of one that is too old to be meant."""
    old = Mail.objects.filter(mailing_list=mailing_list, fingerprint=mark.fingerprint)
    old.filter(at__lte=timezone.now() - mark.known_for).update(fingerprint="")


def forget_old() -> int:
    """Forgets the marks of all mails that are too old, once a day. Returns how many."""
    marked = Mail.objects.exclude(fingerprint="")
    return marked.filter(at__lte=timezone.now() - KNOWN_FOR).update(fingerprint="")
