"""Workers agree on the time: it is the database's, whatever the clocks of their machines say."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Member
from groupadmin.base import clock
from groups.mail.outgoing import delivery
from groups.models import Envelope, Group, Mail, Notice, Notification
from groups.notices import mails

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite is on this machine"),
]
DAY = timedelta(days=1)


@pytest.fixture(params=[DAY, -DAY], ids=["ahead", "behind"])
def _wrong_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    wrong = timezone.now() + request.param
    with patch("django.utils.timezone.now", return_value=wrong):
        yield


def test_the_database_is_asked() -> None:
    with patch("django.utils.timezone.now", return_value=timezone.now() + DAY):
        assert abs(clock.read() - timezone.now()) > DAY / 2
    assert connection.vendor == "postgresql"


@pytest.mark.usefixtures("_wrong_clock")
def test_what_is_due_is_due_by_the_database(group: Group, member: Member) -> None:
    assert group.mailing_list is not None
    mail = Mail.objects.create(company_id=group.company_id, list_name="x", list_address="x@hanbit.example")
    notice = Notice.objects.create(kind=Notice.Kind.RENAMED, group_name="x")
    for hours, is_due in ((-1, True), (1, False)):
        at = clock.read() + timedelta(hours=hours)
        Envelope.objects.all().delete()
        Envelope.objects.create(mail=mail, recipients=[], due_at=at)
        Notification.objects.all().delete()
        Notification.objects.create(notice=notice, member=member, mail_at=at)
        assert delivery.due().exists() is is_due
        assert mails.is_due() is is_due
