"""Many groups at once (rule 10.6)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member, Team
from groupadmin.base.text import isolated
from groups.actions import Entries, edit_entries
from groups.models import Feature, Group
from tests.accounts.bulk.many import change_many, choose, reason, seal_in, undo, verdicts
from tests.accounts.pages import text_of
from tests.factories import GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def masters(group: Group) -> set[Any]:
    return {*group.masters.values_list("member", flat=True)}


def again(group: Group) -> Group:
    return Group.objects.get(pk=group.pk)


class TestChoosing:
    def test_administrators_alone_have_the_bar(
        self, client: Client, group: Group, master: Member, client_of: ClientOf
    ) -> None:
        """Who runs a few groups changes them one by one."""
        shown = text_of(client.get("/groups/"))
        assert f"Choose {isolated(group.name)}" in shown
        assert 'value="group.delete"' in shown
        for url in ("/groups/", "/groups/managed/"):
            shown = text_of(client_of(master).get(url))
            assert group.name in shown
            assert 'name="pk"' not in shown

    def test_groups_of_other_companies_are_not_chosen(
        self, client: Client, other_company: Company, administrator: Member, stranger: Member, group: Group
    ) -> None:
        """Though an administrator who is in one sees it, nobody changes those of others in bulk."""
        foreign = GroupFactory.create(
            company=other_company, external=True, masters=[stranger], members=[administrator]
        )
        shown = text_of(client.get("/groups/"))
        assert foreign.name in shown
        assert f"Choose {isolated(foreign.name)}" not in shown
        assert "Delete 1 group?" in text_of(choose(client, "groups", "group.delete", group, foreign))
        every = choose(client, "groups", "group.delete", all="1", filter="")
        assert "Delete 1 group?" in text_of(every)

    def test_the_filter_of_the_list_chooses(self, client: Client, company: Company, group: Group) -> None:
        for number in range(3):
            GroupFactory.create(company=company, name=f"Robots {number}", private=True)
        filter_ = "q=robots&visibility=private&after=nonsense"
        change = change_many(client, "groups", "group.make_visible", all="1", filter=filter_)
        assert verdicts(change) == {f"Robots {number}": "done" for number in range(3)}


class TestDeleting:
    def test_asks_with_numbers(
        self, client: Client, group: Group, external_group: Group, company: Company
    ) -> None:
        GroupFactory.create(company=company, subgroups=[group])
        shown = text_of(choose(client, "groups", "group.delete", group, external_group))
        for said in (
            "Delete 2 groups?",
            "3 people lose access to a group.",
            "1 of the groups is external, with people of other companies.",
            "Email to 1 address is refused",
            "1 other group contains one of these groups",
            "For 30 days, administrators can restore them",
        ):
            assert said in shown
        assert again(group).deleted_at is None

    def test_undone_with_their_places_in_others(
        self, client: Client, company: Company, group: Group, private_group: Group
    ) -> None:
        """Also in each other, whichever was deleted first; a single restoring cannot know it (rule 2.17)."""
        outer = GroupFactory.create(company=company, subgroups=[group])
        inner = GroupFactory.create(company=company)
        first = GroupFactory.create(company=company, subgroups=[inner])
        last = GroupFactory.create(company=company)
        edit_entries_of(inner, last)
        change = change_many(client, "groups", "group.delete", group, inner, first, last, typed="4")
        assert set(verdicts(change).values()) == {"done"}
        assert not outer.entries.filter(subgroup=group).exists()
        undone = undo(client, change)
        assert set(verdicts(undone).values()) == {"done"}
        for container, contained in ((outer, group), (first, inner), (inner, last)):
            assert container.entries.filter(subgroup=contained).exists(), container

    def test_a_name_that_is_taken_is_said(self, client: Client, company: Company, group: Group) -> None:
        change = change_many(client, "groups", "group.delete", group, typed="1")
        GroupFactory.create(company=company, name=group.name)
        undone = undo(client, change)
        assert verdicts(undone) == {group.name: "refused"}
        assert "already has a group with this name" in reason(undone, group.name)


def edit_entries_of(container: Group, contained: Group) -> None:
    edit_entries(container, Entries(groups=frozenset({contained.pk})), Entries(), actor=Actor.system())


class TestMasters:
    def test_added_and_taken_back(
        self, client: Client, group: Group, private_group: Group, master: Member, member: Member
    ) -> None:
        """Whoever was a master before stays one."""
        answers = {"masters": f"member:{member.pk} member:{master.pk}"}
        before = masters(private_group)
        change = change_many(client, "groups", "group.add_masters", group, private_group, **answers)
        assert masters(group) == {master.pk, member.pk}
        assert masters(private_group) == before | {master.pk, member.pk}
        undo(client, change)
        assert masters(group) == {master.pk}
        assert masters(private_group) == before

    def test_the_last_one_stays(
        self, client: Client, group: Group, private_group: Group, master: Member
    ) -> None:
        """Rule 2.7: all that was asked of a group, or nothing."""
        answers = {"masters": f"member:{master.pk}"}
        change = change_many(client, "groups", "group.remove_masters", group, private_group, **answers)
        assert verdicts(change) == {group.name: "refused", private_group.name: "same"}
        assert masters(group) == {master.pk}


class TestSwitches:
    def test_visibility_and_back(
        self, client: Client, group: Group, private_group: Group, external_group: Group
    ) -> None:
        """Rule 5.4: external groups stay private, and that is audited."""
        change = change_many(client, "groups", "group.make_visible", group, private_group, external_group)
        assert verdicts(change) == {
            group.name: "same",
            private_group.name: "done",
            external_group.name: "refused",
        }
        assert "always private" in reason(change, external_group.name)
        assert AuditEntry.objects.filter(target_id=external_group.pk, result="refused").exists()
        undo(client, change)
        assert (again(group).is_visible, again(private_group).is_visible) == (True, False)

    def test_features_and_back(
        self, client: Client, group: Group, private_group: Group, external_group: Group
    ) -> None:
        """Rules 3.1, 3.2: only those that are named change, and each group says what it cannot have."""
        asked = choose(client, "groups", "group.switch", group)
        assert "Switch features of 1 group" in text_of(asked)
        nothing = choose(client, "groups", "group.switch", group, seal=seal_in(asked))
        assert "Choose at least one to switch on or off." in text_of(nothing)
        before = {one.pk: one.switched_on for one in (group, private_group, external_group)}
        change = change_many(
            client, "groups", "group.switch", group, private_group, external_group, task="on", message="on"
        )
        assert verdicts(change) == {
            group.name: "done",
            private_group.name: "done",
            external_group.name: "refused",
        }
        assert again(group).switched_on == before[group.pk] | {Feature.TASK.value}
        undo(client, change)
        for one in (group, private_group, external_group):
            assert again(one).switched_on == before[one.pk]

    def test_a_list_needs_an_address(self, client: Client, private_group: Group) -> None:
        change = change_many(client, "groups", "group.switch", private_group, uses_mailing_list="on")
        assert "has no address for a mailing list yet" in reason(change, private_group.name)

    def test_note_needs_message(self, client: Client, private_group: Group) -> None:
        change = change_many(client, "groups", "group.switch", private_group, note="on")
        assert reason(change, private_group.name) == "Note, Event, Task and Folder need Message."


class TestRecentlyDeleted:
    def test_restored_and_deleted_again(self, client: Client, deleted_group: Group) -> None:
        assert f"Choose {isolated(deleted_group.name)}" in text_of(client.get(reverse("groups:deleted")))
        change = change_many(client, "deleted-groups", "group.restore", deleted_group)
        assert again(deleted_group).deleted_at is None
        undo(client, change)
        assert again(deleted_group).deleted_at is not None

    def test_deleted_permanently_by_its_number(
        self, client: Client, company: Company, group: Group, deleted_group: Group
    ) -> None:
        """A group that is still there cannot be chosen; nothing brings them back."""
        other = GroupFactory.create(company=company, deleted=True, name="Older things")
        chosen = (group, deleted_group, other)
        asked = choose(client, "deleted-groups", "group.purge", *chosen)
        assert "Delete 2 groups permanently?" in text_of(asked)
        wrong = choose(client, "deleted-groups", "group.purge", *chosen, seal=seal_in(asked), typed="3")
        assert wrong.status_code == 422
        change = change_many(client, "deleted-groups", "group.purge", *chosen, typed="2")
        assert set(verdicts(change).values()) == {"done"}
        assert [*Group.objects.all()] == [group]
        assert AuditEntry.objects.filter(action="group.purge").count() == 2


@pytest.mark.parametrize("role", ["master", "outsider", "other_administrator"])
def test_nobody_else(
    request: pytest.FixtureRequest, role: str, group: Group, client_of: ClientOf, actor_of: ActorOf
) -> None:
    """Rule 7: also not by posting."""
    who = request.getfixturevalue(role)
    answer = choose(client_of(who), "groups", "group.make_private", group)
    assert answer.status_code == (302 if role == "other_administrator" else 403)
    assert again(group).is_visible


class TestDownloading:
    def lines(self, answer: Any) -> list[str]:
        assert answer.status_code == 200
        return [line.split(",")[0] for line in b"".join(answer).decode("utf-8-sig").splitlines()[1:]]

    def test_the_chosen_rows(self, client: Client, company: Company, group: Group, stranger: Member) -> None:
        """Of what one may see; whatever the list is filtered by."""
        one, two = GroupFactory.create_batch(2, company=company)
        foreign = GroupFactory.create(company=stranger.company, private=True)
        sent = {"filter": "q=nothing", "pk": [one.pk, two.pk, foreign.pk, "x"], "format": "csv"}
        answer = client.post(reverse("groups:list_table"), sent)
        assert sorted(self.lines(answer)) == sorted([one.name, two.name])
        audited = AuditEntry.objects.get(action="group.download_list")
        assert str(one.pk) in str(audited.changes)

    def test_all_that_match(self, client: Client, company: Company, group: Group) -> None:
        GroupFactory.create_batch(2, company=company)
        sent = {"filter": "q=platform", "all": "1", "pk": [1], "format": "csv"}
        assert self.lines(client.post(reverse("groups:list_table"), sent)) == [group.name]

    @pytest.mark.parametrize("url", ["accounts:member_table", "accounts:team_table", "groups:deleted_table"])
    def test_every_list_has_it(
        self, client: Client, member: Member, team: Team, deleted_group: Group, url: str
    ) -> None:
        things: dict[str, Any] = {"accounts:member_table": member, "accounts:team_table": team}
        one: Any = things.get(url, deleted_group)
        others: dict[str, Any] = {"accounts:member_table": MemberFactory, "accounts:team_table": TeamFactory}
        others.get(url, GroupFactory).create(company=member.company)
        answer = client.post(reverse(url), {"filter": "", "pk": [one.pk]})
        assert self.lines(answer) == [one.name]
