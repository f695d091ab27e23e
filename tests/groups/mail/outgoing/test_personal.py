"""A letter of their own for each recipient: for bounces, and to unsubscribe in one click (rule 4.15)."""

from email import message_from_bytes
from typing import Any
from urllib.parse import urlsplit

import listunsub
import pytest
from django.test import Client

from accounts.models import AuditEntry, Member
from groups.mail.incoming import acceptance
from groups.mail.outgoing import bounce_addresses, bounces, delivery, recipients, unsubscribe
from groups.mail.outgoing.parcels import Parcel, Reply
from groups.models import Envelope, ExternalContact, FailingAddress, Group, Mail, OptOut
from tests.factories import ExternalContactFactory
from tests.groups.mail.lists import AS_LIST, TO_LIST, accepted, arrival, list_of

from .bounced import STANDARD, block
from .transport import MOMO, TAE, FakeTransport, state

pytestmark = pytest.mark.django_db

CLIENT = "client@outside.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def personal(settings: Any) -> None:
    settings.MAIL_PERSONAL = True
    settings.SITE_URL = "https://groups.hanbit.example"


@pytest.fixture
def contact(group: Group) -> ExternalContact:
    return ExternalContactFactory.create(mailing_list=list_of(group), email=CLIENT)


def link_of(parcel: Parcel) -> str:
    """Where one click unsubscribes the recipient of a letter, which has it as mail programs want it."""
    message = message_from_bytes(b"".join(parcel.parts))
    fields = (message.get_all("List-Unsubscribe", []), message.get_all("List-Unsubscribe-Post", []))
    assert listunsub.audit(*fields) == []
    address = listunsub.parse(fields[0][0])[0]
    return urlsplit(address).path


def letters(transport: FakeTransport) -> dict[str, Parcel]:
    delivery.run()
    assert all(len(parcel.recipients) == 1 for parcel in transport.parcels)
    return {parcel.recipients[0]: parcel for parcel in transport.parcels}


def comes_back(parcel: Parcel, about: str, *, sender: str = "") -> bool:
    """A bounce to a letter's sender, or another address, that names somebody. Tells whether it was taken."""
    to = sender or parcel.sender
    raw = STANDARD.format(to=to, blocks=block(about)).replace("\n", "\r\n").encode()
    token = bounce_addresses.bounce_token(to)
    return token is not None and bounces.take_in(arrival(raw=raw, envelope_sender=""), token).accepted


class TestLetters:
    def test_each_recipient_gets_their_own(
        self, group: Group, contact: ExternalContact, wakes: list[str], transport: FakeTransport
    ) -> None:
        """Contacts in bulk too, and the same mail but for what is theirs."""
        mail = accepted(group).mail
        assert [envelope.recipients for envelope in mail.envelopes.order_by("pk")] == [[MOMO, TAE], [CLIENT]]
        sent = letters(transport)
        assert set(sent) == {MOMO, TAE, CLIENT}
        assert len({parcel.sender for parcel in sent.values()}) == 3
        assert len({link_of(parcel) for parcel in sent.values()}) == 3
        assert len({parcel.parts[-1] for parcel in sent.values()}) == 1
        assert all(len(parcel.sender.partition("@")[0]) <= 64 for parcel in sent.values())
        assert state(mail) == (Mail.Result.DELIVERED, True)

    def test_of_a_mail_sent_as_the_list_only_members_can_leave_it(
        self, group: Group, wakes: list[str], transport: FakeTransport
    ) -> None:
        """Rule 4.6: for its addressees it is an ordinary mail."""
        accepted(group, AS_LIST, recipients=("platform@hanbit.example", "someone@outside.example"))
        sent = letters(transport)
        assert b"List-" not in b"".join(sent["someone@outside.example"].parts)
        assert link_of(sent[MOMO])

    def test_of_a_role_address_cannot_be_left(
        self, group: Group, wakes: list[str], transport: FakeTransport
    ) -> None:
        """Rule 1.10: whoever runs the domain gets them."""
        acceptance.accept_for([MOMO], arrival(), group.company, "abuse@hanbit.example", "abuse@", TO_LIST)
        assert b"List-Unsubscribe" not in b"".join(letters(transport)[MOMO].parts)

    def test_stay_their_own_when_they_are_tried_again(
        self, group: Group, wakes: list[str], transport: FakeTransport
    ) -> None:
        transport.says = {TAE: Reply(451, "4.2.1 Later", True)}
        mail = accepted(group).mail
        delivery.run()
        first, again = mail.envelopes.order_by("pk")
        assert (first.recipients, again.recipients) == ([MOMO], [TAE])
        assert again.personal == Envelope.Personal.LEAVING

    def test_are_as_before_unless_it_is_switched_on(
        self, group: Group, settings: Any, wakes: list[str], transport: FakeTransport
    ) -> None:
        settings.MAIL_PERSONAL = False
        accepted(group)
        delivery.run()
        assert [parcel.recipients for parcel in transport.parcels] == [[MOMO, TAE]]


