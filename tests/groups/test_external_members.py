""" "Add external members", and what people of other companies see and do in a group (spec 6.3, 6.4, 7)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions.contacts import remove_contact
from accounts.actor import Actor, Invalid, Refused
from accounts.models import AuditEntry, Company, Contact, Member, PartnerDomain
from groups import actions
from groups.actions import GroupSettings, choices
from groups.models import Group, Notice, Notification
from groups.pickers.choice import describe
from groups.pickers.scope import Purpose
from groups.pickers.search import search
from tests.factories import ContactFactory, GroupFactory, MasterFactory, MemberFactory
from tests.groups.pickers import scope_of
from tests.helpers import ClientOf, actor_of


def address(group: Group) -> str:
    return reverse("groups:add_external_members", args=[group.pk])


def add(group: Group, *people: Member, by: Member) -> Group:
    return actions.add_external_members(group, frozenset(p.pk for p in people), actor=actor_of(by))


def is_in(group: Group, person: Member) -> bool:
    return group.entries.filter(member=person).exists()


@pytest.fixture
def contact(master: Member, stranger: Member) -> Member:
    """The stranger, in the master's Contacts now."""
    ContactFactory.create(owner=master, person=stranger)
    return stranger


@pytest.fixture
def guest_master(external_group: Group, guest: Member) -> Member:
    MasterFactory.create(group=external_group, member=guest)
    return guest


def test_a_master_adds_from_their_contacts(external_group: Group, master: Member, contact: Member) -> None:
    """Spec 6.3, 8.1: both companies' audits have it, each with what is theirs to know (spec 6.4)."""
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
    """Spec 8.1, 6.4: by which company it was done, and of its own people only."""
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
    """Spec 5.1."""
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
    """Not an administrator's by being one, no colleagues, nobody else's contacts (spec 6.2); unnamed."""
    for by, person in ((administrator, contact), (master, outsider)):
        with pytest.raises(Invalid) as raised:
            add(external_group, person, by=by)
        assert raised.value.field == "members"
        assert person.name not in raised.value.message
        assert not is_in(external_group, person)


def connects_with_nobody(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.NOBODY)


