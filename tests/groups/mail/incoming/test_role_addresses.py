"""Mail to postmaster@ and abuse@ of a company's domain (rule 1.10)."""

from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Address, Company, Domain, Member
from groups.mail.arrival import Author
from groups.mail.incoming import receive
from groups.mail.outgoing import delivery
from groups.models import FailingAddress, Group, Mail, MailingList
from tests.factories import AddressFactory, GroupFactory, MemberFactory
from tests.groups.mail.lists import RAW, addresses, arrival
from tests.groups.mail.servers import LmtpTalk, Ports
from tests.helpers import ClientOf

ADDRESS = "postmaster@hanbit.example"
BOSS = "boss@hanbit.example"
ACCEPTED = [(True, 250)]


def take(address: str = ADDRESS, **fields: Any) -> list[tuple[bool, int]]:
    """What the sender hears of a mail to the address."""
    decisions = receive.receive(arrival(recipients=(address,), **fields))
    return [(decision.accepted, decision.code) for decision in decisions]


@pytest.fixture
def second(company: Company) -> Member:
    return MemberFactory.create(company=company, administrator=True, email="zoe@hanbit.example")


@pytest.mark.django_db
class TestWhoGetsIt:
    @pytest.mark.parametrize("local_part", ["postmaster", "abuse", "PostMaster"])
    def test_the_administrators(
        self, administrator: Member, second: Member, other_administrator: Member, local_part: str
    ) -> None:
        MemberFactory.create(company=second.company, administrator=True, is_active=False)
        assert take(f"{local_part}@Hanbit.Example") == ACCEPTED
        mail = Mail.objects.get()
        assert addresses(mail) == [administrator.email, second.email]
        assert (mail.company_id, mail.list_address) == (
            second.company_id,
            f"{local_part.lower()}@hanbit.example",
        )
        assert mail.recipient_count == 2

    def test_superusers_if_nobody_else_can_be_reached(
        self, company: Company, administrator: Member, superuser: Member
    ) -> None:
        FailingAddress.objects.create(address=administrator.email, failures=5, paused_at="2026-11-24T12:00Z")
        assert take() == ACCEPTED
        assert addresses(Mail.objects.get()) == [superuser.email]

    @pytest.mark.parametrize(
        "address",
        ["hostmaster@hanbit.example", "postmaster+x@hanbit.example", "postmaster@elsewhere.example"],
    )
    def test_no_other_address(self, administrator: Member, address: str) -> None:
        assert take(address) == [(False, 550)]
        assert receive.check_recipient("lmtp", None, "eva@outside.example", address) is not None

    def test_only_at_a_domain_that_is_theirs(self, company: Company, administrator: Member) -> None:
        """Rule 1.9."""
        Domain.objects.filter(company=company).update(state=Domain.State.CLAIMED, is_primary=False)
        assert take() == [(False, 550)]
        assert not Mail.objects.exists()
        Domain.objects.filter(company=company).update(state=Domain.State.EXISTING)
        assert take() == ACCEPTED

    def test_a_list_from_before_keeps_its_mail(self, company: Company, administrator: Member) -> None:
        address = AddressFactory.create(company=company, local_part="postmaster", predates_rule=True)
        mailing_list = MailingList.objects.create(address=address)
        group: Group = GroupFactory.create(
            company=company, mailing_list=mailing_list, uses_mailing_list=True, members=[administrator]
        )
        assert take() == ACCEPTED
        assert Mail.objects.get().group_id == group.pk
        Group.objects.update(uses_mailing_list=False)
        assert take() == ACCEPTED
        assert Mail.objects.latest("pk").group_id is None


@pytest.mark.django_db
class TestNothingIsRefused:
    """Bounces, automatic replies, forged and odd senders: they are what such addresses are for."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"envelope_sender": ""},
            {"auto_submitted": "auto-replied"},
            {"precedence": "auto_reply"},
            {"from_addresses": ()},
            {"from_addresses": ("a@outside.example", "b@outside.example")},
            {"from_addresses": (ADDRESS,)},
            {"from_addresses": ("momo@hanbit.example",), "is_genuine": False},
        ],
        ids=lambda fields: next(iter(fields)),
    )
    def test_odd_mails(self, administrator: Member, fields: dict[str, Any]) -> None:
        sender = str(fields.get("envelope_sender", "eva@outside.example"))
        assert receive.check_recipient("lmtp", None, sender, ADDRESS) is None
        assert take(**fields) == ACCEPTED
        assert addresses(Mail.objects.get()) == [administrator.email]

    @pytest.mark.parametrize("is_genuine", [False, True, None])
    def test_what_is_forged_does_not_go_on_under_its_name(
        self, administrator: Member, is_genuine: bool | None
    ) -> None:
        """Our mail server would sign it, and it would be genuine to everybody from then on."""
        take(from_addresses=(BOSS,), authors=(Author(BOSS, "Boss"),), is_genuine=is_genuine)
        headers = dict(Mail.objects.get().headers)
        assert headers.get("From", "") == (f'"Boss via {ADDRESS}" <{ADDRESS}>' if is_genuine is False else "")

    def test_but_what_is_too_large(self, administrator: Member, settings: Any) -> None:
        settings.MAIL_MAX_BYTES = len(RAW) - 1
        assert take() == [(False, 552)]

    @pytest.mark.parametrize("mark", [{"loops": (ADDRESS,)}, {"hops": 51}], ids=lambda mark: next(iter(mark)))
    def test_what_comes_back_ends_here(self, administrator: Member, mark: dict[str, Any]) -> None:
        """Neither sent on, nor answered with a bounce that would come here again."""
        assert take(**mark) == ACCEPTED
        mail = Mail.objects.get()
        assert (mail.recipient_count, mail.result, mail.rule) == (0, "delivered", "came back")
        assert not mail.envelopes.exists()

    def test_not_to_itself(self, company: Company, administrator: Member, second: Member) -> None:
        """An administrator may have had the address since before it was reserved."""
        Address.objects.filter(member=second).update(
            local_part="postmaster", email=ADDRESS, predates_rule=True
        )
        Member.objects.filter(pk=second.pk).update(email=ADDRESS)
        assert take() == ACCEPTED
        assert addresses(Mail.objects.get()) == [administrator.email]


@pytest.mark.django_db
def test_administrators_see_it_in_the_audit(
    company: Company, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 8.2."""
    take()
    client = client_of(administrator)
    assert ADDRESS in client.get(reverse("groups:mail_audit")).content.decode()
    record = client.get(reverse("groups:mail_record", args=[Mail.objects.get().pk])).content.decode()
    assert "go to the company" in record
    assert administrator.email in record


def test_it_goes_in_and_out(
    ports: Ports, company: Company, administrator: Member, group: Group, outgoing: Path
) -> None:
    """By LMTP, beside a list; and out as it came, but marked."""
    with LmtpTalk(ports.lmtp) as talk:
        replies = talk.mail("eva@outside.example", [ADDRESS, "platform@hanbit.example"], RAW)
        assert [reply[:3] for reply in replies] == ["250", "250"]
    mail = Mail.objects.get(list_address=ADDRESS)
    delivery.run()
    mail.refresh_from_db()
    assert mail.result == "delivered"
    sent = [message_from_bytes(path.read_bytes()) for path in sorted(outgoing.glob("*.eml"))]
    (message,) = [one for one in sent if ADDRESS in one.get_all("X-Groupadmin-List", [])]
    assert message["Subject"] == "News"
    assert "List-Id" not in message
    assert message["To"] == "platform@hanbit.example"
