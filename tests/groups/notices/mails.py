"""Short ways for tests of the mail with what people are told."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from django.conf import settings
from django.core import mail
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Member
from groups import notices
from groups.models import Notice, Notification

SYSTEM = Actor.system()
LATER = timedelta(seconds=settings.NOTIFICATION_MAIL_DELAY + 1)


def tell(*members: Member, kind: Notice.Kind = Notice.Kind.JOINED, **about: Any) -> None:
    notices.tell(kind, [member.pk for member in members], actor=about.pop("actor", SYSTEM), **about)


def due() -> None:
    """Everything that waits is due now."""
    Notification.objects.filter(mail_at__isnull=False).update(mail_at=timezone.now())


def parsed(number: int = 0) -> EmailMessage:
    """The mail as a mail program reads it."""
    found = message_from_bytes(mail.outbox[number].message().as_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def bodies(number: int = 0) -> tuple[str, str]:
    """Text and HTML."""
    found = parsed(number)
    parts = [found.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (str(part.get_content()) for part in parts if part is not None)
    return text, html
