"""Mail, looked at by the doctor: a real mail server of ours, and one of the tests' to send by (rule 11.6)."""

import base64
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from accounts.models import Company
from groupadmin.health.doctor import loop, mail
from groupadmin.health.doctor.finding import Facts, Finding
from groups.mail.arrival import Arrival
from groups.mail.loop import FIRST, Loop
from groups.mail.outgoing import bounce_addresses, bounces
from groups.mail.outgoing.signatures import Key
from groups.models import Mail
from tests.dns_server import name_server
from tests.groups.mail.servers import Ports, serving
from tests.smtp_sink import Behaviour, Transaction, running

LISTS = Facts(True, ("hanbit.example",))
SHARED = {"default": {"BACKEND": "tests.groupadmin.health.doctor.test_mail.Shared"}}


class Shared(LocMemCache):
    """As if other processes had it too."""


def of(check: Any, facts: Facts = LISTS, seconds: float = 10.0) -> list[str]:
    found: list[Finding] = list(check(facts, seconds))
    return [f"{finding.level}: {finding.text}" for finding in found]


@pytest.mark.django_db(transaction=True)
class TestIncoming:
    @pytest.fixture
    def ports(self, company: Company, settings: Any) -> Iterator[Ports]:
        with serving() as ports:
            settings.MAIL_LMTP_LISTEN = f":{ports.lmtp}"
            settings.MAIL_SMTP_LISTEN = "[::1]:9"
            yield ports

    def test_listens_and_knows_the_domains(self, ports: Ports) -> None:
        found = of(mail.incoming)
        assert found[0] == f"ok: LMTP: listens at 127.0.0.1:{ports.lmtp}."
        assert found[1].startswith("error: SMTP: nobody answers at ::1:9")
        assert Mail.objects.count() == 0

    def test_refuses_a_domain(self, ports: Ports) -> None:
        found = of(mail.incoming, Facts(True, ("hanbit.example", "elsewhere.example")))
        assert found[0].startswith("error: LMTP: mail to elsewhere.example is refused: 550")


class Relay(Behaviour):
    """Takes our mail, and what it does with it then."""

    adds = b""
    comes_back = False
    is_lost = False

    def content(self, transaction: Transaction) -> bytes:
        if not transaction.recipients:
            return b"554 5.5.1 No valid recipients"
        recipient = transaction.sender if self.comes_back else transaction.recipients[0]
        token = bounce_addresses.bounce_token(recipient)
        if token is not None and not self.is_lost:
            arrival = Arrival(Mail.Door.LMTP, None, "", (recipient,), self.adds + transaction.data)
            assert bounces.take_in(arrival, token).accepted
        return super().content(transaction)


class TestLoop:
    @pytest.fixture(autouse=True)
    def relay(self, settings: Any) -> Iterator[Relay]:
        settings.CACHES = SHARED
        relay = Relay()
        with running(relay) as address:
            settings.MAIL_OUT = address
            yield relay
        cache.clear()

    def test_goes_out_and_comes_in(self, relay: Relay) -> None:
        found = of(loop.loop)
        assert found[0].startswith("ok: hanbit.example: a mail went out and came in again within ")
        assert found[1].startswith("warning: hanbit.example: mail is not signed")
        (sent,) = relay.taken
        assert sent.sender.endswith("@hanbit.example")
        assert b"Auto-Submitted: auto-generated" in sent.data

    @pytest.mark.parametrize(
        ("key", "level"), [("v=DKIM1; k=rsa; p=MIGf", "ok"), ("v=DKIM1; p=", "error"), (None, "error")]
    )
    def test_looks_for_the_key_of_its_signature(
        self, relay: Relay, settings: Any, key: str | None, level: str
    ) -> None:
        relay.adds = b"DKIM-Signature: v=1; a=rsa-sha256; d=hanbit.example;\r\n s=May26; h=from; b=x\r\n"
        with name_server() as names:
            settings.DNS_RESOLVERS = [names.address]
            if key is not None:
                names.records["may26._domainkey.hanbit.example"] = [key]
            found = of(loop.loop)
        assert found[1].startswith(f"{level}: hanbit.example: mail is signed (DKIM)")
        assert "may26._domainkey.hanbit.example" in found[1]

    def test_is_signed_as_the_lists_mail_is(self, relay: Relay) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        of(
            loop.loop,
            Facts(True, LISTS.domains, keys={"hanbit.example": Key("hanbit.example", "ga1", private)}),
        )
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        record = b"v=DKIM1; p=" + base64.b64encode(public)
        assert dkim.verify(relay.taken[0].data, dnsfunc=lambda name, **options: record)

    def test_another_s_signature_does_not_count(self, relay: Relay) -> None:
        relay.adds = b"DKIM-Signature: v=1; d=bit.example; s=a; b=x\r\n"
        assert "is not signed" in of(loop.loop)[1]

    def test_comes_back(self, relay: Relay) -> None:
        relay.comes_back = True
        assert of(loop.loop) == ["error: hanbit.example: the mail came back as undeliverable."]

    def test_does_not_arrive(self, relay: Relay) -> None:
        relay.is_lost = True
        found = of(loop.loop, seconds=0.1)
        assert found == ["error: hanbit.example: the mail was sent, and has not arrived in time."]

    def test_is_refused(self, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay, "rcpt", lambda recipient: b"550 5.7.1 Relaying denied")
        (found,) = of(loop.loop)
        assert found.startswith("error: hanbit.example: the server of MAIL_OUT refuses the mail: 550")

    def test_a_server_that_says_nothing(self, settings: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            settings.MAIL_OUT = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
            (found,) = of(loop.loop, seconds=0.4)
        assert found.startswith("error: hanbit.example: the mail could not be handed over: ")

    def test_needs_a_cache_that_processes_share(self, settings: Any) -> None:
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        assert of(loop.loop)[0].startswith("note: Not tried: CACHE_URL")

    def test_nobody_else_can_say_that_it_arrived(self) -> None:
        begun = Loop.begin("hanbit.example")
        forged = begun.recipient.replace("-", "-0", 1)
        assert bounce_addresses.bounce_token(forged) is None or (
            bounce_addresses.envelope_of(bounce_addresses.bounce_token(forged) or "") is None
        )
        assert begun.number >= FIRST
        assert begun.arrived() is None


class TestOutgoing:
    def test_servers_that_let_us_in(self, settings: Any) -> None:
        with running(Behaviour()) as address:
            settings.MAIL_OUT = address
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", urlsplit(address).port
            assert of(mail.outgoing) == ["ok: The server of MAIL_OUT lets us in."]
            assert of(mail.to_people) == ["ok: The server of EMAIL_URL lets us in."]

    def test_servers_that_are_away(self, settings: Any) -> None:
        settings.MAIL_OUT = "smtp://127.0.0.1:9"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        assert of(mail.outgoing)[0].startswith("error: MAIL_OUT: 127.0.0.1: ")
        assert of(mail.to_people)[0].startswith("error: EMAIL_URL: ")

    def test_a_server_that_says_nothing(self, settings: Any) -> None:
        """Is said in its own words, well before the doctor gives up."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            settings.MAIL_OUT = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
            assert of(mail.outgoing, seconds=0.2)[0].startswith("error: MAIL_OUT: 127.0.0.1: ")

    def test_a_folder_sends_nothing(self) -> None:
        assert of(mail.outgoing)[0].startswith("note: MAIL_OUT writes")
        assert of(mail.to_people)[0].startswith("note: EMAIL_URL sends nothing")
