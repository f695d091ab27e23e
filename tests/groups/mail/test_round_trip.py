"""What went out by us and comes in again: loops through forwarders, answers to mail sent as a list."""

import json
import smtplib
import ssl
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member
from groups.models import Designation, FailingAddress, Group, Mail, MailingList
from tests.factories import PASSWORD, DesignationFactory, GroupFactory

from .outgoing.bounced import bounce
from .servers import LmtpTalk, Ports

LIST = "platform@hanbit.example"
RAW = b"From: client@outside.example\r\nSubject: Hello\r\nMessage-ID: <1@outside.example>\r\n\r\nHi\r\n"


def went_out(outgoing: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(outgoing.glob("*.eml"))]


@pytest.mark.usefixtures("group")
def test_a_forwarder_does_not_make_a_loop(ports: Ports, outgoing: Path) -> None:
    """A member's mailbox sends the list's mail back to it, under its own envelope sender."""
    with LmtpTalk(ports.lmtp) as front:
        assert front.mail("client@outside.example", [LIST], RAW) == ["250 2.0.0 OK"]
        (sent,) = went_out(outgoing)
        back = b"Received: by forwarder.example\r\n" + sent
        (reply,) = front.mail("momo@forwarder.example", [LIST], back)
        assert reply.startswith("554 5.4.6 ")
        # Also one that takes our mark away, but not what a list has to have.
        lines = [line for line in back.splitlines(keepends=True) if not line.startswith(b"X-Groupadmin-")]
        (reply,) = front.mail("momo@forwarder.example", [LIST], b"".join(lines))
        assert reply.startswith("554 5.4.6 ")
    assert len(went_out(outgoing)) == 1


def test_two_lists_that_send_to_each_other_end(
    ports: Ports, group: Group, member: Member, outgoing: Path
) -> None:
    """Each gets what the other sends: the mail goes once round, not further."""
    GroupFactory.create(
        company=group.company, members=[member], listed=True, mailing_list__address__local_part="second"
    )
    with LmtpTalk(ports.lmtp) as front:
        assert front.mail("client@outside.example", [LIST], RAW) == ["250 2.0.0 OK"]
        (first,) = went_out(outgoing)
        assert front.mail("bounce@hanbit.example", ["second@hanbit.example"], first) == ["250 2.0.0 OK"]
        second = went_out(outgoing)[-1]
        assert second != first
        (reply,) = front.mail("bounce@hanbit.example", [LIST], second)
    assert reply.startswith("554 5.4.6 ")


@pytest.mark.parametrize("message_id", ["Message-ID: <offer@hanbit.example>\r\n", ""])
def test_whoever_got_a_mail_of_the_list_may_answer(
    secured: Ports, trusting: ssl.SSLContext, group: Group, member: Member, outgoing: Path, message_id: str
) -> None:
    """Rule 4.6, on a list that is closed in every way (4.4, 4.5)."""
    MailingList.objects.update(blocks_external_domains=True, who_can_send=MailingList.Senders.DESIGNATED)
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_AS
    )
    with smtplib.SMTP_SSL("127.0.0.1", secured.submissions, context=trusting) as client:
        client.login(member.email, PASSWORD)
        raw = f"From: {LIST}\r\nTo: client@outside.example\r\n{message_id}Subject: Offer\r\n\r\nHi\r\n"
        client.sendmail(LIST, ["client@outside.example"], raw)
    sent = message_from_bytes(went_out(outgoing)[0], policy=policy.default)
    assert sent["From"].addresses[0].addr_spec == LIST
    answer = f"From: client@outside.example\r\nIn-Reply-To: {sent['Message-ID']}\r\n\r\nYes\r\n".encode()
    other = answer.replace(b"client@", b"other@")
    with LmtpTalk(secured.lmtp) as front:
        assert front.mail("client@outside.example", [LIST], answer) == ["250 2.0.0 OK"]
        assert front.mail("other@outside.example", [LIST], other)[0].startswith("550 5.7.1 ")
        assert front.mail("client@outside.example", [LIST], RAW)[0].startswith("550 5.7.1 ")
    assert list(Mail.objects.order_by("pk").values_list("rule", "result")) == [
        ("4.6", "delivered"),
        ("4.6", "delivered"),
        ("4.4", "blocked"),
        ("4.4", "blocked"),
    ]


def test_bounces_that_somebody_forges_mute_nobody(
    ports: Ports, group: Group, teammate: Member, outgoing: Path
) -> None:
    """Rule 4.10: whoever got the list's mail knows its envelope, and lies about a colleague six times.

    By the same door, the bounce of the probe pauses; its address went to the colleague alone.
    """
    with LmtpTalk(ports.lmtp) as front:
        for number in range(6):
            raw = RAW.replace(b"<1@", f"<{number}@".encode())
            assert front.mail("client@outside.example", [LIST], raw) == ["250 2.0.0 OK"]
            shared = next(one for one in written(outgoing) if len(one["to"]) > 1)
            assert front.mail("", [shared["from"]], bounce(teammate.email)) == ["250 2.0.0 OK"]
        (probe,) = [one for one in written(outgoing) if one["to"] == [teammate.email]]
        assert not FailingAddress.objects.paused().exists()
        assert front.mail("", [probe["from"]], bounce(teammate.email)) == ["250 2.0.0 OK"]
    assert FailingAddress.objects.paused().get().address == teammate.email


def written(outgoing: Path) -> list[dict[str, Any]]:
    """The envelopes that went out, newest first."""
    return [json.loads(path.read_text()) for path in sorted(outgoing.glob("*.json"), reverse=True)]
