"""What a worker looks for every few seconds (groupadmin.worker)."""

from groupadmin.base.queue import enqueue_once
from groups import notices
from groups.tasks import send_notification_mails

from . import mails


def queue_notifications() -> None:
    """Queues the mails that are due, and notices that a group's people should have had by now."""
    if notices.is_left_lying():
        enqueue_once(notices.spread)
    if mails.is_due():
        enqueue_once(send_notification_mails)
