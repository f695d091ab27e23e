"""What the worker has still to do, as superusers see it (rule 11.6)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import localize
from django_tasks import TaskResultStatus
from django_tasks_db.models import get_date_max

from accounts.models import Member
from groupadmin.models import WaitingTask
from tests.admin_pages import admin_url, last_entry
from tests.helpers import client_of

pytestmark = pytest.mark.django_db
PATH = "accounts.tasks.send_queued_mails"


@pytest.fixture
def admin(superuser: Member) -> Client:
    return client_of(superuser)


def task(status: TaskResultStatus, argument: str, **fields: object) -> WaitingTask:
    given = {"args_kwargs": {"args": [argument], "kwargs": {}}, "status": status, "backend_name": "default"}
    values = {"task_path": PATH, "run_after": get_date_max(), **given, **fields}
    return WaitingTask.objects.create(**values)


def test_shows_what_waits_and_what_runs(admin: Client) -> None:
    waiting = task(TaskResultStatus.READY, "one")
    running = task(TaskResultStatus.RUNNING, "two", worker_ids=["a"], started_at=timezone.now())
    done = task(TaskResultStatus.SUCCESSFUL, "three")
    page = admin.get(admin_url(WaitingTask, "changelist")).content.decode()
    assert [str(one.pk) in page for one in (waiting, running, done)] == [True, True, False]
    assert "Running" in page
    shown = admin.get(admin_url(WaitingTask, "change", running.pk)).content.decode()
    assert "&quot;two&quot;" in shown
    assert admin.post(admin_url(WaitingTask, "change", running.pk), {"status": "FAILED"}).status_code == 403


def test_tries_at_once_what_waits_for_its_next_attempt(admin: Client) -> None:
    later = timezone.now() + timedelta(minutes=15)
    waiting = task(TaskResultStatus.READY, "one", run_after=later, worker_ids=["a"] * 4)
    running = task(TaskResultStatus.RUNNING, "two", worker_ids=["a"])
    page = admin.get(admin_url(WaitingTask, "change", waiting.pk)).content.decode()
    assert localize(timezone.localtime(later)) in page
    chosen = {"action": "try_again", "_selected_action": [str(waiting.pk), str(running.pk)]}
    answer = admin.post(admin_url(WaitingTask, "changelist"), chosen, follow=True)
    assert "1 task is tried again." in answer.content.decode()
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert waiting.run_after <= timezone.now()
    assert (waiting.worker_ids, running.worker_ids) == ([], ["a"])
    assert last_entry().action == "task.retry"


def test_is_for_superusers(administrator: Member) -> None:
    assert client_of(administrator).get(admin_url(WaitingTask, "changelist")).status_code in (302, 403)
