"""Adding, changing and deleting groups by the API (rules 2.2–2.6, 2.17–2.19, 5, 11.3)."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, Company, Member, Team
from groups.models import Group, MailingList, Membership
from tests.factories import GroupFactory
from tests.groupadmin.api.calling import Program, program_of
from tests.groups.test_photo import encoded, stripes

pytestmark = pytest.mark.django_db


def test_a_whole_group_is_added_in_one_request(company: Company, master: Member, team: Team) -> None:
    """Whatever is added is marked with the token's source (rule 10.4)."""
    program = program_of(company, source="hr")
    answer = program.post(
        "/groups",
        {
            "name": "Robotics",
            "description": "Arms and legs",
            "masters": [master.email],
            "entries": {"members": [master.pk], "teams": [team.pk]},
            "features": {"message": True, "note": True},
            "is_visible": False,
            "external_id": "G-1",
            "mailing_list": {
                "address": "Robots@hanbit.example",
                "aliases": ["arms@hanbit.example"],
                "who_can_send": "designated",
                "senders": {"teams": [team.pk]},
                "contacts": [{"email": "Bea@out.example", "name": "Bea"}],
            },
        },
    )
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert answer["Location"] == f"/api/v1/groups/{found['id']}"
    assert (found["address"], found["source"], found["external_id"]) == ("robots@hanbit.example", "hr", "G-1")
    assert found["features"] == {
        "message": True,
        "note": True,
        "event": False,
        "task": False,
        "folder": False,
        "mailing_list": True,
    }
    assert (found["is_visible"], found["grants_features"]) == (False, True)
    group = Group.objects.get(pk=found["id"])
    assert {entry.source for entry in group.entries.all()} == {"hr"}
    assert group.entries.count() == 2
    mailing_list = MailingList.objects.get()
    assert mailing_list.addresses == {"robots@hanbit.example", "arms@hanbit.example"}
    assert [contact.email for contact in mailing_list.external_contacts.all()] == ["bea@out.example"]
    entry = AuditEntry.objects.get(action="group.create")
    assert (entry.door, entry.actor_id) == (AuditEntry.Door.API, None)


def test_the_default_master_of_the_token_runs_groups_that_name_nobody(
    company: Company, master: Member, member: Member
) -> None:
    body = {"name": "Robotics", "entries": {"members": [member.pk]}}
    refused = program_of(company).post("/groups", body)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["masters"]
    found = program_of(company, default_master=master).post("/groups", body).json()
    assert [one.member_id for one in Group.objects.get(pk=found["id"]).masters.all()] == [master.pk]


def test_what_is_wrong_is_said_of_the_field_as_the_api_calls_it(
    company: Company, group: Group, master: Member, guest: Member
) -> None:
    program = program_of(company)
    good = {"name": "New", "masters": [master.pk], "entries": {"members": [master.pk]}}
    for change, field in (
        ({"name": ""}, "name"),
        ({"name": group.name}, "name"),
        ({"entries": {"members": [guest.pk]}}, "entries"),
        ({"entries": {"members": ["nobody@hanbit.example"]}}, "entries.members"),
        ({"entries": {"members": [guest.email]}}, "entries.members"),
        ({"entries": {"teams": ["ext:hr:none"]}}, "entries.teams"),
        ({"masters": []}, "masters"),
        ({"features": {"note": True}}, "features.message"),
        ({"mailing_list": {"address": "a@elsewhere.example"}}, "mailing_list.address"),
        ({"mailing_list": {"address": group.address}}, "mailing_list.address"),
        ({"colour": "red"}, "colour"),
        ({"name": 7}, "name"),
    ):
        answer = program.post("/groups", good | change)
        assert answer.status_code == 422, change
        assert [one["field"] for one in answer.json()["errors"]] == [field], answer.content
    assert Group.objects.count() == 1


def test_external_groups_have_no_list(company: Company, master: Member) -> None:
    body: dict[str, Any] = {"kind": "external", "name": "Alliance", "masters": [master.pk]}
    found = program_of(company).post("/groups", body).json()
    assert (found["kind"], found["is_visible"]) == ("external", False)
    answer = program_of(company).patch(
        f"/groups/{found['id']}/mailing-list", {"address": "all@hanbit.example"}
    )
    assert answer.status_code == 422


def test_only_what_is_sent_changes(group: Group, company: Company) -> None:
    program = program_of(company)
    answer = program.patch(f"/groups/{group.pk}", {"description": "New", "features": {"note": True}})
    found = answer.json()
    assert answer["ETag"] == '"2"'
    assert (found["name"], found["description"]) == ("Platform guild", "New")
    assert (found["features"]["message"], found["features"]["note"]) == (True, True)
    assert program.patch(f"/groups/{group.pk}", {})["ETag"] == '"2"'


def test_masters_change_their_own_groups_and_only_what_they_may(
    group: Group, private_group: Group, master: Member, member: Member
) -> None:
    """Rules 5.2 and 7: a refusal is in the audit, although nothing of the request is kept."""
    Group.objects.filter(pk=group.pk).update(grants_features=False)
    program = program_of(master)
    assert program.patch(f"/groups/{group.pk}", {"name": "Renamed"}).json()["name"] == "Renamed"
    for body in ({"features": {"message": False}}, {"grants_features": True}):
        answer = program.patch(f"/groups/{group.pk}", {"name": "Not so", **body})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:groupadmin:problem:refused")
    assert program.patch(f"/groups/{private_group.pk}", {"name": "x"}).status_code == 404
    assert program_of(member).patch(f"/groups/{group.pk}", {"name": "x"}).status_code == 403
    assert Group.objects.get(pk=group.pk).name == "Renamed"
    assert AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED, target_id=group.pk).count() == 3


