"""A probe: what it is, and that only what becomes of it pauses an address (rule 4.10)."""

from email import message_from_bytes, policy
from typing import Any

import pytest
from django.utils import timezone, translation

from accounts.models import AuditEntry, Member
from groups.mail.outgoing import bounce_addresses, bounces, delivery, probes
from groups.mail.outgoing.parcels import Reply
from groups.models import Envelope, FailingAddress, Group, Mail, MailContent, Notice, Notification
from tests.factories import CompanyFactory, ExternalContactFactory, GroupFactory, MemberFactory
from tests.groups.mail.lists import accepted, arrival, list_of
from tests.helpers import Clock

from .bounced import VACATION, bounce, come_back
from .transport import MOMO, TAE, FakeTransport

pytestmark = pytest.mark.django_db

UNKNOWN = Reply(550, "5.1.1 Unknown", True)


@pytest.fixture
def forged(group: Group, transport: FakeTransport, wakes: list[str], clock: Clock) -> list[Envelope]:
    """Five mails, and a bounce of each that says that the teammate's mailbox is gone."""
    envelopes = []
    for _n in range(5):
        accepted(group)
        delivery.run()
        envelopes.append(Envelope.objects.latest("pk"))
        wakes.clear()
        come_back(envelopes[-1], TAE)
    return envelopes


@pytest.fixture
def probe(forged: list[Envelope]) -> Envelope:
    return Envelope.objects.get(mail__rule=probes.PROBE_RULE)


def failing() -> FailingAddress:
    return FailingAddress.objects.get(address=TAE)


def told(member: Member) -> list[str]:
    return list(Notification.objects.filter(member=member).values_list("notice__kind", flat=True))


class TestForgedBounces:
    def test_pause_nobody(
        self, group: Group, probe: Envelope, transport: FakeTransport, teammate: Member, wakes: list[str]
    ) -> None:
        """At most they bring about a probe, which arrives."""
        assert wakes == ["wake"]
        transport.parcels.clear()
        delivery.run()
        assert [parcel.recipients for parcel in transport.parcels] == [[TAE]]
        assert (failing().failures, failing().paused_at) == (0, None)
        assert accepted(group).recipients == 2
        assert told(teammate) == []

    def test_go_on_after_the_probe_and_still_pause_nobody(
        self, group: Group, probe: Envelope, forged: list[Envelope]
    ) -> None:
        """The sharers know the bounce addresses of mails to the list, old and new; not the probe's."""
        delivery.run()
        for envelope in [*forged, *(accepted(group).mail.envelopes.get() for _n in range(9))]:
            delivery.run()
            come_back(envelope, TAE)
        assert failing().paused_at is None
        assert Mail.objects.filter(rule=probes.PROBE_RULE).count() == 1

    @pytest.mark.parametrize("text", ["5.7.1 DMARC", "5.3.4 Too large", "4.4.7 Expired", "5.2.2 Full", ""])
    def test_that_say_nothing_about_the_address_count_nothing(self, group: Group, text: str) -> None:
        for _n in range(6):
            envelope = accepted(group).mail.envelopes.get()
            assert come_back(envelope, TAE, status=text.partition(" ")[0] or "5.0.0", said=text)
            envelope.refresh_from_db()
            assert TAE in envelope.failures
        assert not FailingAddress.objects.exists()


