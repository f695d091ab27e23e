"""Mail to lists for the tests of keeping and delivering it."""

import itertools
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from groups.mail.arrival import Arrival, Author, Decision
from groups.mail.incoming import acceptance
from groups.mail.incoming.acceptance import Accepted
from groups.models import Envelope, Group, Mail, MailingList

RAW = (
    b"From: Eva Extern <eva@outside.example>\r\n"
    b"To: platform@hanbit.example\r\n"
    b"Subject: News\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <news@outside.example>\r\n"
    b"\r\n"
    b"Hello all,\r\n"
    b".dots at the start\r\n"
)
_numbers = itertools.count()
TO_LIST = Decision(True, "4.3")
AS_LIST = Decision(True, "4.6", as_list=True)


def arrival(**fields: Any) -> Arrival:
    """A mail from outside to platform@hanbit.example, with what is given otherwise."""
    mail = Arrival(
        door=Mail.Door.LMTP,
        ip="192.0.2.7",
        envelope_sender="eva@outside.example",
        recipients=("platform@hanbit.example",),
        raw=RAW,
        from_addresses=("eva@outside.example",),
        authors=(Author("eva@outside.example", "Eva Extern"),),
        shown_sender="Eva Extern <eva@outside.example>",
        subject="News",
        message_id="<news@outside.example>",
        dmarc_policy="none",
    )
    if "from_addresses" in fields:
        fields.setdefault("authors", tuple(map(Author, fields["from_addresses"])))
    return replace(mail, **fields)


def list_of(group: Group) -> MailingList:
    assert group.mailing_list is not None
    return group.mailing_list


def accepted(group: Group, decision: Decision = TO_LIST, **fields: Any) -> Accepted:
    """The mail, kept for the group's list. Each is another one, if no `raw` is given (rule 4.3)."""
    fields.setdefault("raw", RAW.replace(b"10:00:00", f"10:00:00.{next(_numbers)}".encode()))
    return acceptance.accept(arrival(**fields), list_of(group), decision)


def addresses(mail: Mail) -> list[str]:
    """Everybody in the mail's envelopes, in their order."""
    return [address for envelope in mail.envelopes.order_by("pk") for address in envelope.recipients]


def envelope_of(mail: Mail, address: str) -> Envelope:
    return next(envelope for envelope in mail.envelopes.all() if address in envelope.recipients)


def names_of(pairs: Collection[tuple[str, str | None]]) -> set[str]:
    return {name for name, _value in pairs}
