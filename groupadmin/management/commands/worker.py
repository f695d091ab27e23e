"""python manage.py worker: runs background tasks."""

from typing import Any

from django_tasks_db.management.commands import db_worker

from groupadmin.worker import Pulse


class Command(db_worker.Command):
    help = "Runs background tasks. Several can run at once; if one is killed, another finishes its work."

    def handle(self, *, worker_id: str, **options: Any) -> None:
        with Pulse(worker_id):
            super().handle(worker_id=worker_id, **options)
