"""Permanently removes old mail (rule 8.3)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from groups.models import Envelope, Mail, MailContent

BATCH = 500


def remove_old() -> dict[str, int]:
    """Content goes first, unless a recipient still waits for it; rows and recipients go with the audit."""
    return {"contents": _remove_contents(), "mails": _remove_mails()}


def _remove_contents() -> int:
    old = timezone.now() - timedelta(days=settings.MAIL_CONTENT_KEPT_DAYS)
    waited_for = Envelope.objects.waiting().filter(mail__content=OuterRef("pk"))
    contents = MailContent.objects.filter(created_at__lt=old).exclude(Exists(waited_for)).order_by("pk")
    count = 0
    while ids := list(contents.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            # By hand: Django would load all the contents to delete them.
            Mail.objects.filter(content__in=ids).update(content=None)
            MailContent.objects.filter(pk__in=ids)._raw_delete(using="default")
        count += len(ids)
    return count


def _remove_mails() -> int:
    old = timezone.now() - timedelta(days=settings.AUDIT_KEPT_DAYS)
    mails = Mail.objects.filter(at__lt=old).exclude(result=Mail.Result.WAITING).order_by("pk")
    count = 0
    while ids := list(mails.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            Envelope.objects.filter(mail__in=ids).delete()
            Mail.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count
