"""The mail server in its dialogue: what is taken, what is refused how, and that nobody stops the others."""

import contextlib
import smtplib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import Member
from groups.mail.arrival import Arrival
from groups.mail.incoming import acceptance, dialogue, receive
from groups.mail.incoming.server import LARGE_KEPT_AT_ONCE
from groups.models import Group, Mail, MailContent
from tests.factories import GroupFactory
from tests.groups.mail.servers import LmtpTalk, Ports, Talk, serving, still_answers, stuffed

LIST = "platform@hanbit.example"
HELLO = b"From: Momo <momo@hanbit.example>\r\nSubject: Hello\r\nMessage-ID: <1@hanbit.example>\r\n\r\nHi\r\n"


def test_a_mail_is_kept_before_the_server_says_so(ports: Ports, group: Group, outgoing: Path) -> None:
    """Rule 4.3, by smtplib, byte by byte as it was sent."""
    with smtplib.SMTP("127.0.0.1", ports.smtp) as client:
        assert client.sendmail("momo@hanbit.example", [LIST], HELLO + b".\r\n..\r\nend") == {}
    mail = Mail.objects.get()
    assert mail.content is not None
    assert bytes(mail.content.data) == HELLO + b".\r\n..\r\nend\r\n"
    assert (mail.mailing_list, mail.rule, mail.door) == (group.mailing_list, "4.3", "smtp")
    assert (mail.ip, mail.envelope_sender) == ("127.0.0.1", "momo@hanbit.example")


@pytest.mark.usefixtures("group")
def test_what_is_offered(ports: Ports, settings: Any) -> None:
    with Talk(ports.smtp) as talk, LmtpTalk(ports.lmtp) as front:
        for offered in (talk.offered, front.offered):
            names = {line[4:].split()[0] for line in offered.splitlines()[1:]}
            assert names == {"SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"}
            assert f"SIZE {settings.MAIL_MAX_BYTES}" in offered


@pytest.mark.usefixtures("group")
def test_lmtp_answers_for_each_recipient(ports: Ports, company: object) -> None:
    """One mail to a list, an unknown address, a list in other letters, and a second list that refuses it."""
    GroupFactory.create(
        company=company,
        listed=True,
        mailing_list__address__local_part="closed",
        mailing_list__who_can_send="designated",
    )
    with LmtpTalk(ports.lmtp) as front:
        unknown, first, again, closed = front.mail(
            "momo@hanbit.example",
            ["nobody@hanbit.example", LIST, "Platform@HANBIT.example", "closed@hanbit.example"],
            HELLO,
        )
        assert unknown.startswith("550 5.1.1 ")
        assert first == again == "250 2.0.0 OK"
        assert closed.startswith("550 5.7.1 ")
        assert front.say("NOOP") == "250 2.0.0 OK"
    assert sorted(Mail.objects.values_list("list_address", "result", "rule", "ip")) == [
        ("closed@hanbit.example", "refused", "4.5", None),
        (LIST, "delivered", "4.3", None),
    ]


def test_the_same_mail_to_two_lists_goes_to_each_and_is_stored_once(
    ports: Ports, group: Group, member: Member
) -> None:
    """Twenty lists at once that share a member: each delivers, under the one Message-ID."""
    lists = [
        GroupFactory.create(
            company=group.company,
            members=[member],
            listed=True,
            mailing_list__address__local_part=f"list{number}",
        ).address
        for number in range(19)
    ]
    with LmtpTalk(ports.lmtp) as front:
        replies = front.mail("client@outside.example", [LIST, *lists], HELLO)
    assert replies == ["250 2.0.0 OK"] * 20
    assert Mail.objects.filter(result="delivered", message_id="<1@hanbit.example>").count() == 20
    assert MailContent.objects.count() == 1


@pytest.mark.usefixtures("group")
def test_by_smtp_a_second_list_has_to_wait(ports: Ports, company: object) -> None:
    GroupFactory.create(company=company, listed=True, mailing_list__address__local_part="second")
    with Talk(ports.smtp) as talk:
        first, same, second = talk.envelope(
            "momo@hanbit.example", LIST, LIST.upper(), "second@hanbit.example"
        )
        assert (first, same) == ("250 2.1.5 OK", "250 2.1.5 OK")
        assert second.startswith("452 4.5.3 ")
        assert talk.say("DATA").startswith("354")
        talk.send(stuffed(HELLO))
        assert talk.reply() == "250 2.0.0 OK"
    assert Mail.objects.count() == 1


