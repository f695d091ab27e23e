"""Who may be added from whose Contacts, and who hears of it (rules 6.1, 6.3, 8.1)."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.actions.contacts import remove_contact
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups import actions, limits
from groups.models import Group, Notice, Notification
from tests.factories import ContactFactory, GroupFactory, MemberFactory
from tests.helpers import ClientOf, actor_of

from .adding import add, connects_with_another_only, connects_with_nobody, is_in, lets_chosen_people_connect


def test_a_master_adds_from_their_contacts(external_group: Group, master: Member, contact: Member) -> None:
    """Rules 6.3, 8.1: both companies' audits have it, each with what is theirs to know (rule 6.4)."""
    version = external_group.version

    add(external_group, contact, by=master)

    assert is_in(external_group, contact)
    external_group.refresh_from_db()
    assert external_group.version == version + 1
    own, theirs = AuditEntry.objects.filter(action="group.add_external_members").order_by("pk")
    assert (own.company_id, own.actor_id, own.target_id) == (
        master.company_id,
        master.pk,
        external_group.pk,
    )
    assert [item["name"] for item in own.changes["members_added"][1]] == ["Sten Stranger"]
    assert (theirs.company_id, theirs.target_name) == (contact.company_id, "Joint venture")
    assert [item["id"] for item in theirs.changes["members_added"][1]] == [contact.pk]
    assert theirs.changes["company"] == [None, "Hanbit"]
    assert (theirs.actor_id, theirs.actor_email, theirs.ip) == (None, "", None)


def test_each_company_reads_of_its_own_people(
    external_group: Group, master: Member, contact: Member, company: Company
) -> None:
    third = MemberFactory.create(
        name="Third Person", email="third@third.example", company__domain="third.example"
    )
    ContactFactory.create(owner=master, person=third)

    add(external_group, contact, third, by=master)

    entry = AuditEntry.objects.get(action="group.add_external_members", company_id=third.company_id)
    assert "Sten" not in str(entry.changes)
    assert "Third Person" in str(entry.changes)


def test_both_companies_read_who_was_removed(
    external_group: Group, master: Member, guest: Member, member: Member
) -> None:
    """Rules 8.1, 6.4: by which company it was done, and of its own people only."""
    gone = actions.Entries(members=frozenset({guest.pk, member.pk}))

    actions.edit_entries(external_group, actions.Entries(), gone, actor=actor_of(master))

    own = AuditEntry.objects.get(company_id=master.company_id)
    assert (own.action, own.actor_id) == ("group.edit_members", master.pk)
    theirs = AuditEntry.objects.get(company_id=guest.company_id)
    assert (theirs.action, theirs.target_name) == ("group.remove_external_members", "Joint venture")
    assert [item["id"] for item in theirs.changes["members_removed"][1]] == [guest.pk]
    assert theirs.changes["company"] == [None, "Hanbit"]
    assert (theirs.actor_id, theirs.actor_name, theirs.actor_email, theirs.ip) == (None, "Hanbit", "", None)


@pytest.mark.parametrize("notifies", [True, False])
def test_who_is_added_is_told_if_the_group_tells(
    external_group: Group, master: Member, contact: Member, notifies: bool
) -> None:
    """Rule 5.1."""
    Group.objects.filter(pk=external_group.pk).update(notifies=notifies)

    add(external_group, contact, by=master)

    told = Notification.objects.filter(member=contact, notice__kind=Notice.Kind.JOINED)
    assert told.exists() == notifies


def test_twice_changes_nothing_the_second_time(
    external_group: Group, master: Member, contact: Member, guest: Member
) -> None:
    """A doubled form, and somebody who is in it already."""
    add(external_group, contact, by=master)
    add(external_group, contact, by=master)
    add(external_group, guest, by=master)

    assert external_group.entries.filter(member=contact).count() == 1
    assert AuditEntry.objects.filter(action="group.add_external_members").count() == 2


def test_only_ones_own_contacts(
    external_group: Group, master: Member, administrator: Member, contact: Member, outsider: Member
) -> None:
    """Not an administrator's by being one, no colleagues, nobody else's contacts (rule 6.2); unnamed."""
    for by, person in ((administrator, contact), (master, outsider)):
        with pytest.raises(Invalid) as raised:
            add(external_group, person, by=by)
        assert raised.value.field == "members"
        assert person.name not in raised.value.message
        assert not is_in(external_group, person)


def shuts_out(company: Company) -> None:
    company.members.filter(name="Sten Stranger").update(is_active=False)


@pytest.mark.parametrize(
    "change", [connects_with_nobody, connects_with_another_only, lets_chosen_people_connect, shuts_out]
)
def test_who_cannot_be_reached_any_more_is_named(
    change: Callable[[Company], None],
    external_group: Group,
    master: Member,
    contact: Member,
    other_company: Company,
) -> None:
    """Rule 6.1: a permission withdrawn between opening the dialog and saving."""
    change(other_company)

    with pytest.raises(Invalid, match=r"These people cannot be reached right now.*Sten Stranger"):
        add(external_group, contact, by=master)
    assert not is_in(external_group, contact)


def test_who_lost_the_own_permission_adds_nobody(
    external_group: Group, master: Member, contact: Member, company: Company
) -> None:
    connects_with_nobody(company)

    with pytest.raises(Invalid):
        add(external_group, contact, by=master)


def test_a_contact_that_ended_meanwhile(external_group: Group, master: Member, contact: Member) -> None:
    """Removed by the other side while the dialog was open."""
    remove_contact(master, actor=actor_of(contact))

    with pytest.raises(Invalid):
        add(external_group, contact, by=master)


def test_the_most_groups_of_a_person(
    external_group: Group, master: Member, contact: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 1.8."""
    monkeypatch.setattr(limits, "DIRECT_GROUPS_LIMIT", 1)
    GroupFactory.create(company=contact.company, members=[contact])

    with pytest.raises(Invalid, match="Sten Stranger"):
        add(external_group, contact, by=master)


@pytest.mark.parametrize("name", ["group", "private_group"])
def test_internal_groups_have_no_external_members(
    request: pytest.FixtureRequest, administrator: Member, contact: Member, name: str
) -> None:
    """Rule 2.1."""
    ContactFactory.create(owner=administrator, person=contact)

    with pytest.raises(Refused):
        add(request.getfixturevalue(name), contact, by=administrator)


def test_the_system_has_no_contacts(external_group: Group, contact: Member) -> None:
    with pytest.raises(Invalid):
        actions.add_external_members(external_group, frozenset({contact.pk}), actor=Actor.system())


def test_members_add_nobody(external_group: Group, member: Member, stranger: Member) -> None:
    """Rule 7."""
    ContactFactory.create(owner=member, person=stranger)

    with pytest.raises(Refused):
        add(external_group, stranger, by=member)


def test_the_other_side_finds_the_group(
    client_of: ClientOf, external_group: Group, master: Member, contact: Member
) -> None:
    """Under their own Contacts › Groups, with the owning company's name (rule 6.3)."""
    add(external_group, contact, by=master)

    page = client_of(contact).get(reverse("groups:belonging")).content.decode()

    assert "Joint venture" in page
    assert "Hanbit" in page
