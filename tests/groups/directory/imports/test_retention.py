"""Imports are kept as long as they can be undone (rule 10.3)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Company
from groups.directory.imports import lifecycle, meaning, retention
from groups.models import DirectoryImport, Group, ImportEffect, ImportKey, ImportRow

from .importing import SYSTEM, judged, member, whole_group

pytestmark = pytest.mark.django_db
KIM = "kim@hanbit.example"


def test_old_ones_go_with_their_rows_and_files(
    company: Company, media: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """What they brought in stays; those that are at work are left alone."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    old = judged(company, [member(KIM), *whole_group("A", KIM, KIM)])
    old.files.create(name="people.csv", content=ContentFile(b"x", "people.csv"))
    meaning.compute(old)
    lifecycle.run_now(old, actor=SYSTEM)
    busy, young = judged(company, [member(KIM)]), judged(company, [member(KIM)])
    DirectoryImport.objects.filter(pk=busy.pk).update(state=DirectoryImport.State.RUNNING)
    long_ago = timezone.now() - timedelta(days=31)
    DirectoryImport.objects.filter(pk__in=[old.pk, busy.pk]).update(created_at=long_ago)
    assert list((media / "imports").iterdir())
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.forget_old() == 1
    assert set(DirectoryImport.objects.all()) == {busy, young}
    for model in (ImportRow, ImportKey, ImportEffect):
        assert not model._default_manager.filter(directory_import=old.pk).exists()
    assert not list((media / "imports").iterdir())
    assert Group.objects.filter(name="A").exists()
