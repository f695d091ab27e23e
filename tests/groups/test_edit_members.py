""" "Edit Members", and what happens when two people edit one group at once (rule 2.18)."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, Company, Member, Team
from accounts.pickers.tokens import tokens_of
from groups import actions
from groups.actions import Entries
from groups.entries import present_entries
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ActorOf, ClientOf, shown


def address(group: Group) -> str:
    return reverse("groups:edit_members", args=[group.pk])


def posted(group: Group, entries: Entries, version: int | None = None) -> dict[str, str]:
    return {
        "members": "\n".join(tokens_of(entries)),
        "version": str(group.version if version is None else version),
    }


@pytest.fixture
def editing(client_of: ClientOf, master: Member) -> Client:
    return client_of(master)


def test_adds_and_removes(
    editing: Client, master: Member, member: Member, outsider: Member, team: Team, group: Group
) -> None:
    """A master changes the entries of their group (rule 7); the change is audited (rule 8.1)."""
    page = editing.get(address(group)).content.decode()
    assert f"member:{member.pk}" in page
    assert f"team:{team.pk}" in page

    wanted = Entries(members=frozenset({outsider.pk}), teams=frozenset({team.pk}))
    response = editing.post(address(group), posted(group, wanted))

    assert response.status_code == 302
    assert present_entries(group) == wanted
    entry = AuditEntry.objects.get(action="group.edit_members")
    assert entry.actor_id == master.pk
    assert shown(entry.changes["members_added"][1]) == ["Otto Outsider <otto@hanbit.example>"]
    assert shown(entry.changes["members_removed"][1]) == ["Momo Member <momo@hanbit.example>"]


def test_addresses_can_be_typed(editing: Client, group: Group, outsider: Member) -> None:
    """Works without the combobox: an address a line."""
    editing.post(address(group), {"members": "otto@hanbit.example", "version": group.version})

    assert present_entries(group) == Entries(members=frozenset({outsider.pk}))


@pytest.mark.parametrize("verb", ["get", "post"])
def test_who_may_not(
    client_of: ClientOf, member: Member, stranger: Member, private_group: Group, group: Group, verb: str
) -> None:
    """Members are refused; who may not know of the group gets no answer (rule 7)."""
    assert getattr(client_of(member), verb)(address(group)).status_code == 403
    assert getattr(client_of(member), verb)(address(private_group)).status_code == 404
    assert getattr(client_of(stranger), verb)(address(group)).status_code == 404


def test_an_internal_group_needs_an_entry(editing: Client, group: Group) -> None:
    """Rule 2.8; said beside the field, nothing changed."""
    before = present_entries(group)

    response = editing.post(address(group), posted(group, Entries()))

    assert response.status_code == 422
    assert response.context["form"].errors["members"] == ["Choose at least one member, team or group."]
    assert present_entries(group) == before


def test_an_external_group_may_have_none(editing: Client, external_group: Group) -> None:
    """Rule 2.9."""
    assert editing.post(address(external_group), posted(external_group, Entries())).status_code == 302
    assert not external_group.entries.exists()


def test_what_may_not_be_chosen_is_refused_with_what_was_typed(
    editing: Client, group: Group, stranger: Member, outsider: Member
) -> None:
    """Somebody of another company (rule 1.1); what was typed is still there."""
    wanted = present_entries(group) | Entries(members=frozenset({stranger.pk, outsider.pk}))

    response = editing.post(address(group), posted(group, wanted))

    assert response.status_code == 422
    assert "members" in response.context["form"].errors
    page = response.content.decode()
    assert f"member:{outsider.pk}" in page
    assert "Sten Stranger" not in page
    assert not group.entries.filter(member=outsider).exists()


def test_a_loop_is_refused_with_its_chain(editing: Client, company: Company, group: Group) -> None:
    """Rule 2.11."""
    outer = GroupFactory.create(company=company, name="Outer", subgroups=[group])

    response = editing.post(
        address(group), posted(group, present_entries(group) | Entries(groups=frozenset({outer.pk})))
    )

    assert response.status_code == 422
    assert "A group cannot contain itself" in str(response.context["form"].errors["members"])


def test_a_private_group_inside_stays_without_being_named(
    editing: Client, group: Group, private_group: Group, outsider: Member
) -> None:
    """A master who may not see a contained group edits around it (rule 2.21)."""
    group.entries.create(subgroup=private_group)

    page = editing.get(address(group)).content.decode()
    editing.post(
        address(group), posted(group, present_entries(group) | Entries(members=frozenset({outsider.pk})))
    )

    assert "A private group" in page
    assert "Secret surprise" not in page
    assert group.entries.filter(subgroup=private_group).exists()
    assert group.entries.filter(member=outsider).exists()


def test_a_change_meanwhile_is_told_and_saving_again_is_a_choice(
    editing: Client,
    actor_of: ActorOf,
    administrator: Member,
    member: Member,
    outsider: Member,
    insider: Member,
    group: Group,
) -> None:
    """The later one is told what changed, and keeps what they typed (rule 2.18)."""
    mine = posted(group, Entries(members=frozenset({member.pk, outsider.pk})))
    actions.edit_entries(
        group, Entries(members=frozenset({insider.pk})), Entries(), actor=actor_of(administrator)
    )

    response = editing.post(address(group), mine)
    page = response.content.decode()

    assert response.status_code == 409
    assert "Someone else changed this group while you were editing" in page
    assert "Ada Administrator" in page
    assert "Ines Insider &lt;ines@hanbit.example&gt;" in page
    assert f"member:{outsider.pk}" in page
    removed = [choice.name for choice in response.context["difference"].removed]
    assert sorted(removed) == ["Ines Insider", "Platform"]
    assert [choice.name for choice in response.context["difference"].added] == ["Otto Outsider"]
    assert not group.entries.filter(member=outsider).exists()

    again = mine | {"version": response.context["form"]["version"].value()}
    assert editing.post(address(group), again).status_code == 302
    assert present_entries(group) == Entries(members=frozenset({member.pk, outsider.pk}))


def test_posted_twice_changes_nothing_the_second_time(
    editing: Client, group: Group, outsider: Member
) -> None:
    """A doubled post is no conflict with oneself."""
    mine = posted(group, Entries(members=frozenset({outsider.pk})))

    assert [editing.post(address(group), mine).status_code for _ in range(2)] == [302, 302]
    assert AuditEntry.objects.filter(action="group.edit_members").count() == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "\x00"])
def test_a_broken_version_is_said(editing: Client, group: Group, version: str) -> None:
    body = f"members=%00%ED%A0%80%FF&{urlencode({'version': version})}"

    response = editing.post(address(group), body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 422


def test_query_count_does_not_grow(editing: Client, company: Company, master: Member) -> None:
    def queries(people: int) -> int:
        crowd = MemberFactory.create_batch(people, company=company)
        group = GroupFactory.create(company=company, masters=[master], members=crowd)
        with CaptureQueriesContext(connection) as captured:
            assert editing.get(address(group)).status_code == 200
        return len(captured)

    assert queries(30) == queries(3)
