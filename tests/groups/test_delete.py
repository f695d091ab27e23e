"""Deleting a group asks first, naming what it touches (rule 2.17)."""

import pytest
from django.urls import reverse

from accounts.models import Company, Member
from groups.models import Group
from tests.factories import ExternalContactFactory, GroupFactory
from tests.helpers import ClientOf


def address(group: Group) -> str:
    return reverse("groups:delete", args=[group.pk])


def test_the_question_names_what_it_touches(
    client_of: ClientOf, company: Company, master: Member, group: Group
) -> None:
    """People, address, contacts, groups that contain it; private ones without their name (rule 2.21)."""
    GroupFactory.create(company=company, name="Public one", subgroups=[group])
    GroupFactory.create(company=company, name="Hidden one", private=True, subgroups=[group])
    ExternalContactFactory.create(mailing_list=group.mailing_list)

    page = client_of(master).get(address(group)).content.decode()

    assert "2 people" in page
    assert "platform@hanbit.example" in page
    assert "1 external contact" in page
    assert "Public one" in page
    assert "a private group" in page
    assert "Hidden one" not in page
    group.refresh_from_db()
    assert group.deleted_at is None


def test_nothing_is_named_that_is_not_there(
    client_of: ClientOf, company: Company, administrator: Member, member: Member
) -> None:
    """No list, no container: no word of them."""
    group = GroupFactory.create(company=company, members=[member])

    page = client_of(administrator).get(address(group)).content.decode()

    assert "1 person" in page
    assert "part of" not in page
    assert "is refused" not in page


def test_deletes_and_says_where_it_is(client_of: ClientOf, administrator: Member, group: Group) -> None:
    client = client_of(administrator)

    response = client.post(address(group), {"typed": "platform GUILD"})

    assert response["Location"] == reverse("groups:list")
    group.refresh_from_db()
    assert group.deleted_at is not None
    assert group.deleted_by == administrator
    (message,) = list(response.wsgi_request._messages)  # type: ignore[attr-defined]
    assert "Platform guild" in str(message)
    assert "Recently deleted" in str(message)
    assert client.post(address(group)).status_code == 404


def test_a_master_is_told_who_can_restore(client_of: ClientOf, master: Member, group: Group) -> None:
    """Masters delete their own groups; only administrators restore (rule 7)."""
    response = client_of(master).post(address(group), {"typed": group.name})

    (message,) = list(response.wsgi_request._messages)  # type: ignore[attr-defined]
    assert "Administrators can restore it" in str(message)


@pytest.mark.parametrize("verb", ["get", "post"])
def test_who_may_not(
    client_of: ClientOf,
    member: Member,
    stranger: Member,
    guest: Member,
    group: Group,
    private_group: Group,
    external_group: Group,
    verb: str,
) -> None:
    """Members no; a master of another company neither (rule 7); who may not know gets 404 (rule 5.3)."""
    external_group.masters.create(member=guest)

    assert getattr(client_of(member), verb)(address(group)).status_code == 403
    assert getattr(client_of(guest), verb)(address(external_group)).status_code == 403
    assert getattr(client_of(member), verb)(address(private_group)).status_code == 404
    assert getattr(client_of(stranger), verb)(address(group)).status_code == 404
    assert Group.objects.deleted().count() == 0


def test_the_name_is_typed_unless_nobody_and_nothing_is_in_it(
    client_of: ClientOf, administrator: Member, group: Group
) -> None:
    """Rule 10.12."""
    client = client_of(administrator)
    for typed in ({}, {"typed": "Another group"}):
        answer = client.post(address(group), typed)
        assert answer.status_code == 422
        assert 'aria-describedby="typed_error"' in answer.content.decode()
    assert Group.objects.get(pk=group.pk).deleted_at is None

    empty = GroupFactory.create(company=group.company)
    assert 'name="typed"' not in client.get(address(empty)).content.decode()
    assert client.post(address(empty)).status_code == 302
