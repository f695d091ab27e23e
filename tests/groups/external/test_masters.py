"""Masters of other companies: what they do, and what they learn of the others (rules 6.4, 7)."""

from dataclasses import replace

import pytest
from django.urls import reverse

from accounts.models import Company, Member, PartnerDomain
from groupadmin.base.errors import Invalid
from groups import actions
from groups.actions import GroupSettings
from groups.models import Group
from groups.pickers.scope import Purpose
from tests.factories import ContactFactory, MemberFactory
from tests.helpers import ClientOf, actor_of

from .adding import add, connects_with_another_only, is_in


def test_a_master_of_another_company_adds_from_their_own_contacts(
    external_group: Group, guest_master: Member, outsider: Member
) -> None:
    """Rule 7: also people of the company that owns the group, whom they know."""
    ContactFactory.create(owner=guest_master, person=outsider)
    third = MemberFactory.create(company__domain="third.example")
    ContactFactory.create(owner=guest_master, person=third)

    add(external_group, outsider, third, by=guest_master)

    assert is_in(external_group, outsider)
    assert is_in(external_group, third)


def test_but_nobody_whom_the_owner_does_not_connect_with(
    external_group: Group, guest_master: Member, company: Company
) -> None:
    """Rule 6.1: two companies that connect, in a group of one that connects with one of them."""
    third = MemberFactory.create(company__domain="third.example")
    ContactFactory.create(owner=guest_master, person=third)
    Company.objects.filter(pk=company.pk).update(partners=Company.Partners.NAMED)
    PartnerDomain.objects.create(company=company, name="nordlicht.example")

    with pytest.raises(Invalid, match=third.name):
        add(external_group, third, by=guest_master)


def test_a_guest_made_master_edits(
    client_of: ClientOf, external_group: Group, guest_master: Member, member: Member
) -> None:
    """Rule 7, last column: what a master may, and neither deleting nor the owner's setting."""
    client = client_of(guest_master)
    page = client.get(reverse("groups:edit", args=[external_group.pk])).content.decode()
    assert "people in this group" in page
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
    """Rules 1.1, 5.3: the name of another group there is told only in saving, and not whose it is."""
    client = client_of(guest_master)
    check = f"{reverse('groups:check_name')}?group={external_group.pk}"
    assert "already" not in client.post(check, {"name": private_group.name}).content.decode()

    with pytest.raises(Invalid, match="cannot be used"):
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
    """Rule 6.4: name, company and photo, on every page of the group; of their directory nothing."""
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
    """Rules 2.7, 6.1."""
    connects_with_another_only(other_company)

    with pytest.raises(Invalid):
        actions.add_masters(external_group, frozenset({guest.pk}), actor=actor_of(administrator))
    assert not external_group.masters.filter(member=guest).exists()
