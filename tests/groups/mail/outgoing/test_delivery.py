"""Who is handed over when, what is tried again, and what comes of a mail in the end (rule 8.2)."""

from typing import Any
from unittest.mock import Mock

import pytest

from accounts.models import Company, Member
from groups.mail.outgoing import bounce_addresses, delivery, letters, transports
from groups.mail.outgoing.parcels import ConnectionLost, Reply
from groups.models import Envelope, FailingAddress, Group, Mail
from tests.factories import ExternalContactFactory, GroupFactory, MemberFactory
from tests.groups.mail.lists import accepted, list_of
from tests.helpers import Clock

from .transport import MOMO, TAE, FakeTransport, state

LATER = Reply(451, "4.2.1 Later", True)
UNKNOWN = Reply(550, "5.1.1 Unknown", True)


@pytest.mark.django_db
class TestHandOver:
    def test_reaches_everybody_and_is_done(self, mail: Mail, transport: FakeTransport) -> None:
        assert delivery.run() == 1
        assert transport.reached == [MOMO, TAE]
        envelope = mail.envelopes.get()
        assert (envelope.state, envelope.recipients, envelope.failures) == ("done", [MOMO, TAE], {})
        assert (
            bounce_addresses.envelope_of(bounce_addresses.bounce_token(transport.parcels[0].sender) or "")
            == envelope.pk
        )
        assert transport.parcels[0].sender.endswith("@hanbit.example")
        assert state(mail) == (Mail.Result.DELIVERED, True)
        assert delivery.run() == 0

    def test_goes_oldest_first(
        self, mail: Mail, group: Group, clock: Clock, transport: FakeTransport
    ) -> None:
        clock.forward(seconds=-60)
        ExternalContactFactory.create(mailing_list=list_of(group), email="early@outside.example")
        accepted(group)
        clock.forward(seconds=60)
        delivery.run()
        assert [parcel.recipients for parcel in transport.parcels] == [
            [MOMO, TAE],
            ["early@outside.example"],
            [MOMO, TAE],
        ]  # fmt: skip
        first = bounce_addresses.envelope_of(bounce_addresses.bounce_token(transport.parcels[0].sender) or "")
        assert first not in mail.envelopes.values_list("pk", flat=True)

    def test_reads_a_mail_once_for_all_its_envelopes(
        self,
        company: Company,
        transport: FakeTransport,
        wakes: list[str],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.MAIL_RECIPIENTS_PER_ENVELOPE = 1
        people = [MemberFactory.create(company=company) for _ in range(3)]
        accepted(GroupFactory.create(company=company, listed=True, members=people))
        load = Mock(wraps=letters.load)
        monkeypatch.setattr(delivery, "load", load)
        assert delivery.run() == 3
        assert load.call_count == 1

    def test_content_that_is_gone_fails(self, mail: Mail) -> None:
        assert mail.content is not None
        mail.content.delete()
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)
        assert mail.envelopes.get().failures[MOMO] == "554 The content of this email is gone"
        assert not FailingAddress.objects.exists()

    def test_a_list_that_is_deleted_meanwhile_changes_nothing(
        self, mail: Mail, group: Group, member: Member, transport: FakeTransport
    ) -> None:
        """What was accepted is delivered."""
        mailing_list = list_of(group)
        Member.objects.filter(pk=member.pk).update(is_active=False)
        group.delete()
        mailing_list.delete()
        delivery.run()
        assert transport.reached == [MOMO, TAE]

    def test_a_run_gives_others_their_turn(
        self, mail: Mail, transport: FakeTransport, wakes: list[str]
    ) -> None:
        wakes.clear()
        assert delivery.run(seconds=-1) == 0
        assert (transport.parcels, wakes) == ([], ["wake"])

    def test_a_run_with_more_to_do_calls_another_worker(
        self, mail: Mail, group: Group, transport: FakeTransport, wakes: list[str]
    ) -> None:
        accepted(group)
        wakes.clear()
        delivery.run()
        assert wakes == ["another"]


