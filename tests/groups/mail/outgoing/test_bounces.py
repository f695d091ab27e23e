"""Mail that comes back: whom it was about, what the audit says then, and who is paused."""

from typing import Any

import pytest

from accounts.models import Member
from groups.mail.outgoing import bounce_addresses, bounces, delivery
from groups.models import Envelope, FailingAddress, Group, Mail
from tests.factories import ExternalContactFactory
from tests.groups.mail.lists import accepted, arrival, list_of

MOMO, TAE = "momo@hanbit.example", "tae@hanbit.example"

STANDARD = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

I'm sorry.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {about}
Original-Recipient: rfc822;{about}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.hanbit.example
Diagnostic-Code: smtp; 550 5.1.1 <{about}>: User unknown
    in virtual mailbox table

--x
Content-Type: message/rfc822

Subject: News

Hello
--x--
"""

QMAIL = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{about}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
"""

ABSENCE = """\
From: {about}
To: {to}
Subject: I am away
Auto-Submitted: auto-replied

Back on Monday.
"""


@pytest.fixture
def envelope(group: Group) -> Envelope:
    """One that was handed over, to the member and the teammate."""
    return accepted(group).mail.envelopes.get()


def come_back(
    envelope: Envelope, about: str, text: str = STANDARD, *, action: str = "failed", status: str = "5.1.1"
) -> bool:
    """A bounce of the envelope arrives. Tells whether it was taken."""
    address = bounce_addresses.bounce_address(envelope.pk, "hanbit.example")
    raw = text.format(to=address, about=about, action=action, status=status).replace("\n", "\r\n").encode()
    token = bounce_addresses.bounce_token(address)
    assert token is not None
    return bounces.take_in(arrival(raw=raw, envelope_sender="", recipients=(address,)), token).accepted


def result_of(envelope: Envelope) -> str:
    return Mail.objects.get(pk=envelope.mail_id).result


@pytest.mark.django_db
class TestBounces:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (STANDARD, f"550 5.1.1 <{TAE}>: User unknown in virtual mailbox table"),
            (QMAIL, "5.0.0 came back"),
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

    def test_of_five_mails_pause_the_address(self, group: Group, member: Member) -> None:
        for _ in range(5):
            come_back(accepted(group).mail.envelopes.get(), TAE)
        failing = FailingAddress.objects.get()
        assert (failing.failures, failing.paused_at) == (5, failing.last_failed_at)
        assert accepted(group).recipients == 1

    def test_that_are_only_late_count_nothing(self, envelope: Envelope) -> None:
        assert come_back(envelope, TAE, action="delayed", status="4.4.1")
        assert not FailingAddress.objects.exists()
        assert result_of(envelope) == Mail.Result.DELIVERED

    def test_about_somebody_else_count_nothing(self, envelope: Envelope) -> None:
        """Nobody's address is paused by who never got the mail."""
        assert come_back(envelope, "outsider@hanbit.example")
        assert not FailingAddress.objects.exists()

    def test_a_note_of_absence_is_none(self, envelope: Envelope) -> None:
        assert come_back(envelope, TAE, ABSENCE)
        assert not FailingAddress.objects.exists()

    def test_of_one_recipient_are_theirs_whatever_they_name(self, group: Group) -> None:
        """Who forwards their mail bounces by another address."""
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        mail = accepted(group).mail
        alone = next(e for e in mail.envelopes.all() if e.recipients == ["client@outside.example"])
        come_back(alone, "elsewhere@private.example")
        assert FailingAddress.objects.get().address == "client@outside.example"

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
