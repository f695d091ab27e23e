"""Lists, their contacts and opt-outs, rooms' switches, deleted groups by the API (rules 2.17, 3, 4)."""

import pytest

from accounts.models import AuditEntry, Company, Member, Team
from groups.models import Designation, ExternalContact, Group, MailingList, OptOut, Room
from tests.factories import GroupFactory
from tests.groupadmin.api.calling import Program, program_of

pytestmark = pytest.mark.django_db


def list_of(group: Group) -> MailingList:
    found = MailingList.objects.get(group=group)
    return found


def test_a_list_is_switched_on_with_its_address(private_group: Group, company: Company) -> None:
    program, path = program_of(company), f"/groups/{private_group.pk}/mailing-list"
    assert program.get(path).json() == {
        "is_on": False,
        "address": "",
        "aliases": [],
        "blocks_external_domains": None,
        "who_can_send": None,
        "version": 1,
    }
    missing = program.patch(path, {"is_on": True})
    assert [one["field"] for one in missing.json()["errors"]] == ["address"]
    found = program.patch(
        path, {"is_on": True, "address": "secret@hanbit.example", "aliases": ["psst@hanbit.example"]}
    ).json()
    assert (found["is_on"], found["address"], found["aliases"]) == (
        True,
        "secret@hanbit.example",
        ["psst@hanbit.example"],
    )
    assert program.patch(path, {"blocks_external_domains": True}).json()["aliases"] == ["psst@hanbit.example"]
    off = program.patch(path, {"is_on": False}).json()
    assert (off["is_on"], off["address"]) == (False, "secret@hanbit.example")


def test_the_rules_of_a_list_are_told_to_those_who_run_the_group(
    group: Group, master: Member, member: Member
) -> None:
    path = f"/groups/{group.pk}/mailing-list"
    assert program_of(master).get(path).json()["who_can_send"] == "everyone"
    seen = program_of(member).get(path).json()
    assert (seen["address"], seen["who_can_send"]) == ("platform@hanbit.example", None)
    for part in ("/contacts", "/opt-outs", "/designations/senders"):
        assert program_of(member).get(path + part).status_code == 403, part
        assert program_of(master).get(path + part).status_code == 200, part
    Group.objects.filter(pk=group.pk).update(uses_mailing_list=False)
    assert program_of(member).get(path).json()["address"] == ""


def test_masters_without_the_grant_do_not_change_lists(group: Group, master: Member) -> None:
    """Rule 5.2, for each way to change one."""
    Group.objects.filter(pk=group.pk).update(grants_features=False)
    program, path = program_of(master), f"/groups/{group.pk}/mailing-list"
    for verb, part, body in (
        ("PATCH", "", {"blocks_external_domains": True}),
        ("PATCH", "/contacts", {"add": [{"email": "bea@out.example"}]}),
        ("PATCH", "/contacts", {}),
        ("PUT", "/contacts", {"contacts": [{"email": "bea@out.example"}]}),
        ("DELETE", "/contacts/bea@out.example", None),
        ("PATCH", "/designations/senders", {"add": {"members": [master.pk]}}),
        ("PUT", "/designations/send-as", {"members": [master.pk]}),
    ):
        assert program(verb, path + part, body).status_code == 403, (verb, part)
    assert not ExternalContact.objects.exists()


def test_designations_are_listed_changed_and_replaced(
    group: Group, private_group: Group, company: Company, master: Member, member: Member, team: Team
) -> None:
    program, path = program_of(company), f"/groups/{group.pk}/mailing-list/designations"
    body = {"add": {"members": [member.email], "teams": [team.pk], "groups": [private_group.pk]}}
    assert program.patch(f"{path}/senders", body).json()["version"] == 2
    found = program.get(f"{path}/senders").json()["items"]
    assert [one["kind"] for one in found] == ["group", "team", "member"]
    seen = program_of(master).get(f"{path}/senders").json()["items"]
    assert (found[0]["group"]["name"], seen[0]["group"]) == ("Secret surprise", None)
    program("PUT", f"{path}/send-as", {"members": [master.pk]})
    program.patch(f"{path}/senders", {"remove": {"teams": [team.pk], "groups": [private_group.pk]}})
    rows = Designation.objects.values_list("purpose", "member")
    assert set(rows) == {("to", member.pk), ("as", master.pk)}
    assert program.get(f"{path}/others").status_code == 422
    page = program.get(f"{path}/senders?limit=1").json()
    assert page["next_cursor"] is None


def test_contacts_are_added_removed_and_replaced(group: Group, company: Company, member: Member) -> None:
    program, path = program_of(company), f"/groups/{group.pk}/mailing-list/contacts"

    def contacts() -> dict[str, str]:
        return {one["email"]: one["name"] for one in program.get(path).json()["items"]}

    first = [{"email": "Bea@out.example", "name": "Bea"}, {"email": "cai@out.example"}]
    assert program.patch(path, {"add": first}).json()["version"] == 2
    assert contacts() == {"bea@out.example": "Bea", "cai@out.example": ""}
    program.patch(path, {"add": [{"email": "bea@out.example", "name": "B."}], "remove": ["CAI@out.example"]})
    assert contacts() == {"bea@out.example": "Bea"}
    program("PUT", path, {"contacts": [{"email": "dan@out.example", "name": "Dan"}]})
    assert contacts() == {"dan@out.example": "Dan"}
    assert program.delete(f"{path}/dan@out.example").status_code == 200
    assert program.delete(f"{path}/dan@out.example").status_code == 404
    assert contacts() == {}
    for body in ([{"email": "no address"}], [{"email": member.email}]):
        answer = program.patch(path, {"add": body})
        assert [one["field"] for one in answer.json()["errors"]] == ["contacts"], answer.content