@pytest.mark.parametrize("change", ["switched off", "deleted", "renamed"])
def test_a_list_that_was_changed_a_second_ago_is_refused(ports: Ports, group: Group, change: str) -> None:
    """Between the recipient and the mail itself: nothing of a list is remembered (rule 2.17)."""
    with Talk(ports.smtp) as talk:
        talk.envelope("momo@hanbit.example", LIST)
        assert group.mailing_list is not None
        assert group.mailing_list.address is not None
        if change == "switched off":
            Group.objects.update(uses_mailing_list=False)
        elif change == "deleted":
            Group.objects.update(deleted_at="2026-11-24T12:00:00Z")
        else:
            type(group.mailing_list.address).objects.filter(local_part="platform").update(local_part="new")
        assert talk.say("DATA").startswith("354")
        talk.send(stuffed(HELLO))
        reply = talk.reply()
        assert reply.startswith("550 5.2.1 " if change == "switched off" else "550 5.1.1 ")
        assert talk.envelope("momo@hanbit.example", LIST) == [reply]
    rules = Mail.objects.filter(result="refused").values_list("rule", flat=True)
    assert set(rules) == {{"switched off": "off", "renamed": "unknown"}.get(change, change)}
    assert not MailContent.objects.exists()
    assert still_answers(ports.smtp)


def test_what_was_guessed_leaves_no_trace(ports: Ports, group: Group) -> None:
    with Talk(ports.smtp) as talk:
        for address in ("nobody@hanbit.example", "platform+tag@hanbit.example", "platform@outside.example"):
            assert talk.envelope("momo@hanbit.example", address)[0].startswith("550 5.1.1 ")
            talk.say("RSET")
    assert not Mail.objects.exists()


