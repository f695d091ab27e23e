"""A mail server that is away or takes no mail from us: nothing fails, all goes out at once (rule 4.11)."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import Company, Member
from groups.mail.outgoing import delivery, outages
from groups.models import Envelope, Group, Mail, Notice, Notification, Outage
from tests.factories import AddressFactory, DomainFactory, GroupFactory, MailingListFactory
from tests.groups.mail.lists import accepted
from tests.helpers import Clock
from tests.smtp_sink import Behaviour, Transaction, running

from .transport import MOMO, TAE, state

pytestmark = pytest.mark.django_db

REFUSED = b"550 5.7.1 Your contract has ended"


@dataclass
class Grumpy(Behaviour):
    """Says what a test wants instead: to MAIL by domain, to each recipient, to DATA, to the content."""

    to_mail: dict[str, bytes] = field(default_factory=dict)
    to_rcpt: dict[str, bytes] = field(default_factory=dict)
    to_data: bytes = b""
    to_content: bytes = b""
    to_auth: bytes = b""
    asked: list[str] = field(default_factory=list)

    def mail(self, sender: str) -> bytes:
        return self.to_mail.get(sender.rpartition("@")[2]) or super().mail(sender)

    def rcpt(self, recipient: str) -> bytes:
        self.asked.append(recipient)
        return self.to_rcpt.get(recipient) or super().rcpt(recipient)

    def data(self) -> bytes:
        return self.to_data or super().data()

    def content(self, transaction: Transaction) -> bytes:
        return self.to_content or super().content(transaction)

    def auth(self) -> bytes:
        return self.to_auth or super().auth()

    def please(self) -> None:
        """Says yes to everything from now on."""
        self.to_mail, self.to_rcpt, self.greeting = {}, {}, Behaviour.greeting
        self.to_data = self.to_content = self.to_auth = b""


@pytest.fixture
def sink() -> Grumpy:
    return Grumpy()


@pytest.fixture
def url(sink: Grumpy, settings: Any, wakes: list[str], clock: Clock) -> Iterator[str]:
    """A mail server on this machine, which all mail goes to."""
    with running(sink) as url:
        settings.MAIL_OUT = url
        yield url


@pytest.fixture
def away(settings: Any, wakes: list[str], clock: Clock) -> int:
    """The port of a mail server that is not there."""
    with running(Behaviour()) as url:
        settings.MAIL_OUT = url
    return int(url.rpartition(":")[2])


def mails(group: Group, count: int) -> list[Mail]:
    """To the member and the teammate, in an envelope each mail."""
    return [accepted(group, message_id=f"<{n}@outside.example>").mail for n in range(count)]


def results() -> set[str]:
    return set(Mail.objects.values_list("result", flat=True))


def told(member: Member) -> int:
    return Notification.objects.filter(member=member, notice__kind=Notice.Kind.MAIL_STUCK).count()


def back(port: int, sink: Behaviour) -> AbstractContextManager[str]:
    return running(sink, port)


class TestAway:
    def test_the_queue_empties_at_once_when_it_is_back(
        self, away: int, sink: Grumpy, group: Group, clock: Clock
    ) -> None:
        """After a night, the envelopes' next tries are hours away."""
        sent = mails(group, 5)
        for _n in range(200):
            delivery.run()
            clock.forward(minutes=3)
        assert results() == {Mail.Result.WAITING}
        assert Outage.objects.current().get().domain == ""
        ahead = [each.due_at - clock.now for each in Envelope.objects.all()]
        assert max(ahead).total_seconds() > 3600
        clock.now = min(Envelope.objects.values_list("due_at", flat=True))
        with back(away, sink):
            delivery.run()
        assert len(sink.taken) == len(sent)
        assert results() == {Mail.Result.DELIVERED}
        assert not Outage.objects.current().exists()

    def test_is_tried_once_a_run(self, away: int, group: Group, caplog: pytest.LogCaptureFixture) -> None:
        """And is in the log once an outage, not once a mail."""
        mails(group, 3)
        with caplog.at_level(logging.WARNING):
            assert [delivery.run() for _n in range(3)] == [1, 1, 1]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "The mail server takes no mail" in caplog.text

    def test_superusers_are_told_if_it_lasts(
        self,
        away: int,
        group: Group,
        clock: Clock,
        superuser: Member,
        administrator: Member,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        mails(group, 1)
        delivery.run()
        clock.forward(minutes=14)
        delivery.run()
        assert told(superuser) == 0
        clock.forward(minutes=2)
        for _n in range(3):
            delivery.run()
            clock.forward(minutes=20)
        assert (told(superuser), told(administrator)) == (1, 0)
        assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]

    def test_whoever_is_put_off_for_another_reason_still_waits(
        self, url: str, sink: Grumpy, group: Group, clock: Clock
    ) -> None:
        """A recipient's own server may want that (greylisting)."""
        sink.to_rcpt = {TAE: b"451 4.7.1 Greylisted"}
        mails(group, 1)
        delivery.run()
        outages.begin("", "away", is_refusal=False)
        clock.forward(seconds=10)
        accepted(group, message_id="<next@outside.example>")
        delivery.run()
        assert not Outage.objects.current().exists()
        assert Envelope.objects.waiting().filter(due_at__gt=clock.now).count() == 2
        assert sink.asked.count(TAE) == 2


