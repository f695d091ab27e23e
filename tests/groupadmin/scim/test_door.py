"""Who may come in by SCIM, and how whatever goes wrong is said (rules 7, 11.1, 11.2, 11.4)."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import AccessToken, AuditEntry, Company, Member, Scope, Team
from groupadmin.scim import users
from groups.models import Group
from tests.factories import AccessTokenFactory, GroupFactory, MemberFactory, TeamFactory

from .door import TOKEN, USER, WORK, Door

pytestmark = [pytest.mark.django_db]
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
EVERYTHING = ("Users", "Groups", "Teams", "Schemas", "ResourceTypes", "ServiceProviderConfig", "Bulk", "x")


def check_error(body: object, status: int, scim_type: str | None = None) -> None:
    assert isinstance(body, dict)
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type
    assert scim_type is not None or body["detail"]


@pytest.mark.parametrize("path", EVERYTHING)
def test_without_a_token_nothing_is_told(token: AccessToken, path: str) -> None:
    for presented in ("", "gadm_wrong"):
        got = Door(presented).get(path)
        assert got.status == 401
        assert got.headers["WWW-Authenticate"].startswith("Bearer")
        check_error(got.body, 401)


def test_only_a_company_s_token_with_the_scope_and_a_system_s_name_is_let_in(
    company: Company, administrator: Member
) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"scopes": [Scope.DIRECTORY_READ, Scope.MEMBERS_WRITE], "source": "entra"},
        {"scopes": [Scope.SCIM], "source": ""},
        {"scopes": [Scope.SCIM], "source": "entra", "member": administrator},
    )
    for number, settings in enumerate(wrong):
        AccessTokenFactory.create(company=company, token=f"gadm_{number}", **settings)
        got = Door(f"gadm_{number}").get("Users")
        assert got.status == 403
        check_error(got.body, 403)


def test_a_session_opens_nothing(administrator: Member, token: AccessToken) -> None:
    client = Client()
    client.force_login(administrator)
    assert client.get("/scim/v2/Users").status_code == 401


def test_another_company_s_things_are_not_there(door: Door, other_company: Company, stranger: Member) -> None:
    group = GroupFactory.create(company=other_company, masters=[stranger], members=[stranger])
    team = TeamFactory.create(company=other_company)
    user = {"schemas": [USER], "userName": "x@hanbit.example", "displayName": "X"}
    for path in (f"Users/u-{stranger.pk}", f"Groups/g-{group.pk}", f"Teams/t-{team.pk}"):
        for got in (
            door.get(path),
            door.put(path, user),
            door.patch(path, {"op": "replace", "path": "displayName", "value": "X"}),
            door.delete(path),
        ):
            assert got.status == 404
            nothing = door.get(path.partition("/")[0] + "/u-999999999")
            assert got.body == nothing.body
    # Rule 8.1: the owner sees the attempts, once each.
    attempts = AuditEntry.objects.filter(company_id=other_company.pk, result=AuditEntry.Result.REFUSED)
    assert attempts.count() == 3
    for kind in ("Users", "Groups", "Teams"):
        listed = {one["id"] for one in door.get(kind)["Resources"]}
        assert listed.isdisjoint({f"u-{stranger.pk}", f"g-{group.pk}", f"t-{team.pk}"})


def test_another_company_s_people_come_into_no_group(
    door: Door, group: Group, team: Team, stranger: Member
) -> None:
    add = {"op": "add", "path": "members", "value": [{"value": f"u-{stranger.pk}"}]}
    for path in (f"Groups/g-{group.pk}", f"Teams/t-{team.pk}"):
        check_error(door.patch(path, add).body, 400, "invalidValue")
    manager = {"op": "add", "path": f"{WORK}:manager", "value": {"value": f"u-{stranger.pk}"}}
    someone = MemberFactory.create(company=group.company)
    check_error(door.patch(f"Users/u-{someone.pk}", manager).body, 400, "invalidValue")


def test_external_groups_are_no_provider_s_business(door: Door, external_group: Group) -> None:
    assert door.get(f"Groups/g-{external_group.pk}").status == 404
    assert door.found("Groups", f'displayName eq "{external_group.name}"') == set()


def test_a_wrong_verb_or_address_is_answered_as_scim_says(door: Door, member: Member) -> None:
    got = door.delete("Users")
    check_error(got.body, 405)
    assert got.headers["Allow"] == "GET, HEAD, POST"
    for path in ("nothing", "Users/u-1/x", "Users/1", "Users/g-1", f"Groups/u-{member.pk}", "Schemas/urn:x"):
        check_error(door.get(path).body, 404)
    check_error(door.get("Me").body, 501)
    for path in ("/scim", "/scim/", "/scim/elsewhere"):
        assert Client().get(path).json()["status"] == "404"
    assert Client().get("/scim/v2/Users").headers["Cache-Control"].startswith("max-age=0")


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        (b"{", "invalidSyntax"),
        (b"[]", "invalidSyntax"),
        (b'"x"', "invalidSyntax"),
        (b"\xff\xfe", "invalidSyntax"),
        (b'{"userName": "\\ud800"}', "invalidSyntax"),
        (b'{"userName": NaN}', "invalidSyntax"),
        (b'{"a": ' * 30 + b"1" + b"}" * 30, "invalidSyntax"),
        (b"[" * 100_000, "invalidSyntax"),
        (b'{"userName": "a\\u0000b@hanbit.example"}', "invalidValue"),
        (b'{"userName": {"a": 1}}', "invalidValue"),
        (b'{"userName": 5, "emails": "x"}', "invalidValue"),
        (b"{}", "invalidValue"),
    ],
)
def test_what_cannot_be_read_changes_nothing(door: Door, body: bytes, scim_type: str) -> None:
    before = Member.objects.count()
    check_error(door.post("Users", body).body, 400, scim_type)
    assert Member.objects.count() == before


def test_too_much_and_what_is_no_json_are_refused(door: Door, settings: LazySettings) -> None:
    settings.SCIM_MAX_BYTES = 1000
    check_error(door.post("Users", b'{"userName": "' + b"a" * 2000 + b'"}').body, 413)
    # Before any view is asked.
    settings.REQUEST_MAX_BYTES = 100
    check_error(door.post("Users", b'{"userName": "' + b"a" * 900 + b'"}').body, 413)
    response = Client().post("/scim/v2/Users", {"a": 1}, headers={"Authorization": f"Bearer {TOKEN}"})
    check_error(response.json(), 415)


def test_a_fault_is_told_in_one_form_and_undone(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(users, "keep_said", fail)
    got = door.post("Users", {"userName": "new@hanbit.example"})
    check_error(got.body, 500)
    assert "secret" not in str(got.body)
    assert not Member.objects.filter(email="new@hanbit.example").exists()


def test_what_a_provider_may_not_do_is_in_the_audit(door: Door, company: Company) -> None:
    theirs = MemberFactory.create(company=company, source="personio")
    got = door.patch(f"Users/u-{theirs.pk}", {"op": "replace", "path": "title", "value": "Chief"})
    check_error(got.body, 403)
    assert "personio" in got["detail"]
    entry = AuditEntry.objects.get(result=AuditEntry.Result.REFUSED)
    assert (entry.action, entry.door, entry.actor_name) == ("member.update", "scim", "Entra")


def test_its_uses_are_counted(door: Door, token: AccessToken) -> None:
    door.get("Users")
    door.get("Groups")
    token.refresh_from_db()
    assert token.uses == 2
