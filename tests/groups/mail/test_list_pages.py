"""A list's page: does mail reach this person, may they send; and addresses that fail."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member
from groups.mail.outgoing import probes, recipients
from groups.mail.outgoing.pausing import pause
from groups.models import Designation, FailingAddress, Group, MailingList
from tests.factories import (
    DesignationFactory,
    ExternalContactFactory,
    FailingAddressFactory,
    GroupFactory,
    MailFactory,
    MemberFactory,
    OptOutFactory,
)
from tests.groups.mail.lists import list_of
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db


def page(client_of: ClientOf, viewer: Member, group: Group, **query: str) -> str:
    answer = client_of(viewer).get(reverse("groups:mail_of", args=[group.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def rules(group: Group, **changes: object) -> None:
    MailingList.objects.filter(group=group).update(**changes)


def failing(client_of: ClientOf, viewer: Member, **query: str) -> str:
    answer = client_of(viewer).get(reverse("groups:failing_addresses"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_why_somebody_gets_it(client_of: ClientOf, group: Group, master: Member, teammate: Member) -> None:
    """The answer names the way by which one is in the group."""
    text = page(client_of, master, group, who=f"member:{teammate.pk}")
    assert "Gets emails from this list" in text
    assert "through team" in text
    assert "Platform" in text
    assert "Can send to this list" in text
    assert "Everyone can send to this list." in text


def test_why_somebody_gets_none(
    client_of: ClientOf, group: Group, master: Member, member: Member, outsider: Member
) -> None:
    assert "Not in the group" in page(client_of, master, group, who=f"member:{outsider.pk}")
    OptOutFactory.create(mailing_list=group.mailing_list, member=member)
    assert "has unsubscribed" in page(client_of, master, group, who=member.email)
    FailingAddressFactory.create(address=member.email, paused=True)
    assert "kept bouncing" in page(client_of, master, group, who=f"member:{member.pk}")
    Member.objects.filter(pk=outsider.pk).update(is_active=False)
    assert "The person is inactive." in page(client_of, master, group, who=f"member:{outsider.pk}")


def test_outside_addresses(client_of: ClientOf, group: Group, master: Member) -> None:
    """Rules 4.4, 4.8."""
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example")
    text = page(client_of, master, group, who="Client <CLIENT@outside.example>")
    assert "The address is an external contact" in text
    assert "Can send to this list" in text
    rules(group, blocks_external_domains=True)
    text = page(client_of, master, group, who="client@outside.example")
    assert "Cannot send to this list" in text
    assert "blocks emails of external domains" in text
    FailingAddressFactory.create(address="client@outside.example", paused=True)
    assert "kept bouncing" in page(client_of, master, group, who="client@outside.example")


def test_who_may_send(client_of: ClientOf, group: Group, master: Member, member: Member) -> None:
    """Rules 4.5, 4.6: the very rules that decide on real mail."""
    rules(group, who_can_send=MailingList.Senders.DESIGNATED)
    assert "Only designated members can send" in page(client_of, master, group, who=member.email)
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_AS
    )
    text = page(client_of, master, group, who=member.email)
    assert "is a designated member for this list" in text
    assert "Can also send as the list." in text


def test_members_ask_for_themselves(
    client_of: ClientOf, group: Group, member: Member, outsider: Member
) -> None:
    text = page(client_of, member, group, who=f"member:{outsider.pk}")
    assert "Otto Outsider" not in text
    assert "Gets emails from this list" in text
    assert "Person or email address" not in text


@pytest.mark.parametrize(
    "who", ["", "nonsense", "member:999999999999999999999", "team:1", "\x00", "member:0", "a@b"]
)
def test_bad_questions(client_of: ClientOf, group: Group, master: Member, who: str) -> None:
    text = page(client_of, master, group, who=who)
    assert "to this list</strong>" not in text


def test_nobody_of_other_companies_is_looked_up(
    client_of: ClientOf, group: Group, master: Member, guest: Member
) -> None:
    """Rules 1.1, 6.2: by number nobody, by address what is known of any outside address."""
    assert "Greta" not in page(client_of, master, group, who=f"member:{guest.pk}")
    assert "Greta" not in page(client_of, master, group, who=guest.email)


def test_a_group_without_a_list(client_of: ClientOf, private_group: Group, insider: Member) -> None:
    assert "No mailing list" in page(client_of, insider, private_group)


def test_failing_addresses_of_ones_own_company(
    client_of: ClientOf, administrator: Member, other_administrator: Member, group: Group, member: Member
) -> None:
    """Rules 1.1, 6.4: of own people and of contacts of own lists."""
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example", name="C")
    FailingAddressFactory.create(address=member.email, paused=True)
    FailingAddressFactory.create(address="client@outside.example", failures=2)
    FailingAddressFactory.create(address=other_administrator.email)
    FailingAddressFactory.create(address="nobody@elsewhere.example")
    text = failing(client_of, administrator)
    assert "Momo Member" in text
    assert "client@outside.example" in text
    assert "Platform guild" in text
    assert "550 5.1.1 No such user" in text
    assert other_administrator.email not in text
    assert "nobody@elsewhere.example" not in text
    assert "client@outside.example" not in failing(client_of, administrator, show="paused")
    assert "Momo" not in failing(client_of, administrator, q="client")
    assert failing(client_of, administrator, q="\x00")
    assert member.email not in failing(client_of, other_administrator)


def test_letting_in_again(
    client_of: ClientOf, administrator: Member, other_administrator: Member, group: Group, member: Member
) -> None:
    row = FailingAddressFactory.create(address=member.email, paused=True)
    url = reverse("groups:let_in", args=[row.pk])
    assert group.mailing_list is not None
    assert member.email not in recipients.recipients(group.mailing_list).members
    assert client_of(other_administrator).post(url).status_code == 404
    assert client_of(member).post(url).status_code == 403
    assert FailingAddress.objects.exists()
    assert client_of(administrator).post(url).status_code == 302
    assert member.email in recipients.recipients(group.mailing_list).members
    entry = AuditEntry.objects.get(action="mail.let_in_again", result="done")
    assert entry.changes == {"failing": [member.email, None]}


def test_an_address_that_is_asked_once_more(
    client_of: ClientOf, administrator: Member, member: Member, group: Group
) -> None:
    """Rule 4.10: administrators see it, in plain words too."""
    row = FailingAddressFactory.create(address=member.email)
    assert "Being checked" not in failing(client_of, administrator)
    probes.send(row, MailFactory.create(group=group))
    text = failing(client_of, administrator)
    assert "Being checked" in text
    assert "There is no such mailbox." in text


def test_resuming_ones_own_address(
    client_of: ClientOf, group: Group, member: Member, outsider: Member
) -> None:
    """Rule 4.10: whoever signs in lifts their own pause, and nobody else's."""
    row = FailingAddressFactory.create(address=member.email, paused=True)
    others = FailingAddressFactory.create(address=outsider.email, paused=True)
    url = reverse("groups:own_address")
    assert url in page(client_of, member, group)
    text = client_of(member).get(url).content.decode()
    assert row.last_error in text
    assert "There is no such mailbox." in text
    for _n in range(2):
        answer = client_of(member).post(reverse("groups:resume_own_address"), follow=True)
        assert "You get emails from mailing lists" in answer.content.decode()
    assert list(FailingAddress.objects.all()) == [others]
    assert member.email in recipients.recipients(list_of(group)).members
    entry = AuditEntry.objects.get(action="mail.resume_own")
    assert (entry.actor_id, entry.changes) == (member.pk, {"failing": [member.email, None]})