class TestRefusal:
    @pytest.mark.parametrize(
        "refusal",
        [
            {"to_mail": {"hanbit.example": REFUSED}},
            {"to_data": REFUSED},
            {"to_rcpt": {MOMO: b"554 5.7.1 Relay access denied", TAE: b"554 5.7.1 Relay access denied"}},
            {"to_rcpt": {MOMO: b"530 5.7.0 Sign in first", TAE: b"530 5.7.0 Sign in first"}},
            {"greeting": b"554 5.7.1 Not you"},
            {"to_mail": {"hanbit.example": b"452 4.3.1 Out of space"}},
        ],
        ids=["MAIL", "DATA", "relay", "sign-in", "greeting", "full"],
    )
    def test_of_all_that_we_send_keeps_the_mail(
        self, url: str, sink: Grumpy, group: Group, clock: Clock, superuser: Member, refusal: dict[str, Any]
    ) -> None:
        """Whatever it says: nobody's mail fails, and all goes once it is taken again."""
        for name, value in refusal.items():
            setattr(sink, name, value)
        sent = mails(group, 3)
        for _n in range(10):
            delivery.run()
            clock.forward(minutes=7)
        assert results() == {Mail.Result.WAITING}
        assert not Envelope.objects.exclude(failures={}).exists()
        assert told(superuser) == 1
        sink.please()
        clock.now = min(Envelope.objects.values_list("due_at", flat=True))
        sink.taken.clear()
        delivery.run()
        assert len(sink.taken) == len(sent)
        assert results() == {Mail.Result.DELIVERED}
        assert not Outage.objects.current().exists()

    def test_of_our_password_is_told_at_once(
        self, url: str, sink: Grumpy, group: Group, settings: Any, superuser: Member
    ) -> None:
        sink.extensions = (*sink.extensions, "AUTH PLAIN")
        sink.to_auth = b"535 5.7.8 Wrong password"
        settings.MAIL_OUT = url.replace("smtp://", "smtp://user:secret@")
        mail = mails(group, 1)[0]
        delivery.run()
        assert state(mail) == (Mail.Result.WAITING, False)
        outage = Outage.objects.current().get()
        assert (outage.domain, outage.is_refusal) == ("", True)
        assert "535 5.7.8 Wrong password" in outage.last_error
        assert "secret" not in outage.last_error
        assert told(superuser) == 1

    def test_of_one_domain_is_not_in_the_others_way(
        self, url: str, sink: Grumpy, group: Group, company: Company, member: Member
    ) -> None:
        domain = DomainFactory.create(company=company, name="second.example")
        address = AddressFactory.create(company=company, domain=domain, local_part="other", kind="group")
        other = GroupFactory.create(
            company=company,
            members=[member],
            uses_mailing_list=True,
            mailing_list=MailingListFactory.create(address=address),
        )
        sink.to_mail = {"hanbit.example": REFUSED}
        refused, taken = accepted(group).mail, accepted(other).mail
        delivery.run()
        assert state(refused) == (Mail.Result.WAITING, False)
        assert state(taken) == (Mail.Result.DELIVERED, True)
        assert Outage.objects.current().get().domain == "hanbit.example"

    @pytest.mark.parametrize(
        "refusal",
        [
            {"to_content": b"554 5.7.1 This is spam"},
            {"to_mail": {"hanbit.example": b"552 5.3.4 Too large"}},
        ],
    )
    def test_of_one_mail_fails_it(
        self, url: str, sink: Grumpy, group: Group, superuser: Member, refusal: dict[str, Any]
    ) -> None:
        for name, value in refusal.items():
            setattr(sink, name, value)
        mail = mails(group, 1)[0]
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)
        assert not Outage.objects.exists()
        assert told(superuser) == 0

    def test_is_given_up_after_five_days(self, url: str, sink: Grumpy, group: Group, clock: Clock) -> None:
        sink.to_mail = {"hanbit.example": REFUSED}
        mail = mails(group, 1)[0]
        delivery.run()
        clock.forward(days=5)
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)


class TestAServerThatChangesItsMind:
    """Each time all that waits goes through its hands; so that is not done each time."""

    def test_is_not_given_everything_each_time(self, clock: Clock, group: Group, wakes: list[str]) -> None:
        mails(group, 2)
        for _n in range(2):
            outages.begin("", "away", is_refusal=True)
            Envelope.objects.update(waits_for_server=True, due_at=clock.now)
            clock.forward(minutes=1)
            outages.end("hanbit.example")
        assert Envelope.objects.filter(waits_for_server=True).count() == 2
        clock.forward(minutes=6)
        outages.begin("", "away", is_refusal=True)
        assert outages.end("hanbit.example")
        assert Envelope.objects.filter(waits_for_server=False, due_at=clock.now).count() == 2

    def test_is_told_of_once_an_hour(
        self, clock: Clock, superuser: Member, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _n in range(10):
            outages.begin("hanbit.example", "No", is_refusal=True)
            outages.end("hanbit.example")
        assert told(superuser) == 1
        assert [record.levelname for record in caplog.records].count("ERROR") == 1
        clock.forward(hours=1, seconds=1)
        outages.begin("hanbit.example", "No", is_refusal=True)
        assert told(superuser) == 2

    def test_what_a_worker_has_in_hand_is_left_to_it(self, group: Group, clock: Clock, mail: Mail) -> None:
        """On SQLite; PostgreSQL locks the row."""
        later = clock.now + delivery.CLAIMED_FOR
        Envelope.objects.update(waits_for_server=True, claimed_until=later, attempts=3)
        assert outages.bring_forward("") == 0
        assert mail.envelopes.get().attempts == 3


def test_old_outages_are_forgotten(clock: Clock) -> None:
    outages.begin("", "away", is_refusal=False)
    outages.end("")
    outages.begin("", "away", is_refusal=False)
    clock.forward(days=181)
    assert outages.forget_old() == 1
    assert Outage.objects.current().exists()
