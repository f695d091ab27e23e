"""Mail to a list by one of its further addresses (rule 4.14)."""

from dataclasses import replace

import pytest
from django.http import QueryDict

from accounts.models import Address, Company, Domain, Member
from groups.mail.audit.filters import MailFilters
from groups.mail.incoming import acceptance, receive
from groups.mail.incoming.lookup import find_list, look_up
from groups.mail.incoming.policy import decide
from groups.mail.outgoing import delivery
from groups.models import Group, ListAlias, Mail
from tests.factories import AddressFactory, DesignationFactory
from tests.groups.mail.lists import RAW, addresses, arrival, list_of

pytestmark = pytest.mark.django_db
LIST, ALIAS = "platform@hanbit.example", "guild@hanbit.example"


@pytest.fixture(autouse=True)
def wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "wake", lambda: None)


@pytest.fixture(autouse=True)
def alias(company: Company, group: Group) -> ListAlias:
    address = AddressFactory.create(company=company, local_part="guild", kind=Address.Kind.GROUP_ALIAS)
    return ListAlias.objects.create(mailing_list=list_of(group), address=address)


def test_it_is_mail_to_the_list(group: Group, member: Member) -> None:
    """In whatever case; it goes out and is recorded under the address that the list goes by."""
    (decision,) = receive.receive(arrival(recipients=("Guild@Hanbit.Example",)))
    assert decision.accepted
    mail = Mail.objects.get()
    assert (mail.list_address, mail.group_id) == (LIST, group.pk)
    assert member.email in addresses(mail)
    told = dict(mail.headers)
    assert told["List-Post"] == f"<mailto:{LIST}>"
    assert told["X-Groupadmin-List"] == LIST


def test_a_mail_to_both_addresses_reaches_everybody_once(group: Group) -> None:
    decisions = receive.receive(arrival(recipients=(LIST, ALIAS, LIST)))
    assert [decision.accepted for decision in decisions] == [True] * 3
    mail = Mail.objects.get()
    assert mail.repeats == 0
    assert len(addresses(mail)) == len(set(addresses(mail)))
    receive.receive(arrival(recipients=(ALIAS,)))
    assert Mail.objects.count() == 1


def test_what_cannot_be_stored_for_one_address_is_not_accepted_for_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr(acceptance, "accept", full)
    decisions = receive.receive(arrival(recipients=(LIST, ALIAS)))
    assert [decision.code for decision in decisions] == [451, 451]


@pytest.mark.parametrize("through", [LIST, ALIAS])
@pytest.mark.parametrize("to", [LIST, ALIAS])
def test_a_loop_is_known_by_any_address(through: str, to: str) -> None:
    """An alias may have been the list's address when the mail went out."""
    for mark in (f"X-Groupadmin-List: {through}", f"List-Id: <{through.replace('@', '.')}>"):
        raw = mark.encode() + b"\r\n" + RAW
        (decision,) = receive.take(raw, Mail.Door.LMTP, "eva@outside.example", (to,), None, None)
        assert (decision.code, decision.rule) == (554, "loop")


@pytest.mark.parametrize("sender", [LIST, ALIAS])
def test_any_address_counts_as_the_list_in_from(group: Group, member: Member, sender: str) -> None:
    """Rule 4.6: only those who are designated send as the list; it goes out under its own address."""
    mail = arrival(
        door=Mail.Door.SUBMISSION,
        envelope_sender=sender,
        from_addresses=(sender,),
        recipients=("client@outside.example", ALIAS, LIST),
        signed_in_id=member.pk,
    )
    assert receive.receive(mail)[0].rule == "4.6"
    assert not Mail.objects.filter(is_as_list=True).exists()
    DesignationFactory.create(mailing_list=list_of(group), member=member, purpose="as")
    assert receive.receive(mail)[0].accepted
    sent = Mail.objects.get(is_as_list=True)
    assert sent.addressed == ["client@outside.example"]
    assert dict(sent.headers)["From"].endswith(f"<{LIST}>")
    unknown = arrival(from_addresses=(sender,), recipients=(ALIAS,), envelope_sender=sender)
    assert receive.receive(unknown)[0].rule == "4.6"


def test_a_refusal_is_found_by_either_address(company: Company, group: Group) -> None:
    """Rule 8.2."""
    Group.objects.filter(pk=group.pk).update(uses_mailing_list=False)
    assert receive.receive(arrival(recipients=(ALIAS,)))[0].rule == "off"
    mail = Mail.objects.get()
    assert (mail.list_address, mail.result) == (LIST, Mail.Result.REFUSED)
    for typed in ("Guild@hanbit", LIST, group.name):
        filters = MailFilters(QueryDict(f"group={typed}"))
        assert filters.is_valid()
        assert list(filters.mails(company.pk)) == [mail]
    nothing = MailFilters(QueryDict("group=guild@other"))
    assert nothing.is_valid()
    assert not nothing.mails(company.pk).exists()


def test_an_alias_at_a_lost_domain_leads_nowhere(company: Company, alias: ListAlias) -> None:
    """Rule 1.9."""
    assert find_list(ALIAS) is not None
    Domain.objects.filter(company=company).update(state=Domain.State.LOST, is_primary=False)
    assert find_list(ALIAS) is None


def test_aliases_of_a_deleted_group_answer_as_its_address(group: Group, alias: ListAlias) -> None:
    """Like an address that never was, but in the group's audit (rule 2.17)."""
    mailing_list = alias.mailing_list
    alias.delete()
    mailing_list.address, mailing_list.kept_address = None, LIST
    mailing_list.kept_aliases = f"\n{ALIAS}\nsecond@hanbit.example\n"
    mailing_list.save()
    for address in (LIST, ALIAS, "second@hanbit.example"):
        found, context = look_up(arrival(), address)
        assert found == mailing_list
        assert decide(replace(arrival(), recipients=(address,)), context).rule == "deleted"
    assert find_list("cond@hanbit.example") is None