def test_contacts_have_pages(group: Group, company: Company) -> None:
    for name in ("b", "a", "c"):
        ExternalContact.objects.create(mailing_list=list_of(group), email=f"{name}@out.example")
    program, path, found = program_of(company), f"/groups/{group.pk}/mailing-list/contacts?limit=2", []
    cursor = ""
    while cursor is not None:
        page = program.get(f"{path}&cursor={cursor}").json()
        found += [one["email"][0] for one in page["items"]]
        cursor = page["next_cursor"]
    assert found == ["a", "b", "c"]


def test_where_there_is_no_list_there_is_nothing_of_it(
    private_group: Group, external_group: Group, company: Company, group: Group
) -> None:
    """Nor what another list has."""
    ExternalContact.objects.create(mailing_list=list_of(group), email="bea@out.example")
    program = program_of(company)
    for path in (f"/groups/{one.pk}/mailing-list" for one in (private_group, external_group)):
        for part in ("/contacts", "/opt-outs", "/designations/senders"):
            assert program.get(path + part).json()["items"] == [], part
        assert program.patch(f"{path}/contacts", {"add": [{"email": "x@out.example"}]}).status_code == 422
        assert program("PUT", f"{path}/designations/senders", {}).status_code == 422


def test_people_stop_and_resume_mail_themselves(
    group: Group, company: Company, member: Member, outsider: Member, master: Member
) -> None:
    path = f"/groups/{group.pk}/mailing-list/opt-outs"
    assert program_of(member)("PUT", f"{path}/me").status_code == 204
    assert [one["member"]["id"] for one in program_of(master).get(path).json()["items"]] == [member.pk]
    assert program_of(outsider)("PUT", f"{path}/me").status_code == 403
    assert program_of(company)("PUT", f"{path}/me").status_code == 403
    assert program_of(member).delete(f"{path}/me").status_code == 204
    assert not OptOut.objects.exists()


# Rooms


def test_the_switches_of_a_room(group: Group, external_group: Group, master: Member, member: Member) -> None:
    program, path = program_of(master), f"/groups/{group.pk}/room"
    found = program.patch(path, {"note": True, "shares_history": True}).json()
    assert (found["message"], found["note"], found["shares_history"], found["version"]) == (True,) * 3 + (2,)
    assert Room.objects.get(group=group).shares_history
    refused = program.patch(path, {"message": False})
    assert [one["field"] for one in refused.json()["errors"]] == ["message"]
    off = program.patch(path, {"message": False, "note": False, "shares_history": False}).json()
    assert (off["message"], off["shares_history"]) == (False, False)
    external = f"/groups/{external_group.pk}/room"
    assert program.patch(external, {"message": True, "task": True}).status_code == 422
    assert program_of(member).patch(path, {"message": True}).status_code == 403


def test_what_is_shared_is_told_although_the_version_stays(group: Group, master: Member) -> None:
    program, path = program_of(master), f"/groups/{group.pk}/room"
    etag = program.get(path)["ETag"]
    program.patch(path, {"shares_history": True})
    assert program.get(path, If_None_Match=etag).json()["shares_history"] is True


# Deleted groups


def test_deleted_groups_are_for_administrators(
    deleted_group: Group, group: Group, company: Company, master: Member, other_administrator: Member
) -> None:
    path = f"/deleted-groups/{deleted_group.pk}"
    assert program_of(company).get(path).json()["name"] == "Old things"
    assert program_of(master).get(path).status_code == 403
    assert program_of(other_administrator).get(path).status_code == 404
    assert program_of(company).get(f"/deleted-groups/{group.pk}").status_code == 404
    assert program_of(company).post(f"/deleted-groups/{group.pk}/restore", {}).status_code == 404


def test_a_restored_group_gets_another_name_if_its_own_is_taken(
    deleted_group: Group, company: Company
) -> None:
    GroupFactory.create(company=company, name=deleted_group.name)
    program, path = program_of(company), f"/deleted-groups/{deleted_group.pk}/restore"
    taken = program.post(path, {})
    assert [one["field"] for one in taken.json()["errors"]] == ["name"]
    found = program.post(path, {"name": "Old things again"})
    assert (found.status_code, found.json()["name"]) == (200, "Old things again")
    assert program.post(path, {}).status_code == 404


def test_a_deleted_group_can_be_deleted_for_good(deleted_group: Group, company: Company) -> None:
    program: Program = program_of(company)
    path = f"/deleted-groups/{deleted_group.pk}"
    assert program("DELETE", path, If_Match=f'"{deleted_group.version + 1}"').status_code == 412
    assert program.delete(path).status_code == 204
    assert not Group.objects.filter(pk=deleted_group.pk).exists()
    assert AuditEntry.objects.filter(action="group.purge").count() == 1
