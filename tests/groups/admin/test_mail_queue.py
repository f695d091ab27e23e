"""The mail that waits, in Django admin: superusers see it, and act on it (rule 4.11)."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.actor import Actor
from accounts.models import AuditEntry, Member
from groups.mail.outgoing import delivery
from groups.models import Envelope, Group, Mail, Notice, Outage
from groups.notices.write import tell
from tests.admin_pages import admin_url, last_entry
from tests.factories import EnvelopeFactory, MailFactory
from tests.groups.mail.outgoing.transport import MOMO, TAE
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

LIST = admin_url(Envelope, "changelist")


@pytest.fixture
def waiting(group: Group, monkeypatch: pytest.MonkeyPatch) -> Envelope:
    """To two people; nothing delivers it."""
    monkeypatch.setattr(delivery, "wake", lambda: None)
    mail = MailFactory.create(group=group, subject="News <b>", recipient_count=2, result=Mail.Result.WAITING)
    EnvelopeFactory.create(mail=mail, recipients=["done@hanbit.example"])
    return EnvelopeFactory.create(mail=mail, recipients=[MOMO, TAE], waiting=True, last_error="451 Later")


def rows(admin: Client, **query: str) -> list[Envelope]:
    page = admin.get(LIST, query)
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def act(admin: Client, action: str, *envelopes: Envelope, **more: str) -> str:
    data = {"action": action, ACTION_CHECKBOX_NAME: [each.pk for each in envelopes], **more}
    return admin.post(LIST, data, follow=True).content.decode()


def test_shows_what_waits(admin: Client, waiting: Envelope) -> None:
    text = admin.get(LIST).content.decode()
    for wanted in ("News &lt;b&gt;", "platform@hanbit.example", "451 Later", "Waiting"):
        assert wanted in text
    assert rows(admin) == [waiting]
    text = admin.get(admin_url(Envelope, "change", waiting.pk)).content.decode()
    assert TAE in text


def test_filters(admin: Client, waiting: Envelope) -> None:
    held = EnvelopeFactory.create(mail=waiting.mail, waiting=True, held_at=timezone.now())
    late = EnvelopeFactory.create(
        mail=MailFactory.create(result=Mail.Result.WAITING), waiting=True, attempts=3
    )
    assert rows(admin, queue="held") == [held]
    assert rows(admin, queue="late") == [late]
    assert rows(admin, queue="new") == [waiting]
    assert rows(admin, mail__company_id=str(late.mail.company_id)) == [late]
    assert rows(admin, mail_id=str(late.mail_id)) == [late]
    assert set(rows(admin, q="PLATFORM@")) == {waiting, held}
    assert rows(admin, q="nothing") == []


def test_acts_on_what_is_chosen(admin: Client, waiting: Envelope, superuser: Member) -> None:
    other = EnvelopeFactory.create(mail=waiting.mail, waiting=True, recipients=["x@hanbit.example"])
    assert "Done for 1 email (recipients: 2)." in act(admin, "hold", waiting)
    assert set(Envelope.objects.filter(held_at__isnull=False)) == {waiting}
    entry = last_entry()
    assert (entry.action, entry.door, entry.actor_id) == ("mail.hold", "admin", superuser.pk)
    act(admin, "release", waiting, other)
    assert not Envelope.objects.filter(held_at__isnull=False).exists()
    Envelope.objects.filter(pk=waiting.pk).update(attempts=5)
    act(admin, "flush", waiting)
    assert Envelope.objects.get(pk=waiting.pk).attempts == 0


def test_asks_before_it_drops(admin: Client, waiting: Envelope) -> None:
    text = act(admin, "drop", waiting)
    assert "2 recipients will not get these emails." in text
    assert not AuditEntry.objects.exists()
    assert "Done for 1 email" in act(admin, "drop", waiting, confirmed="yes")
    waiting.refresh_from_db()
    assert (waiting.recipients, waiting.state) == ([], Envelope.State.DONE)
    assert rows(admin) == []


@pytest.mark.parametrize("chosen", ["0", "x", str(2**70), "-1"])
def test_survives_any_choice(admin: Client, waiting: Envelope, chosen: str) -> None:
    answer = admin.post(LIST, {"action": "hold", ACTION_CHECKBOX_NAME: [chosen]}, follow=True)
    assert answer.status_code == 200
    assert not Envelope.objects.filter(held_at__isnull=False).exists()


def test_says_what_is_in_the_way(admin: Client, client_of: ClientOf, superuser: Member) -> None:
    """And the notice of it leads there."""
    Outage.objects.create(started_at=timezone.now(), last_error="550 <No>", domain="hanbit.example")
    text = admin.get(LIST).content.decode()
    assert "takes no emails from hanbit.example" in text
    assert "550 &lt;No&gt;" in text
    tell(Notice.Kind.MAIL_STUCK, [superuser.pk], actor=Actor.system(), details={"error": "550 <No>"})
    text = client_of(superuser).get(reverse("groups:notifications")).content.decode()
    assert "550 &lt;No&gt;" in text
    assert LIST in text


def test_asks_no_more_for_more_rows(
    admin: Client, waiting: Envelope, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    admin.get(LIST)
    for _n in range(20):
        EnvelopeFactory.create(mail=MailFactory.create(result=Mail.Result.WAITING), waiting=True)
    with django_assert_max_num_queries(8):
        assert len(rows(admin)) == 21


def test_is_closed_to_others(client_of: ClientOf, administrator: Member, waiting: Envelope) -> None:
    """Rule 7."""
    assert client_of(administrator).get(LIST).status_code == 302
    act(client_of(administrator), "hold", waiting)
    assert not Envelope.objects.filter(held_at__isnull=False).exists()
