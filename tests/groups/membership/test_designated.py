"""Who is designated for a list by name, by team and by group (rules 4.5, 4.6)."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions.teams import delete_team
from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member, Team
from groupadmin.base.errors import Invalid
from groups.actions import Entries, GroupSettings, delete_group, update_group
from groups.membership import designated
from groups.models import Designation, Group, MailingList
from groups.permissions import may_send_as
from tests.factories import GroupFactory, MemberFactory, TeamFactory
from tests.groups.dialogs import as_it_is, edit_url, look, send
from tests.helpers import ClientOf, actor_of

TO, AS = Designation.Purpose.SEND_TO, Designation.Purpose.SEND_AS
SYSTEM = Actor.system()


@pytest.fixture
def mailing_list(group: Group) -> MailingList:
    assert group.mailing_list is not None
    group.mailing_list.who_can_send = MailingList.Senders.DESIGNATED
    group.mailing_list.save()
    return group.mailing_list


def designate(mailing_list: MailingList, purpose: Any = TO, **thing: Any) -> Designation:
    return Designation.objects.create(mailing_list=mailing_list, purpose=purpose, **thing)


def set_senders(group: Group, senders: Entries, actor: Actor) -> Group:
    group = Group.objects.select_related("mailing_list__address").get(pk=group.pk)
    now = GroupSettings.of(group)
    assert now.mailing_list is not None
    wanted = replace(now, mailing_list=replace(now.mailing_list, senders=senders))
    return update_group(group, wanted, group.version, actor=actor)


def test_by_a_team_and_the_teams_below(company: Company, mailing_list: MailingList, teammate: Member) -> None:
    """At any time: whoever joins the team may send, whoever leaves it may not."""
    top = TeamFactory.create(company=company, name="Top")
    Team.objects.filter(pk=teammate.team_memberships.get().team_id).update(parent=top)
    designate(mailing_list, team=top)
    assert designated.purposes_of(teammate, mailing_list) == {TO}
    assert list(designated.people_of(mailing_list, TO)) == [teammate]
    teammate.team_memberships.all().delete()
    assert designated.purposes_of(teammate, mailing_list) == set()
    assert designated.is_closed(mailing_list)


def test_the_deletion_of_a_team_names_the_lists_that_lose_it(
    company: Company, mailing_list: MailingList, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 2.22: before it asks; a list that is gone is not named."""
    team = TeamFactory.create(company=company)
    for purpose in (TO, AS):
        designate(mailing_list, purpose, team=team)
    page = reverse("accounts:team_delete", args=[team.pk])
    question = client_of(administrator).get(page).content.decode()
    assert question.count("Platform guild") == 1
    Group.objects.update(deleted_at=timezone.now())
    assert "Platform guild" not in client_of(administrator).get(page).content.decode()


def test_by_a_group_even_the_lists_own(
    group: Group,
    mailing_list: MailingList,
    member: Member,
    teammate: Member,
    outsider: Member,
    master: Member,
) -> None:
    """Its effective members, not its masters (rules 2.10, 2.12); may_send_as asks the same."""
    designate(mailing_list, AS, group=group)
    for inside in (member, teammate):
        assert designated.purposes_of(inside, mailing_list) == {AS}
        assert may_send_as(actor_of(inside), group)
    for outside in (outsider, master):
        assert designated.purposes_of(outside, mailing_list) == set()
        assert not may_send_as(actor_of(outside), group)
    container = GroupFactory.create(company=group.company, subgroups=[group], members=[outsider])
    designate(mailing_list, TO, group=container)
    assert designated.purposes_of(outsider, mailing_list) == {TO}
    assert designated.purposes_of(member, mailing_list) == {TO, AS}


def test_inactive_people_and_deleted_groups_count_for_nothing(
    company: Company, mailing_list: MailingList, member: Member
) -> None:
    gone = GroupFactory.create(company=company, deleted=True, members=[member])
    designate(mailing_list, group=gone)
    assert designated.purposes_of(member, mailing_list) == set()
    assert designated.is_closed(mailing_list)
    designate(mailing_list, AS, member=member)
    assert not designated.is_closed(mailing_list)
    member.is_active = False
    member.save()
    assert designated.purposes_of(member, mailing_list) == set()
    assert designated.is_closed(mailing_list)


def test_the_database_holds_one_thing_a_row(
    mailing_list: MailingList, member: Member, team: Team, group: Group
) -> None:
    things = {"member": member, "team": team, "group": group}
    for wrong in ({}, {"member": member, "team": team}, {"team": team, "group": group}, things):
        with pytest.raises(IntegrityError), transaction.atomic():
            designate(mailing_list, **wrong)
    for kind, thing in things.items():
        designate(mailing_list, **{kind: thing})
        with pytest.raises(IntegrityError), transaction.atomic():
            designate(mailing_list, **{kind: thing})


