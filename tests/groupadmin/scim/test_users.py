"""People by SCIM (rules 1.2, 1.12, 2.23, 10.4, 11.2)."""

from datetime import date
from typing import Any

import pytest

from accounts.models import AccessToken, Address, AuditEntry, Company, Member, Provisioned, Scope
from groups.models import Group
from tests.factories import AddressFactory, MemberFactory

from .door import OURS_OF_USER, USER, WORK, Door
from .test_door import check_error

pytestmark = [pytest.mark.django_db]


def new_user(user_name: str = "nari@hanbit.example", /, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER, WORK], "userName": user_name, "displayName": "Nari Kim"} | more


FULL = new_user(
    externalId="aad-1",
    name={"givenName": "Nari", "familyName": "Kim"},
    nickName="Nana",
    title="Engineer",
    active=True,
    emails=[
        {"value": "nari@hanbit.example", "type": "work", "primary": True},
        {"value": "n.kim@hanbit.example", "type": "other"},
        {"value": "nari@private.example", "type": "home"},
    ],
    phoneNumbers=[{"value": "+82 2 1234", "type": "work"}, {"value": "+82 10 99", "type": "mobile"}],
    **{
        WORK: {"employeeNumber": "E7", "department": "R&D"},
        OURS_OF_USER: {
            "reading": "Na-ri",
            "site": "Seoul",
            "firstDay": "2020-01-01",
            "connecting": "allowed",
        },
    },
)


def test_a_person_is_added_with_all_that_the_provider_says(door: Door, member: Member) -> None:
    full = FULL | {WORK: FULL[WORK] | {"manager": {"value": f"u-{member.pk}"}}}
    got = door.post("Users", full)
    assert got.status == 201
    nari = Member.objects.get(email="nari@hanbit.example")
    assert got["id"] == f"u-{nari.pk}"
    assert got.headers["Location"] == got["meta"]["location"]
    assert got.headers["Location"].endswith(f"/scim/v2/Users/u-{nari.pk}")
    assert (nari.name, nari.nickname, nari.job_title, nari.phone) == (
        "Nari Kim",
        "Nana",
        "Engineer",
        "+82 2 1234",
    )
    assert (nari.employee_number, nari.reading, nari.site) == ("E7", "Na-ri", "Seoul")
    assert (nari.starts_on, nari.manager, nari.may_connect) == (date(2020, 1, 1), member, True)
    assert (nari.source, nari.external_id, nari.is_active) == ("entra", "aad-1", True)
    assert not nari.has_usable_password()
    aliases = Address.objects.filter(member=nari, kind=Address.Kind.ALIAS)
    assert set(aliases.values_list("email", flat=True)) == {"n.kim@hanbit.example"}
    # What is read is what was written, so that a provider that compares has nothing to write again.
    read = door.get(f"Users/u-{nari.pk}").body
    for name in ("userName", "externalId", "name", "emails", "phoneNumbers", "title", "active", "nickName"):
        assert read[name] == FULL[name]
    assert read[WORK]["department"] == "R&D"
    assert read[WORK]["manager"]["value"] == f"u-{member.pk}"
    assert read[OURS_OF_USER] == FULL[OURS_OF_USER]
    entry = AuditEntry.objects.filter(action="member.add").get()
    assert (entry.door, entry.actor_name, entry.target_id) == ("scim", "Entra", nari.pk)


def test_the_same_again_changes_nothing(door: Door) -> None:
    made = door.post("Users", FULL)
    entries = AuditEntry.objects.count()
    again = door.put(f"Users/{made['id']}", FULL)
    assert (again.status, again["meta"]["version"]) == (200, made["meta"]["version"])
    assert AuditEntry.objects.count() == entries


