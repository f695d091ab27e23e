""" "Undo" after somebody was deactivated, a team moved, a contact removed (rule 10.13)."""

import re

import pytest
from django.urls import reverse

from accounts.models import (
    AuditEntry,
    Contact,
    ContactBlock,
    ContactRequest,
    Member,
    Team,
    TeamMembership,
    Undoable,
)
from accounts.undo import forget_old
from groupadmin.base.kept_rows import plain
from groups.models import Group, Membership
from tests.factories import ContactFactory, TeamFactory
from tests.helpers import ClientOf
from tests.undo import undo


def test_whoever_was_deactivated_is_active_and_back_in_external_groups(
    client_of: ClientOf, administrator: Member, member: Member, external_group: Group
) -> None:
    """Rule 2.23: what deactivation took away is given back."""
    client = client_of(administrator)
    page = client.post(reverse("accounts:member_deactivate", args=[member.pk]), follow=True)
    assert not Member.objects.get(pk=member.pk).is_active
    assert not Membership.objects.filter(group=external_group, member=member).exists()

    undo(client, page)

    assert Member.objects.get(pk=member.pk).is_active
    assert Membership.objects.filter(group=external_group, member=member).exists()
    assert AuditEntry.objects.filter(action="member.activate").exclude(reason="").exists()


def test_a_team_is_where_it_was(client_of: ClientOf, administrator: Member, team: Team) -> None:
    above = TeamFactory.create(company=team.company)
    Team.objects.filter(pk=team.pk).update(moved_at="2020-05-01T10:00:00Z")
    team.refresh_from_db()
    client = client_of(administrator)
    form = {"parent": f"team:{above.pk}", "version": str(team.version)}
    page = client.post(reverse("accounts:team_move", args=[team.pk]), form, follow=True)
    assert Team.objects.get(pk=team.pk).parent == above

    undo(client, page)

    again = Team.objects.get(pk=team.pk)
    assert (again.parent, again.moved_at) == (None, team.moved_at)


def test_whoever_left_a_team_is_in_it_since_then(
    client_of: ClientOf, administrator: Member, team: Team, teammate: Member
) -> None:
    places = TeamMembership.objects.filter(team=team)
    places.update(since="2020-05-01T10:00:00Z", source="hr")
    before, client = plain(places.all()), client_of(administrator)
    page = client.post(reverse("accounts:team_people_remove", args=[team.pk, teammate.pk]), follow=True)
    assert not places.exists()

    undo(client, page)

    assert plain(places.all()) == before


@pytest.mark.parametrize("action", ["remove", "block"])
def test_a_contact_is_one_again(client_of: ClientOf, member: Member, guest: Member, action: str) -> None:
    """On both sides, with what had been asked (rule 6.2)."""
    ContactFactory.create(owner=member, person=guest)
    ContactRequest.objects.create(asker=guest, person=member, address=member.email)
    before = plain(Contact.objects.order_by("pk")), plain(ContactRequest.objects.all())
    client = client_of(member)
    page = client.post(reverse(f"accounts:contact_{action}", args=[guest.pk]), follow=True)
    assert not Contact.objects.exists()

    undo(client, page)

    assert (plain(Contact.objects.order_by("pk")), plain(ContactRequest.objects.all())) == before
    assert not ContactBlock.objects.exists()
    assert AuditEntry.objects.filter(action="contact.put_back").exists()


def test_the_message_offers_it_without_a_script_and_leads_back(
    client_of: ClientOf, administrator: Member, team: Team, teammate: Member
) -> None:
    """To a page of ours only."""
    client = client_of(administrator)
    page = client.post(reverse("accounts:team_people_remove", args=[team.pk, teammate.pk]), follow=True)
    text = page.content.decode()
    assert re.search(r'<div class="alert alert-success[^>]+role="status"', text)
    address, back = f"/undo/{Undoable.objects.get().key}/", reverse("accounts:team_people", args=[team.pk])
    assert f'name="next" value="{back}"' in re.sub(r"\s+", " ", text)
    assert client.get(address).status_code == 405

    assert client.post(address, {"next": "https://evil.example/"})["Location"] == "/"


def test_what_is_kept_goes_after_a_day(administrator: Member) -> None:
    Undoable.objects.create(member=administrator, kind="team.move")
    forget_old()
    assert Undoable.objects.exists()

    Undoable.objects.update(created_at="2020-01-01T00:00:00Z")
    forget_old()
    assert not Undoable.objects.exists()
