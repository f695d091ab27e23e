"""What a domain that is not its company's does not give to mail (rule 1.9)."""

import pytest

from accounts.models import Company, Domain, Member
from groups.mail.incoming import acceptance, receive
from groups.mail.incoming.lookup import find_list, look_up
from groups.mail.incoming.policy import UNKNOWN
from groups.models import Group, Mail
from tests.factories import DomainFactory
from tests.groups.mail.lists import arrival

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
