"""The picker of contacts: by name and company, and nobody else (rules 6.3, 6.4)."""

import pytest
from django.urls import reverse

from accounts.models import Member
from accounts.pickers.describing import describe
from accounts.pickers.search import search
from groups.models import Group
from groups.pickers.scope import Purpose
from tests.factories import ContactFactory, MemberFactory
from tests.groups.pickers.pages import scope_of
from tests.helpers import ClientOf


def test_the_picker_offers_contacts_by_name_and_company(
    external_group: Group, master: Member, contact: Member, guest: Member, outsider: Member
) -> None:
    """Without addresses, shown or searched (rule 6.4); nobody who is in the group, nobody who cannot be."""
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
        assert describe(scope, [f"member:{person.pk}"])[0].name == "No longer available"


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