@pytest.mark.usefixtures("group")
def test_without_the_database_the_sender_tries_again(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is accepted that is not kept; both when looking up and when keeping."""
    with LmtpTalk(ports.lmtp) as front:
        front.envelope("momo@hanbit.example", LIST)

        def away(*args: object, **kwargs: object) -> None:
            raise OperationalError("the database is away")

        monkeypatch.setattr(acceptance, "accept", away)
        front.say("DATA")
        front.send(stuffed(HELLO))
        assert front.reply().startswith("451 4.3.0 ")
        monkeypatch.setattr(receive, "look_up", away)
        assert front.envelope("momo@hanbit.example", LIST)[0].startswith("451 4.3.0 ")
        monkeypatch.undo()
        front.say("RSET")
        assert front.mail("momo@hanbit.example", [LIST], HELLO) == ["250 2.0.0 OK"]
    assert Mail.objects.count() == 1
    assert "the database is away" in caplog.text


@pytest.mark.usefixtures("group")
def test_what_cannot_be_read_stays_with_the_sender(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(receive, "read", broken)
    with LmtpTalk(ports.lmtp) as front:
        replies = front.mail("momo@hanbit.example", [LIST, LIST], HELLO)
    assert [reply[:10] for reply in replies] == ["451 4.3.0 "] * 2
    assert "too deep" in caplog.text


class TestSize:
    @pytest.fixture(autouse=True)
    def small(self, settings: Any, request: pytest.FixtureRequest) -> None:
        """A limit of 1,000 bytes, set before the server starts."""
        settings.MAIL_MAX_BYTES = 1000
        request.getfixturevalue("group")

    def test_is_refused_before_the_mail_is_sent(self, small: None, ports: Ports) -> None:
        with Talk(ports.smtp) as talk:
            refusal = talk.say("MAIL FROM:<momo@hanbit.example> SIZE=1001")
            assert refusal.startswith("552 5.3.4 The email is larger than ")
            assert talk.say("MAIL FROM:<momo@hanbit.example> SIZE=1000") == "250 2.1.0 OK"

    @pytest.mark.parametrize("more", [0, 1, 5_000_000])
    def test_is_refused_while_it_comes(self, small: None, ports: Ports, more: int) -> None:
        raw = HELLO + b"." * (998 - len(HELLO) + more) + b"\r\n"
        assert len(raw) == 1000 + more
        with Talk(ports.smtp) as talk, LmtpTalk(ports.lmtp) as front:
            (reply,) = talk.mail("momo@hanbit.example", [LIST], raw)
            other = raw.replace(b"<1@", b"<2@")
            replies = front.mail("momo@hanbit.example", [LIST, LIST.upper()], other)
            code = "552 5.3.4 " if more else "250 2.0.0 "
            assert [answer[:10] for answer in (reply, *replies)] == [code] * 3
            assert talk.say("NOOP") == "250 2.0.0 OK"
        assert MailContent.objects.count() == (0 if more else 2)
        assert ports.server is not None
        assert ports.server.arriving == 0

    def test_many_large_ones_at_once_wait(self, small: None, settings: Any, ports: Ports) -> None:
        """Mails on their way do not fill the memory, however many connections there are."""
        assert ports.server is not None
        ports.server.most_arriving = 1500
        with Talk(ports.smtp) as first, Talk(ports.smtp) as second, Talk(ports.smtp) as third:
            for talk in (first, second):
                talk.envelope("momo@hanbit.example", LIST)
                talk.say("DATA")
            first.send(HELLO + b"x" * 850)
            while ports.server.arriving < 850:
                assert third.say("NOOP") == "250 2.0.0 OK"
            second.send(stuffed(HELLO + b"y" * 850))
            assert second.reply().startswith("451 4.3.1 ")
            first.send(b"\r\n.\r\n")
            assert first.reply() == "250 2.0.0 OK"
        assert ports.server.arriving == 0

    def test_large_ones_that_are_being_kept_count_too(
        self, small: None, ports: Ports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While the database is slow, mails that have come do not pile up in memory."""
        begun, told = threading.Event(), threading.Event()
        accept = acceptance.accept

        def slow(*args: Any, **kwargs: Any) -> Any:
            begun.set()
            assert told.wait(30)
            return accept(*args, **kwargs)

        monkeypatch.setattr(acceptance, "accept", slow)
        assert ports.server is not None
        ports.server.most_arriving = 1500
        with Talk(ports.smtp) as first, Talk(ports.smtp) as second:
            for talk in (first, second):
                talk.envelope("momo@hanbit.example", LIST)
                talk.say("DATA")
            first.send(stuffed(HELLO + b"x" * 850))
            assert begun.wait(30)
            second.send(stuffed(HELLO + b"y" * 850))
            try:
                assert second.reply().startswith("451 4.3.1 ")
            finally:
                told.set()
            assert first.reply() == "250 2.0.0 OK"
        assert ports.server.arriving == 0

    def test_large_ones_are_kept_in_turn(
        self, small: None, ports: Ports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So many large ones at a time, and small ones beside them."""
        monkeypatch.setattr(dialogue, "LARGE", 500)
        sizes: list[int] = []
        told = threading.Event()
        accept = acceptance.accept

        def slow(arrival: Arrival, *args: Any, **kwargs: Any) -> Any:
            sizes.append(len(arrival.raw))
            assert len(arrival.raw) < 500 or told.wait(30)
            return accept(arrival, *args, **kwargs)

        monkeypatch.setattr(acceptance, "accept", slow)
        assert ports.server is not None
        with contextlib.ExitStack() as stack:
            large = [stack.enter_context(Talk(ports.smtp)) for _number in range(LARGE_KEPT_AT_ONCE + 1)]
            for number, talk in enumerate(large, start=1):
                talk.envelope("momo@hanbit.example", LIST)
                talk.say("DATA")
                talk.send(stuffed(HELLO + str(number).encode() * 600))
                while ports.server.arriving < number * 600:
                    assert still_answers(ports.smtp)
            small_one = stack.enter_context(Talk(ports.smtp))
            assert small_one.mail("momo@hanbit.example", [LIST], HELLO) == ["250 2.0.0 OK"]
            assert sum(size > 500 for size in sizes) == LARGE_KEPT_AT_ONCE
            told.set()
            assert [talk.reply() for talk in large] == ["250 2.0.0 OK"] * len(large)


@pytest.mark.parametrize(
    ("peer", "ip"),
    [
        (("192.0.2.1", 25), "192.0.2.1"),
        (("::ffff:192.0.2.1", 25, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 25, 0, 2), "fe80::1"),
        (("2001:db8::1", 25, 0, 0), "2001:db8::1"),
        ("", None),
    ],
)
def test_from_where_somebody_comes(peer: object, ip: str | None) -> None:
    """As the database can keep it, and the same whether we listen by IPv4 or by both."""
    assert dialogue.ip_of(peer) == ip


def test_connections_beyond_the_limit_are_turned_away(
    transactional_db: None, settings: Any, request: pytest.FixtureRequest
) -> None:
    """A quarter of them for one address; a flood there leaves LMTP alone."""
    settings.MAIL_CONNECTIONS = 8
    ports: Ports = request.getfixturevalue("ports")
    with Talk(ports.smtp) as one, Talk(ports.smtp) as two, Talk(ports.smtp, greet="") as three:
        assert one.greeting.startswith("220 ")
        assert three.greeting.startswith("421 4.3.2 ")
        assert three.reply() == ""
        assert still_answers(ports.lmtp)
        assert two.say("QUIT").startswith("221")
        assert two.reply() == ""
        assert still_answers(ports.smtp)


def test_when_told_to_stop_it_finishes_what_it_does(
    transactional_db: None, group: Group, outgoing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail whose transaction runs is answered; everybody else is told to come again."""
    begun, told = threading.Event(), threading.Event()
    accept = acceptance.accept

    def slow(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        assert told.wait(30)
        return accept(*args, **kwargs)

    monkeypatch.setattr(acceptance, "accept", slow)
    replies: list[str] = []

    def listen(idle: Talk) -> None:
        replies.append(idle.reply())
        told.set()

    with serving() as ports:
        idle, half, busy = Talk(ports.smtp), Talk(ports.smtp), Talk(ports.smtp)
        for talk in (half, busy):
            talk.envelope("momo@hanbit.example", LIST)
            talk.say("DATA")
        half.send(HELLO)
        busy.send(stuffed(HELLO))
        assert begun.wait(30)
        assert idle.say("NOOP") == "250 2.0.0 OK", "a slow mail stops no other connection"
        listener = threading.Thread(target=listen, args=(idle,))
        listener.start()
    listener.join()
    replies += [half.reply(), busy.reply(), busy.reply()]
    assert [reply[:10] for reply in replies] == ["421 4.3.2 ", "421 4.3.2 ", "250 2.0.0 ", "421 4.3.2 "]
    for talk in (idle, half, busy):
        talk.__exit__()
    assert Mail.objects.count() == 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports.smtp), 5)