class TestTheProbe:
    def test_is_a_mail_to_one_person_with_an_envelope_of_its_own(
        self, probe: Envelope, transport: FakeTransport, group: Group
    ) -> None:
        transport.parcels.clear()
        delivery.run()
        [parcel] = transport.parcels
        token = bounce_addresses.bounce_token(parcel.sender) or ""
        assert bounce_addresses.envelope_of(token) == probe.pk
        message: Any = message_from_bytes(b"".join(parcel.parts), policy=policy.default)
        assert (message["To"], message["Auto-Submitted"]) == (TAE, "auto-generated")
        assert message["From"].addresses[0].addr_spec == "noreply@hanbit.example"
        assert "platform@hanbit.example" in message.get_content()
        # Whoever forwards it does not hand on where its bounces go.
        assert token not in message.as_string()
        mail = probe.mail
        assert (mail.company_id, mail.group_id, mail.recipient_count) == (group.company_id, group.pk, 1)

    def test_speaks_the_persons_language(
        self, group: Group, teammate: Member, wakes: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Member.objects.filter(pk=teammate.pk).update(language="ko")
        monkeypatch.setattr(probes, "render_to_string", lambda *_args: translation.get_language())
        probes.send(FailingAddress.objects.create(address=TAE), accepted(group).mail)
        content = MailContent.objects.get(mails__rule=probes.PROBE_RULE)
        assert bytes(content.data).endswith(b"\r\n\r\nko\r\n")

    def test_reaches_addresses_in_any_script(self, group: Group, wakes: list[str]) -> None:
        """RFC 6531: they would never be paused otherwise."""
        address = "jörg@bücher.example"
        probes.send(FailingAddress.objects.create(address=address), accepted(group).mail)
        content = MailContent.objects.get(mails__rule=probes.PROBE_RULE)
        assert f"To: <{address}>\r\n".encode() in bytes(content.data)

    def test_that_comes_back_pauses(self, group: Group, probe: Envelope) -> None:
        delivery.run()
        come_back(probe, TAE)
        found = failing()
        assert found.paused_at is not None
        assert found.last_error.startswith("550 5.1.1")
        assert accepted(group).recipients == 1
        probe.mail.refresh_from_db()
        assert probe.mail.result == Mail.Result.FAILED

    def test_that_is_refused_pauses(self, probe: Envelope, transport: FakeTransport) -> None:
        """By the same table, when the server that we hand it to refuses the recipient."""
        transport.says = {TAE: UNKNOWN}
        delivery.run()
        assert failing().paused_at is not None

    @pytest.mark.parametrize(
        ("status", "said"),
        [("5.7.1", "550 5.7.1 DMARC"), ("4.4.7", "expired"), ("5.2.2", "552 5.2.2 Mailbox full")],
    )
    def test_that_comes_back_for_another_reason_pauses_nothing(
        self, probe: Envelope, status: str, said: str
    ) -> None:
        delivery.run()
        come_back(probe, TAE, status=status, said=said)
        assert failing().paused_at is None

    def test_that_is_late_or_answered_pauses_nothing(self, probe: Envelope) -> None:
        delivery.run()
        come_back(probe, TAE, action="delayed", status="4.4.1")
        come_back(probe, TAE, VACATION)
        assert failing().paused_at is None
        come_back(probe, TAE)
        assert failing().paused_at is not None

    def test_counts_once(self, probe: Envelope) -> None:
        """Whoever has seen its bounce cannot pause the address again."""
        delivery.run()
        come_back(probe, TAE)
        FailingAddress.objects.update(paused_at=None)
        come_back(probe, TAE)
        assert failing().paused_at is None

    def test_counts_for_a_week(self, probe: Envelope, clock: Clock) -> None:
        delivery.run()
        clock.forward(days=7)
        come_back(probe, TAE)
        assert (failing().paused_at, failing().failures) == (None, 0)

    def test_of_an_address_that_was_cleared_meanwhile_is_nothing(self, probe: Envelope) -> None:
        delivery.run()
        FailingAddress.objects.all().delete()
        come_back(probe, TAE)
        assert not FailingAddress.objects.exists()

    def test_needs_its_own_signature(self, probe: Envelope, forged: list[Envelope]) -> None:
        delivery.run()
        address = bounce_addresses.bounce_address(forged[0].pk, "hanbit.example")
        known = (bounce_addresses.bounce_token(address) or "").rpartition("-")[2]
        decision = bounces.take_in(arrival(raw=bounce(TAE), envelope_sender=""), f"bounce+{probe.pk}-{known}")
        assert decision.code == 550
        assert failing().paused_at is None

    def test_that_cannot_be_written_loses_no_mail(
        self, group: Group, transport: FakeTransport, wakes: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What became of the envelope is stored, so that nobody gets it again."""

        def broken(*_args: object) -> None:
            raise ValueError("a fault")

        monkeypatch.setattr(probes, "send", broken)
        FailingAddress.objects.create(address=TAE, failures=9, last_failed_at=timezone.now())
        transport.says = {TAE: UNKNOWN}
        mail = accepted(group).mail
        delivery.run()
        assert mail.envelopes.get().recipients == [MOMO]


class TestWhoIsTold:
    def test_the_person_and_the_administrators(
        self, probe: Envelope, teammate: Member, administrator: Member, outsider: Member, master: Member
    ) -> None:
        Member.objects.filter(pk=teammate.pk).update(notified_by=Member.NotifiedBy.MAIL)
        delivery.run()
        come_back(probe, TAE)
        assert told(teammate) == [Notice.Kind.MAIL_PAUSED]
        # Even if they only want mail, which does not arrive.
        assert Notification.objects.get(member=teammate).in_bell
        assert told(administrator) == [Notice.Kind.ADDRESS_PAUSED]
        assert told(outsider) == told(master) == []
        entry = AuditEntry.objects.get(action="mail.pause_address")
        assert (entry.company_id, entry.door, entry.actor_id) == (teammate.company_id, "system", None)
        assert entry.changes == {"failing": [None, TAE]}
        assert entry.reason == "There is no such mailbox."

    def test_of_a_contact_each_company_that_writes_to_it(
        self, group: Group, administrator: Member, transport: FakeTransport, wakes: list[str], clock: Clock
    ) -> None:
        address = "client@outside.example"
        other = GroupFactory.create(company=CompanyFactory.create(), listed=True)
        theirs = MemberFactory.create(company=other.company, is_administrator=True)
        elsewhere = MemberFactory.create(company=CompanyFactory.create(), is_administrator=True)
        for one in (group, other):
            ExternalContactFactory.create(mailing_list=list_of(one), email=address)
        transport.says = {address: UNKNOWN}
        for _n in range(5):
            accepted(group)
        delivery.run()
        assert FailingAddress.objects.get().paused_at is not None
        assert told(administrator) == told(theirs) == [Notice.Kind.ADDRESS_PAUSED]
        assert told(elsewhere) == []
        companies = AuditEntry.objects.filter(action="mail.pause_address").values_list(
            "company_id", flat=True
        )
        assert set(companies) == {group.company_id, other.company_id}
