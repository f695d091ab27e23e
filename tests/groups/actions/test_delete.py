"""Deleting, restoring and purging (rules 1.8, 2.17, 2.22)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.actor import Actor, Refused
from accounts.models import Address, AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups.actions import GroupSettings, create_group, delete_group, purge_deleted_groups, restore_group
from groups.models import Group, MailingList, PhotoDraft
from tests.factories import AddressFactory, DesignationFactory, ExternalContactFactory, GroupFactory
from tests.helpers import actor_of, shown

pytestmark = pytest.mark.django_db


def test_a_deleted_group_frees_its_name_and_address(
    group: Group, master: Member, company: Company, last_entry: Callable[[], AuditEntry]
) -> None:
    """Rule 2.17."""
    deleted = delete_group(group, actor=actor_of(master))
    assert (deleted.deleted_by, deleted.version) == (master, 2)
    assert deleted.deleted_at is not None
    assert not Address.objects.filter(local_part="platform").exists()
    AddressFactory.create(company=company, local_part="platform")
    GroupFactory.create(company=company, name="Platform guild")
    assert (last_entry().action, last_entry().target_id) == ("group.delete", group.pk)
    with pytest.raises(Http404):
        delete_group(group, actor=actor_of(master))


def test_groups_that_contain_it_lose_the_entry_and_stay(
    group: Group, master: Member, company: Company
) -> None:
    """Rule 2.22; their versions and histories tell."""
    container = GroupFactory.create(company=company, name="Container", subgroups=[group])
    delete_group(group, actor=actor_of(master))
    container.refresh_from_db()
    assert not container.entries.exists()
    assert (container.version, container.deleted_at) == (2, None)
    entry = AuditEntry.objects.get(target_id=container.pk)
    assert shown(entry.changes["members_removed"][1]) == ["group Platform guild"]
    deletion = AuditEntry.objects.get(action="group.delete")
    assert shown(deletion.changes["contained_in"][0]) == ["group Container"]


@pytest.mark.parametrize("role", ["member", "outsider"])
def test_only_masters_and_administrators_delete(
    request: pytest.FixtureRequest, group: Group, role: str
) -> None:
    with pytest.raises(Refused):
        delete_group(group, actor=actor_of(request.getfixturevalue(role)))


def test_restored_with_everything_in_it(
    group: Group, master: Member, member: Member, administrator: Member
) -> None:
    """Rule 2.17."""
    DesignationFactory.create(mailing_list=group.mailing_list, member=member)
    ExternalContactFactory.create(mailing_list=group.mailing_list)
    before = GroupSettings.of(group)
    delete_group(group, actor=actor_of(master))
    restored = restore_group(group, actor=actor_of(administrator))
    restored = Group.objects.get(pk=restored.pk)
    assert GroupSettings.of(restored) == before
    assert restored.address == "platform@hanbit.example"
    assert (restored.deleted_at, restored.deleted_by, restored.version) == (None, None, 3)
    assert restore_group(group, actor=actor_of(administrator)).version == 3, "twice is once"


def test_masters_do_not_restore(deleted_group: Group, master: Member) -> None:
    """Rule 2.17."""
    with pytest.raises(Http404):
        restore_group(deleted_group, actor=actor_of(master))


def test_a_taken_name_or_address_needs_another(
    group: Group, master: Member, administrator: Member, company: Company
) -> None:
    """Rule 2.17."""
    delete_group(group, actor=actor_of(master))
    GroupFactory.create(company=company, name="PLATFORM guild")
    AddressFactory.create(company=company, local_part="platform", kind="team")
    actor = actor_of(administrator)
    with pytest.raises(Invalid) as invalid:
        restore_group(group, actor=actor)
    assert invalid.value.field == "name"
    with pytest.raises(Invalid) as invalid:
        restore_group(group, actor=actor, name="Back")
    assert invalid.value.field == "address"
    assert "a team" in invalid.value.message
    with pytest.raises(Invalid):
        restore_group(group, actor=actor, name="Back", local_part="UPPER")
    group.refresh_from_db()
    assert group.deleted_at is not None
    restored = restore_group(group, actor=actor, name="Back", local_part="back")
    assert (restored.name, restored.address) == ("Back", "back@hanbit.example")
    changes = AuditEntry.objects.get(action="group.restore", result="done").changes
    assert changes == {
        "name": ["Platform guild", "Back"],
        "address": ["platform@hanbit.example", "back@hanbit.example"],
    }


def test_restoring_respects_the_limits(
    deleted_group: Group, administrator: Member, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules 2.2, 1.8."""
    GroupFactory.create(company=deleted_group.company, members=[member])
    with monkeypatch.context() as patch:
        patch.setitem(Company.GROUP_LIMITS, Company.Plan.PAID, 1)
        with pytest.raises(Invalid, match="Paid"):
            restore_group(deleted_group, actor=actor_of(administrator))
    with monkeypatch.context() as patch:
        patch.setattr("groups.limits.DIRECT_GROUPS_LIMIT", 1)
        with pytest.raises(Invalid, match="Momo Member"):
            restore_group(deleted_group, actor=actor_of(administrator))
    restore_group(deleted_group, actor=actor_of(administrator))


def age(group: Group, days: int, hours: int = 0) -> None:
    Group.objects.filter(pk=group.pk).update(deleted_at=timezone.now() - timedelta(days=days, hours=hours))


def test_after_30_days_it_is_purged(group: Group, deleted_group: Group, master: Member) -> None:
    """Rule 2.17: with its list, not a day earlier, and the audit remembers its name (8.3)."""
    delete_group(group, actor=actor_of(master))
    age(group, 30, 1)
    age(deleted_group, 29, 23)
    assert purge_deleted_groups(actor=Actor.system()) == 1
    assert list(Group.objects.all()) == [deleted_group]
    assert not MailingList.objects.exists()
    entry = AuditEntry.objects.get(action="group.purge")
    assert (entry.target_name, entry.company_id, entry.door) == (
        "Platform guild",
        group.company_id,
        "system",
    )
    assert purge_deleted_groups(actor=Actor.system()) == 0


def test_purging_goes_on_until_nothing_is_left(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groups.actions.delete.PURGED_AT_ONCE", 2)
    for group in GroupFactory.create_batch(5, company=company, deleted=True):
        age(group, 31)
    assert purge_deleted_groups(actor=Actor.system()) == 5


def test_what_was_restored_meanwhile_is_not_purged(
    deleted_group: Group, administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.17: the purge may have chosen it before."""
    from groups.actions import delete

    age(deleted_group, 31)
    purge = delete._purge

    def restored_first(*args: object) -> bool:
        restore_group(deleted_group, actor=actor_of(administrator))
        return purge(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(delete, "_purge", restored_first)
    assert purge_deleted_groups(actor=Actor.system()) == 0
    assert Group.objects.filter(pk=deleted_group.pk, deleted_at=None).exists()


def test_purging_removes_the_files(
    company: Company,
    administrator: Member,
    dialog: Callable[..., GroupSettings],
    draft_of: Callable[[Member], PhotoDraft],
    media: Path,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    settings = dialog(photo=draft_of(administrator))
    group = create_group(company, "internal", settings, actor=actor_of(administrator))
    assert len(list((media / "groups").iterdir())) == 2
    delete_group(group, actor=actor_of(administrator))
    assert len(list((media / "groups").iterdir())) == 2
    age(group, 31)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        purge_deleted_groups(actor=Actor.system())
    assert not list((media / "groups").iterdir())
