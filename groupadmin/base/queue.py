"""Queues background work."""

from typing import Any

from django_tasks import TaskResultStatus, task_backends
from django_tasks.base import Task
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult


def enqueue_once(task: Task[..., Any], *args: Any) -> None:
    """Queues a task unless it is queued already; for functions that workers call periodically."""
    if isinstance(task_backends[task.backend], DatabaseBackend):
        wanted = {"args": list(args), "kwargs": {}}
        waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=task.module_path)
        if waiting.filter(args_kwargs=wanted).exists():
            return
    task.enqueue(*args)
