"""What superusers do about mails and tasks that were given up, or that wait."""

from collections.abc import Sequence
from uuid import UUID

from django_tasks import TaskResultStatus

from accounts import audit
from accounts.actor import Actor
from accounts.models import FailedTask, QueuedMail
from accounts.permissions import check_rules_installation
from groupadmin.base import clock


@audit.action
def try_tasks_again(pks: Sequence[UUID], *, actor: Actor) -> int:
    """Queues tasks that have failed, or wait for their next attempt, for now, with all their attempts.

    Returns how many. Raises Refused.
    """
    check_rules_installation(actor, "task.retry")
    failed = FailedTask.objects.select_for_update().filter(
        pk__in=pks, status__in=[TaskResultStatus.FAILED, TaskResultStatus.READY]
    )
    paths = sorted(failed.values_list("task_path", flat=True))
    if paths:
        failed.update(
            status=TaskResultStatus.READY,
            run_after=clock.now(),
            worker_ids=[],
            started_at=None,
            finished_at=None,
        )
        audit.record(actor, "task.retry", None, {"task": [None, ", ".join(paths)[:1000]]})
    return len(paths)


@audit.action
def try_mails_again(pks: Sequence[int], *, actor: Actor) -> int:
    """Sends mails as soon as possible that wait or were given up, unless they have expired.

    Returns how many. Raises Refused.
    """
    check_rules_installation(actor, "queued_mail.retry")
    mails = QueuedMail.objects.select_for_update().filter(pk__in=pks, expires_at__gt=clock.now())
    found = [f"{kind}: {to}" for kind, to in mails.order_by("pk").values_list("kind", "to")]
    if found:
        mails.update(due_at=clock.now(), attempts=0)
        audit.record(actor, "queued_mail.retry", None, {"emails": [None, ", ".join(found)[:1000]]})
    return len(found)
