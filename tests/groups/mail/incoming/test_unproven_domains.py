"""What a domain that is not its company's does not give to mail (rule 1.9)."""

from datetime import timedelta

import pytest
from django.core import mail as sent
from django.urls import reverse

from accounts.models import Company, Domain, Member
from accounts.sign_in import throttle
from groups.mail.incoming import acceptance, receive
from groups.mail.incoming.lookup import find_list, look_up
from groups.mail.incoming.policy import UNKNOWN
from groups.mail.outgoing import recipients
from groups.models import Group, Mail
from groups.notices import mails
from tests.factories import DomainFactory
from tests.groups.mail.lists import arrival, list_of
from tests.groups.notices.mails import due, tell
from tests.helpers import ClientOf, Clock

pytestmark = pytest.mark.django_db
LIST = "platform@hanbit.example"


@pytest.fixture
def lost(company: Company, group: Group) -> Domain:
    """The company's domain, where its list and its people are, proven by somebody else."""
    Domain.objects.filter(company=company).update(state=Domain.State.LOST, is_primary=False)
    DomainFactory.create(company=company, name="second.example", is_primary=True)
    return Domain.objects.get(name="hanbit.example")


def test_a_list_there_gets_no_mail(lost: Domain, other_company: Company) -> None:
    assert find_list(LIST) is None
    DomainFactory.create(company=other_company, name=lost.name)
    (decision,) = receive.receive(arrival(recipients=(LIST,)))
    assert decision == UNKNOWN
    assert Mail.objects.get().company_id == other_company.pk


def test_in_use_it_does(company: Company, group: Group) -> None:
    Domain.objects.filter(company=company).update(state=Domain.State.EXISTING)
    assert find_list(LIST) == group.mailing_list


def test_senders_there_are_nobody(company: Company, group: Group, lost: Domain, member: Member) -> None:
    """Rules 4.4, 4.5, 4.7: somebody else writes from there."""
    address = group.mailing_list.address if group.mailing_list else None
    assert address is not None
    address.domain, address.email = company.primary_domain, ""
    address.save()
    mail = arrival(from_addresses=(member.email,), is_genuine=True)
    _list, context = look_up(mail, "platform@second.example")
    assert not context.sender_is_member_account
    assert context.domains == {"second.example"}
    assert acceptance._really_from(mail) is None


def test_a_claim_opens_no_list_that_is_closed_to_strangers(company: Company, group: Group) -> None:
    """Rule 4.4: one may claim any domain."""
    DomainFactory.create(company=company, name="outside.example", state=Domain.State.CLAIMED)
    _list, context = look_up(arrival(), LIST)
    assert context.domains == {"hanbit.example"}


def test_nothing_is_sent_to_people_there(
    request: pytest.FixtureRequest, group: Group, member: Member, client_of: ClientOf
) -> None:
    """Another company would read what is said in the group."""
    assert member.email in recipients.recipients(list_of(group)).members
    tell(member, group=group)
    request.getfixturevalue("lost")
    assert member.email not in recipients.recipients(list_of(group)).members
    due()
    mails.send_due()
    assert not sent.outbox
    page = client_of(member).get(reverse("groups:mail_of", args=[group.pk])).content.decode()
    assert "The domain of your address is another company's" in page.replace("&#x27;", "'")


def test_who_only_asks_fills_no_audit(group: Group, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Refused at RCPT: whatever is asked, so many an hour are kept for each list (rule 8.2)."""
    monkeypatch.setattr(receive, "REFUSED_EARLY", throttle.Limit("test", 3, timedelta(hours=1)))
    Group.objects.update(uses_mailing_list=False)
    for _time in range(5):
        decision = receive.check_recipient("smtp", "192.0.2.1", "eva@outside.example", LIST.upper())
        assert decision is not None
    assert Mail.objects.count() == 3
    clock.forward(hours=1, seconds=1)
    receive.check_recipient("smtp", "192.0.2.1", "eva@outside.example", LIST)
    assert Mail.objects.count() == 4