def test_what_is_there_once_is_taken(door: Door, member: Member, group: Group) -> None:
    assert door.post("Users", FULL).status == 201
    for wrong in (
        FULL,
        new_user(member.email),
        new_user(member.email.upper()),
        new_user("other@hanbit.example", externalId="aad-1"),
        # An address of a group (rule 1.6).
        new_user("platform@hanbit.example"),
        new_user("other@hanbit.example", emails=[{"value": "n.kim@hanbit.example"}]),
    ):
        check_error(door.post("Users", wrong).body, 409, "uniqueness")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"userName": "x@elsewhere.example"}, "hanbit.example"),
        ({"userName": ""}, "userName"),
        ({OURS_OF_USER: {"firstDay": "soon"}}, "2026-11-30"),
        ({OURS_OF_USER: {"firstDay": "2026-02-02", "lastDay": "2026-01-01"}}, "last day"),
        ({WORK: {"manager": {"value": "u-999999999"}}}, "manager"),
        ({"displayName": "x" * 2000}, ""),
        ({"title": "x" * 2000}, ""),
    ],
)
def test_what_breaks_a_rule_is_refused(door: Door, wrong: dict[str, Any], words: str) -> None:
    got = door.post("Users", new_user() | wrong)
    check_error(got.body, 400, "invalidValue")
    assert words in got["detail"]
    assert not Member.objects.filter(email="nari@hanbit.example").exists()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"name": {"givenName": "Ana", "familyName": "Lima"}}, "Ana Lima"),
        ({"name": {"givenName": "지우", "familyName": "김"}}, "김지우"),
        ({"name": {"formatted": "Dr. Ana Lima"}}, "Dr. Ana Lima"),
        ({"nickName": "Ani"}, "Ani"),
        ({}, "ana"),
    ],
)
def test_a_name_is_made_of_what_there_is(door: Door, sent: dict[str, Any], name: str) -> None:
    got = door.post("Users", {"schemas": [USER], "userName": "ana@hanbit.example"} | sent)
    assert got["displayName"] == name


def test_a_user_name_need_be_no_address(door: Door) -> None:
    """Keycloak calls people as they sign in there."""
    sent = new_user("nari", emails=[{"value": "n.kim@hanbit.example", "primary": True}])
    got = door.post("Users", sent)
    assert got["userName"] == "nari"
    assert Member.objects.get(pk=got["id"][2:]).email == "n.kim@hanbit.example"
    assert door.found("Users", 'userName eq "NARI"') == {got["id"]}
    check_error(door.post("Users", new_user("Nari")).body, 409, "uniqueness")
    plain = door.post("Users", {"userName": "joon"})
    assert Member.objects.get(pk=plain["id"][2:]).email == "joon@hanbit.example"
    door.patch(
        f"Users/{got['id']}", {"op": "replace", "path": "emails", "value": [{"value": "kim@hanbit.example"}]}
    )
    assert Member.objects.get(pk=got["id"][2:]).email == "kim@hanbit.example"


WAYS_TO_DEACTIVATE = [
    {"op": "replace", "path": "active", "value": False},
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "REPLACE", "path": "active", "value": [{"$ref": None, "value": "false"}]},
    {"op": "replace", "value": {"active": False}},
    {"op": "Add", "path": "active", "value": "False"},
    {"op": "replace", "value": {"id": "whatever", "active": "false"}},
    {"op": "replace", "path": f"{USER}:active", "value": False},
]


@pytest.mark.parametrize("operation", WAYS_TO_DEACTIVATE)
def test_whoever_is_not_active_is_deactivated_and_not_deleted(
    door: Door, member: Member, group: Group, operation: dict[str, Any]
) -> None:
    """However a provider writes it (rule 2.23)."""
    got = door.patch(f"Users/u-{member.pk}", operation)
    assert (got.status, got["active"]) == (200, False)
    member.refresh_from_db()
    assert not member.is_active
    assert group.entries.filter(member=member).exists()
    back = door.patch(f"Users/u-{member.pk}", {"op": "replace", "path": "active", "value": "True"})
    assert back["active"] is True


