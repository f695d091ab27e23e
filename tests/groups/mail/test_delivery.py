"""Who is handed over when, what is tried again, and what comes of a mail in the end (spec 8.2)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import Company, Member
from groups.mail import delivery, out, tasks, tokens
from groups.mail.client import Lost, Outcome, Parcel, Reply
from groups.models import Envelope, FailingAddress, Group, Mail
from tests.factories import ExternalContactFactory, GroupFactory, MemberFactory
from tests.groups.mail.lists import RAW, accepted, list_of
from tests.smtp_sink import Behaviour, running

MOMO, TAE = "momo@hanbit.example", "tae@hanbit.example"
LATER = Reply(451, "4.2.1 Later", True)
UNKNOWN = Reply(550, "5.1.1 Unknown", True)


class Clock:
    """The time that the delivery sees."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how_far: float) -> None:
        self.now += timedelta(**how_far)


@dataclass
class FakeWay:
    """A way out that answers as a test says, by recipient, or fails."""

    says: dict[str, Reply] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)

    def hand_over(self, parcel: Parcel) -> Outcome:
        if self.failures:
            raise self.failures.pop(0)
        self.parcels.append(parcel)
        refused = {who: self.says[who] for who in parcel.recipients if who in self.says}
        accepted = [who for who in parcel.recipients if who not in refused]
        self.reached += accepted
        return Outcome(accepted, refused)

    def close(self) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch) -> FakeWay:
    way = FakeWay()
    monkeypatch.setattr(delivery, "way_out", lambda: way)
    return way


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing runs by itself; notes who is woken."""
    calls: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda: calls.append("wake"))
    monkeypatch.setattr(tasks, "call_another", lambda: calls.append("another"))
    return calls


@pytest.fixture
def mail(group: Group, clock: Clock, way: FakeWay, wakes: list[str]) -> Mail:
    """To the member and the teammate, in one envelope."""
    return accepted(group).mail


def state(mail: Mail) -> tuple[str, bool]:
    mail.refresh_from_db()
    return mail.result, mail.finished_at is not None


@pytest.mark.django_db
class TestHandOver:
    def test_reaches_everybody_and_is_done(self, mail: Mail, way: FakeWay) -> None:
        assert delivery.run() == 1
        assert way.reached == [MOMO, TAE]
        envelope = mail.envelopes.get()
        assert (envelope.state, envelope.recipients, envelope.failures) == ("done", [MOMO, TAE], {})
        assert tokens.envelope_of(tokens.bounce_token(way.parcels[0].sender) or "") == envelope.pk
        assert way.parcels[0].sender.endswith("@hanbit.example")
        assert state(mail) == (Mail.Result.DELIVERED, True)
        assert delivery.run() == 0

    def test_goes_oldest_first(self, mail: Mail, group: Group, clock: Clock, way: FakeWay) -> None:
        clock.forward(seconds=-60)
        ExternalContactFactory.create(mailing_list=list_of(group), email="early@outside.example")
        accepted(group)
        clock.forward(seconds=60)
        delivery.run()
        assert [parcel.recipients for parcel in way.parcels] == [
            [MOMO, TAE],
            ["early@outside.example"],
            [MOMO, TAE],
        ]  # fmt: skip
        first = tokens.envelope_of(tokens.bounce_token(way.parcels[0].sender) or "")
        assert first not in mail.envelopes.values_list("pk", flat=True)

    def test_reads_a_mail_once_for_all_its_envelopes(
        self, company: Company, way: FakeWay, wakes: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MAIL_RECIPIENTS_PER_ENVELOPE = 1
        people = [MemberFactory.create(company=company) for _ in range(3)]
        accepted(GroupFactory.create(company=company, listed=True, members=people))
        load = Mock(wraps=delivery.load)
        monkeypatch.setattr(delivery, "load", load)
        assert delivery.run() == 3
        assert load.call_count == 1

    def test_content_that_is_gone_fails(self, mail: Mail) -> None:
        assert mail.content is not None
        mail.content.delete()
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)
        assert mail.envelopes.get().failures[MOMO] == "554 The mail's content is gone"
        assert not FailingAddress.objects.exists()

    def test_a_list_that_is_deleted_meanwhile_changes_nothing(
        self, mail: Mail, group: Group, member: Member, way: FakeWay
    ) -> None:
        """What was accepted is delivered."""
        mailing_list = list_of(group)
        Member.objects.filter(pk=member.pk).update(is_active=False)
        group.delete()
        mailing_list.delete()
        delivery.run()
        assert way.reached == [MOMO, TAE]

    def test_a_run_gives_others_their_turn(self, mail: Mail, way: FakeWay, wakes: list[str]) -> None:
        wakes.clear()
        assert delivery.run(seconds=-1) == 0
        assert (way.parcels, wakes) == ([], ["wake"])

    def test_a_run_with_more_to_do_calls_another_worker(
        self, mail: Mail, group: Group, way: FakeWay, wakes: list[str]
    ) -> None:
        accepted(group)
        wakes.clear()
        delivery.run()
        assert wakes == ["another"]


@pytest.mark.django_db
class TestTryingAgain:
    def test_those_who_are_late_get_an_envelope_of_their_own(
        self, mail: Mail, way: FakeWay, clock: Clock
    ) -> None:
        way.says = {TAE: LATER}
        delivery.run()
        assert way.reached == [MOMO]
        assert state(mail) == (Mail.Result.WAITING, False)
        done, again = mail.envelopes.order_by("pk")
        assert (done.recipients, done.failures, done.state) == ([MOMO], {}, "done")
        assert (again.recipients, again.attempts, again.last_error) == ([TAE], 1, "451 4.2.1 Later")
        way.says = {}
        assert delivery.run() == 0
        clock.forward(seconds=61)
        assert delivery.run() == 1
        assert way.reached == [MOMO, TAE]
        assert state(mail) == (Mail.Result.DELIVERED, True)

    def test_delays_grow_up_to_four_hours(self, mail: Mail, way: FakeWay, clock: Clock) -> None:
        way.says = {MOMO: LATER, TAE: LATER}
        delays = []
        for _ in range(12):
            assert delivery.run() == 1
            envelope = mail.envelopes.get()
            delays.append((envelope.due_at - clock.now).total_seconds() / 60)
            clock.now = envelope.due_at
        assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240]
        assert envelope.attempts == 12

    def test_after_five_days_it_is_given_up(self, mail: Mail, way: FakeWay, clock: Clock) -> None:
        way.says = {TAE: LATER}
        delivery.run()
        clock.forward(days=5)
        delivery.run()
        assert mail.envelopes.get(attempts=1).failures == {TAE: "451 4.2.1 Later"}
        assert state(mail) == (Mail.Result.PART_FAILED, True)
        assert not FailingAddress.objects.exists()

    def test_contacts_keep_their_own_headers(
        self, group: Group, way: FakeWay, clock: Clock, mail: Mail
    ) -> None:
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        contacted = accepted(group).mail
        way.says = {"client@outside.example": LATER}
        delivery.run()
        clock.forward(minutes=2)
        way.says, way.parcels = {}, []
        delivery.run()
        assert b"List-Unsubscribe-Post" in b"".join(way.parcels[0].parts)
        assert state(contacted) == (Mail.Result.DELIVERED, True)

    def test_those_who_were_too_many_go_next(self, mail: Mail, way: FakeWay) -> None:
        way.says = {TAE: Reply(452, "4.5.3 Too many recipients", True)}
        assert delivery.run() == 2
        assert mail.envelopes.get(state=Envelope.State.WAITING).attempts == 2
        assert len(way.parcels) == 2

    def test_a_way_out_that_is_shut_is_not_tried_for_every_envelope(
        self, mail: Mail, group: Group, way: FakeWay, wakes: list[str], clock: Clock
    ) -> None:
        accepted(group)
        wakes.clear()
        way.failures = [Lost("refused", never_connected=True)]
        assert delivery.run() == 1
        assert (way.parcels, wakes) == ([], ["another"])
        assert mail.envelopes.get().last_error == "451 refused"
        clock.forward(minutes=2)
        delivery.run()
        assert way.reached == [MOMO, TAE] * 2

    def test_a_way_out_that_cannot_be_meant_is_not_tried_either(
        self, mail: Mail, group: Group, settings: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accepted(group)
        monkeypatch.setattr(delivery, "way_out", out.way_out)
        settings.MAIL_OUT = "carrier pigeon"
        assert delivery.run() == 1
        assert state(mail) == (Mail.Result.WAITING, False)

    def test_a_lost_connection_delays_one_envelope(
        self, mail: Mail, group: Group, way: FakeWay, clock: Clock
    ) -> None:
        accepted(group)
        way.failures = [Lost("gone", before_content=False)]
        assert delivery.run() == 2
        assert way.reached == [MOMO, TAE]
        assert mail.envelopes.get().attempts == 1

    def test_an_error_of_ours_is_in_nobodys_way(self, mail: Mail, group: Group, way: FakeWay) -> None:
        accepted(group)
        way.failures = [ValueError("a fault")]
        assert delivery.run() == 2
        assert way.reached == [MOMO, TAE]
        assert mail.envelopes.get().last_error == "451 An error of ours, see the log"


@pytest.mark.django_db
class TestFailures:
    def test_are_kept_by_recipient_and_counted(self, mail: Mail, way: FakeWay) -> None:
        way.says = {TAE: UNKNOWN}
        delivery.run()
        envelope = mail.envelopes.get()
        assert (envelope.recipients, envelope.failures) == ([MOMO], {TAE: "550 5.1.1 Unknown"})
        assert state(mail) == (Mail.Result.PART_FAILED, True)
        assert FailingAddress.objects.get().failures == 1

    def test_of_all_fail_the_mail(self, mail: Mail, way: FakeWay) -> None:
        way.says = {TAE: UNKNOWN, MOMO: UNKNOWN}
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)

    def test_that_are_not_about_the_address_are_not_counted(self, mail: Mail, way: FakeWay) -> None:
        way.says = {TAE: Reply(554, "5.7.1 Looks like spam"), MOMO: Reply(550, "5.7.1 Not from you", True)}
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)
        assert not FailingAddress.objects.exists()

    def test_of_some_while_others_are_late_wait_for_the_last(
        self, mail: Mail, way: FakeWay, clock: Clock
    ) -> None:
        way.says = {TAE: UNKNOWN, MOMO: LATER}
        delivery.run()
        assert state(mail) == (Mail.Result.WAITING, False)
        way.says = {}
        clock.forward(minutes=2)
        delivery.run()
        assert state(mail) == (Mail.Result.PART_FAILED, True)
        assert way.reached == [MOMO]

    def test_after_five_of_them_the_address_is_paused(
        self, group: Group, way: FakeWay, clock: Clock, wakes: list[str]
    ) -> None:
        way.says = {TAE: UNKNOWN}
        for _ in range(5):
            assert accepted(group).recipients == 2
            delivery.run()
        assert FailingAddress.objects.get().paused_at == clock.now
        assert accepted(group).recipients == 1

    def test_a_month_without_one_makes_good_for_the_others(
        self, group: Group, way: FakeWay, clock: Clock, wakes: list[str]
    ) -> None:
        way.says = {TAE: UNKNOWN}
        for _ in range(4):
            accepted(group)
        delivery.run()
        clock.forward(days=31)
        accepted(group)
        delivery.run()
        failing = FailingAddress.objects.get()
        assert (failing.failures, failing.paused_at) == (1, None)


@pytest.mark.django_db
def test_on_sqlite_an_envelope_is_lent_for_a_while(mail: Mail, clock: Clock) -> None:
    """A worker that is killed brings it back by not saying anything."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks the row instead")
    with delivery._taken() as envelope:
        assert envelope is not None
        with delivery._taken() as nothing:
            assert nothing is None
    clock.forward(minutes=16)
    with delivery._taken() as again:
        assert again == envelope


