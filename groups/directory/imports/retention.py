"""Old imports are forgotten: their rows are many, and so long after nobody undoes them (rule 10.3)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from groupadmin.base.files import delete_later
from groups.models import DirectoryImport, ImportEffect, ImportKey, ImportRow

AT_ONCE = 10_000
BUSY = (DirectoryImport.State.RUNNING, DirectoryImport.State.UNDOING)


def forget_old() -> int:
    """Forgets imports that were begun long ago, with their files. Returns how many."""
    since = timezone.now() - timedelta(days=settings.IMPORTS_KEPT_DAYS)
    old = DirectoryImport.objects.filter(created_at__lt=since).exclude(state__in=BUSY)
    for directory_import in (found := list(old)):
        for model in (ImportEffect, ImportKey, ImportRow):
            _delete(model._default_manager.filter(directory_import=directory_import))
        with transaction.atomic():
            for file in directory_import.files.all():
                delete_later(file.content.storage, file.content.name or "")
            directory_import.delete()
    return len(found)


def _delete(rows: "QuerySet[ImportEffect] | QuerySet[ImportKey] | QuerySet[ImportRow]") -> None:
    """Batch by batch, without looking for what refers to them: nothing does."""
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        rows.model._default_manager.filter(pk__in=pks)._raw_delete("default")