def test_the_notice_of_a_pause_leads_to_where_it_ends(
    client_of: ClientOf, administrator: Member, member: Member
) -> None:
    pause(FailingAddressFactory.create(address=member.email), "550 5.1.1 Unknown", actor=Actor.system())
    notices = reverse("groups:notifications")
    assert reverse("groups:own_address") in client_of(member).get(notices).content.decode()
    text = client_of(administrator).get(notices).content.decode()
    assert reverse("groups:failing_addresses", query={"q": member.email}) in text


def test_masters_are_told_of_addresses_that_are_not_reached(
    client_of: ClientOf, group: Group, master: Member, member: Member, teammate: Member
) -> None:
    """A notice with how many, and a list; not to those who do not run the group."""
    FailingAddressFactory.create(address=teammate.email, paused=True)
    FailingAddressFactory.create(address=member.email)
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example")
    FailingAddressFactory.create(address="client@outside.example", paused=True)
    people = reverse("groups:detail", args=[group.pk])
    notice = "Emails from this list do not reach 2 addresses"
    assert notice in client_of(master).get(people).content.decode()
    assert notice not in client_of(member).get(people).content.decode()
    text = page(client_of, master, group)
    assert teammate.email in text
    assert "client@outside.example" in text
    assert member.email not in text
    assert teammate.email not in page(client_of, member, group)


def test_a_contact_of_several_lists_names_them(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    groups = [GroupFactory.create(company=company, name=f"List {n}", listed=True) for n in range(5)]
    GroupFactory.create(company=company, name="Gone", listed=True, deleted_at=timezone.now())
    for one in groups:
        ExternalContactFactory.create(mailing_list=one.mailing_list, email="client@outside.example")
    FailingAddressFactory.create(address="client@outside.example")
    text = failing(client_of, administrator)
    assert "List 2" in text
    assert "List 3" not in text
    assert "and more" in text


def test_people_of_other_companies_contacts_stay_theirs(
    client_of: ClientOf, administrator: Member, other_company: Company
) -> None:
    other = GroupFactory.create(company=other_company, name="Theirs", listed=True)
    ExternalContactFactory.create(mailing_list=other.mailing_list, email="client@outside.example")
    person = MemberFactory.create(company=other_company)
    FailingAddressFactory.create(address="client@outside.example")
    FailingAddressFactory.create(address=person.email)
    assert "Email reaches everyone" in failing(client_of, administrator)
