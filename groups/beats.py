"""What a worker looks for every few seconds (groupadmin.worker)."""

from groupadmin.worker import enqueue_once

from . import notice_mails, notices
from .tasks import send_notification_mails


def queue_notifications() -> None:
    """Queues the mails that are due, and what was to be told to a group's people but was left lying."""
    if notices.is_left_lying():
        enqueue_once(notices.spread)
    if notice_mails.is_due():
        enqueue_once(send_notification_mails)
