"""What a worker looks for every few seconds (groupadmin.worker)."""

from groupadmin.base.queue import enqueue_once
from groups import notices
from groups.tasks import send_notification_mails

from . import mails


def queue_notifications() -> None:
    """Queues the mails that are due, and what was to be told to a group's people but was left lying."""
    if notices.is_left_lying():
        enqueue_once(notices.spread)
    if mails.is_due():
        enqueue_once(send_notification_mails)
