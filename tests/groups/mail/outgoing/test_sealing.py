"""Seals on mail that lists pass on, as others verify them (ARC, RFC 8617; rule 4.16)."""

from typing import Any

import pytest

from accounts.models import Domain
from groups.mail.header_fields import fields
from groups.mail.outgoing import delivery
from groups.models import Group, Mail
from tests.factories import CompanyFactory
from tests.groups.mail.lists import RAW, accepted

from .signed import as_received, chain, key_for, verifies
from .transport import FakeTransport

pytestmark = pytest.mark.django_db

FRONT = "mx.hanbit.example"
RESULTS = (
    f"Authentication-Results: {FRONT};\r\n\tdkim=pass (good; really) header.d=outside.example;\r\n"
    f"\tdmarc=pass (p=reject) header.from=outside.example\r\n"
).encode()
OF_CHAIN = f"Authentication-Results: {FRONT}; dkim=none; arc=%s\r\n"
RECEIVED = b"Received: from a by b; Tue, 24 Nov 2026 10:00:00 +0000\r\n"


@pytest.fixture(autouse=True)
def signs(settings: Any, wakes: list[str], group: Group) -> None:
    settings.MAIL_SIGN, settings.MAIL_AUTHSERV_ID = True, FRONT
    key_for(Domain.objects.get(name="hanbit.example"))


def sent(group: Group, transport: FakeTransport, raw: bytes, **more: Any) -> bytes:
    """Sent once more if it came before, as by way of another list (rule 4.3)."""
    Mail.objects.update(fingerprint="")
    accepted(group, raw=raw, **more)
    delivery.run()
    return as_received(transport.parcels[-1])


def seals(mail: bytes) -> int:
    return sum(name == b"arc-seal" for name, _field in fields(mail)[0])


def chained(group: Group, transport: FakeTransport) -> bytes:
    """A mail that has passed another list, as the front server received it from there."""
    earlier = sent(group, transport, RECEIVED + RESULTS + RAW)
    assert chain(earlier) == (b"pass", 1)
    return earlier.replace(b"X-Groupadmin-List:", b"X-Elsewhere:")


def test_what_the_front_server_found_is_passed_on(group: Group, transport: FakeTransport) -> None:
    mail = sent(group, transport, RECEIVED + RESULTS + RAW)
    assert chain(mail) == (b"pass", 1)
    (found,) = (field for name, field in fields(mail)[0] if name == b"arc-authentication-results")
    assert b" ".join(found.split()) == (
        b"ARC-Authentication-Results: i=1; mx.hanbit.example; dkim=pass (good; really) "
        b"header.d=outside.example; dmarc=pass (p=reject) header.from=outside.example"
    )
    assert verifies(mail)


def test_each_letter_is_sealed_alike(group: Group, transport: FakeTransport, settings: Any) -> None:
    """Rule 4.15: what differs is not under the seal."""
    settings.MAIL_PERSONAL = True
    sent(group, transport, RECEIVED + RESULTS + RAW)
    mails = list(map(as_received, transport.parcels))
    assert len(mails) == 2
    assert [chain(mail) for mail in mails] == [(b"pass", 1)] * 2
    assert all(map(verifies, mails))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"dkim=pass", b"dkim=fail"),
        (b"Hello all", b"Hello you"),
        (b"Subject: News", b"Subject: Money"),
        (b"cv=none", b"cv=pass"),
    ],
)
def test_tampering_breaks_the_seal(
    group: Group, transport: FakeTransport, before: bytes, after: bytes
) -> None:
    mail = sent(group, transport, RECEIVED + RESULTS + RAW)
    at = mail.index(b"ARC-Seal:")
    changed = mail[:at] + mail[at:].replace(before, after, 1)
    assert changed != mail
    assert chain(changed)[0] == b"fail"


def test_a_chain_that_holds_goes_on(group: Group, transport: FakeTransport) -> None:
    again = RECEIVED + (OF_CHAIN % "pass").encode() + chained(group, transport)
    mail = sent(group, transport, again)
    assert chain(mail) == (b"pass", 2)
    assert b"cv=pass" in mail


@pytest.mark.parametrize("said", ["fail", "none", "pass; arc=none", ""])
def test_a_chain_that_does_not_surely_hold_is_not_sealed(
    group: Group, transport: FakeTransport, said: str
) -> None:
    """It is what it was; nor is one that is not there called good."""
    results = (OF_CHAIN % said).replace("; arc=\r", "\r").encode()
    assert seals(sent(group, transport, RECEIVED + results + chained(group, transport))) == 1
    if said == "fail":
        assert seals(sent(group, transport, RECEIVED + results + RAW)) == 0


def test_of_half_a_chain_nothing_is_sealed(group: Group, transport: FakeTransport) -> None:
    whole = chained(group, transport)
    number = [name for name, _field in fields(whole)[0]].index(b"arc-message-signature")
    field = fields(whole)[0][number][1]
    for broken in (
        whole.replace(field, b""),
        whole.replace(field, field * 2),
        whole.replace(b"i=1;", b"i=3;"),
    ):
        assert seals(sent(group, transport, RECEIVED + (OF_CHAIN % "pass").encode() + broken)) == 1


def test_only_the_front_servers_own_results_count(
    group: Group, transport: FakeTransport, settings: Any
) -> None:
    """Not another server's, not those below the second Received, not without its name, not past it."""
    others = RESULTS.replace(FRONT.encode(), b"mx.outside.example")
    assert seals(sent(group, transport, RECEIVED + others + RAW)) == 0
    assert seals(sent(group, transport, RECEIVED * 2 + RESULTS + RAW)) == 0
    assert seals(sent(group, transport, RECEIVED + RESULTS + RAW, door="web")) == 0
    assert seals(sent(group, transport, RECEIVED + RESULTS + RAW, door="smtp", ip="203.0.113.9")) == 0
    settings.MAIL_AUTHSERV_ID = ""
    assert seals(sent(group, transport, RECEIVED + RESULTS + RAW)) == 0
    settings.MAIL_AUTHSERV_ID = FRONT
    assert seals(sent(group, transport, RECEIVED + others + RESULTS + RAW)) == 1


def test_no_other_companys_key_seals(group: Group, transport: FakeTransport) -> None:
    Domain.objects.filter(name="hanbit.example").update(is_primary=False, company=CompanyFactory.create())
    assert seals(sent(group, transport, RECEIVED + RESULTS + RAW)) == 0


@pytest.mark.parametrize(
    "results",
    ["none", " NONE ", "none (looked at nothing)", "none; none", "x; none;", ";"],
)
def test_a_front_server_that_looked_at_nothing_stops_no_mail(
    group: Group, transport: FakeTransport, results: str
) -> None:
    """RFC 8601, 2.2."""
    found = f"Authentication-Results: {FRONT}; {results}\r\n".encode()
    assert verifies(sent(group, transport, RECEIVED + found + RAW))
    assert seals(sent(group, transport, RECEIVED + found + RESULTS + RAW)) in (0, 1)
