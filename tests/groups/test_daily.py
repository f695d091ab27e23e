"""What the daily timer removes."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AuditEntry, Job
from groups.models import Group, PhotoDraft
from tests.factories import GroupFactory, MemberFactory, MembershipFactory


@pytest.mark.django_db
def test_removes_for_good_what_has_been_kept_long_enough() -> None:
    """Rule 2.17: a deleted group is there for 30 days; then it is purged, and only it."""
    now = timezone.now()
    GroupFactory.create(name="live")
    GroupFactory.create(name="kept", deleted_at=now - timedelta(days=29, hours=23))
    GroupFactory.create(name="old", deleted_at=now - timedelta(days=30, hours=1))
    for age in (23, 25):
        draft = PhotoDraft.objects.create(
            member=MemberFactory.create(), photo=f"{age}", photo_small=f"s{age}"
        )
        PhotoDraft.objects.filter(pk=draft.pk).update(created_at=now - timedelta(hours=age))
    for age in (29, 31):
        ended = now - timedelta(days=age)
        Job.objects.create(kind=f"{age}", door="web", state=Job.State.DONE, finished_at=ended)
    forgotten = GroupFactory.create(external=True, company__connecting="nobody")
    MembershipFactory.create(group=forgotten)
    out = StringIO()

    call_command("daily", stdout=out)

    assert set(Group.objects.values_list("name", flat=True)) == {"live", "kept", forgotten.name}
    assert [draft.photo.name for draft in PhotoDraft.objects.all()] == ["23"]
    assert AuditEntry.objects.get(action="group.purge").target_name == "old"
    assert [job.kind for job in Job.objects.all()] == ["29"]
    assert not forgotten.entries.exists()
    assert out.getvalue().splitlines() == [
        "Removed 1 deleted groups, 1 photo drafts.",
        "Removed 1 people from external groups, by the rule.",
    ]
