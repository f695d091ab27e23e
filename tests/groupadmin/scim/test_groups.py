"""Groups by SCIM (rules 2.7, 2.8, 2.23, 3.1, 4.1, 10.4, 11.2)."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from accounts.models import AccessToken, AuditEntry, Company, Member, Team
from groupadmin.scim import groups
from groups.models import Group, Master, Membership
from tests.factories import GroupFactory, MemberFactory

from .door import GROUP, OURS_OF_GROUP, Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db]


def new_group(name: str = "Sales", /, **more: Any) -> dict[str, Any]:
    return {"schemas": [GROUP], "displayName": name} | more


def values(*members: Member | Team | Group) -> list[dict[str, str]]:
    return [{"value": ref(member)} for member in members]


def ref(thing: Member | Team | Group) -> str:
    letter = {Member: "u", Team: "t", Group: "g"}[type(thing)]
    return f"{letter}-{thing.pk}"


def members_of(door: Door, group: Group) -> set[str]:
    return {one["value"] for one in door.get(f"Groups/g-{group.pk}").body.get("members", [])}


@pytest.fixture
def provided(door: Door, company: Company, master: Member, member: Member, outsider: Member) -> Group:
    """A group of the provider, with the outsider by hand besides."""
    got = door.post("Groups", new_group(externalId="grp-1", members=values(master, member)))
    group: Group = Group.objects.get(pk=got["id"][2:])
    Membership.objects.create(group=group, member=outsider)
    return group


def test_a_group_is_run_by_the_default_master_if_it_names_none(
    door: Door, master: Member, member: Member, team: Team, group: Group
) -> None:
    got = door.post("Groups", new_group(externalId="grp-1", members=values(member, team, group)))
    assert got.status == 201
    made = Group.objects.get(pk=got["id"][2:])
    assert [one.member for one in made.masters.all()] == [master]
    assert (made.source, made.external_id, made.kind) == ("entra", "grp-1", Group.Kind.INTERNAL)
    assert {(one["value"], one["type"]) for one in got["members"]} == {
        (ref(member), "User"),
        (ref(team), "Team"),
        (ref(group), "Group"),
    }
    assert set(made.entries.values_list("source", flat=True)) == {"entra"}
    assert set(made.masters.values_list("source", flat=True)) == {"entra"}
    # It only stands in, and is no part of what the provider says.
    assert "masters" not in got[OURS_OF_GROUP] if OURS_OF_GROUP in got.body else True


def test_without_anybody_to_run_it_a_group_is_refused_with_what_to_do(door: Door, token: AccessToken) -> None:
    token.default_master = None
    token.save()
    got = door.post("Groups", new_group())
    check_error(got.body, 400, "invalidValue")
    assert "master" in got["detail"]


def test_a_group_may_be_empty(door: Door) -> None:
    """Providers say afterwards who is in it."""
    got = door.post("Groups", new_group())
    assert got.status == 201
    assert "members" not in got.body


def test_names_and_ids_are_there_once(door: Door, group: Group) -> None:
    door.post("Groups", new_group(externalId="grp-1"))
    check_error(door.post("Groups", new_group("Other", externalId="grp-1")).body, 409, "uniqueness")
    check_error(door.post("Groups", new_group(group.name.upper())).body, 409, "uniqueness")
    check_error(door.post("Groups", new_group("")).body, 400, "invalidValue")
    listed = new_group("Other", **{OURS_OF_GROUP: {"address": "platform"}})
    check_error(door.post("Groups", listed).body, 409, "uniqueness")


def test_masters_address_and_features_are_set(
    door: Door, member: Member, outsider: Member, master: Member
) -> None:
    ours = {
        "description": "Sells",
        "masters": values(member, outsider),
        "address": "sales",
        "features": ["message", "note"],
        "visibility": "private",
        "notifications": "members",
        "featuresSetBy": "administrators",
    }
    got = door.post("Groups", new_group(**{OURS_OF_GROUP: ours}))
    made = Group.objects.get(pk=got["id"][2:])
    assert {one.member for one in made.masters.all()} == {member, outsider}
    assert (made.address, made.description) == ("sales@hanbit.example", "Sells")
    assert made.switched_on == {"message", "note", "uses_mailing_list", "notifies"}
    read = door.get(f"Groups/{got['id']}")[OURS_OF_GROUP]
    assert {one["value"] for one in read["masters"]} == {ref(member), ref(outsider)}
    assert {name: read[name] for name in ours if name != "masters"} == {
        name: value for name, value in ours.items() if name != "masters"
    }
    path = f"{OURS_OF_GROUP}:"
    # Without the address the list is off, and kept (rule 3.3).
    got = door.patch(f"Groups/{got['id']}", {"op": "remove", "path": path + "address"})
    assert "address" not in got[OURS_OF_GROUP]
    made.refresh_from_db()
    assert (made.uses_mailing_list, made.mailing_list is not None) == (False, True)
    whole = {"op": "add", "path": path + "address", "value": "Verkauf@HANBIT.example"}
    assert door.patch(f"Groups/{got['id']}", whole)[OURS_OF_GROUP]["address"] == "verkauf"
    for wrong in ("x@nordlicht.example", "??", "x@elsewhere"):
        refused = door.patch(f"Groups/{got['id']}", whole | {"value": wrong})
        check_error(refused.body, 400, "invalidValue")
    refused = door.patch(f"Groups/{got['id']}", {"op": "add", "path": path + "features", "value": ["fly"]})
    assert "fly" in refused["detail"]


def test_masters_by_hand_stay(door: Door, group: Group, master: Member, member: Member) -> None:
    """A system takes away only what it brought (rule 10.4)."""
    path = f"{OURS_OF_GROUP}:masters"
    door.patch(f"Groups/g-{group.pk}", {"op": "replace", "path": path, "value": values(member)})
    found = dict(Master.objects.filter(group=group).values_list("member", "source"))
    assert found == {master.pk: "", member.pk: "entra"}
    door.patch(f"Groups/g-{group.pk}", {"op": "replace", "path": path, "value": values(master)})
    assert set(Master.objects.filter(group=group).values_list("member", flat=True)) == {master.pk}


# Each of these means the same: the member goes, the others stay.
Operation = Callable[[str], dict[str, Any]]
WAYS_TO_REMOVE: dict[str, Operation] = {
    "Entra": lambda one: {"op": "Remove", "path": "members", "value": [{"value": one}]},
    "Entra, with $ref": lambda one: {
        "op": "Remove",
        "path": "members",
        "value": [{"$ref": None, "value": one}],
    },
    "Entra, one value": lambda one: {"op": "remove", "path": "members", "value": {"value": one}},
    "Okta and the RFC": lambda one: {"op": "remove", "path": f'members[value eq "{one}"]'},
    "with capitals": lambda one: {"op": "REMOVE", "path": f'Members[Value EQ "{one}"]'},
    "with the schema": lambda one: {"op": "remove", "path": f'{GROUP}:members[value eq "{one}"]'},
    "or nobody": lambda one: {"op": "remove", "path": f'members[value eq "{one}" or value eq "u-5"]'},
    "and a user": lambda one: {"op": "remove", "path": f'members[value eq "{one}" and type eq "User"]'},
    "an empty value": lambda one: {"op": "remove", "path": f'members[value eq "{one}"]', "value": None},
    "bare ids": lambda one: {"op": "remove", "path": "members", "value": [one]},
}


@pytest.mark.parametrize("way", WAYS_TO_REMOVE)
def test_one_member_is_removed_however_a_provider_writes_it(
    door: Door, provided: Group, master: Member, member: Member, outsider: Member, way: str
) -> None:
    got = door.patch(f"Groups/g-{provided.pk}", WAYS_TO_REMOVE[way](ref(member)))
    assert got.status in (200, 204), got.body
    assert members_of(door, provided) == {ref(master), ref(outsider)}


WAYS_TO_ADD: dict[str, Operation] = {
    "Entra": lambda one: {"op": "Add", "path": "members", "value": [{"value": one}]},
    "Entra, without a path": lambda one: {"op": "Add", "value": {"members": [{"value": one}]}},
    "Okta": lambda one: {"op": "add", "path": "members", "value": [{"value": one, "display": "Tae"}]},
    "one value": lambda one: {"op": "add", "path": "members", "value": {"value": one, "type": "User"}},
    "with the schema": lambda one: {"op": "add", "path": f"{GROUP}:members", "value": [{"value": one}]},
}


@pytest.mark.parametrize("way", WAYS_TO_ADD)
def test_one_member_is_added_however_a_provider_writes_it(
    door: Door, provided: Group, teammate: Member, way: str
) -> None:
    before = members_of(door, provided)
    for _twice in range(2):
        assert door.patch(f"Groups/g-{provided.pk}", WAYS_TO_ADD[way](ref(teammate))).status in (200, 204)
        assert members_of(door, provided) == before | {ref(teammate)}


WAYS_TO_REPLACE: dict[str, Callable[[list[dict[str, str]]], dict[str, Any]]] = {
    "Entra": lambda them: {"op": "Replace", "path": "members", "value": them},
    "Okta": lambda them: {"op": "replace", "value": {"id": "x", "displayName": "Sales", "members": them}},
    "with the schema": lambda them: {"op": "replace", "value": {f"{GROUP}:members": them}},
}


@pytest.mark.parametrize("way", WAYS_TO_REPLACE)
def test_who_is_in_it_is_replaced_and_entries_by_hand_stay(
    door: Door, provided: Group, member: Member, teammate: Member, outsider: Member, way: str
) -> None:
    """Rule 10.4."""
    door.patch(f"Groups/g-{provided.pk}", WAYS_TO_REPLACE[way](values(member, teammate)))
    assert members_of(door, provided) == {ref(member), ref(teammate), ref(outsider)}
    assert provided.entries.get(member=outsider).source == ""


def test_a_put_replaces_what_the_provider_brought(
    door: Door, provided: Group, teammate: Member, outsider: Member
) -> None:
    got = door.put(f"Groups/g-{provided.pk}", new_group("Sales", members=values(teammate)))
    assert got.status == 200
    assert members_of(door, provided) == {ref(teammate), ref(outsider)}
    # Who does not speak of members does not mean them.
    door.put(f"Groups/g-{provided.pk}", new_group("Sales 2"))
    assert members_of(door, provided) == {ref(teammate), ref(outsider)}
    door.put(f"Groups/g-{provided.pk}", new_group("Sales 2", members=[]))
    assert members_of(door, provided) == {ref(outsider)}


def test_entries_by_hand_are_not_removed(door: Door, provided: Group, outsider: Member) -> None:
    """Not even by name (rule 10.4)."""
    for operation in (
        {"op": "remove", "path": f'members[value eq "{ref(outsider)}"]'},
        {"op": "remove", "path": "members"},
        {"op": "remove", "path": 'members[type eq "User"]'},
    ):
        door.patch(f"Groups/g-{provided.pk}", operation)
        assert ref(outsider) in members_of(door, provided)
    assert members_of(door, provided) == {ref(outsider)}


def test_operations_are_done_in_their_order(
    door: Door, provided: Group, member: Member, teammate: Member, outsider: Member, master: Member
) -> None:
    door.patch(
        f"Groups/g-{provided.pk}",
        {"op": "add", "path": "members", "value": values(teammate)},
        {"op": "remove", "path": f'members[value eq "{ref(teammate)}"]'},
        {"op": "remove", "path": f'members[value eq "{ref(member)}"]'},
        {"op": "add", "path": "members", "value": values(member)},
        {"op": "replace", "path": "displayName", "value": "Renamed"},
    )
    assert members_of(door, provided) == {ref(master), ref(member), ref(outsider)}
    provided.refresh_from_db()
    assert provided.name == "Renamed"
    door.patch(
        f"Groups/g-{provided.pk}",
        {"op": "replace", "path": "members", "value": []},
        {"op": "add", "path": "members", "value": values(teammate)},
    )
    assert members_of(door, provided) == {ref(teammate), ref(outsider)}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "members", "value": [{"display": "x"}]},
        {"op": "add", "path": "members", "value": 7},
        {"op": "add", "path": "members", "value": [{"value": "u-999999999"}]},
        {"op": "replace", "path": 'members[value eq "u-5"].value', "value": "u-6"},
        {"op": "remove", "path": "members.value"},
        {"op": "move", "path": "members"},
    ],
)
def test_members_that_are_not_there_are_refused(
    door: Door, provided: Group, operation: dict[str, Any]
) -> None:
    before = members_of(door, provided)
    assert door.patch(f"Groups/g-{provided.pk}", operation).status == 400
    assert members_of(door, provided) == before


def test_ids_of_nothing_here_are_left_out(door: Door, provided: Group, teammate: Member) -> None:
    """A provider that sends ids of its own means nobody whom it has added here."""
    value = [{"value": "3f0c-not-ours"}, *values(teammate)]
    assert (
        door.patch(f"Groups/g-{provided.pk}", {"op": "add", "path": "members", "value": value}).status == 200
    )
    assert ref(teammate) in members_of(door, provided)


def test_a_group_cannot_contain_itself(door: Door, group: Group, provided: Group) -> None:
    """Rule 2.11."""
    door.patch(f"Groups/g-{group.pk}", {"op": "add", "path": "members", "value": values(provided)})
    got = door.patch(f"Groups/g-{provided.pk}", {"op": "add", "path": "members", "value": values(group)})
    check_error(got.body, 400, "invalidValue")


def test_whoever_is_away_is_in_it_when_they_are_back(door: Door, provided: Group, company: Company) -> None:
    """Rule 2.23."""
    away = MemberFactory.create(company=company, is_active=False)
    add = {"op": "add", "path": "members", "value": values(away)}
    assert door.patch(f"Groups/g-{provided.pk}", add).status == 200
    assert ref(away) in members_of(door, provided)


def test_many_people_are_lost_only_by_a_token_that_may(
    door: Door, token: AccessToken, provided: Group, company: Company
) -> None:
    """Rule 10.5."""
    people: Iterable[Member] = MemberFactory.create_batch(25, company=company)
    everybody = values(*people)
    door.patch(f"Groups/g-{provided.pk}", {"op": "add", "path": "members", "value": everybody})
    gone = {"op": "remove", "path": "members"}
    got = door.patch(f"Groups/g-{provided.pk}", gone)
    check_error(got.body, 403, "tooMany")
    assert len(members_of(door, provided)) == 28
    assert door.patch(f"Groups/g-{provided.pk}", gone, X_Accept_Loss="yes").status == 200
    assert len(members_of(door, provided)) == 1


def test_only_its_own_groups_are_deleted(door: Door, provided: Group, group: Group, company: Company) -> None:
    assert door.delete(f"Groups/g-{provided.pk}").status == 204
    assert door.get(f"Groups/g-{provided.pk}").status == 404
    provided.refresh_from_db()
    assert provided.deleted_at is not None
    check_error(door.delete(f"Groups/g-{group.pk}").body, 403)
    theirs = GroupFactory.create(company=company, source="personio")
    rename = {"op": "replace", "path": "displayName", "value": "Mine"}
    check_error(door.patch(f"Groups/g-{theirs.pk}", rename).body, 403)
    # The same id again, for a new group.
    assert door.post("Groups", new_group(externalId="grp-1")).status == 201


def test_a_large_group_is_not_sent_back(
    door: Door, provided: Group, teammate: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "SHOWN_AFTER_CHANGE", 2)
    add = {"op": "add", "path": "members", "value": values(teammate)}
    got = door.patch(f"Groups/g-{provided.pk}", add)
    assert (got.status, got.body) == (204, None)
    assert got.headers["ETag"] == door.get(f"Groups/g-{provided.pk}").headers["ETag"]
    got = door.ask(
        "PATCH", f"Groups/g-{provided.pk}", {"Operations": [add]}, {"excludedAttributes": "members"}
    )
    assert (got.status, "members" in got.body) == (200, False)


def test_a_page_has_no_more_groups_than_it_holds_members(
    door: Door, provided: Group, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "ENTRIES_ON_A_PAGE", 3)
    got = door.get("Groups")
    assert (got["totalResults"], got["itemsPerPage"], len(got["Resources"])) == (2, 1, 1)
    rest = door.get("Groups", {"startIndex": 2})
    assert {rest["Resources"][0]["id"], got["Resources"][0]["id"]} == {ref(provided), ref(group)}
    assert door.get("Groups", {"excludedAttributes": "members"})["itemsPerPage"] == 2


def test_names_of_members_are_told_if_asked_for(door: Door, provided: Group, member: Member) -> None:
    assert "display" not in str(door.get(f"Groups/g-{provided.pk}")["members"])
    got = door.get(f"Groups/g-{provided.pk}", {"attributes": "members.display"})
    assert {"value": ref(member), "display": member.name} in got["members"]


def test_the_audit_says_who_was_added(door: Door, provided: Group, teammate: Member) -> None:
    door.patch(f"Groups/g-{provided.pk}", {"op": "add", "path": "members", "value": values(teammate)})
    entry = AuditEntry.objects.filter(action="group.edit_members").latest("pk")
    assert (entry.door, entry.actor_name, entry.target_id) == ("scim", "Entra", provided.pk)
    assert teammate.name in str(entry.changes)


def test_changing_one_member_asks_as_much_of_a_large_group(
    door: Door, provided: Group, company: Company, django_assert_max_num_queries: Any
) -> None:
    people = MemberFactory.create_batch(4, company=company)
    with django_assert_max_num_queries(60) as few:
        door.patch(f"Groups/g-{provided.pk}", {"op": "add", "path": "members", "value": values(people[0])})
    Membership.objects.bulk_create(
        Membership(group=provided, member=one) for one in MemberFactory.create_batch(10, company=company)
    )
    with django_assert_max_num_queries(len(few)):
        door.patch(f"Groups/g-{provided.pk}", {"op": "add", "path": "members", "value": values(people[1])})
