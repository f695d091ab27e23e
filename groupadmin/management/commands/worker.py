"""python manage.py worker: runs background tasks."""

from typing import Any

from django_tasks_db.management.commands import db_worker

from accounts.webhooks.courier import Courier
from groupadmin.base.memory import give_back_large_blocks
from groupadmin.worker import Heartbeat, TaskWorker


class Command(db_worker.Command):
    help = "Runs background tasks. Several can run at once; if one is killed, another finishes its work."

    def handle(self, *, verbosity: int, worker_id: str, **options: Any) -> None:
        give_back_large_blocks()
        self.configure_logging(verbosity)
        worker = TaskWorker(
            queue_names=options["queue_name"].split(","),
            excluded_queue_names=[name for name in options["exclude_queues"].split(",") if name],
            interval=options["interval"],
            batch=options["batch"],
            backend_name=options["backend_name"],
            startup_delay=options["startup_delay"],
            max_tasks=options["max_tasks"],
            worker_id=worker_id,
        )
        worker.configure_signals()
        with Heartbeat(worker_id), Courier():
            worker.run()