OTHER_WAYS = [
    ({"op": "Add", "path": "name.givenName", "value": "Ana"}, {"name": {"givenName": "Ana"}}),
    ({"op": "replace", "value": {"name.familyName": "Lima"}}, {"name": {"familyName": "Lima"}}),
    ({"op": "Add", "path": f"{WORK}:department", "value": "Sales"}, {WORK: {"department": "Sales"}}),
    ({"op": "replace", "value": {f"{WORK}:department": "Sales"}}, {WORK: {"department": "Sales"}}),
    ({"op": "replace", "value": {WORK: {"department": "Sales"}}}, {WORK: {"department": "Sales"}}),
    (
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "123"},
        {"phoneNumbers": [{"type": "mobile", "value": "123"}]},
    ),
    (
        {"op": "Replace", "path": 'emails[type eq "home"].value', "value": "m@private.example"},
        {"emails": [{"type": "home", "value": "m@private.example"}]},
    ),
    ({"op": "Replace", "path": "title", "value": [{"$ref": None, "value": "Boss"}]}, {"title": "Boss"}),
    # What nobody keeps is ignored.
    ({"op": "Add", "path": "preferredLanguage", "value": "de"}, {}),
    (
        {"op": "Replace", "value": {"title": "Boss", "urn:x:y:2.0:User": {"a": 1}, "costCenter": 5}},
        {"title": "Boss"},
    ),
]


@pytest.mark.parametrize(("operation", "expected"), OTHER_WAYS)
def test_patches_in_the_words_of_providers(
    door: Door, operation: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = door.post("Users", {"userName": "ana@hanbit.example", "displayName": "Ana"})
    got = door.patch(f"Users/{made['id']}", operation)
    assert got.status == 200, got.body
    for name, value in expected.items():
        if isinstance(value, dict):
            assert got[name].items() >= value.items()
        else:
            assert got[name] == value


def test_a_manager_is_named_as_entra_does(door: Door, member: Member, master: Member) -> None:
    path = f"{WORK}:manager"
    got = door.patch(f"Users/u-{member.pk}", {"op": "Add", "path": path, "value": f"u-{master.pk}"})
    assert got[WORK]["manager"]["value"] == f"u-{master.pk}"
    got = door.patch(
        f"Users/u-{member.pk}", {"op": "Replace", "path": path, "value": {"value": f"u-{member.pk}"}}
    )
    check_error(got.body, 400, "invalidValue")
    got = door.patch(f"Users/u-{member.pk}", {"op": "Remove", "path": path})
    assert "manager" not in got.body.get(WORK, {})


@pytest.mark.one_database
@pytest.mark.parametrize("user_name", [None, "", " ", "a" * 100_000, "a" * 400 + "@hanbit.example"])
def test_somebody_without_a_user_name_or_with_an_endless_one_is_refused(
    door: Door, member: Member, user_name: str | None
) -> None:
    document = {"schemas": [USER], "userName": user_name, "displayName": "Momo"}
    check_error(door.post("Users", document).body, 400, "invalidValue")
    check_error(door.put(f"Users/u-{member.pk}", document).body, 400, "invalidValue")
    check_error(door.put(f"Users/u-{member.pk}", {"displayName": "Momo"}).body, 400, "invalidValue")


@pytest.mark.parametrize(
    "path", [r'emails[type eq "\u0000"].value', r'phoneNumbers[type eq "a\ud800"].value']
)
def test_what_cannot_be_stored_comes_by_no_path(door: Door, member: Member, path: str) -> None:
    """A person with such a value could never be read again."""
    user = f"Users/u-{member.pk}"
    check_error(door.patch(user, {"op": "add", "path": path, "value": "x"}).body, 400, "invalidPath")
    check_error(door.patch(user, {"op": "add", "value": {path: "x"}}).body, 400, "invalidPath")
    assert door.get("Users").status == 200


@pytest.mark.one_database
def test_what_would_take_minutes_to_read_is_refused(door: Door, group: Group) -> None:
    path = f"Groups/g-{group.pk}"
    ids = " or ".join(f'value eq "u-{number}"' for number in range(5_000))
    check_error(door.patch(path, {"op": "remove", "path": f"members[{ids}]"}).body, 400, "tooMany")
    names = dict.fromkeys(map("a{}".format, range(2_000)), 1)
    check_error(door.patch(path, {"op": "add", "value": names}).body, 400, "tooMany")


@pytest.mark.one_database
def test_what_does_not_fit_is_said_in_a_line(door: Door, member: Member) -> None:
    got = door.patch(f"Users/u-{member.pk}", {"op": "add", "path": "title", "value": {"a": 1}})
    check_error(got.body, 400, "invalidValue")
    assert got["detail"] == "Input should be a valid string: title"


@pytest.mark.one_database
def test_a_manager_is_a_bare_id_in_whole_people_too(door: Door, member: Member, master: Member) -> None:
    made = door.post("Users", new_user(**{WORK: {"manager": f"u-{member.pk}", "department": "R&D"}}))
    assert made.status == 201
    assert made[WORK]["manager"]["value"] == f"u-{member.pk}"
    path = f"Users/{made['id']}"
    put = door.put(path, new_user(**{WORK.lower(): {"Manager": f"u-{master.pk}"}}))
    assert put[WORK]["manager"]["value"] == f"u-{master.pk}"
    got = door.patch(path, {"op": "Replace", "value": {WORK: {"manager": f"u-{member.pk}"}}})
    assert got[WORK]["manager"]["value"] == f"u-{member.pk}"
    # Entra asks so whether the manager is still this one.
    asked = f'id eq "{made["id"]}" and {WORK}:manager eq "u-{member.pk}"'
    assert door.found("Users", asked) == {made["id"]}
    assert door.found("Users", asked.replace(f"u-{member.pk}", f"u-{master.pk}")) == set()
    put = door.put(path, new_user(**{WORK: {"manager": ""}}))
    assert "manager" not in put.body.get(WORK, {})


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "replace", "path": "id", "value": "u-1"}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "remove", "path": "displayName"}, "mutability"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "move", "path": "title", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "title[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 7, "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "add", "path": "title"}, "invalidValue"),
    ],
)
def test_a_patch_that_says_nothing_sensible_changes_nothing(
    door: Door, member: Member, operation: dict[str, Any], scim_type: str
) -> None:
    good = {"op": "replace", "path": "nickName", "value": "changed"}
    check_error(door.patch(f"Users/u-{member.pk}", good, operation).body, 400, scim_type)
    member.refresh_from_db()
    assert member.nickname == ""


