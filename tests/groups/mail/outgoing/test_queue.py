"""What operators do with the mail that waits: try it, hold it, release it, drop it (rule 4.11)."""

from io import StringIO
from threading import Thread
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.actor import Actor, Door, Refused
from accounts.models import AuditEntry, Company, Member
from groups.mail.outgoing import delivery, outages, queue
from groups.mail.outgoing.parcels import ConnectionLost, Reply
from groups.mail.outgoing.queue import Chosen, Done
from groups.models import Envelope, FailingAddress, Group, Mail, Outage
from tests.factories import GroupFactory, MemberFactory
from tests.groups.mail.lists import accepted
from tests.helpers import ActorOf, Clock

from .transport import MOMO, TAE, FakeTransport, state

pytestmark = pytest.mark.django_db

SHELL = Actor(None, Door.SHELL)
ALL = Chosen()


@pytest.fixture
def other_mail(company: Company, mail: Mail) -> Mail:
    """To one person, of another list."""
    person = MemberFactory.create(company=company, email="one@hanbit.example")
    return accepted(GroupFactory.create(company=company, listed=True, members=[person])).mail


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command("mailqueue", *args, stdout=out, **options)
    return out.getvalue()


class TestHeldMail:
    def test_waits_until_it_is_released(
        self, mail: Mail, transport: FakeTransport, clock: Clock, wakes: list[str]
    ) -> None:
        assert queue.hold(ALL, actor=SHELL) == Done(1, 2)
        assert delivery.run() == 0
        clock.forward(days=20)
        assert delivery.run() == 0
        assert state(mail) == (Mail.Result.WAITING, False)
        wakes.clear()
        assert queue.release(ALL, actor=SHELL) == Done(1, 2)
        assert wakes == ["wake"]
        # Tried as long as new mail, though it is older than what is given up.
        transport.failures = [ConnectionLost("gone", before_content=False)]
        delivery.run()
        assert state(mail) == (Mail.Result.WAITING, False)
        clock.forward(minutes=2)
        delivery.run()
        assert transport.reached == [MOMO, TAE]

    def test_is_not_flushed(self, mail: Mail, transport: FakeTransport) -> None:
        queue.hold(ALL, actor=SHELL)
        assert queue.flush(ALL, actor=SHELL) == Done()
        delivery.run()
        assert transport.reached == []

    def test_stays_held_when_others_are_brought_forward(self, mail: Mail, transport: FakeTransport) -> None:
        queue.hold(Chosen(mails=[mail.pk]), actor=SHELL)
        Envelope.objects.update(waits_for_server=True)
        Outage.objects.create(started_at=mail.at, last_error="away")
        outages.end("hanbit.example")
        assert delivery.run() == 0


class TestChoosing:
    def test_by_mail_by_list_and_by_envelope(self, mail: Mail, other_mail: Mail) -> None:
        assert queue.hold(Chosen(mails=[mail.pk]), actor=SHELL) == Done(1, 2)
        assert queue.hold(Chosen(list_address=other_mail.list_address.upper()), actor=SHELL) == Done(1, 1)
        assert queue.release(Chosen(envelopes=[mail.envelopes.get().pk]), actor=SHELL) == Done(1, 2)
        assert list(Envelope.objects.filter(held_at=None)) == [mail.envelopes.get()]

    @pytest.mark.parametrize("change", [queue.flush, queue.hold, queue.drop])
    def test_leaves_what_a_worker_has_in_hand(self, mail: Mail, clock: Clock, change: Any) -> None:
        """On SQLite, by its row; PostgreSQL locks it."""
        Envelope.objects.update(claimed_until=clock.now + delivery.CLAIMED_FOR)
        assert change(ALL, actor=SHELL) == Done()
        assert not AuditEntry.objects.filter(door=Door.SHELL).exists()


class TestFlushing:
    def test_tries_what_was_put_off(
        self, mail: Mail, transport: FakeTransport, clock: Clock, wakes: list[str]
    ) -> None:
        transport.failures = [ConnectionLost("gone", before_content=False)]
        delivery.run()
        assert delivery.run() == 0
        wakes.clear()
        assert queue.flush(ALL, actor=SHELL) == Done(1, 2)
        assert wakes == ["wake"]
        assert delivery.run() == 1
        assert transport.reached == [MOMO, TAE]


class TestDropping:
    def test_is_in_the_audit_of_the_mail(self, mail: Mail, transport: FakeTransport) -> None:
        queue.hold(ALL, actor=SHELL)
        assert queue.drop(ALL, actor=SHELL) == Done(1, 2)
        assert delivery.run() == 0
        assert state(mail) == (Mail.Result.FAILED, True)
        assert mail.envelopes.get().failures == {MOMO: queue.DROPPED, TAE: queue.DROPPED}
        assert not FailingAddress.objects.exists()

    def test_leaves_what_others_got(self, mail: Mail, transport: FakeTransport) -> None:
        transport.says = {TAE: Reply(451, "4.2.1 Later", True)}
        delivery.run()
        queue.drop(Chosen(mails=[mail.pk]), actor=SHELL)
        assert state(mail) == (Mail.Result.PART_FAILED, True)