class TestChoosing:
    def test_only_what_the_actor_may_see(
        self,
        group: Group,
        master: Member,
        administrator: Member,
        private_group: Group,
        external_group: Group,
        other_company: Company,
    ) -> None:
        """Rules 1.1, 2.21: a private group by those who see it; nothing of another company, nor external."""
        secret = Entries(groups=frozenset({private_group.pk}))
        theirs = TeamFactory.create(company=other_company)
        for wrong in (
            secret,
            Entries(groups=frozenset({external_group.pk})),
            Entries(teams=frozenset({theirs.pk})),
        ):
            with pytest.raises(Invalid):
                set_senders(group, wrong, actor_of(master))
        set_senders(group, secret, actor_of(administrator))
        # It stays when somebody who does not see it saves (rule 2.18).
        set_senders(group, secret | Entries(members=frozenset({master.pk})), actor_of(master))
        assert Designation.objects.count() == 2

    def test_a_private_group_is_not_named(
        self,
        group: Group,
        master: Member,
        private_group: Group,
        mailing_list: MailingList,
        client_of: ClientOf,
    ) -> None:
        designate(mailing_list, group=private_group)
        client = client_of(master)
        for url in (edit_url(group), reverse("groups:settings_of", args=[group.pk])):
            shown = client.get(url).content.decode()
            assert "Secret surprise" not in shown
            assert "A private group" in shown

    def test_in_the_dialog(
        self, group: Group, master: Member, team: Team, client_of: ClientOf, mailing_list: MailingList
    ) -> None:
        """A team and the group itself, as the picker offers them."""
        client: Client = client_of(master)
        pick = f"/groups/pick/?purpose=designated&group={group.pk}&q=platform"
        offered = client.get(pick).content.decode()
        assert f'data-token="team:{team.pk}"' in offered
        assert f'data-token="group:{group.pk}"' in offered
        senders = f"team:{team.pk}\ngroup:{group.pk}"
        posted = {"list-senders": senders, "list-who_can_send": "designated"}
        assert send(client, edit_url(group), as_it_is(group, **posted)).status == 302
        assert look(client, edit_url(group)).text_of("list-senders") == senders
        entry = AuditEntry.objects.filter(changes__has_key="senders").get()
        assert [item["kind"] for item in entry.changes["senders"][1]] == ["team", "group"]
        pages = [reverse(f"groups:{name}", args=[group.pk]) for name in ("settings_of", "mail_of")]
        shown = [client.get(url).content.decode() for url in pages]
        assert "2 people" in shown[0]
        assert not [page for page in shown if "Nobody can send to this list" in page]
        Member.objects.filter(company=group.company).exclude(pk=master.pk).update(is_active=False)
        assert all("Nobody can send to this list" in client.get(url).content.decode() for url in pages)

    def test_a_team_without_people_closes_the_list(
        self, group: Group, master: Member, company: Company, client_of: ClientOf
    ) -> None:
        """Asked about like nobody at all (rule 4.5)."""
        empty = TeamFactory.create(company=company)
        posted = {"list-senders": f"team:{empty.pk}", "list-who_can_send": "designated"}
        answer = send(client_of(master), edit_url(group), as_it_is(group, **posted))
        assert answer.status == 422
        assert "Save anyway" in answer.text


class TestDeleting:
    def test_a_team(
        self, group: Group, administrator: Member, team: Team, mailing_list: MailingList, member: Member
    ) -> None:
        """Rule 2.22: it is designated no longer; said in the audit of the list's group."""
        designate(mailing_list, team=team)
        designate(mailing_list, AS, team=team)
        version = Group.objects.get(pk=group.pk).version
        delete_team(team, actor=actor_of(administrator))
        assert not Designation.objects.exists()
        entry = AuditEntry.objects.get(action="group.set_list_rules")
        assert entry.target_id == group.pk
        assert entry.changes["designated_removed"][1][0]["name"] == "Platform"
        assert Group.objects.get(pk=group.pk).version > version
        assert designated.is_closed(mailing_list)

    def test_a_group(
        self, group: Group, mailing_list: MailingList, administrator: Member, client_of: ClientOf
    ) -> None:
        company = administrator.company
        other = GroupFactory.create(
            company=company, name="Senders", members=[MemberFactory.create(company=company)]
        )
        designate(mailing_list, group=other)
        asked = client_of(administrator).get(reverse("groups:delete", args=[other.pk])).content.decode()
        assert "designated for <strong>1 mailing list</strong>" in asked
        delete_group(other, actor=SYSTEM)
        assert not Designation.objects.exists()
        entry = AuditEntry.objects.get(action="group.set_list_rules")
        assert (entry.target_id, entry.changes["designated_removed"][1][0]["name"]) == (group.pk, "Senders")
