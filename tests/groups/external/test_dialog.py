"""The page and dialog "Add external members" (rule 6.3)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, Contact, Member
from groups.models import Group
from tests.factories import ContactFactory, MemberFactory
from tests.helpers import ClientOf

from .adding import address, is_in, lets_chosen_people_connect


@pytest.fixture
def client(client_of: ClientOf, master: Member) -> Client:
    return client_of(master)


def test_boxes_to_tick_without_javascript(
    client: Client, external_group: Group, master: Member, contact: Member
) -> None:
    """Rule 6.3; no address is shown."""
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
    assert "No one to add" in client.get(address(external_group)).content.decode()


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
    assert "These people cannot be reached right now" in page
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
