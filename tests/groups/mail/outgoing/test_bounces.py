"""Mail that comes back: whom it was about, what the audit says then, and who is paused."""

import base64
from collections.abc import Callable
from email.message import Message
from typing import Any

import pytest

from groups.mail.outgoing import bounce_addresses, bounces, delivery
from groups.models import Envelope, FailingAddress, Group, Mail
from tests.factories import ExternalContactFactory
from tests.groups.mail.lists import accepted, arrival, list_of

from .bounced import COMPLAINT, QMAIL, READ, STANDARD, VACATION, block, come_back

MOMO, TAE = "momo@hanbit.example", "tae@hanbit.example"


@pytest.fixture
def envelope(group: Group) -> Envelope:
    """One that was handed over, to the member and the teammate."""
    return accepted(group).mail.envelopes.get()


def result_of(envelope: Envelope) -> str:
    return Mail.objects.get(pk=envelope.mail_id).result


@pytest.mark.django_db
class TestBounces:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (STANDARD, f"550 5.1.1 <{TAE}>: User unknown in virtual mailbox table"),
            (QMAIL, "Sorry, no mailbox here by that name. (#5.1.1)"),
        ],
    )
    def test_move_somebody_to_those_who_did_not_get_it(
        self, envelope: Envelope, text: str, reason: str
    ) -> None:
        """Rule 8.2: a mail that was delivered turns out to be part failed."""
        assert result_of(envelope) == Mail.Result.DELIVERED
        assert come_back(envelope, TAE, text)
        envelope.refresh_from_db()
        assert (envelope.recipients, envelope.failures) == ([MOMO], {TAE: reason})
        assert result_of(envelope) == Mail.Result.PART_FAILED
        failing = FailingAddress.objects.get()
        assert (failing.address, failing.failures, failing.last_error) == (TAE, 1, reason)

    def test_of_everybody_fail_the_mail(self, envelope: Envelope) -> None:
        for about in (MOMO, TAE):
            come_back(envelope, about)
        assert result_of(envelope) == Mail.Result.FAILED

    def test_count_once_a_mail_however_many_come(self, envelope: Envelope) -> None:
        for text in (STANDARD, STANDARD, QMAIL):
            come_back(envelope, TAE, text)
        assert FailingAddress.objects.get().failures == 1

    def test_that_are_only_late_count_nothing(self, envelope: Envelope) -> None:
        assert come_back(envelope, TAE, action="delayed", status="4.4.1")
        assert not FailingAddress.objects.exists()
        assert result_of(envelope) == Mail.Result.DELIVERED

    def test_about_somebody_else_count_nothing(self, envelope: Envelope) -> None:
        """Nobody's address is paused by who never got the mail."""
        assert come_back(envelope, "outsider@hanbit.example")
        assert not FailingAddress.objects.exists()

    @pytest.mark.parametrize("text", [VACATION, COMPLAINT, READ])
    def test_other_mail_to_their_address_is_none(self, envelope: Envelope, text: str) -> None:
        """Notes of absence, complaints about spam, confirmations of reading."""
        assert come_back(envelope, TAE, text)
        envelope.refresh_from_db()
        assert envelope.failures == {}
        assert not FailingAddress.objects.exists()

    def test_about_several_recipients_take_each_for_itself(self, envelope: Envelope) -> None:
        """Whoever is named counts by their own reason; whoever is not in the envelope, not at all."""
        blocks = "\n".join(
            [
                block(TAE),
                block(MOMO, status="5.7.1", said="550 5.7.1 Rejected by policy"),
                block("outsider@hanbit.example"),
            ]
        )
        assert come_back(envelope, "", blocks=blocks)
        envelope.refresh_from_db()
        assert envelope.failures[MOMO] == "550 5.7.1 Rejected by policy"
        assert envelope.failures[TAE].startswith("550 5.1.1")
        assert FailingAddress.objects.get().address == TAE

    @pytest.mark.parametrize(
        ("status", "said", "kept"),
        [
            ("5.1.1", "550 User unknown", "5.1.1 550 User unknown"),
            ("5.0.0", "550 5.1.1 User unknown", "550 5.1.1 User unknown"),
            ("4.4.7", "550 5.1.1 User unknown", "4.4.7 550 5.1.1 User unknown"),
            ("5.4.4", "", "5.4.4"),
            ("", "", "5.0.0 came back"),
        ],
    )
    def test_keep_the_code_with_the_words(
        self, envelope: Envelope, status: str, said: str, kept: str
    ) -> None:
        come_back(envelope, TAE, status=status, said=said)
        envelope.refresh_from_db()
        assert envelope.failures == {TAE: kept}

    def test_without_a_code_keep_what_people_are_told(self, envelope: Envelope) -> None:
        text = QMAIL.replace("Sorry, no mailbox here by that name. (#5.1.1)", "The mail folder is full.")
        come_back(envelope, TAE, text)
        envelope.refresh_from_db()
        assert envelope.failures == {TAE: "The mail folder is full."}
        assert not FailingAddress.objects.exists()

    def test_of_one_recipient_are_theirs_whatever_they_name(self, group: Group) -> None:
        """Who forwards their mail bounces by another address."""
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        mail = accepted(group).mail
        alone = next(e for e in mail.envelopes.all() if e.recipients == ["client@outside.example"])
        come_back(alone, "elsewhere@private.example")
        assert FailingAddress.objects.get().address == "client@outside.example"

    def test_of_one_recipient_say_most_where_they_name_them(self, group: Group) -> None:
        """Whoever else is named, such as an address to turn to."""
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        mail = accepted(group).mail
        alone = next(e for e in mail.envelopes.all() if e.recipients == ["client@outside.example"])
        blocks = block("help@outside.example", status="5.7.1", said="550 5.7.1 x") + "\n"
        come_back(alone, "", blocks=blocks + block("client@outside.example"))
        assert FailingAddress.objects.get().last_error.startswith("550 5.1.1")

    def test_nobody_can_make_one_up(self, envelope: Envelope) -> None:
        """The address of the envelope is signed, down to its number."""
        token = (
            bounce_addresses.bounce_token(bounce_addresses.bounce_address(envelope.pk, "hanbit.example"))
            or ""
        )
        others = token.replace(f"+{envelope.pk}-", f"+{envelope.pk + 1}-")
        for forged in (others, token[:-1] + ("0" if token[-1] != "0" else "1"), token[:-1], "bounce+1-", ""):
            decision = bounces.take_in(arrival(envelope_sender=""), forged)
            assert (decision.accepted, decision.code) == (False, 550)
        assert not FailingAddress.objects.exists()

    def test_of_an_envelope_that_is_gone_are_dropped(self, envelope: Envelope) -> None:
        Envelope.objects.all().delete()
        assert come_back(envelope, TAE)

    def test_of_an_envelope_that_still_waits_say_nothing(
        self, group: Group, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery, "wake", lambda: None)
        envelope = accepted(group).mail.envelopes.get()
        come_back(envelope, TAE)
        delivery.run()
        envelope.refresh_from_db()
        assert envelope.recipients == [MOMO, TAE]

    @pytest.mark.parametrize(
        "raw",
        [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report; boundary=x\r\n\r\n--x" * 50, b"\r\n" * 9],
    )
    def test_garbage_is_taken_and_means_nothing(self, envelope: Envelope, raw: bytes) -> None:
        token = (
            bounce_addresses.bounce_token(bounce_addresses.bounce_address(envelope.pk, "hanbit.example"))
            or ""
        )
        assert bounces.take_in(arrival(raw=raw, envelope_sender=""), token).accepted


class TestTokens:
    def test_survive_what_servers_do_to_addresses(self) -> None:
        address = bounce_addresses.bounce_address(7, "hanbit.example")
        assert len(address.partition("@")[0]) <= 64
        assert bounce_addresses.envelope_of(bounce_addresses.bounce_token(address.upper()) or "") == 7

    def test_stay_good_while_the_key_is_changed(self, settings: Any) -> None:
        token = bounce_addresses.bounce_token(bounce_addresses.bounce_address(7, "hanbit.example")) or ""
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
        assert bounce_addresses.envelope_of(token) == 7
        settings.SECRET_KEY_FALLBACKS = []
        assert bounce_addresses.envelope_of(token) is None

    @pytest.mark.parametrize(
        "address", ["platform@hanbit.example", "bounce@hanbit.example", "", "bounce+1@x"]
    )
    def test_are_no_lists_addresses(self, address: str) -> None:
        assert bounce_addresses.bounce_token(address) is None

    def test_of_huge_numbers_are_nobodys(self) -> None:
        address = bounce_addresses.bounce_address(2**63, "x.example")
        assert bounce_addresses.envelope_of(bounce_addresses.bounce_token(address) or "") is None


@pytest.mark.parametrize("line", [b"\r\n", b"a: b\r\n\r\n", b"<a@b.example>\r\n", b"x" * 900 + b"\r\n"])
def test_of_a_long_bounce_the_beginning_is_read(line: bytes) -> None:
    """Each of its lines is gone through by seventeen detectors."""
    beginning = bounces._beginning(line * (2 * 1024 * 1024 // len(line)))
    assert len(beginning) <= bounces.READ_BYTES
    assert beginning.count(b"\n") < bounces.READ_LINES


@pytest.mark.parametrize("encode", [bytes, base64.encodebytes], ids=["plain", "base64"])
def test_the_detectors_get_lines_as_long_as_those_of_mails(
    encode: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of a megabyte of commas in one line took them a quarter of a minute."""
    seen: list[int] = []

    def detectors(message: Message) -> tuple[set[bytes], set[bytes]]:
        seen.extend(len(line) for line in bytes(message.get_payload(decode=True)).splitlines())
        return set(), {b"tae@hanbit.example"}

    monkeypatch.setattr(bounces, "all_failures", detectors)
    code = b"" if encode is bytes else b"Content-Transfer-Encoding: base64\r\n"
    body = encode("못 찾음\r\n".encode() + b"," * 100_000 + b"\r\nend\r\n")
    assert bounces._failures(b"From: a@b.example\r\n" + code + b"\r\n" + body)[1].keys() == {TAE}
    assert seen == [len("못 찾음".encode()), bounces.LINE_AT_MOST, len("end")]


def test_parts_in_parts_without_end_are_dropped(envelope: Envelope) -> None:
    """They are no reason to ask for the bounce again and again."""
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    )
    assert bounces._failures(raw) == (set(), {})
