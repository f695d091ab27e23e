"""An installation as it is when all is well, which the tests then break."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from groupadmin.health import readiness, storage
from groupadmin.models import Worker
from groupadmin.worker import _machine, _process

TOKEN = "sesame-sesame"
MakeTask = Callable[..., DBTaskResult[Any, Any]]


@pytest.fixture(autouse=True)
def forgets(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    """Nothing is remembered of the test before."""
    monkeypatch.setattr(readiness, "_last", readiness._Last())
    monkeypatch.setattr(storage, "watch", storage.Watch(2.0))
    readiness._migrated.clear()
    media.mkdir()


@pytest.fixture
def worker(db: None) -> Worker:
    """One that is alive: this process."""
    return Worker.objects.create(
        pk="alive", machine=_machine(), process=_process(os.getpid()), seen_at=timezone.now()
    )


@pytest.fixture
def prometheus(settings: Any) -> Client:
    """Who has the token."""
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def make_task(db: None) -> MakeTask:
    """A task in the queue as the fields say."""

    def make(**fields: Any) -> DBTaskResult[Any, Any]:
        path = "tests.background.break_down"
        common = {"task_path": path, "args_kwargs": {"args": ["twice"], "kwargs": {}}}
        return DBTaskResult.objects.create(**{**common, "backend_name": "default", **fields})

    return make