@pytest.mark.django_db
class TestTryingAgain:
    def test_those_who_are_late_get_an_envelope_of_their_own(
        self, mail: Mail, transport: FakeTransport, clock: Clock
    ) -> None:
        transport.says = {TAE: LATER}
        delivery.run()
        assert transport.reached == [MOMO]
        assert state(mail) == (Mail.Result.WAITING, False)
        done, again = mail.envelopes.order_by("pk")
        assert (done.recipients, done.failures, done.state) == ([MOMO], {}, "done")
        assert (again.recipients, again.attempts, again.last_error) == ([TAE], 1, "451 4.2.1 Later")
        transport.says = {}
        assert delivery.run() == 0
        clock.forward(seconds=61)
        assert delivery.run() == 1
        assert transport.reached == [MOMO, TAE]
        assert state(mail) == (Mail.Result.DELIVERED, True)

    def test_delays_grow_up_to_four_hours(self, mail: Mail, transport: FakeTransport, clock: Clock) -> None:
        transport.says = {MOMO: LATER, TAE: LATER}
        delays = []
        for _ in range(12):
            assert delivery.run() == 1
            envelope = mail.envelopes.get()
            delays.append((envelope.due_at - clock.now).total_seconds() / 60)
            clock.now = envelope.due_at
        assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240]
        assert envelope.attempts == 12

    def test_after_five_days_it_is_given_up(self, mail: Mail, transport: FakeTransport, clock: Clock) -> None:
        transport.says = {TAE: LATER}
        delivery.run()
        clock.forward(days=5)
        delivery.run()
        assert mail.envelopes.get(attempts=1).failures == {TAE: "451 4.2.1 Later"}
        assert state(mail) == (Mail.Result.PART_FAILED, True)
        assert not FailingAddress.objects.exists()

    def test_contacts_keep_their_own_headers(
        self, group: Group, transport: FakeTransport, clock: Clock, mail: Mail
    ) -> None:
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        contacted = accepted(group).mail
        transport.says = {"client@outside.example": LATER}
        delivery.run()
        clock.forward(minutes=2)
        transport.says, transport.parcels = {}, []
        delivery.run()
        assert b"List-Unsubscribe-Post" in b"".join(transport.parcels[0].parts)
        assert state(contacted) == (Mail.Result.DELIVERED, True)

    def test_those_who_were_too_many_go_next(self, mail: Mail, transport: FakeTransport) -> None:
        transport.says = {TAE: Reply(452, "4.5.3 Too many recipients", True)}
        assert delivery.run() == 2
        assert mail.envelopes.get(state=Envelope.State.WAITING).attempts == 2
        assert len(transport.parcels) == 2

    def test_a_way_out_that_is_shut_is_not_tried_for_every_envelope(
        self, mail: Mail, group: Group, transport: FakeTransport, wakes: list[str], clock: Clock
    ) -> None:
        accepted(group)
        wakes.clear()
        transport.failures = [ConnectionLost("refused", never_connected=True)]
        assert delivery.run() == 1
        assert (transport.parcels, wakes) == ([], ["another"])
        assert mail.envelopes.get().last_error == "451 refused"
        clock.forward(minutes=2)
        delivery.run()
        assert transport.reached == [MOMO, TAE] * 2

    def test_a_way_out_that_cannot_be_meant_is_not_tried_either(
        self, mail: Mail, group: Group, settings: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accepted(group)
        monkeypatch.setattr(delivery, "open_transport", transports.open_transport)
        settings.MAIL_OUT = "carrier pigeon"
        assert delivery.run() == 1
        assert state(mail) == (Mail.Result.WAITING, False)

    def test_a_lost_connection_delays_one_envelope(
        self, mail: Mail, group: Group, transport: FakeTransport, clock: Clock
    ) -> None:
        accepted(group)
        transport.failures = [ConnectionLost("gone", before_content=False)]
        assert delivery.run() == 2
        assert transport.reached == [MOMO, TAE]
        assert mail.envelopes.get().attempts == 1

    def test_an_error_of_ours_is_in_nobodys_way(
        self, mail: Mail, group: Group, transport: FakeTransport
    ) -> None:
        accepted(group)
        transport.failures = [ValueError("a fault")]
        assert delivery.run() == 2
        assert transport.reached == [MOMO, TAE]
        assert mail.envelopes.get().last_error == "451 Internal error, see the log"


@pytest.mark.django_db
class TestFailures:
    def test_are_kept_by_recipient_and_counted(self, mail: Mail, transport: FakeTransport) -> None:
        transport.says = {TAE: UNKNOWN}
        delivery.run()
        envelope = mail.envelopes.get()
        assert (envelope.recipients, envelope.failures) == ([MOMO], {TAE: "550 5.1.1 Unknown"})
        assert state(mail) == (Mail.Result.PART_FAILED, True)
        assert FailingAddress.objects.get().failures == 1

    def test_of_all_fail_the_mail(self, mail: Mail, transport: FakeTransport) -> None:
        transport.says = {TAE: UNKNOWN, MOMO: UNKNOWN}
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)

    def test_that_are_not_about_the_address_are_not_counted(
        self, mail: Mail, transport: FakeTransport
    ) -> None:
        transport.says = {
            TAE: Reply(554, "5.7.1 Looks like spam"),
            MOMO: Reply(550, "5.7.1 Not from you", True),
        }
        delivery.run()
        assert state(mail) == (Mail.Result.FAILED, True)
        assert not FailingAddress.objects.exists()

    def test_of_some_while_others_are_late_wait_for_the_last(
        self, mail: Mail, transport: FakeTransport, clock: Clock
    ) -> None:
        transport.says = {TAE: UNKNOWN, MOMO: LATER}
        delivery.run()
        assert state(mail) == (Mail.Result.WAITING, False)
        transport.says = {}
        clock.forward(minutes=2)
        delivery.run()
        assert state(mail) == (Mail.Result.PART_FAILED, True)
        assert transport.reached == [MOMO]

    def test_after_five_of_them_and_a_refused_probe_the_address_is_paused(
        self, group: Group, transport: FakeTransport, clock: Clock, wakes: list[str]
    ) -> None:
        """Rule 4.10: the probe goes out in the same run."""
        transport.says = {TAE: UNKNOWN}
        for _ in range(5):
            assert accepted(group).recipients == 2
            delivery.run()
        assert transport.parcels[-1].recipients == [TAE]
        assert FailingAddress.objects.get().paused_at == clock.now
        assert accepted(group).recipients == 1

    def test_a_month_without_one_makes_good_for_the_others(
        self, group: Group, transport: FakeTransport, clock: Clock, wakes: list[str]
    ) -> None:
        transport.says = {TAE: UNKNOWN}
        for _ in range(4):
            accepted(group)
        delivery.run()
        clock.forward(days=31)
        accepted(group)
        delivery.run()
        failing = FailingAddress.objects.get()
        assert (failing.failures, failing.paused_at) == (1, None)
