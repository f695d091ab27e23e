"""Who signed in to the front server really sent a mail, whatever From says (rules 4.4, 4.5, 4.7)."""

from typing import Any

import pytest

from accounts.models import Address, Company, Member
from groupadmin.base.text import isolated
from groups.mail.arrival import Decision
from groups.mail.audit import labels
from groups.mail.incoming import receive
from groups.models import Designation, Group, Mail, MailingList
from tests.factories import AddressFactory, DesignationFactory, GroupFactory, TeamFactory

FRONT = "mx.hanbit.example"
LIST = "platform@hanbit.example"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("group", "outgoing")]


@pytest.fixture(autouse=True)
def front(settings: Any) -> None:
    settings.MAIL_AUTHSERV_ID = FRONT


def take(author: str, results: str, sender: str = "momo@hanbit.example") -> Decision:
    """A mail that the front server says this of."""
    raw = f"Authentication-Results: {FRONT}; {results}\r\nReceived: x\r\nFrom: {author}\r\n\r\nHi\r\n"
    (decision,) = receive.take(raw.encode(), Mail.Door.LMTP, sender, (LIST,), None, None)
    return decision


MOMO = "auth=pass smtp.auth=momo@hanbit.example"


def test_under_their_own_address_they_are_known() -> None:
    MailingList.objects.update(blocks_external_domains=True)
    assert take("momo@hanbit.example", MOMO).accepted
    mail = Mail.objects.get()
    assert (mail.member_email, mail.front_login) == ("momo@hanbit.example", "momo@hanbit.example")
    assert labels.proof_of(mail).endswith(isolated("momo@hanbit.example"))


def test_under_their_alias_they_are_known(company: Company, member: Member) -> None:
    """Whichever of the two they signed in with."""
    MailingList.objects.update(blocks_external_domains=True)
    AddressFactory.create(company=company, local_part="m", kind=Address.Kind.ALIAS, member=member)
    assert take("m@hanbit.example", MOMO).accepted
    assert take("momo@hanbit.example", "auth=pass smtp.auth=m@hanbit.example").accepted
    assert set(Mail.objects.values_list("member_id", flat=True)) == {member.pk}
    assert not take("m@hanbit.example", f"{MOMO}; dmarc=fail header.from=hanbit.example").accepted


@pytest.mark.parametrize("sender", ["momo@hanbit.example", "tae@hanbit.example"])
def test_a_colleague_does_not_pass_as_another(teammate: Member, member: Member, sender: str) -> None:
    """On no list, open or closed, whatever envelope sender they choose; and the audit names who it was."""
    decision = take(f"Tae <{teammate.email}>", f"{MOMO} smtp.mailfrom={sender}", sender)
    assert (decision.accepted, decision.rule, decision.code) == (False, "not_own", 550)
    assert "From" in decision.text
    mail = Mail.objects.get()
    assert (mail.sender, mail.member_id, mail.result) == ("Tae <tae@hanbit.example>", member.pk, "refused")


def test_nor_as_somebody_of_another_company(stranger: Member) -> None:
    assert take(stranger.email, MOMO).rule == "not_own"


def test_nor_as_a_list(company: Company) -> None:
    """Rule 4.6: that needs a sign-in here."""
    GroupFactory.create(company=company, listed=True, mailing_list__address__local_part="board")
    assert take("board@hanbit.example", MOMO).rule == "not_own"


@pytest.mark.parametrize("author", ["sales@hanbit.example", "info@hanbit.example", "eva@outside.example"])
def test_an_address_of_no_person_proves_nobody_and_is_no_lie(
    company: Company, member: Member, author: str
) -> None:
    """A team's, a shared one, one from outside: open lists take it, closed ones do not."""
    TeamFactory.create(
        company=company,
        address=AddressFactory.create(company=company, local_part="sales", kind=Address.Kind.TEAM),
    )
    assert take(author, MOMO).accepted
    assert Mail.objects.get().member_id == member.pk
    MailingList.objects.update(blocks_external_domains=True)
    assert take(author, MOMO).rule == "4.4"


@pytest.mark.parametrize(
    "results",
    [
        "auth=pass smtp.auth=momo",
        "auth=pass smtp.auth=printer@hanbit.example",
        "auth=pass smtp.mailfrom=momo@hanbit.example",
        "auth=pass",
    ],
)
def test_a_login_of_no_person_proves_nobody(results: str) -> None:
    assert take("momo@hanbit.example", results).accepted
    assert Mail.objects.get().member_id is None
    MailingList.objects.update(blocks_external_domains=True)
    assert take("momo@hanbit.example", results).rule == "4.4"


def test_nobody_becomes_a_designated_member(group: Group, teammate: Member) -> None:
    """Rule 4.5."""
    MailingList.objects.update(who_can_send=MailingList.Senders.DESIGNATED)
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=teammate, purpose=Designation.Purpose.SEND_TO
    )
    forged = f"auth=pass smtp.mailfrom={teammate.email}"
    assert take(teammate.email, forged, teammate.email).rule == "4.5"
    assert take(teammate.email, f"{MOMO} smtp.mailfrom={teammate.email}", teammate.email).rule == "not_own"
    assert take(teammate.email, f"auth=pass smtp.auth={teammate.email}").accepted


@pytest.mark.parametrize("login", ["momo@hanbit.example", "tae@hanbit.example"])
def test_what_dmarc_finds_forged_is_refused(login: str) -> None:
    """Whoever signed in."""
    decision = take(
        "momo@hanbit.example", f"auth=pass smtp.auth={login}; dmarc=fail header.from=hanbit.example"
    )
    assert not decision.accepted
    assert Mail.objects.get().member_email == login


def test_of_several_authors_nobody_is_believed_but_the_audit_knows(member: Member) -> None:
    assert take("tae@hanbit.example, momo@hanbit.example", MOMO).rule == "from"
    assert Mail.objects.get().member_id == member.pk
