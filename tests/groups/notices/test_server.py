"""Mail with what people are told, when the mail server fails or a worker dies: none is lost (rule 5.1)."""

import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.test import override_settings

from accounts.models import Company, Member
from groups.models import Notice, Notification
from groups.notices import mails
from tests.factories import MemberFactory
from tests.helpers import Clock

from .mails import LATER, tell

pytestmark = pytest.mark.django_db


class Server(BaseEmailBackend):
    """A mail server in memory that fails as the test says."""

    is_down = False
    refused: dict[str, Exception] = {}
    opened = 0
    sent: list[str] = []
    tried = 0

    def open(self) -> bool:
        if Server.is_down:
            raise ConnectionRefusedError("nobody listens")
        Server.opened += 1
        return True

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            Server.tried += 1
            if problem := Server.refused.get(message.to[0]):
                raise problem
            Server.sent.append(message.to[0])
        return len(messages)


@pytest.fixture
def server() -> Iterator[type[Server]]:
    Server.is_down, Server.refused, Server.opened, Server.sent, Server.tried = False, {}, 0, [], 0
    with override_settings(EMAIL_BACKEND=f"{__name__}.Server"):
        yield Server


class TestTheServer:
    def test_keeps_one_connection(self, company: Company, server: type[Server], clock: Clock) -> None:
        people = [MemberFactory.create(company=company) for _n in range(5)]
        tell(*people, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        mails.send_due()
        assert (server.opened, len(server.sent)) == (1, 5)

    def test_is_down_for_an_hour(self, company: Company, server: type[Server], clock: Clock) -> None:
        """Nothing is lost, and it is asked less and less often, once for all who wait."""
        people = [MemberFactory.create(company=company) for _n in range(20)]
        tell(*people, kind=Notice.Kind.CONNECTED)
        server.is_down = True
        runs = 0
        for _minute in range(60):
            clock.forward(minutes=1, seconds=1)
            if mails.is_due():
                runs += 1
                assert mails.send_due().is_server_down
                assert not mails.is_due()
        assert runs <= 7
        server.is_down = False
        clock.forward(hours=1)
        assert mails.send_due().mails == 20
        assert sorted(server.sent) == sorted(person.email for person in people)

    def test_that_refuses_for_now_is_asked_again(
        self, member: Member, teammate: Member, server: type[Server], clock: Clock
    ) -> None:
        answer = {member.email: (451, b"greylisted")}
        server.refused[member.email] = smtplib.SMTPRecipientsRefused(answer)
        tell(member, teammate, kind=Notice.Kind.CONNECTED)
        for _n in range(20):
            clock.forward(hours=2)
            mails.send_due()
        assert server.sent == [teammate.email]
        server.refused.clear()
        clock.forward(hours=2)
        mails.send_due()
        assert server.sent == [teammate.email, member.email]

    def test_that_knows_no_such_person_is_believed_in_the_end(
        self, member: Member, teammate: Member, server: type[Server], clock: Clock, caplog: Any
    ) -> None:
        answer = {member.email: (550, b"no such user")}
        server.refused[member.email] = smtplib.SMTPRecipientsRefused(answer)
        tell(member, teammate, kind=Notice.Kind.CONNECTED)
        for _n in range(20):
            clock.forward(hours=2)
            mails.send_due()
        assert server.sent == [teammate.email]
        assert server.tried == 1 + mails.REFUSALS_AT_MOST
        given_up = Notification.objects.get(member=member)
        assert (given_up.mail_at, given_up.mailed_at) == (None, None)
        assert "Gave up" in caplog.text
        assert "550" in caplog.text

    def test_that_ends_the_connection_is_called_again(
        self, member: Member, teammate: Member, server: type[Server], clock: Clock, monkeypatch: Any
    ) -> None:
        """As those do that take only so many mails at once."""
        tell(member, teammate, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        send, taken = Server.send_messages, []

        def send_one(self: Server, messages: Any) -> int:
            if self in taken:
                raise smtplib.SMTPServerDisconnected("that was enough")
            taken.append(self)
            return send(self, messages)

        monkeypatch.setattr(Server, "send_messages", send_one)
        assert mails.send_due().mails == 2
        assert server.opened == 2

    def test_that_fails_at_one_mail_takes_the_others(
        self, company: Company, server: type[Server], clock: Clock
    ) -> None:
        people = [MemberFactory.create(company=company) for _n in range(4)]
        server.refused[people[0].email] = TimeoutError("thinks about it for too long")
        tell(*people, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        sent = mails.send_due()
        assert (sent.mails, sent.failures, sent.is_server_down) == (3, 1, False)

    def test_that_fails_at_every_mail_is_down(
        self, company: Company, server: type[Server], clock: Clock
    ) -> None:
        people = [MemberFactory.create(company=company) for _n in range(10)]
        server.refused.update({person.email: smtplib.SMTPServerDisconnected("bye") for person in people})
        tell(*people, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        assert mails.send_due().is_server_down
        assert server.tried < 10
        assert not mails.is_due()

    def test_is_not_asked_for_a_mail_that_cannot_be_written(
        self, member: Member, teammate: Member, clock: Clock, monkeypatch: Any, caplog: Any
    ) -> None:
        """One person's fault of ours does not stop the others' mail."""
        tell(member, teammate, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        write = mails._mail

        def fail(reader: Member, claimed: Any) -> Any:
            if reader == member:
                raise ValueError("a fault")
            return write(reader, claimed)

        monkeypatch.setattr(mails, "_mail", fail)
        assert mails.send_due().mails == 1
        assert "a fault" in caplog.text
        assert Notification.objects.get(member=member).mail_at == clock.now + mails.DELAYS[0]


class TestAWorkerThatDies:
    def test_leaves_a_claim_that_ends(
        self, member: Member, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed after sending: nobody else sends it meanwhile, and later it goes out again."""
        tell(member, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        assert mails._claim(member.pk)
        assert mails._claim(member.pk) == []
        assert mails.send_due().mails == 0
        clock.now += mails.CLAIMED_FOR
        assert mails.send_due().mails == 1

    def test_what_comes_meanwhile_has_a_mail_of_its_own(self, member: Member, clock: Clock) -> None:
        tell(member, kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        first = mails._claim(member.pk)
        tell(member, kind=Notice.Kind.DISCONNECTED)
        clock.now += LATER
        second = mails._claim(member.pk)
        assert len(first) == len(second) == 1
        assert first != second
