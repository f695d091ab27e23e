"""Mail with what people are told (rule 5.1): one a person, harmless, and in their language."""

from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from accounts.actor import Actor, Door
from accounts.models import Company, Member
from groups import notices, tasks
from groups.models import Group, Notice, Notification
from groups.notices import due as beats
from groups.notices import mails
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import Clock

from .mails import LATER, SYSTEM, bodies, due, parsed, tell

pytestmark = pytest.mark.django_db


class TestOneMail:
    def test_of_one_thing(self, group: Group, member: Member, administrator: Member) -> None:
        tell(member, group=group, actor=Actor(administrator, Door.WEB))
        due()
        assert tasks.send_notification_mails.call() == 1
        found = parsed()
        assert found["To"] == "momo@hanbit.example"
        assert found["Subject"] == "\u2068Platform guild\u2069: you were added"
        text, html = bodies()
        url = f"{settings.SITE_URL}/groups/{group.pk}/"
        assert "\u2068Ada Administrator\u2069 added you to \u2068Platform guild\u2069." in text
        assert url in text
        assert f'<a href="{url}"><bdi class="name">Platform guild</bdi></a>' in html
        assert f"{settings.SITE_URL}/profile/#notifications" in text

    def test_of_people_and_not_of_groups_alone(self, group: Group, member: Member, guest: Member) -> None:
        """Somebody asks to be a contact: that is nothing that happened to a group."""
        tell(member, group=group)
        tell(member, kind=Notice.Kind.CONTACT_ASKED, actor=Actor(guest, Door.WEB))
        due()
        assert tasks.send_notification_mails.call() == 1
        assert parsed()["Subject"] == "2 notifications"

    def test_of_a_change_of_a_hundred_groups(self, company: Company, member: Member) -> None:
        groups = [GroupFactory.create(company=company, name=f"Guild {n}") for n in range(100)]
        told = [(group, [member.pk]) for group in groups]
        notices.tell_by_group(Notice.Kind.JOINED, told, actor=SYSTEM)
        due()
        mails.send_due()
        assert len(mail.outbox) == 1
        assert parsed()["Subject"] == "100 updates from your groups"
        text, html = bodies()
        assert text.count("You were added to") == html.count("You were added to") == 50
        assert "And 50 more." in text
        assert text.index("Guild 0") < text.index("Guild 1\u2069") < text.index("Guild 49")
        assert not Notification.objects.filter(mail_at__isnull=False).exists()

    def test_takes_what_is_not_due_along(self, member: Member, clock: Clock) -> None:
        tell(member, kind=Notice.Kind.CONNECTED)
        clock.forward(seconds=40)
        tell(member, kind=Notice.Kind.DISCONNECTED)
        assert mails.send_due().mails == 0
        clock.forward(seconds=21)
        assert mails.send_due().mails == 1
        assert Notification.objects.filter(mailed_at=clock.now, mail_at=None).count() == 2

    def test_none_for_who_wants_none(self, member: Member, teammate: Member) -> None:
        Member.objects.filter(pk=member.pk).update(notified_by="bell")
        tell(member, teammate, kind=Notice.Kind.CONNECTED)
        due()
        mails.send_due()
        assert [message.to for message in mail.outbox] == [["tae@hanbit.example"]]

    def test_none_for_who_was_deactivated_meanwhile(self, member: Member) -> None:
        tell(member, kind=Notice.Kind.CONNECTED)
        due()
        Member.objects.update(is_active=False)
        mails.send_due()
        assert mail.outbox == []
        assert not Notification.objects.filter(mail_at__isnull=False).exists()

    def test_others_get_their_turn(
        self, company: Company, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mails, "PEOPLE_A_RUN", 2)
        monkeypatch.setattr(mails, "PEOPLE_AT_ONCE", 2)
        tell(*(MemberFactory.create(company=company) for _n in range(5)), kind=Notice.Kind.CONNECTED)
        clock.now += LATER
        assert mails.send_due() == mails.Sent(mails=2, is_more_due=True)
        assert tasks.send_notification_mails.call() == 2
        # The task has queued itself, and the test's queue runs at once.
        assert len(mail.outbox) == 5