class TestBounces:
    @pytest.mark.parametrize("named", [TAE, MOMO, "forwarded@elsewhere.example"])
    def test_are_about_the_one_whose_address_it_is(
        self, group: Group, wakes: list[str], transport: FakeTransport, named: str
    ) -> None:
        """Whomever they name: nobody can lie about somebody else."""
        mail = accepted(group).mail
        assert comes_back(letters(transport)[TAE], named)
        envelope = mail.envelopes.get()
        assert (envelope.recipients, [*envelope.failures]) == ([MOMO], [TAE])
        assert FailingAddress.objects.get().address == TAE

    def test_to_forged_addresses_are_refused(
        self, group: Group, wakes: list[str], transport: FakeTransport
    ) -> None:
        """One of another envelope, one with a changed signature, and the shared kind of the same envelope."""
        mail, other = accepted(group).mail, accepted(group).mail
        delivery.run()
        envelope, stranger = mail.envelopes.get(), other.envelopes.get()
        good = bounce_addresses.personal_address(envelope.pk, TAE, "hanbit.example")
        elsewhere = good.replace(f"+{envelope.pk}-", f"+{stranger.pk}-")
        changed = good.replace("-p", "-p0").replace("@", "")[:-1]
        unpersonal = good.replace("-p", "-")
        for forged in (elsewhere, f"{changed[: good.index('@')]}@hanbit.example", unpersonal):
            assert not comes_back(transport.parcels[0], TAE, sender=forged)
        assert not FailingAddress.objects.exists()
        assert comes_back(transport.parcels[0], TAE, sender=good.upper())

    def test_of_the_personal_kind_are_refused_for_shared_envelopes(
        self, group: Group, settings: Any, wakes: list[str], transport: FakeTransport
    ) -> None:
        settings.MAIL_PERSONAL = False
        envelope = accepted(group).mail.envelopes.get()
        delivery.run()
        forged = bounce_addresses.personal_address(envelope.pk, TAE, "hanbit.example")
        assert not comes_back(transport.parcels[0], TAE, sender=forged)


class TestLeaving:
    def test_one_click_is_an_opt_out(
        self, group: Group, member: Member, wakes: list[str], transport: FakeTransport
    ) -> None:
        """RFC 8058: without cookies or a form's token; twice is harmless, and nobody else leaves."""
        accepted(group)
        path = link_of(letters(transport)[MOMO])
        for _time in range(2):
            answer = Client(enforce_csrf_checks=True).post(path, ONE_CLICK, REMOTE_ADDR="203.0.113.9")
            assert (answer.status_code, answer.content) == (200, b"Unsubscribed")
        assert OptOut.objects.get().member == member
        assert recipients.recipients(list_of(group)).members == [TAE]
        entry = AuditEntry.objects.get(action="group.stop_mail")
        assert (entry.actor_id, entry.door, entry.ip, entry.target_id) == (
            None, "system", "203.0.113.9", group.pk,
        )  # fmt: skip
        assert entry.changes == {"unsubscribed": [None, MOMO]}

    def test_looking_changes_nothing(self, group: Group, wakes: list[str], transport: FakeTransport) -> None:
        """Scanners of mail follow links."""
        accepted(group)
        path = link_of(letters(transport)[MOMO])
        for page in (Client().get(path), Client().head(path)):
            assert page.status_code == 200
        assert "Unsubscribe?" in Client().get(path).content.decode()
        assert not OptOut.objects.exists()
        assert "You are unsubscribed" in Client().post(path).content.decode()
        assert "You are not subscribed" in Client().get(path).content.decode()

    def test_leaves_as_member_and_as_contact(self, group: Group, member: Member) -> None:
        """Or the mail would come by the other way."""
        ExternalContactFactory.create(mailing_list=list_of(group), email=MOMO)
        path = urlsplit(unsubscribe.Links(list_of(group).pk).url(MOMO)).path
        Client().post(path, ONE_CLICK)
        assert OptOut.objects.get().member == member
        assert not ExternalContact.objects.exists()

    def test_is_nothing_for_who_is_not_in_the_group(self, group: Group, outsider: Member) -> None:
        path = urlsplit(unsubscribe.Links(list_of(group).pk).url(outsider.email)).path
        assert "You are not subscribed" in Client().get(path).content.decode()
        assert Client().post(path, ONE_CLICK).status_code == 200
        assert not OptOut.objects.exists()