def test_only_the_version_that_was_seen_is_changed(group: Group, company: Company) -> None:
    program = program_of(company)
    for verb, path, body in (
        ("PATCH", "", {"name": "New"}),
        ("PATCH", "/mailing-list", {"who_can_send": "designated"}),
        ("PATCH", "/room", {"note": True}),
        ("PATCH", "/entries", {"remove": {"members": [entry_member(group)]}}),
        ("PUT", "/entries", {"members": [entry_member(group)]}),
        ("PATCH", "/mailing-list/contacts", {"add": [{"email": "a@out.example"}]}),
        ("PUT", "/mailing-list/contacts", {"contacts": [{"email": "a@out.example"}]}),
        ("PUT", "/mailing-list/designations/senders", {"members": [entry_member(group)]}),
        ("DELETE", "", None),
    ):
        answer = program(verb, f"/groups/{group.pk}{path}", body, If_Match='"7"')
        assert (answer.status_code, answer.json()["type"]) == (412, "urn:groupadmin:problem:changed"), path
    assert Group.objects.get(pk=group.pk).version == 1
    assert program.patch(f"/groups/{group.pk}", {"name": "New"}, If_Match='"1"').status_code == 200


def entry_member(group: Group) -> int:
    found = group.entries.filter(member__isnull=False).values_list("member_id", flat=True).get()
    assert found is not None
    return found


def test_a_dry_run_tells_what_would_change_and_changes_nothing(
    group: Group, company: Company, outsider: Member
) -> None:
    before = AuditEntry.objects.count()
    program = program_of(company)
    answer = program.patch(f"/groups/{group.pk}?dry_run=true", {"name": "New"}).json()
    assert (answer["dry_run"], answer["would_answer"]["name"]) == (True, "New")
    [effect] = answer["effects"]
    assert effect["changes"][0]["before"] == "Platform guild"
    program.post(f"/groups/{group.pk}/entries?dry_run=true", {"members": [outsider.pk]})
    program.delete(f"/groups/{group.pk}?dry_run=true")
    group.refresh_from_db()
    assert (group.name, group.version, group.deleted_at) == ("Platform guild", 1, None)
    assert not Membership.objects.filter(member=outsider).exists()
    assert AuditEntry.objects.count() == before


def test_a_request_with_a_key_adds_one_group(company: Company, master: Member) -> None:
    program = program_of(company)
    body = {"name": "Once", "masters": [master.pk], "entries": {"members": [master.pk]}}
    first, second = (program.post("/groups", body, Idempotency_Key="k-1") for _time in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content) == (201, first.content)
    assert Group.objects.filter(name="Once").count() == 1


def test_a_deleted_group_is_gone_and_can_be_restored(group: Group, company: Company, member: Member) -> None:
    program = program_of(company)
    assert program_of(member).delete(f"/groups/{group.pk}").status_code == 403
    assert program.delete(f"/groups/{group.pk}").status_code == 204
    assert program.get(f"/groups/{group.pk}").status_code == 404
    [found] = program.get("/deleted-groups").json()["items"]
    assert (found["id"], found["days_left"]) == (group.pk, 30)


# The photo


def send_photo(
    program: Program, group: Group, content: bytes, query: str = "", kind: str = "image/png"
) -> Any:
    client = Client(headers={"Authorization": f"Bearer {program.token}"})
    return client.put(f"/api/v1/groups/{group.pk}/photo{query}", content, content_type=kind)


def test_a_photo_is_the_whole_body(group: Group, company: Company, master: Member, member: Member) -> None:
    found = send_photo(program_of(master), group, encoded(stripes(), "PNG"))
    assert (found.status_code, found.json()["has_photo"]) == (200, True), found.content
    shown = program_of(member).get(f"/groups/{group.pk}/photo")
    assert (shown["Content-Type"], b"".join(shown.streaming_content)[8:12]) == ("image/webp", b"WEBP")
    part = program_of(member).get(f"/groups/{group.pk}/photo", Range="bytes=8-11")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"WEBP")
    beyond = program_of(member).get(f"/groups/{group.pk}/photo", Range="bytes=99999999-")
    assert (beyond.status_code, beyond.json()["type"][-13:]) == (416, "no-such-range")
    assert beyond["Content-Range"].startswith("bytes */")
    assert program_of(company).delete(f"/groups/{group.pk}/photo").json()["has_photo"] is False
    assert program_of(member).get(f"/groups/{group.pk}/photo").status_code == 404


def test_what_is_no_picture_is_refused_and_so_are_forms(group: Group, master: Member, settings: Any) -> None:
    program = program_of(master)
    answer = send_photo(program, group, b"no picture")
    assert [one["field"] for one in answer.json()["errors"]] == ["photo"]
    assert send_photo(program, group, b"a=b", kind="application/x-www-form-urlencoded").status_code == 415
    settings.PHOTO_MAX_BYTES = 10
    assert send_photo(program, group, encoded(stripes(), "PNG")).status_code == 413


def test_no_file_of_a_photo_is_left_of_what_was_not_done(group: Group, master: Member, media: Path) -> None:
    program = program_of(master)
    tried = send_photo(program, group, encoded(stripes(), "PNG"), "?dry_run=true")
    assert (tried.status_code, tried.json()["would_answer"]["has_photo"]) == (200, True)
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert Group.objects.get(pk=group.pk).photo == ""


def test_of_a_group_of_any_size_the_settings_alone_are_read(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    large = GroupFactory.create(company=company, name="Large", listed=True)
    program = program_of(company)
    with django_assert_max_num_queries(40) as queries:
        program.patch(f"/groups/{large.pk}", {"description": "x"})
    assert not [one for one in queries.captured_queries if 'FROM "groups_membership"' in one["sql"]]