@pytest.mark.django_db(transaction=True)
def test_on_postgresql_two_workers_never_take_the_same(group: Group, wakes: list[str], way: FakeWay) -> None:
    """And the database is not kept busy: the other goes on with the next."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no locks of rows")
    first, second = accepted(group).mail, accepted(group).mail
    others: list[Envelope | None] = []

    def other() -> None:
        with delivery._taken() as envelope:
            others.append(envelope)
        connection.close()

    with delivery._taken() as envelope:
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert envelope == first.envelopes.get()
    assert others == [second.envelopes.get()]


@pytest.mark.django_db
class TestWaking:
    @pytest.fixture(autouse=True)
    def _queue(self, settings: Any) -> None:
        settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

    def test_one_run_waits_however_many_mails_come(self, group: Group) -> None:
        accepted(group)
        accepted(group)
        assert DBTaskResult.objects.count() == 1

    def test_a_run_that_goes_on_does_not_count(self, group: Group) -> None:
        """It may have looked for the last time."""
        accepted(group)
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        accepted(group)
        assert DBTaskResult.objects.count() == 2

    def test_another_is_called_as_long_as_there_are_few(self, group: Group) -> None:
        accepted(group)
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        tasks.call_another()
        tasks.call_another()
        assert DBTaskResult.objects.count() == 2
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        tasks.call_another()
        assert DBTaskResult.objects.count() == 2

    def test_the_clock_wakes_for_what_is_due(self, group: Group, clock: Clock) -> None:
        tasks.wake_if_due()
        assert not DBTaskResult.objects.exists()
        accepted(group)
        DBTaskResult.objects.all().delete()
        Envelope.objects.update(due_at=clock.now + timedelta(minutes=1))
        tasks.wake_if_due()
        assert not DBTaskResult.objects.exists()
        clock.forward(minutes=2)
        tasks.wake_if_due()
        assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db
def test_from_acceptance_to_a_mail_server(group: Group, settings: Any) -> None:
    """All of it: by the task, over a connection, to everybody."""
    sink = Behaviour()
    with running(sink) as settings.MAIL_OUT:
        mail = accepted(group).mail
    assert state(mail) == (Mail.Result.DELIVERED, True)
    assert [taken.recipients for taken in sink.taken] == [[MOMO, TAE]]
    assert sink.taken[0].data.endswith(RAW.replace(b"\r\n.", b"\r\n.."))
    assert sink.quits == {1}


@pytest.mark.django_db
class TestFolder:
    def test_shows_what_would_have_been_sent(self, group: Group, settings: Any, tmp_path: Path) -> None:
        settings.MAIL_OUT = f"folder://{tmp_path}/with%20space"
        mail = accepted(group).mail
        folder = out.folder_out()
        assert folder == tmp_path / "with space"
        (name,) = out.names_written(folder)
        written = out.read_written(folder, name)
        assert written is not None
        assert written.recipients == [MOMO, TAE]
        assert written.sender.startswith("bounce+")
        assert written.path.read_bytes().endswith(RAW)
        assert state(mail) == (Mail.Result.DELIVERED, True)

    def test_keeps_a_sane_number(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(out, "KEPT", 5)
        folder = out.Folder(tmp_path)
        for _ in range(201):
            folder.hand_over(Parcel("s@x.example", ["a@x.example"], (b"x\r\n",)))
        assert len(list(tmp_path.iterdir())) <= 2 * (5 + 100)
        assert not list(tmp_path.glob("*.half"))

    @pytest.mark.parametrize("name", ["", "../x", "1", "1234567890123456-1-1", "x/1234567890123456-1-1"])
    def test_reads_nothing_else(self, tmp_path: Path, name: str) -> None:
        assert out.read_written(tmp_path, name) is None
