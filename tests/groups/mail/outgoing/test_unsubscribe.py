"""Leaving a list: members by an opt-out, contacts by a signed address (rules 4.3, 4.8, RFC 8058)."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actor import Actor
from accounts.models import AuditEntry, Member, Team
from groups.actions.subscriptions import take_off_contact
from groups.mail.outgoing import recipients, unsubscribe
from groups.models import ExternalContact, Group, OptOut
from tests.factories import ExternalContactFactory, GroupFactory, OptOutFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def contact(group: Group) -> ExternalContact:
    return ExternalContactFactory.create(
        mailing_list=group.mailing_list, email="client@outside.example", name="Client"
    )


def path_of(contact: ExternalContact) -> str:
    return urlsplit(unsubscribe.contact_url(contact)).path


def url(group: Group, name: str = "unsubscribe") -> str:
    return reverse(f"groups:{name}", args=[group.pk])


def gets(group: Group) -> list[str]:
    assert group.mailing_list is not None
    return recipients.recipients(group.mailing_list).members


def test_a_member_stops_and_gets_mail_again(client_of: ClientOf, group: Group, member: Member) -> None:
    client = client_of(member)
    assert "You get emails from this list" in client.get(url(group, "mail_of")).content.decode()
    assert member.email in gets(group)
    client.post(url(group))
    assert member.email not in gets(group)
    assert "You unsubscribed" in client.get(url(group, "mail_of")).content.decode()
    client.post(url(group))
    client.post(url(group, "resubscribe"))
    assert member.email in gets(group)
    audited = AuditEntry.objects.filter(actor_id=member.pk, target_id=group.pk).order_by("pk")
    assert list(audited.values_list("action", flat=True)) == ["group.stop_mail", "group.get_mail"]


def test_inherited_members_stop_the_mail_of_one_list_only(
    client_of: ClientOf, group: Group, teammate: Member, team: Team
) -> None:
    """By team, and by a contained group: each list for itself."""
    outer = GroupFactory.create(company=group.company, listed=True, subgroups=[group])
    client_of(teammate).post(url(outer))
    assert teammate.email not in gets(outer)
    assert teammate.email in gets(group)


def test_asking_writes_nothing(client_of: ClientOf, group: Group, member: Member) -> None:
    """Mail programs and scanners follow the link."""
    page = client_of(member).get(url(group))
    assert "Unsubscribe from this list?" in page.content.decode()
    assert not OptOut.objects.exists()
    assert client_of(member).get(url(group, "resubscribe")).status_code == 405


def test_who_gets_none_is_told_so(
    client_of: ClientOf, group: Group, outsider: Member, stranger: Member
) -> None:
    page = client_of(outsider).get(url(group)).content.decode()
    assert "You are not in this group" in page
    assert client_of(outsider).post(url(group)).status_code == 403
    assert client_of(stranger).get(url(group)).status_code == 404
    assert not OptOut.objects.exists()


def test_those_who_run_the_group_see_who_has_stopped(
    client_of: ClientOf, group: Group, member: Member, master: Member, outsider: Member
) -> None:
    OptOutFactory.create(mailing_list=group.mailing_list, member=member)
    people, mail = url(group, "detail"), url(group, "mail_of")
    mark = "Unsubscribed from the list"
    assert client_of(master).get(people).content.decode().count(mark.replace("&#x27;", "'")) == 1
    assert "Momo Member" in client_of(master).get(mail).content.decode()
    assert mark.replace("&#x27;", "'") not in client_of(outsider).get(people).content.decode()
    assert "Momo Member" not in client_of(outsider).get(mail).content.decode()


def test_a_contact_leaves_without_signing_in(contact: ExternalContact, group: Group) -> None:
    """GET asks, POST does; the audit says that the system did it, and from where."""
    version = group.version
    path = path_of(contact)
    page = Client().get(path)
    assert page.status_code == 200
    assert "Unsubscribe?" in page.content.decode()
    assert "Platform guild" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert ExternalContact.objects.exists()
    done = Client().post(path, REMOTE_ADDR="203.0.113.9")
    assert "You are unsubscribed" in done.content.decode()
    assert not ExternalContact.objects.exists()
    entry = AuditEntry.objects.get(action="group.contact_left")
    assert (entry.actor_id, entry.door, entry.ip) == (None, "system", "203.0.113.9")
    assert entry.changes["contacts"] == [["Client <client@outside.example>"], []]
    group.refresh_from_db()
    assert group.version == version + 1


def test_one_click(contact: ExternalContact) -> None:
    """RFC 8058: a POST by a mail program, without cookies and tokens of forms."""
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path_of(contact), ONE_CLICK)
    assert (answer.status_code, answer.content) == (200, b"Unsubscribed")
    assert not ExternalContact.objects.exists()


def test_one_click_is_the_only_post_without_a_forms_token(contact: ExternalContact) -> None:
    client = Client(enforce_csrf_checks=True)
    for data in ({}, {"List-Unsubscribe": "Two-Click"}, {"list-unsubscribe": "One-Click"}):
        assert client.post(path_of(contact), data).status_code == 403
    assert ExternalContact.objects.exists()


def test_a_contact_who_is_gone_is_told_so(contact: ExternalContact) -> None:
    path = path_of(contact)
    contact.delete()
    assert "not on this list" in Client().get(path).content.decode()
    assert Client().post(path).status_code == 200
    assert Client().post(path, ONE_CLICK).status_code == 200
    assert not AuditEntry.objects.filter(action="group.contact_left").exists()


def test_a_contact_who_was_written_anew_still_leaves_by_an_old_link(contact: ExternalContact) -> None:
    path = path_of(contact)
    contact.delete()
    ExternalContactFactory.create(mailing_list=contact.mailing_list, email=contact.email, name="Other name")
    Client().post(path, ONE_CLICK)
    assert not ExternalContact.objects.exists()


def test_nobody_elses_contact_goes(contact: ExternalContact, group: Group) -> None:
    other = ExternalContactFactory.create(mailing_list=group.mailing_list, email="other@outside.example")
    elsewhere = ExternalContactFactory.create(
        mailing_list=GroupFactory.create(company=group.company, listed=True).mailing_list, email=contact.email
    )
    Client().post(path_of(contact), ONE_CLICK)
    assert {one.pk for one in ExternalContact.objects.all()} == {other.pk, elsewhere.pk}


@pytest.mark.parametrize("change", ["x", ":", "A" * 5_000, "\x00", "é"])
def test_forged_tokens_learn_nothing(contact: ExternalContact, change: str) -> None:
    path = path_of(contact)
    forged = reverse("groups:unsubscribe_contact", args=[change + path.rstrip("/").rpartition("/")[2]])
    for answer in (Client().get(forged), Client().post(forged), Client().post(forged, ONE_CLICK)):
        assert answer.status_code == 404
        assert "outside.example" not in answer.content.decode()
    assert ExternalContact.objects.exists()


def test_of_a_deleted_group_nothing_is_told(contact: ExternalContact, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(deleted_at="2026-11-01T00:00:00Z", uses_mailing_list=False)
    page = Client().get(path_of(contact)).content.decode()
    assert "Platform guild" not in page
    assert "not on this list" in page


def test_taking_off_twice_is_done_once(contact: ExternalContact) -> None:
    first, second = (
        take_off_contact(contact.mailing_list_id, contact.email, actor=Actor.system()) for _time in range(2)
    )
    assert (first, second) == (True, False)


def test_the_addresses_are_absolute(contact: ExternalContact, group: Group, settings: object) -> None:
    settings.SITE_URL = "https://groups.hanbit.example/"  # type: ignore[attr-defined]
    assert unsubscribe.page_url(group) == f"https://groups.hanbit.example/groups/{group.pk}/mail/stop/"
    assert unsubscribe.contact_url(contact).startswith("https://groups.hanbit.example/mail/leave/")
