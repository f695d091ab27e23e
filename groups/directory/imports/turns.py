"""One import of a company changes it at a time (rule 10.2)."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import Company
from groups.models import DirectoryImport

GONE_AFTER = timedelta(minutes=2)
"""How long a command that brings rows in may be silent; a batch takes parts of a second."""
State = DirectoryImport.State


def is_free_for(directory_import: DirectoryImport, company: Company) -> bool:
    """Whether no other import is changing the locked company.

    One that a command was bringing in when it was killed is cancelled: what is in stays, and the same
    command, started again, brings in the rest. A job is started again by the worker, and so goes first.
    """
    others = DirectoryImport.objects.filter(company=company, state__in=(State.RUNNING, State.UNDOING))
    others = others.exclude(pk=directory_import.pk)
    silent = Q(seen_at=None) | Q(seen_at__lt=timezone.now() - GONE_AFTER)
    others.filter(silent, job=None).update(state=State.CANCELLED, finished_at=timezone.now())
    return not others.exists()


def seen(directory_import: DirectoryImport) -> None:
    """Says that somebody is at it."""
    DirectoryImport.objects.filter(pk=directory_import.pk).update(seen_at=timezone.now())
