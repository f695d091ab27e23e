"""A worker that is killed outright among a thousand mails loses none (rule 5.1)."""

import signal
from collections import Counter
from collections.abc import Iterator
from subprocess import Popen

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Company, Member
from groups import notices
from groups.models import Group, Membership, Notice, Notification
from groups.tasks import send_notification_mails
from tests.background import start_worker
from tests.factories import CompanyFactory, GroupFactory
from tests.smtp_sink import Behaviour, Transaction, running

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 1_000
KILLED_AT = 400


class KillsItsClient(Behaviour):
    """Takes so many mails; the next one too, but whoever sends that one does not live to hear of it."""

    client: "Popen[str] | None" = None

    def content(self, transaction: Transaction) -> bytes:
        reply = super().content(transaction)
        if len(self.taken) == KILLED_AT and self.client is not None:
            self.client.send_signal(signal.SIGKILL)
            self.client.wait()
        return reply


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NOTIFICATION_MAIL_DELAY", "0")
    with override_settings(TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}):
        yield


def crowd(company: Company) -> Group:
    """A group with a thousand people."""
    people = [Member(company=company, name=f"P {n}", email=f"p{n}@crowd.example") for n in range(PEOPLE)]
    for member in people:
        member.fold_name()
    Member.objects.bulk_create(people)
    group: Group = GroupFactory.create(company=company, name="Crowd", notifies=True)
    Membership.objects.bulk_create(Membership(group=group, member=member) for member in people)
    return group


def test_a_worker_killed_in_the_middle(queue: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each person has exactly one entry in the bell and at least one mail; at most one has two."""
    notices.tell_group(Notice.Kind.RENAMED, crowd(CompanyFactory.create()), actor=Actor.system())
    server = KillsItsClient()
    with running(server) as url:
        monkeypatch.setenv("TEST_EMAIL_URL", url)
        server.client = start_worker()
        output, _none = server.client.communicate(timeout=120)
        assert server.client.returncode == -signal.SIGKILL, output
        assert len(server.taken) == KILLED_AT
        output, _none = start_worker("--batch").communicate(timeout=120)
        # What the killed one had on its way is taken up when its claim ends.
        left = Notification.objects.filter(mail_at__isnull=False)
        assert left.count() == 1, output
        left.update(mail_at=timezone.now())
        send_notification_mails.enqueue()
        start_worker("--batch").communicate(timeout=120)
    mails = Counter(transaction.recipients[0] for transaction in server.taken)
    assert set(mails) == {f"p{n}@crowd.example" for n in range(PEOPLE)}
    assert sum(mails.values()) == PEOPLE + 1
    twice = [one for one in server.taken if mails[one.recipients[0]] == 2]
    assert len({message_id(one) for one in twice}) == 1
    assert Notification.objects.count() == PEOPLE
    assert not Notification.objects.filter(mailed_at=None).exists()
    connection.close()


def message_id(transaction: Transaction) -> bytes:
    return next(line for line in transaction.data.split(b"\r\n") if line.startswith(b"Message-ID"))
