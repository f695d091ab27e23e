""" "Undo" after something was taken out of a group, or with it (rule 10.13)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Company, Member, Undoable
from groupadmin.base.kept_rows import plain
from groups.models import Folder, FolderFile, Group, Master, Membership, Notification
from groups.room.tasks.actions import set_done
from tests.factories import (
    DesignationFactory,
    FolderFactory,
    FolderFileFactory,
    GroupFactory,
    MailingListFactory,
    MembershipFactory,
    TaskFactory,
)
from tests.groups.dialogs import as_it_is
from tests.helpers import ClientOf, actor_of
from tests.undo import offered, undo


def people_of(group: Group) -> list[list[dict[str, Any]]]:
    """Who is in it and who runs it, with ids, dates and origins."""
    return [plain(rows.objects.filter(group=group).order_by("pk")) for rows in (Membership, Master)]


@pytest.mark.parametrize("kind", ["member", "team", "subgroup"])
def test_whoever_was_taken_out_is_in_it_as_before(
    client_of: ClientOf, administrator: Member, member: Member, outsider: Member, group: Group, kind: str
) -> None:
    """The same entry with its date and origin; nobody is told of either who has not seen it yet."""
    Group.objects.filter(pk=group.pk).update(notifies=True)
    inner = GroupFactory.create(company=group.company, members=[outsider])
    MembershipFactory.create(group=group, subgroup=inner)
    group.entries.update(added_at="2020-05-01T10:00:00.123456Z", source="hr", added_by=member)
    before = people_of(group)
    entry = group.entries.get(**{f"{kind}__isnull": False})
    client = client_of(administrator)
    page = client.post(reverse("groups:remove_entry", args=[group.pk, entry.pk]), follow=True)
    assert people_of(group) != before
    assert Notification.objects.count() == 1

    undo(client, page)

    assert people_of(group) == before
    assert not Notification.objects.exists()
    entries = AuditEntry.objects.filter(action="group.edit_members").order_by("pk")
    assert [bool(entry.reason) for entry in entries] == [False, True]


def test_whoever_has_seen_that_they_were_taken_out_is_told_that_they_are_back(
    client_of: ClientOf, administrator: Member, member: Member, group: Group
) -> None:
    Group.objects.filter(pk=group.pk).update(notifies=True)
    client, entry = client_of(administrator), group.entries.get(member=member)
    page = client.post(reverse("groups:remove_entry", args=[group.pk, entry.pk]), follow=True)
    Notification.objects.update(read_at="2026-11-30T10:00:00Z")

    undo(client, page)

    kinds = Notification.objects.filter(member=member).order_by("pk").values_list("notice__kind", flat=True)
    assert [*kinds] == ["removed", "joined"]


def test_somebody_of_another_company_is_back_in_the_external_group(
    client_of: ClientOf, master: Member, guest: Member, external_group: Group
) -> None:
    """No contact is needed, as they were in it a moment ago; but they must still be allowed to be in it."""
    before = people_of(external_group)
    client, entry = client_of(master), external_group.entries.get(member=guest)
    address = reverse("groups:remove_entry", args=[external_group.pk, entry.pk])

    page = client.post(address, follow=True)
    said = page.content.decode()
    assert guest.name in said
    assert guest.email not in said
    undo(client, page)
    assert people_of(external_group) == before

    page = client.post(address, follow=True)
    Member.objects.filter(pk=guest.pk).update(may_connect=False)
    Company.objects.filter(members=guest).update(connecting=Company.Connecting.NOBODY)
    assert "may no longer be in this group" in undo(client, page)
    assert not external_group.entries.filter(member=guest).exists()


def test_a_master_is_one_again(
    client_of: ClientOf, administrator: Member, member: Member, group: Group
) -> None:
    Master.objects.create(group=group, member=member, source="hr")
    group.masters.update(since="2020-05-01T10:00:00Z")
    before, client = people_of(group), client_of(administrator)
    page = client.post(
        reverse("groups:remove_master", args=[group.pk]), {"member": str(member.pk)}, follow=True
    )
    assert people_of(group) != before

    undo(client, page)

    assert people_of(group) == before


@pytest.mark.usefixtures("master")
def test_whoever_gave_up_their_own_role_is_not_offered_it(
    client_of: ClientOf, member: Member, group: Group
) -> None:
    Master.objects.create(group=group, member=member)
    page = client_of(member).post(
        reverse("groups:remove_master", args=[group.pk]), {"member": str(member.pk)}, follow=True
    )
    assert not group.masters.filter(member=member).exists()
    assert not offered(page)


def test_a_private_group_out_of_sight_is_not_offered_again(
    client_of: ClientOf, master: Member, group: Group
) -> None:
    """Rule 2.21: who may not see it could not add it."""
    inner = GroupFactory.create(company=group.company, private=True)
    entry = MembershipFactory.create(group=group, subgroup=inner)
    address = reverse("groups:remove_entry", args=[group.pk, entry.pk])
    page = client_of(master).post(address, follow=True)
    assert not Membership.objects.filter(pk=entry.pk).exists()
    assert not offered(page)


def test_undo_works_once_and_not_after_others_have_changed_it(
    client_of: ClientOf, administrator: Member, member: Member, group: Group
) -> None:
    client, entry = client_of(administrator), group.entries.get(member=member)
    address = reverse("groups:remove_entry", args=[group.pk, entry.pk])
    page = client.post(address, follow=True)
    undo(client, page)
    assert "undone already" in undo(client, page)

    page = client.post(address, follow=True)
    Group.objects.filter(pk=group.pk).update(version=99)
    assert "changed since" in undo(client, page)
    assert not group.entries.filter(member=member).exists()


def test_nobody_undoes_what_others_did_or_may_no_longer_change(
    client_of: ClientOf, administrator: Member, master: Member, member: Member, group: Group
) -> None:
    entry = group.entries.get(member=member)
    client = client_of(master)
    page = client.post(reverse("groups:remove_entry", args=[group.pk, entry.pk]), follow=True)
    assert client_of(administrator).post(offered(page)).status_code == 404

    Master.objects.filter(group=group).delete()

    assert client.post(offered(page)).status_code in {403, 404}
    assert not group.entries.filter(member=member).exists()
    assert AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED, actor_id=master.pk).exists()


def test_it_can_be_undone_for_an_hour(
    client_of: ClientOf, administrator: Member, member: Member, group: Group
) -> None:
    client, entry = client_of(administrator), group.entries.get(member=member)
    page = client.post(reverse("groups:remove_entry", args=[group.pk, entry.pk]), follow=True)
    Undoable.objects.update(created_at="2020-01-01T00:00:00Z")

    assert "can no longer be undone" in undo(client, page)


def test_the_dialog_is_as_it_was(
    client_of: ClientOf, administrator: Member, member: Member, outsider: Member, group: Group
) -> None:
    """A feature that is off is on again, with people, designated ones and contacts of the list."""
    mailing_list = MailingListFactory.create(company=group.company)
    Group.objects.filter(pk=group.pk).update(mailing_list=mailing_list, uses_mailing_list=True, note=True)
    mailing_list.external_contacts.create(email="ada@elsewhere.example", name="Ada")
    DesignationFactory.create(mailing_list=mailing_list, member=member)
    group.refresh_from_db()
    before, lists = people_of(group), [*mailing_list.external_contacts.values_list("email", "name")]
    client = client_of(administrator)
    form = as_it_is(group, members=f"member:{outsider.pk}", note=None)
    page = client.post(reverse("groups:edit", args=[group.pk]), form, follow=True)
    group.refresh_from_db()
    assert not group.note
    assert not mailing_list.external_contacts.exists()
    assert people_of(group) != before

    undo(client, page)

    group.refresh_from_db()
    assert group.note
    assert people_of(group) == before
    assert [*mailing_list.external_contacts.values_list("email", "name")] == lists
    assert mailing_list.designations.get().member == member


def test_a_deleted_group_is_back_where_it_was(
    client_of: ClientOf, administrator: Member, master: Member, member: Member, group: Group
) -> None:
    """With its people, in the groups and the lists where it was (rules 2.17, 2.22)."""
    outer = GroupFactory.create(company=group.company, members=[member])
    MembershipFactory.create(group=outer, subgroup=group, source="hr")
    mailing_list = MailingListFactory.create(company=group.company)
    Group.objects.filter(pk=outer.pk).update(mailing_list=mailing_list, uses_mailing_list=True)
    DesignationFactory.create(mailing_list=mailing_list, member=None, group=group)
    before = people_of(group), people_of(outer), plain(mailing_list.designations.all())
    client = client_of(administrator)
    page = client.post(reverse("groups:delete", args=[group.pk]), {"typed": group.name}, follow=True)
    assert Group.objects.get(pk=group.pk).deleted_at
    assert not mailing_list.designations.exists()

    undo(client, page)

    assert Group.objects.get(pk=group.pk).deleted_at is None
    assert (people_of(group), people_of(outer), plain(mailing_list.designations.all())) == before


def test_a_master_cannot_undo_deleting(client_of: ClientOf, master: Member, group: Group) -> None:
    """Administrators alone restore (rule 2.17)."""
    page = client_of(master).post(
        reverse("groups:delete", args=[group.pk]), {"typed": group.name}, follow=True
    )
    assert Group.objects.get(pk=group.pk).deleted_at
    assert not offered(page)


def test_what_went_to_the_bin_is_out_of_it(client_of: ClientOf, member: Member, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(folder=True)
    folder = FolderFactory.create(group=group, author=member)
    inside = FolderFileFactory.create(group=group, author=member, folder=folder)
    alone = FolderFileFactory.create(group=group, author=member)
    client = client_of(member)
    items = {"item": [f"d{folder.pk}", f"f{alone.pk}"]}
    page = client.post(reverse("room:folder_delete", args=[group.pk]), items, follow=True)
    assert Folder.objects.get(pk=folder.pk).binned_at

    undo(client, page)

    assert not Folder.objects.filter(binned_at__isnull=False).exists()
    assert not FolderFile.objects.filter(binned_at__isnull=False).exists()
    assert FolderFile.objects.get(pk=inside.pk).folder == folder


def test_a_ticked_task_is_open_again(client_of: ClientOf, member: Member, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(task=True)
    task = TaskFactory.create(group=group, author=member)
    client = client_of(member)
    page = client.post(reverse("room:task_done", args=[group.pk, task.pk]), {"done": "1"}, follow=True)
    task.refresh_from_db()
    assert task.done_at

    undo(client, page)

    task.refresh_from_db()
    assert task.done_at is None


def test_a_task_that_was_opened_is_done_since_when_it_was(
    client_of: ClientOf, member: Member, master: Member, group: Group
) -> None:
    """Rule 10.13: not as if whoever undoes it had done it now; and not after others had it in hand."""
    Group.objects.filter(pk=group.pk).update(task=True)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    task = TaskFactory.create(group=group, author=member, done_at=long_ago, done_by_name="Ada")
    address = reverse("room:task_done", args=[group.pk, task.pk])
    client = client_of(member)
    page = client.post(address, {"done": ""}, follow=True)
    undo(client, page)
    task.refresh_from_db()
    assert (task.done_at, task.done_by_name) == (long_ago, "Ada")

    page = client.post(address, {"done": ""}, follow=True)
    actor = actor_of(master)
    Membership.objects.get_or_create(group=group, member=master)
    for is_done in (True, False, True):
        set_done(group, task.pk, is_done, actor=actor)
    undo(client, page)
    task.refresh_from_db()
    assert task.done_by_name == master.name
