"""Where a list is found by its further addresses (rule 4.14): in lists, pickers and Django admin."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Address, Company, Member
from accounts.pickers.search import search
from groups.mail.contacts.own_addresses import own_addresses
from groups.models import Group, ListAlias
from tests.admin_pages import admin_url, errors, save
from tests.factories import AddressFactory, GroupFactory
from tests.groups.pickers.pages import form_of, scope_of
from tests.helpers import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def alias(company: Company, group: Group) -> ListAlias:
    address = AddressFactory.create(company=company, local_part="guild-2", kind=Address.Kind.GROUP_ALIAS)
    assert group.mailing_list is not None
    return ListAlias.objects.create(mailing_list=group.mailing_list, address=address)


@pytest.mark.parametrize("typed", ["guild-2", "guild-2@hanb"])
def test_the_list_of_groups_finds_it(
    company: Company, administrator: Member, group: Group, typed: str
) -> None:
    GroupFactory.create(company=company, name="Elsewhere")
    rows = client_of(administrator).get(reverse("groups:list"), {"q": typed}).context["rows"]
    assert [row.group for row in rows] == [group]
    Group.objects.update(uses_mailing_list=False, message=False)
    assert not client_of(administrator).get(reverse("groups:list"), {"q": typed}).context["rows"]


def test_pickers_find_it_typed_and_pasted(administrator: Member, group: Group) -> None:
    form = form_of(scope_of(administrator), "Guild-2@hanbit.example")
    assert form.is_valid()
    assert form.cleaned_data["chosen"].groups == {group.pk}
    assert [choice.name for choice in search(scope_of(administrator), "guild-2")] == [group.name]


def test_no_contact_has_it(company: Company) -> None:
    """Rule 4.8."""
    assert (
        "A group of your company"
        in own_addresses(company.pk, ["guild-2@hanbit.example"])["guild-2@hanbit.example"]
    )


def test_django_admin_edits_and_finds_it(admin: Client, group: Group) -> None:
    url = admin_url(Group, "change", group.pk)
    save(admin, url, name="Renamed")
    assert group.mailing_list is not None
    aliases = group.mailing_list.aliases.values_list("address__email", flat=True)
    assert list(aliases) == ["guild-2@hanbit.example"]
    assert (
        "guild-2"
        in admin.get(admin_url(type(group.mailing_list), "change", group.mailing_list.pk)).content.decode()
    )
    for model in (Group, type(group.mailing_list)):
        assert "1 result" in admin.get(admin_url(model, "changelist"), {"q": "guild-2"}).content.decode()
    assert list(errors(save(admin, url, aliases="x@outside.example"))) == ["aliases"]
    save(admin, url, aliases="guild-3@hanbit.example\nguild-4@hanbit.example")
    assert sorted(aliases.all()) == ["guild-3@hanbit.example", "guild-4@hanbit.example"]
