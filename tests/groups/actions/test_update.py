"""Editing by "Edit Group/Master" (rules 2.7, 2.18, 2.20, 3.2, 3.3, 5.2, 5.4, 7, 8.1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts.actor import Refused
from accounts.models import AuditEntry, Member
from groupadmin.base.errors import Conflict, Invalid
from groups.actions import Entries, GroupSettings, ListSettings, change_group, update_group
from groups.models import Feature, Group, Master
from tests.factories import GroupFactory, MemberFactory, MembershipFactory
from tests.helpers import actor_of, changed, shown

pytestmark = pytest.mark.django_db


def edit(group: Group, editor: Member, **values: Any) -> Group:
    """What is changed in the dialog that was opened just now."""
    group = Group.objects.get(pk=group.pk)
    return update_group(
        group, changed(GroupSettings.of(group), **values), group.version, actor=actor_of(editor)
    )


def test_a_master_edits_what_is_the_masters(
    group: Group, master: Member, member: Member, outsider: Member, last_entry: Callable[[], AuditEntry]
) -> None:
    """Rule 7; the audit has before and after (8.1)."""
    edited = edit(
        group,
        master,
        name=" Renamed ",
        description="New",
        is_visible=False,
        notifies=True,
        masters=frozenset({master.pk, outsider.pk}),
        entries=Entries(members=frozenset({outsider.pk})),
    )
    edited.refresh_from_db()
    assert (edited.name, edited.description) == ("Renamed", "New")
    assert (edited.is_visible, edited.notifies, edited.version) == (False, True, 2)
    assert GroupSettings.of(edited).masters == {master.pk, outsider.pk}
    assert GroupSettings.of(edited).entries == Entries(members=frozenset({outsider.pk}))
    changes = last_entry().changes
    assert changes["name"] == ["Platform guild", "Renamed"]
    assert changes["is_visible"] == [True, False]
    assert shown(changes["masters"][0]) == ["Mira Master <mira@hanbit.example>"]
    assert shown(changes["members_added"][1]) == ["Otto Outsider <otto@hanbit.example>"]
    assert set(shown(changes["members_removed"][1])) == {"Momo Member <momo@hanbit.example>", "team Platform"}
    assert "notifies" in changes
    assert "message" not in changes
    assert last_entry().target_version == 2


def test_renaming_keeps_the_address(group: Group, master: Member) -> None:
    """Rule 2.20."""
    assert edit(group, master, name="Else").address == "platform@hanbit.example"


def test_nothing_changed_is_no_change(group: Group, master: Member) -> None:
    assert edit(group, master, name="  Platform guild\n").version == 1
    assert edit(group, master, mailing_list=None).version == 1
    assert not AuditEntry.objects.exists()


def test_the_later_of_two_is_told(group: Group, master: Member, administrator: Member) -> None:
    """Rule 2.18; and a form posted twice is no conflict."""
    opened = GroupSettings.of(group)
    update_group(group, replace(opened, name="First"), 1, actor=actor_of(administrator))
    with pytest.raises(Conflict) as conflict:
        update_group(group, replace(opened, name="Second"), 1, actor=actor_of(master))
    assert conflict.value.version == 2
    group.refresh_from_db()
    assert group.name == "First"
    update_group(group, replace(opened, name="First"), 1, actor=actor_of(administrator))
    group.refresh_from_db()
    assert group.version == 2


def test_a_name_of_another_group_is_refused(group: Group, master: Member, private_group: Group) -> None:
    """Rule 2.4: the own name in another case is free."""
    with pytest.raises(Invalid) as invalid:
        edit(group, master, name="secret SURPRISE")
    assert invalid.value.field == "name"
    assert edit(group, master, name="PLATFORM GUILD").name == "PLATFORM GUILD"


@pytest.mark.parametrize(
    "values",
    [
        {"features": frozenset({Feature.MESSAGE, Feature.NOTE, Feature.MAILING_LIST})},
        {"features": frozenset({Feature.MESSAGE})},
        {"features": frozenset()},
    ],
    # The same in every process: a set's own order is not.
    ids=["another set", "less", "nothing"],
)
def test_features_are_the_masters_if_granted(group: Group, master: Member, values: dict[str, Any]) -> None:
    """Rule 5.2."""
    edit(group, master, **values)
    Group.objects.update(grants_features=False, message=True, note=False, uses_mailing_list=True)
    if values["features"] != {Feature.MESSAGE, Feature.MAILING_LIST}:
        with pytest.raises(Refused) as refusal:
            edit(group, master, **values)
        assert refusal.value.action == "group.switch_features"


def test_without_the_grant_the_rest_is_still_the_masters(
    group: Group, master: Member, administrator: Member, list_at: Callable[..., ListSettings]
) -> None:
    """Rule 5.2."""
    Group.objects.update(grants_features=False)
    edit(group, master, name="Mine", description="d", is_visible=False, notifies=True, mailing_list=None)
    with pytest.raises(Refused) as refusal:
        edit(group, master, mailing_list=list_at("platform", blocks_external_domains=True))
    assert refusal.value.action == "group.set_list_rules"
    edit(group, administrator, mailing_list=list_at("platform", blocks_external_domains=True))
    edit(group, administrator, features=frozenset())


def test_the_grant_itself_is_the_administrators(
    group: Group, master: Member, administrator: Member, last_entry: Callable[[], AuditEntry]
) -> None:
    """Rule 7: change 5.1 and 5.2."""
    with pytest.raises(Refused):
        edit(group, master, grants_features=False, name="Both")
    group.refresh_from_db()
    assert (group.name, group.grants_features) == ("Platform guild", True)
    assert (last_entry().action, last_entry().result) == ("group.set_grant", "refused")
    assert not edit(group, administrator, grants_features=False).grants_features


@pytest.mark.parametrize("role", ["member", "outsider", "superuser"])
def test_others_edit_nothing(request: pytest.FixtureRequest, group: Group, role: str) -> None:
    with pytest.raises(Refused):
        edit(group, request.getfixturevalue(role), name="Mine")


def test_features_need_message_when_edited_too(group: Group, master: Member) -> None:
    """Rule 3.2."""
    with pytest.raises(Invalid):
        edit(group, master, features=frozenset({Feature.NOTE}))


def test_external_groups_stay_private(external_group: Group, master: Member, administrator: Member) -> None:
    """Rules 5.4, 3.1."""
    with pytest.raises(Refused):
        edit(external_group, administrator, is_visible=True)
    for feature in (Feature.TASK, Feature.MAILING_LIST):
        with pytest.raises(Invalid):
            edit(external_group, master, features=frozenset({Feature.MESSAGE, feature}))


def test_an_external_group_gets_no_list(
    external_group: Group, administrator: Member, list_at: Callable[..., ListSettings]
) -> None:
    """Rule 4.9."""
    with pytest.raises(Invalid):
        edit(external_group, administrator, mailing_list=list_at("venture"))


def test_the_last_master_stays(group: Group, master: Member, administrator: Member) -> None:
    """Rule 2.7: an inactive one beside them is no other."""
    gone = MemberFactory.create(company=group.company, is_active=False)
    Master.objects.create(group=group, member=gone)
    for masters in (frozenset(), frozenset({gone.pk})):
        with pytest.raises(Invalid) as invalid:
            edit(group, administrator, masters=masters)
        assert invalid.value.field == "masters"
    edit(group, administrator, masters=frozenset({administrator.pk}))


def test_a_group_left_without_master_or_entries_can_be_edited(group: Group, administrator: Member) -> None:
    """Rules 2.15, 2.22: what is missing is not asked for as long as it is not touched."""
    group.masters.all().delete()
    group.entries.all().delete()
    assert edit(group, administrator, name="Empty").name == "Empty"


def test_an_internal_group_keeps_an_entry(group: Group, external_group: Group, administrator: Member) -> None:
    """Rules 2.8, 2.9."""
    with pytest.raises(Invalid) as invalid:
        edit(group, administrator, entries=Entries())
    assert invalid.value.field == "members"
    edit(external_group, administrator, entries=Entries())


def test_people_of_other_companies_in_the_group_can_be_made_masters(
    external_group: Group, administrator: Member, master: Member, guest: Member, stranger: Member
) -> None:
    """Rule 7: "only if made master"; and nobody from outside the group."""
    edit(external_group, administrator, masters=frozenset({master.pk, guest.pk}))
    with pytest.raises(Invalid):
        edit(external_group, administrator, masters=frozenset({master.pk, stranger.pk}))


def test_a_master_from_another_company_edits_without_seeing_ours(
    external_group: Group, guest: Member, member: Member, outsider: Member, master: Member
) -> None:
    """Rules 6.2, 7: they change what a master may, but neither find nor learn of our people."""
    Master.objects.create(group=external_group, member=guest)
    edit(external_group, guest, name="Ours", features=frozenset({Feature.MESSAGE}), notifies=True)
    edit(external_group, guest, masters=frozenset({guest.pk, member.pk}))
    present = GroupSettings.of(external_group).entries
    external_group.company.connecting = "chosen"
    external_group.company.save()
    for values in (
        {"masters": frozenset({guest.pk, outsider.pk})},
        {"entries": present | Entries(members=frozenset({outsider.pk}))},
    ):
        with pytest.raises(Invalid) as invalid:
            edit(external_group, guest, **values)
        assert "Otto" not in invalid.value.message
    edit(external_group, guest, entries=Entries(members=frozenset({guest.pk})))


def test_hidden_entries_may_stay(group: Group, private_group: Group, master: Member) -> None:
    """Rule 2.21: a master who does not see a contained group can edit all the same, and remove it."""
    MembershipFactory.create(group=group, subgroup=private_group)
    edit(group, master, name="Still")
    present = GroupSettings.of(group).entries
    edit(group, master, entries=present - Entries(groups=frozenset({private_group.pk})))
    with pytest.raises(Invalid):
        edit(group, master, entries=present)


def test_an_empty_list_is_not_switched_on(group: Group, administrator: Member) -> None:
    """Rule 4.1."""
    bare = GroupFactory.create(company=group.company, masters=[administrator], members=[administrator])
    with pytest.raises(Invalid) as invalid:
        edit(bare, administrator, features=frozenset({Feature.MAILING_LIST}))
    assert invalid.value.field == "address"


def test_switching_off_keeps_what_was_there(group: Group, master: Member) -> None:
    """Rule 3.3: the list stays, under its address."""
    off = edit(group, master, features=frozenset({Feature.MESSAGE}))
    assert off.address == ""
    on = edit(group, master, features=frozenset({Feature.MAILING_LIST}))
    assert on.address == "platform@hanbit.example"


def test_one_setting_is_changed_without_a_look_at_the_people(
    group: Group, master: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.18: whatever else has changed meanwhile, and however many people there are."""
    monkeypatch.setattr("groups.actions.settings.present_entries", pytest.fail)
    monkeypatch.setattr("groups.actions.update.change_entries", pytest.fail)
    people = set(group.entries.values_list("pk", flat=True))
    changed_group = change_group(group, lambda now: replace(now, name="Renamed"), actor=actor_of(master))
    assert (changed_group.name, changed_group.version) == ("Renamed", 2)
    assert set(group.entries.values_list("pk", flat=True)) == people
    assert group.masters.get().member == master
    with pytest.raises(Conflict):
        change_group(group, lambda now: replace(now, name="Again"), actor=actor_of(master), version=1)