def test_a_person_made_by_hand_is_taken_over_with_an_id(door: Door, member: Member) -> None:
    """Providers look for people before they add them, and note their own id (rule 10.4)."""
    assert door.found("Users", f'userName eq "{member.email.upper()}"') == {f"u-{member.pk}"}
    got = door.patch(f"Users/u-{member.pk}", {"op": "Add", "path": "externalId", "value": "aad-9"})
    assert got["externalId"] == "aad-9"
    member.refresh_from_db()
    assert (member.source, member.external_id) == ("entra", "aad-9")
    assert door.found("Users", 'externalId eq "aad-9"') == {f"u-{member.pk}"}


def test_another_system_s_id_is_not_told(door: Door, company: Company) -> None:
    theirs = MemberFactory.create(company=company, source="personio", external_id="p-1")
    assert "externalId" not in door.get(f"Users/u-{theirs.pk}").body
    assert door.found("Users", 'externalId eq "p-1"') == set()


def test_aliases_made_by_hand_stay(door: Door, company: Company, member: Member) -> None:
    AddressFactory.create(company=company, local_part="m", kind=Address.Kind.ALIAS, member=member)
    sent = new_user(member.email, emails=[{"value": "momo.m@hanbit.example"}])
    door.put(f"Users/u-{member.pk}", sent)
    door.put(f"Users/u-{member.pk}", new_user(member.email))
    aliases = Address.objects.filter(member=member, kind=Address.Kind.ALIAS)
    assert set(aliases.values_list("local_part", flat=True)) == {"m"}


