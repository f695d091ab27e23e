"""What another company reads of its own people in an external group, in its audit (rules 1.1, 6.4, 8.1)."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member
from groups import actions
from groups.actions import GroupSettings
from groups.models import Group
from tests.factories import GroupFactory, MasterFactory
from tests.helpers import ClientOf, actor_of


@pytest.fixture
def other_client(other_administrator: Member, client_of: ClientOf) -> Client:
    return client_of(other_administrator)


def of_other(company: Company, action: str) -> AuditEntry:
    """The other company's one entry of this action, which says neither who did it nor from where."""
    entry = AuditEntry.objects.get(company_id=company.pk, action=action)
    assert (entry.actor_id, entry.actor_name, entry.actor_email, entry.ip) == (None, "Hanbit", "", None)
    assert entry.target_name == "Joint venture"
    assert entry.changes["company"] == [None, "Hanbit"]
    for name in ("Momo", "Mira", "hanbit.example"):
        assert name not in str(entry.changes)
        assert name.lower() not in entry.people_folded
    return entry


def ids(side: list[dict[str, object]]) -> list[object]:
    return [item["id"] for item in side]


def test_deleting_and_restoring(
    external_group: Group,
    administrator: Member,
    guest: Member,
    stranger: Member,
    other_company: Company,
    other_client: Client,
) -> None:
    """Rule 2.17: its people are in the group no longer, as members and as masters, and then again."""
    MasterFactory.create(group=external_group, member=stranger)
    actor = actor_of(administrator)

    actions.delete_group(external_group, actor=actor)

    entry = of_other(other_company, "group.delete")
    assert ids(entry.changes["members_removed"][1]) == [guest.pk]
    assert (ids(entry.changes["masters"][0]), entry.changes["masters"][1]) == ([stranger.pk], [])
    page = other_client.get(reverse("accounts:audit_entry", args=[entry.pk])).content.decode()
    for told in ("Delete group", "Joint venture", "Greta Guest", "Sten Stranger", "Hanbit"):
        assert told in page
    assert "Ada Administrator" not in page

    actions.restore_group(external_group, actor=actor)

    entry = of_other(other_company, "group.restore")
    assert ids(entry.changes["members_added"][1]) == [guest.pk]
    assert ids(entry.changes["masters"][1]) == [stranger.pk]


def test_nobody_else_reads_of_it(
    company: Company, external_group: Group, administrator: Member, stranger: Member
) -> None:
    """Neither companies without people there nor, of internal groups, any other one."""
    internal = GroupFactory.create(company=company, members=[administrator])
    third = GroupFactory.create(company=company, external=True, members=[administrator])

    for group in (internal, third):
        actions.delete_group(group, actor=actor_of(administrator))

    assert set(AuditEntry.objects.values_list("company_id", flat=True)) == {company.pk}


def test_naming_and_removing_a_master(
    external_group: Group, master: Member, guest: Member, other_company: Company, other_client: Client
) -> None:
    """Rule 2.7."""
    actor = actor_of(master)

    actions.add_masters(external_group, frozenset({guest.pk}), actor=actor)

    entry = of_other(other_company, "group.set_external_masters")
    assert (entry.changes["masters"][0], ids(entry.changes["masters"][1])) == ([], [guest.pk])
    assert "Edit external masters" in other_client.get(reverse("accounts:audit")).content.decode()

    actions.remove_master(external_group, guest, actor=actor)

    entry = AuditEntry.objects.filter(company_id=other_company.pk).latest("pk")
    assert entry.action == "group.set_external_masters"
    assert (ids(entry.changes["masters"][0]), entry.changes["masters"][1]) == ([guest.pk], [])


def test_by_the_dialog_too(
    external_group: Group, master: Member, guest: Member, other_company: Company
) -> None:
    settings = GroupSettings.of(external_group)
    wanted = replace(settings, masters=settings.masters | {guest.pk})

    actions.update_group(external_group, wanted, external_group.version, actor=actor_of(master))

    assert of_other(other_company, "group.set_external_masters")


def test_changes_among_the_owners_masters_are_the_owners(
    external_group: Group, master: Member, member: Member, guest: Member, other_company: Company
) -> None:
    MasterFactory.create(group=external_group, member=guest)

    actions.add_masters(external_group, frozenset({member.pk}), actor=actor_of(master))

    assert not AuditEntry.objects.filter(company_id=other_company.pk).exists()


def test_who_gives_up_the_role_is_named_to_their_own_company(
    external_group: Group, guest: Member, other_company: Company
) -> None:
    """Their own administrators read who it was."""
    MasterFactory.create(group=external_group, member=guest)

    actions.give_up_master(external_group, actor=actor_of(guest))

    entry = AuditEntry.objects.get(company_id=other_company.pk)
    assert (entry.action, entry.actor_id) == ("group.set_external_masters", guest.pk)


def test_by_the_system(external_group: Group, guest: Member, other_company: Company) -> None:
    actions.delete_group(external_group, actor=Actor.system())
    entry = AuditEntry.objects.get(company_id=other_company.pk)
    assert (entry.door, ids(entry.changes["members_removed"][1])) == ("system", [guest.pk])
