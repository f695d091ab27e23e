"""Workers that deliver: when they are woken, and that no two take the same (rule 8.2)."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from groups.mail.outgoing import delivery
from groups.models import Envelope, Group, Mail
from tests.groups.mail.lists import accepted
from tests.helpers import Clock

from .transport import FakeTransport


@pytest.mark.django_db
class TestWaking:
    @pytest.fixture(autouse=True)
    def _queue(self, settings: Any) -> None:
        settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

    def test_one_run_waits_however_many_mails_come(self, group: Group) -> None:
        accepted(group)
        accepted(group)
        assert DBTaskResult.objects.count() == 1

    def test_a_run_that_goes_on_does_not_count(self, group: Group) -> None:
        """It may have looked for the last time."""
        accepted(group)
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        accepted(group)
        assert DBTaskResult.objects.count() == 2

    def test_another_is_called_as_long_as_there_are_few(self, group: Group) -> None:
        accepted(group)
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        delivery.call_another()
        delivery.call_another()
        assert DBTaskResult.objects.count() == 2
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
        delivery.call_another()
        assert DBTaskResult.objects.count() == 2

    def test_the_clock_wakes_for_what_is_due(self, group: Group, clock: Clock) -> None:
        delivery.wake_if_due()
        assert not DBTaskResult.objects.exists()
        accepted(group)
        DBTaskResult.objects.all().delete()
        Envelope.objects.update(due_at=clock.now + timedelta(minutes=1))
        delivery.wake_if_due()
        assert not DBTaskResult.objects.exists()
        clock.forward(minutes=2)
        delivery.wake_if_due()
        assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db
def test_on_sqlite_an_envelope_is_set_aside_for_a_while(mail: Mail, clock: Clock) -> None:
    """A worker that is killed brings it back by not saying anything."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks the row instead")
    with delivery._next_due() as envelope:
        assert envelope is not None
        with delivery._next_due() as nothing:
            assert nothing is None
    clock.forward(minutes=16)
    with delivery._next_due() as again:
        assert again == envelope


@pytest.mark.django_db(transaction=True)
def test_on_postgresql_two_workers_never_take_the_same(
    group: Group, wakes: list[str], transport: FakeTransport
) -> None:
    """And the database is not kept busy: the other goes on with the next."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no locks of rows")
    first, second = accepted(group).mail, accepted(group).mail
    others: list[Envelope | None] = []

    def other() -> None:
        with delivery._next_due() as envelope:
            others.append(envelope)
        connection.close()

    with delivery._next_due() as envelope:
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert envelope == first.envelopes.get()
    assert others == [second.envelopes.get()]
