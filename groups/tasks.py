"""What groups leave to the background worker."""

from django.core.management import call_command
from django_tasks import task, task_backends
from django_tasks_db import DatabaseBackend

from accounts.actor import Actor

from .actions import purge_deleted_groups, purge_photo_drafts


@task()
def tidy_up() -> dict[str, int]:
    """Removes for good what has been kept for long enough. Returns how many groups and photo drafts.

    Deleted groups go after 30 days (spec 2.17), forgotten photo drafts after a day, sessions when they end.
    """
    groups = purge_deleted_groups(actor=Actor.system())
    drafts = purge_photo_drafts()
    call_command("clearsessions")
    if isinstance(task_backends["default"], DatabaseBackend):
        call_command("prune_db_task_results", verbosity=0)
    return {"groups": groups, "drafts": drafts}