class TestHeaders:
    def test_keep_autoresponders_quiet(self, member: Member) -> None:
        tell(member, kind=Notice.Kind.CONNECTED)
        due()
        mails.send_due()
        found = parsed()
        assert found["Auto-Submitted"] == "auto-generated"
        assert found["X-Auto-Response-Suppress"] == "All"
        assert found["Precedence"] == "bulk"
        assert found["From"] == settings.DEFAULT_FROM_EMAIL
        assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]

    @override_settings(SITE_URL="https://groups.hanbit.example:8443")
    def test_name_this_host_and_the_same_content_alike(self, member: Member) -> None:
        tell(member, kind=Notice.Kind.CONNECTED)
        for _n in range(2):
            Notification.objects.update(mail_at=timezone.now(), mailed_at=None)
            mails.send_due()
        one, other = parsed(0)["Message-ID"], parsed(1)["Message-ID"]
        assert one == other
        assert one.endswith("@groups.hanbit.example>")


NASTY = [
    "Fun\r\nBcc: everybody@hanbit.example\r\n\r\nBuy",
    "<script>alert(1)</script>",
    "\u202eright to left",
    '"; DROP TABLE groups; --',
    "=HYPERLINK(1)",
    "{who} %(group)s {{ group }}",
    "e\u0301" * 200,
    "로봇 🤖 רובוט",
]


@pytest.mark.parametrize("name", NASTY)
def test_names_do_no_harm(company: Company, member: Member, name: str) -> None:
    """Rule 2.4: not in headers, not in HTML, not to the direction of what stands beside them."""
    by = MemberFactory.create(company=company, name=name)
    group = GroupFactory.create(company=company, name=name, members=[member])
    tell(member, group=group, actor=Actor(by, Door.WEB))
    due()
    mails.send_due()
    found = parsed()
    assert set(found.keys()) == {
        "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID",
        "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence",
    }  # fmt: skip
    assert len(found["Subject"]) < 120
    assert "\n" not in found["Subject"]
    text, html = bodies()
    assert "<script>alert" not in html
    for shown in (found["Subject"], text):
        for opener, closer in (("\u2068", "\u2069"), ("\u202e", "\u202c")):
            assert shown.count(opener) == shown.count(closer)


def test_in_the_readers_language_and_time(member: Member, clock: Clock) -> None:
    clock.now = datetime(2026, 7, 1, 22, 30, tzinfo=timezone.get_fixed_timezone(0))
    tell(member, kind=Notice.Kind.CONNECTED)
    Member.objects.update(language="en-gb", time_zone="Asia/Seoul")
    clock.now += LATER
    mails.send_due()
    text, html = bodies()
    assert "2 Jul 2026" in text
    assert "2 Jul 2026, 07:30" in text
    assert '<html lang="en-gb">' in html


class TestOtherCompanies:
    def test_learn_no_address_and_not_who_administers(
        self, external_group: Group, guest: Member, administrator: Member
    ) -> None:
        """Rule 6.4."""
        tell(guest, group=external_group, actor=Actor(administrator, Door.WEB))
        due()
        mails.send_due()
        everything = mail.outbox[0].message().as_string() + "".join(bodies())
        assert "You were added to" in everything
        assert "hanbit.example" not in everything
        assert "Ada" not in everything

    def test_a_group_is_linked_while_it_is_seen(self, private_group: Group, outsider: Member) -> None:
        tell(outsider, group=private_group, kind=Notice.Kind.REMOVED)
        due()
        mails.send_due()
        text, html = bodies()
        assert "Secret surprise" in text
        assert f"/groups/{private_group.pk}/" not in text + html


def test_each_beat_queues_what_is_due(
    group: Group, member: Member, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(beats, "enqueue_once", queued.append)
    tell(member, group=group)
    beats.queue_notifications()
    assert queued == []
    Notice.objects.create(kind="renamed", group=group, is_spread=False)
    clock.now += LATER
    beats.queue_notifications()
    assert queued == [notices.spread, tasks.send_notification_mails]