def connects_with_another_only(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(partners=Company.Partners.NAMED)
    PartnerDomain.objects.create(company=company, name="another.example")


def lets_chosen_people_connect(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)


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
    """Spec 6.1: a permission withdrawn between opening the dialog and saving."""
    change(other_company)

    with pytest.raises(Invalid, match=r"Cannot be reached at present.*Sten Stranger"):
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
    """Spec 1.8."""
    monkeypatch.setattr(choices, "DIRECT_GROUPS_LIMIT", 1)
    GroupFactory.create(company=contact.company, members=[contact])

    with pytest.raises(Invalid, match="Sten Stranger"):
        add(external_group, contact, by=master)


@pytest.mark.parametrize("name", ["group", "private_group"])
def test_internal_groups_have_no_external_members(
    request: pytest.FixtureRequest, administrator: Member, contact: Member, name: str
) -> None:
    """Spec 2.1."""
    ContactFactory.create(owner=administrator, person=contact)

    with pytest.raises(Refused):
        add(request.getfixturevalue(name), contact, by=administrator)


def test_the_system_has_no_contacts(external_group: Group, contact: Member) -> None:
    with pytest.raises(Invalid):
        actions.add_external_members(external_group, frozenset({contact.pk}), actor=Actor.system())


def test_members_add_nobody(external_group: Group, member: Member, stranger: Member) -> None:
    """Spec 7."""
    ContactFactory.create(owner=member, person=stranger)

    with pytest.raises(Refused):
        add(external_group, stranger, by=member)


# --- Guests who run the group


def test_a_master_of_another_company_adds_from_their_own_contacts(
    external_group: Group, guest_master: Member, outsider: Member
) -> None:
    """Spec 7: also people of the company that owns the group, whom they know."""
    ContactFactory.create(owner=guest_master, person=outsider)
    third = MemberFactory.create(company__domain="third.example")
    ContactFactory.create(owner=guest_master, person=third)

    add(external_group, outsider, third, by=guest_master)

    assert is_in(external_group, outsider)
    assert is_in(external_group, third)


def test_but_nobody_whom_the_owner_does_not_connect_with(
    external_group: Group, guest_master: Member, company: Company
) -> None:
    """Spec 6.1: two companies that connect, in a group of one that connects with one of them."""
    third = MemberFactory.create(company__domain="third.example")
    ContactFactory.create(owner=guest_master, person=third)
    Company.objects.filter(pk=company.pk).update(partners=Company.Partners.NAMED)
    PartnerDomain.objects.create(company=company, name="nordlicht.example")

    with pytest.raises(Invalid, match=third.name):
        add(external_group, third, by=guest_master)


def test_a_guest_made_master_edits(
    client_of: ClientOf, external_group: Group, guest_master: Member, member: Member
) -> None:
    """Spec 7, last column: what a master may, and neither deleting nor the owner's setting."""
    client = client_of(guest_master)
    page = client.get(reverse("groups:edit", args=[external_group.pk])).content.decode()
    assert "people of this group" in page
    settings = {"name": "Renamed", "version": "1", "masters": f"member:{guest_master.pk}", "notifies": "on"}
    people = "\n".join(f"member:{pk}" for pk in external_group.entries.values_list("member", flat=True))

    answer = client.post(reverse("groups:edit", args=[external_group.pk]), settings | {"members": people})

    assert answer.status_code == 302
    external_group.refresh_from_db()
    assert (external_group.name, external_group.notifies) == ("Renamed", True)
    assert client.post(reverse("groups:delete", args=[external_group.pk])).status_code == 403


def test_a_guest_learns_nothing_of_the_owners_names(
    client_of: ClientOf, external_group: Group, guest_master: Member, private_group: Group
) -> None:
    """Spec 1.1, 5.3: the name of another group there is told only in saving, and not whose it is."""
    client = client_of(guest_master)
    check = f"{reverse('groups:check_name')}?group={external_group.pk}"
    assert "already" not in client.post(check, {"name": private_group.name}).content.decode()

    with pytest.raises(Invalid, match="cannot be given"):
        actions.update_group(
            external_group,
            _named(external_group, private_group.name),
            external_group.version,
            actor=actor_of(guest_master),
        )


def _named(group: Group, name: str) -> GroupSettings:
    return replace(GroupSettings.of(group), name=name)


def test_a_guest_sees_of_others_what_there_is_to_see(
    client_of: ClientOf, external_group: Group, guest_master: Member, master: Member, member: Member
) -> None:
    """Spec 6.4: name, company and photo, on every page of the group; of their directory nothing."""
    client = client_of(guest_master)
    names = (
        "detail",
        "edit",
        "edit_members",
        "add_external_members",
        "name_master",
        "settings_of",
        "history",
    )
    pages = [client.get(reverse(f"groups:{name}", args=[external_group.pk])) for name in names]
    detail = reverse("groups:detail", args=[external_group.pk])
    pages += [client.get(detail, {"show": show}) for show in ("direct", "masters")]
    for answer in pages:
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "@hanbit.example" not in text
        assert "Otto Outsider" not in text
        assert "Ada Administrator" not in text
    for show in ("", "direct", "masters"):
        text = client.get(detail, {"show": show}).content.decode()
        assert "Hanbit" in text
    for purpose in Purpose:
        query = {"purpose": purpose.value, "group": external_group.pk, "q": "o"}
        assert "Otto" not in client.get(reverse("groups:pick"), query).content.decode()
        assert "Otto" not in client.get(reverse("groups:pick_teams"), query).content.decode()


def test_masters_of_other_companies_must_still_be_allowed(
    external_group: Group, administrator: Member, guest: Member, other_company: Company
) -> None:
    """Spec 2.7, 6.1."""
    connects_with_another_only(other_company)

    with pytest.raises(Invalid):
        actions.add_masters(external_group, frozenset({guest.pk}), actor=actor_of(administrator))
    assert not external_group.masters.filter(member=guest).exists()


# --- The picker and the page


def test_the_picker_offers_contacts_by_name_and_company(
    external_group: Group, master: Member, contact: Member, guest: Member, outsider: Member
) -> None:
    """Without addresses, shown or searched (spec 6.4); nobody who is in the group, nobody who cannot be."""
    ContactFactory.create(owner=master, person=guest)
    cut_off = MemberFactory.create(name="Cut Off", company__connecting="nobody")
    ContactFactory.create(owner=master, person=cut_off)
    scope = scope_of(master, Purpose.CONTACTS, group=external_group)

    for typed in ("sten", "STRANGER", "nordl"):
        [found] = search(scope, typed)
        assert (found.token, found.label, found.detail) == (
            f"member:{contact.pk}",
            "\u2068Sten Stranger\u2069",
            "\u2068Nordlicht\u2069",
        )
    for typed in ("sten@", "nordlicht.example", "otto", "greta", "cut"):
        assert search(scope, typed) == []


def test_the_picker_names_nobody_by_a_guessed_number(
    external_group: Group, master: Member, other_administrator: Member, outsider: Member
) -> None:
    scope = scope_of(master, Purpose.CONTACTS, group=external_group)

    for person in (other_administrator, outsider):
        assert describe(scope, [f"member:{person.pk}"])[0].name == "Not available"


def test_pasted_addresses_lead_to_nobody(
    client_of: ClientOf, external_group: Group, master: Member, contact: Member
) -> None:
    url = f"{reverse('groups:pick_paste')}?purpose=contacts&group={external_group.pk}"

    answer = client_of(master).post(url, {"text": "sten@nordlicht.example, otto@hanbit.example"})

    assert answer.json()["tokens"] == []


@pytest.mark.parametrize("query", ["purpose=contacts", "purpose=contacts&kind=external"])
def test_contacts_are_picked_for_an_external_group_only(
    client_of: ClientOf, administrator: Member, group: Group, query: str
) -> None:
    client = client_of(administrator)

    assert client.get(f"{reverse('groups:pick')}?{query}&q=x").status_code == 404
    assert client.get(f"{reverse('groups:pick')}?{query}&group={group.pk}&q=x").status_code == 404


@pytest.fixture
def client(client_of: ClientOf, master: Member) -> Client:
    return client_of(master)


def test_boxes_to_tick_without_javascript(
    client: Client, external_group: Group, master: Member, contact: Member
) -> None:
    """Spec 6.3; no address is shown."""
    other = MemberFactory.create(company=contact.company, name="Another Person")
    ContactFactory.create(owner=master, person=other)
    page = client.get(address(external_group)).content.decode()
    assert f'type="checkbox" name="members" value="member:{contact.pk}"' in page
    assert "sten@nordlicht.example" not in page

    tokens = [f"member:{contact.pk}", f"member:{other.pk}", ""]
    answer = client.post(address(external_group), {"members": tokens}, follow=True)

    assert "2 people were added" in answer.content.decode()
    assert is_in(external_group, contact)
    assert is_in(external_group, other)
    assert "Nobody to add" in client.get(address(external_group)).content.decode()


def test_a_mistake_keeps_what_was_ticked(
    client: Client, external_group: Group, master: Member, contact: Member, other_company: Company
) -> None:
    """Who cannot be added any more is named, and their box is there to be taken out."""
    fine = MemberFactory.create(name="Fine Person", company__domain="fine.example")
    ContactFactory.create(owner=master, person=fine)
    lets_chosen_people_connect(other_company)

    answer = client.post(address(external_group), {"members": [f"member:{contact.pk}", f"member:{fine.pk}"]})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Cannot be reached at present" in page
    for person in (contact, fine):
        box = page.split(f'value="member:{person.pk}"')[1].split(">")[0]
        assert "checked" in box
    assert not is_in(external_group, fine)
    assert client.post(address(external_group), {"members": f"member:{fine.pk}"}).status_code == 302


@pytest.mark.parametrize(
    "posted", ["", "nonsense", "sten@nordlicht.example", "member:0", "team:1", "member:99999999999", "\0"]
)
def test_bad_input(client: Client, external_group: Group, contact: Member, posted: str) -> None:
    answer = client.post(address(external_group), {"members": posted})

    assert answer.status_code == 422
    assert answer.context["form"].errors["members"]
    assert external_group.entries.count() == 2


def test_the_dialog_over_the_page(
    client_of: ClientOf, external_group: Group, master: Member, contact: Member
) -> None:
    client = client_of(master, htmx=True)

    dialog = client.get(address(external_group), headers={"HX-Target": "dialog"}).content.decode()
    assert dialog.lstrip().startswith('<div class="modal')
    answer = client.post(address(external_group), {"members": ""}, headers={"HX-Target": "group-form"})
    assert answer.content.decode().lstrip().startswith('<form id="group-form"')


def test_who_sees_the_button(
    client_of: ClientOf, external_group: Group, group: Group, master: Member, member: Member
) -> None:
    def button(viewer: Member, shown: Group) -> bool:
        page = client_of(viewer).get(reverse("groups:detail", args=[shown.pk])).content.decode()
        return address(shown) in page

    assert button(master, external_group)
    assert not button(member, external_group)
    assert not button(master, group)


def test_the_other_side_finds_the_group(
    client_of: ClientOf, external_group: Group, master: Member, contact: Member
) -> None:
    """Under their own Contacts › Groups, with the owning company's name (spec 6.3)."""
    add(external_group, contact, by=master)

    page = client_of(contact).get(reverse("groups:belonging")).content.decode()

    assert "Joint venture" in page
    assert "Hanbit" in page


def test_the_number_of_queries_does_not_grow(
    client: Client, external_group: Group, master: Member, other_company: Company
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(external_group)).status_code == 200
        return len(captured)

    for person in MemberFactory.create_batch(3, company=other_company):
        ContactFactory.create(owner=master, person=person)
    few = queries()
    for person in MemberFactory.create_batch(30, company=other_company):
        ContactFactory.create(owner=master, person=person)
    assert queries() == few
    assert Contact.objects.filter(owner=master).count() == 33