def test_a_deleted_person_is_deactivated_and_forgotten(door: Door, group: Group, member: Member) -> None:
    """Nothing is lost: what they were in waits for them (rule 2.23)."""
    door.patch(f"Users/u-{member.pk}", {"op": "add", "path": "externalId", "value": "aad-3"})
    assert door.delete(f"Users/u-{member.pk}").status == 204
    member.refresh_from_db()
    assert (member.is_active, member.external_id) == (False, "")
    assert group.entries.filter(member=member).exists()
    assert door.get(f"Users/u-{member.pk}").status == 404
    assert door.delete(f"Users/u-{member.pk}").status == 404
    assert door.found("Users", f'userName eq "{member.email}"') == set()
    assert f"u-{member.pk}" not in str(door.get(f"Groups/g-{group.pk}").body)
    back = door.post("Users", new_user(member.email, externalId="aad-3"))
    assert (back.status, back["id"], back["active"]) == (201, f"u-{member.pk}", True)
    assert f"u-{member.pk}" in str(door.get(f"Groups/g-{group.pk}").body)


def test_whoever_is_activated_by_hand_is_there_again(door: Door, member: Member) -> None:
    door.delete(f"Users/u-{member.pk}")
    Member.objects.filter(pk=member.pk).update(is_active=True)
    assert door.get(f"Users/u-{member.pk}").status == 200


def test_administrators_are_changed_only_by_a_delicate_token(
    door: Door, token: AccessToken, administrator: Member, company: Company
) -> None:
    """Rule 9.4."""
    MemberFactory.create(company=company, administrator=True)
    off = {"op": "replace", "path": "active", "value": False}
    got = door.patch(f"Users/u-{administrator.pk}", off)
    check_error(got.body, 403)
    assert "delicate" in got["detail"]
    token.scopes = [Scope.SCIM, Scope.DELICATE]
    token.save()
    assert door.patch(f"Users/u-{administrator.pk}", off).status == 200


def test_days_of_employment_win(door: Door) -> None:
    """Whoever has not begun yet is inactive, and no provider changes that (rule 1.12)."""
    sent = new_user(**{OURS_OF_USER: {"firstDay": "2099-01-01"}})
    made = door.post("Users", sent | {"active": True})
    assert (made.status, made["active"]) == (201, False)
    assert door.put(f"Users/{made['id']}", sent | {"active": True})["active"] is False


def test_groups_are_told_if_asked_for(door: Door, group: Group, member: Member) -> None:
    assert "groups" not in door.get(f"Users/u-{member.pk}").body
    got = door.get(f"Users/u-{member.pk}", {"attributes": "groups"})
    assert [(one["value"], one["display"]) for one in got["groups"]] == [(f"g-{group.pk}", group.name)]
    assert set(got.body) == {"schemas", "id", "groups"}


def test_what_is_said_goes_with_the_person(door: Door) -> None:
    made = door.post("Users", FULL)
    Member.objects.get(pk=made["id"][2:]).delete()
    assert not Provisioned.objects.exists()


@pytest.mark.parametrize(
    "wanted",
    [
        'emails[type eq "work"].value eq "{}"',
        'emails[type eq "work" and value eq "{}"]',
        'emails[value eq "{}"]',
        'emails.value eq "{}"',
        'emails eq "{}"',
    ],
)
def test_people_are_found_by_any_of_their_addresses(door: Door, wanted: str) -> None:
    """Providers that match people by email, whichever type they gave it, would else add them twice."""
    work = {"value": "nari.kim@hanbit.example", "type": "work", "primary": True}
    nari = door.post("Users", new_user("nari@hanbit.example", emails=[work]))
    for email in ("nari@hanbit.example", "nari.kim@hanbit.example"):
        got = door.get("Users", {"filter": wanted.format(email)})
        assert [one["id"] for one in got["Resources"]] == [nari["id"]]