@pytest.mark.parametrize("name", ["flush", "hold", "release", "drop"])
class TestEveryChange:
    def test_is_audited_for_each_list(self, mail: Mail, other_mail: Mail, name: str) -> None:
        """Rule 8.1: by the operator's door, in the company's audit."""
        if name == "release":
            queue.hold(ALL, actor=Actor.system())
        getattr(queue, name)(ALL, actor=SHELL)
        entries = AuditEntry.objects.filter(action=f"mail.{name}", door=Door.SHELL)
        assert {(entry.company_id, entry.target_id) for entry in entries} == {
            (mail.company_id, mail.group_id),
            (other_mail.company_id, other_mail.group_id),
        }
        changes = entries.get(target_id=mail.group_id).changes
        assert changes == {"list": [None, mail.list_address], "emails": [None, 1], "recipients": [None, 2]}

    def test_is_for_superusers_in_django_admin_only(
        self, mail: Mail, name: str, administrator: Member, superuser: Member, actor_of: ActorOf
    ) -> None:
        """Rule 7."""
        for actor in (actor_of(administrator, Door.ADMIN), actor_of(superuser, Door.WEB)):
            with pytest.raises(Refused):
                getattr(queue, name)(ALL, actor=actor)
        getattr(queue, name)(ALL, actor=actor_of(superuser, Door.ADMIN))


class TestTheCommand:
    def test_lists_the_oldest_first(self, mail: Mail, other_mail: Mail, clock: Clock) -> None:
        Envelope.objects.filter(mail=mail).update(last_error="451 \x1b[31mLater", attempts=3)
        queue.hold(Chosen(mails=[other_mail.pk]), actor=SHELL)
        Outage.objects.create(started_at=clock.now, last_error="550 No", domain="hanbit.example")
        text = run()
        assert text.index(f"{mail.pk}  ") < text.index(f"{other_mail.pk}  ")
        for wanted in (
            *("platform@hanbit.example  to 2  next try", "to 1  held", "tried 3 times: 451", "News"),
            *("takes no email from hanbit.example", "550 No", "2 emails to 3 recipients waiting"),
        ):
            assert wanted in text
        assert "\x1b" not in text
        assert str(other_mail.pk) not in run(limit=1)
        assert str(mail.pk) not in run("list", list=other_mail.list_address)

    def test_changes_what_is_chosen(self, mail: Mail, other_mail: Mail) -> None:
        assert "Holding: 1 email to 2 recipients" in run("hold", id=[mail.pk])
        assert "Released: 1 email to 2 recipients" in run("release", "--list", mail.list_address)
        assert "Trying now: 2 emails to 3 recipients" in run("flush", "--all")
        assert "Dropped: 2 emails to 3 recipients" in run("drop", "--all", "--no-input")
        assert "0 emails to 0 recipients waiting" in run()

    @pytest.mark.parametrize(
        "args",
        [["drop"], ["hold", "--all", "--list", "a@b"], ["flush", "--id", "1"], ["flush", "--id", str(2**70)]],
    )
    def test_wants_to_know_what(self, mail: Mail, args: list[str]) -> None:
        with pytest.raises(CommandError):
            run(*args)
        assert state(mail) == (Mail.Result.WAITING, False)

    @pytest.mark.parametrize(("answer", "left"), [("y", 0), ("n", 1), ("", 1)])
    def test_asks_before_it_drops(
        self, mail: Mail, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
    ) -> None:
        ask = Mock(return_value=answer)
        monkeypatch.setattr("builtins.input", ask)
        if left:
            with pytest.raises(CommandError):
                run("drop", "--all")
        else:
            run("drop", "--all")
        ask.assert_called_once_with("Drop 1 email to 2 recipients? They will not get it. [y/N] ")
        assert Envelope.objects.waiting().count() == left


def test_a_long_queue_takes_as_few_queries(
    group: Group, clock: Clock, transport: FakeTransport, wakes: list[str], django_assert_max_num_queries: Any
) -> None:
    for _n in range(12):
        accepted(group)
    with django_assert_max_num_queries(12):
        queue.hold(ALL, actor=SHELL)
    with django_assert_max_num_queries(4):
        run()


@pytest.mark.django_db(transaction=True)
def test_on_postgresql_nobody_waits_for_a_worker(
    group: Group, wakes: list[str], transport: FakeTransport
) -> None:
    """An envelope in the hands of a worker is left to it; the others are held, dropped, brought forward."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no locks of rows")
    accepted(group)
    other = accepted(group).mail.envelopes.get()
    Envelope.objects.update(waits_for_server=True)
    found: list[Any] = []

    def act() -> None:
        found.extend([outages.bring_forward(""), queue.hold(ALL, actor=SHELL), queue.drop(ALL, actor=SHELL)])
        connection.close()

    with delivery._next_due() as envelope:
        thread = Thread(target=act)
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
    assert found == [1, Done(1, 2), Done(1, 2)]
    assert envelope is not None
    assert Envelope.objects.waiting().get().pk == envelope.pk != other.pk
