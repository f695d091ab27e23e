"""A mail goes out again to those who failed to get it, if they still would (rules 4.3, 4.11)."""

from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Refused
from accounts.models import AuditEntry, Member
from groups.actions.mail import send_again
from groups.mail.outgoing import delivery, probes
from groups.mail.outgoing.parcels import Reply
from groups.models import Envelope, Group, Mail
from tests.admin_pages import admin_url, last_entry
from tests.factories import ExternalContactFactory, FailingAddressFactory, MailFactory, OptOutFactory
from tests.groups.mail.lists import AS_LIST, accepted, list_of
from tests.groups.mail.outgoing.bounced import come_back
from tests.groups.mail.outgoing.transport import MOMO, TAE, FakeTransport, state
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db

SPAM = Reply(554, "5.7.1 Looks like spam")


@pytest.fixture
def failed(mail: Mail, transport: FakeTransport) -> Mail:
    """A mail that the member got, and the teammate did not."""
    transport.says = {TAE: SPAM}
    delivery.run()
    transport.says = {}
    transport.reached.clear()
    assert state(mail) == (Mail.Result.PART_FAILED, True)
    return mail


def page(client_of: ClientOf, viewer: Member, mail: Mail) -> str:
    return client_of(viewer).get(reverse("groups:mail_record", args=[mail.pk])).content.decode()


def again(client_of: ClientOf, viewer: Member, mail: Mail) -> str:
    url = reverse("groups:send_mail_again", args=[mail.pk])
    return client_of(viewer).post(url, follow=True).content.decode()


def test_only_those_who_failed_get_it(
    client_of: ClientOf, administrator: Member, failed: Mail, transport: FakeTransport, wakes: list[str]
) -> None:
    assert "Send again" in page(client_of, administrator, failed)
    wakes.clear()
    text = again(client_of, administrator, failed)
    assert "On its way again to 1 person." in text
    assert wakes == ["wake"]
    assert state(failed) == (Mail.Result.WAITING, False)
    delivery.run()
    assert transport.reached == [TAE]
    assert state(failed) == (Mail.Result.DELIVERED, True)
    assert "Send again" not in page(client_of, administrator, failed)
    entry = AuditEntry.objects.get(action="mail.send_again")
    assert (entry.actor_id, entry.target_id) == (administrator.pk, failed.group_id)
    assert entry.changes == {"subject": [None, "News"], "recipients": [None, 1]}


def test_twice_is_once(
    client_of: ClientOf, administrator: Member, failed: Mail, transport: FakeTransport
) -> None:
    again(client_of, administrator, failed)
    assert "It failed for no one" in again(client_of, administrator, failed)
    delivery.run()
    assert transport.reached == [TAE]
    assert AuditEntry.objects.filter(action="mail.send_again").count() == 1


def test_a_bounce_of_the_first_time_says_nothing_about_the_second(
    client_of: ClientOf, administrator: Member, failed: Mail
) -> None:
    first = failed.envelopes.get()
    again(client_of, administrator, failed)
    delivery.run()
    come_back(first, TAE)
    assert state(failed) == (Mail.Result.DELIVERED, True)


def test_it_is_tried_as_long_as_a_new_mail(
    client_of: ClientOf, administrator: Member, failed: Mail, transport: FakeTransport
) -> None:
    Mail.objects.update(at=timezone.now() - timedelta(days=20))
    again(client_of, administrator, failed)
    transport.says = {TAE: Reply(451, "4.2.1 Later", True)}
    delivery.run()
    assert state(failed) == (Mail.Result.WAITING, False)


@pytest.mark.parametrize("reason", ["left", "stopped", "paused"])
def test_not_to_those_who_get_the_lists_mail_no_longer(
    client_of: ClientOf, administrator: Member, failed: Mail, teammate: Member, group: Group, reason: str
) -> None:
    """Whoever was removed since then does not read what failed to reach them in time."""
    if reason == "left":
        group.entries.filter(team__isnull=False).delete()
    elif reason == "stopped":
        OptOutFactory.create(mailing_list=list_of(group), member=teammate)
    else:
        FailingAddressFactory.create(address=TAE, paused=True)
    assert "It failed for no one who still gets emails" in again(client_of, administrator, failed)
    assert state(failed) == (Mail.Result.PART_FAILED, True)


def test_contacts_keep_their_own_headers(
    client_of: ClientOf, administrator: Member, group: Group, mail: Mail, transport: FakeTransport
) -> None:
    ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
    contacted = accepted(group).mail
    transport.says = {"client@outside.example": SPAM}
    delivery.run()
    again(client_of, administrator, contacted)
    [waiting] = Envelope.objects.waiting()
    assert waiting.recipients == ["client@outside.example"]
    assert "List-Unsubscribe-Post" in dict(waiting.headers)


def test_of_a_mail_as_the_list_its_addressees_get_it(
    client_of: ClientOf, administrator: Member, group: Group, mail: Mail, transport: FakeTransport
) -> None:
    """Rule 4.6: also those who are in no list."""
    sent = accepted(group, AS_LIST, recipients=("Client@outside.example",)).mail
    transport.says = {"Client@outside.example": SPAM}
    delivery.run()
    again(client_of, administrator, sent)
    assert Envelope.objects.waiting().get().recipients == ["Client@outside.example"]


@pytest.mark.parametrize("what", ["content", "list", "group"])
def test_what_is_gone_is_not_sent(
    client_of: ClientOf, administrator: Member, failed: Mail, group: Group, what: str
) -> None:
    if what == "content":
        assert failed.content is not None
        failed.content.delete()
    elif what == "list":
        Group.objects.filter(pk=group.pk).update(uses_mailing_list=False)
    else:
        Group.objects.filter(pk=group.pk).update(deleted_at=timezone.now())
    text = again(client_of, administrator, failed)
    assert "no longer" in text
    assert not Envelope.objects.waiting().exists()


def test_is_offered_for_what_can_be_sent(
    client_of: ClientOf, administrator: Member, group: Group, failed: Mail
) -> None:
    assert failed.content is not None
    for fields in ({"result": Mail.Result.REFUSED}, {"rule": probes.PROBE_RULE}):
        other = MailFactory.create(group=group, recipient_count=1, content=failed.content, **fields)
        assert "Send again" not in page(client_of, administrator, other)
    failed.content.delete()
    text = page(client_of, administrator, failed)
    assert "no longer stored" in text
    assert "Send again" not in text


def test_administrators_of_the_company_alone(
    failed: Mail, other_administrator: Member, member: Member, actor_of: ActorOf
) -> None:
    """Rule 7: whatever the page showed."""
    for person in (other_administrator, member):
        with pytest.raises(Refused):
            send_again(failed, actor=actor_of(person))
    assert not Envelope.objects.waiting().exists()


def test_held_mail_says_so(client_of: ClientOf, administrator: Member, mail: Mail) -> None:
    Envelope.objects.update(held_at=timezone.now())
    assert "held back" in page(client_of, administrator, mail)
    assert MOMO in page(client_of, administrator, mail)


def test_superusers_send_several_again(
    admin: Client, superuser: Member, group: Group, failed: Mail, transport: FakeTransport
) -> None:
    """In Django admin, by its door."""
    gone = MailFactory.create(group=group, subject="Gone")
    data = {"action": "send_again", ACTION_CHECKBOX_NAME: [failed.pk, gone.pk]}
    text = admin.post(admin_url(Mail, "changelist"), data, follow=True).content.decode()
    assert "On its way again to 1 person." in text
    assert "Gone: The content of this email is no longer stored." in text
    assert last_entry().door == "admin"
    delivery.run()
    assert transport.reached == [TAE]
