"""Members: what is shown of whom to whom, and what administrators change (rules 1.2, 1.12, 11.3)."""

import pytest
from django.core import mail

from accounts.models import AuditEntry, Company, Member, Scope, Team
from tests.groupadmin.api.calling import program_of

pytestmark = pytest.mark.django_db


def test_everybody_lists_their_company_and_nobody_else(
    member: Member, teammate: Member, guest: Member
) -> None:
    found = program_of(member).get("/members").json()
    assert [one["name"] for one in found["items"]] == ["Momo Member", "Tae Teammate"]
    assert found["next_cursor"] is None


def test_what_is_for_administrators_is_null_for_others(member: Member, administrator: Member) -> None:
    Member.objects.filter(pk=administrator.pk).update(employee_number="A1", external_id="E1", source="hr")
    seen = program_of(member).get(f"/members/{administrator.pk}").json()
    own = program_of(administrator).get(f"/members/{administrator.pk}").json()
    hidden = ["is_administrator", "may_connect", "employee_number", "starts_on", "ends_on", "source"]
    assert {seen[name] for name in [*hidden, "external_id"]} == {None}
    assert (own["employee_number"], own["source"], own["external_id"]) == ("A1", "hr", "E1")
    assert program_of(member).get("/members?q=A1").json()["items"] == []
    assert program_of(member).get("/members?external_id=E1").status_code == 403


def test_of_oneself_one_sees_all_but_the_source(member: Member) -> None:
    seen = program_of(member).get(f"/members/{member.pk}").json()
    assert (seen["is_administrator"], seen["employee_number"], seen["source"]) == (False, "", None)


def test_a_person_of_another_company_is_as_one_who_is_not_there(member: Member, guest: Member) -> None:
    program = program_of(member)
    there, nowhere = program.get(f"/members/{guest.pk}"), program.get("/members/987654321")
    assert (there.status_code, there.content) == (404, nowhere.content)
    entry = AuditEntry.objects.get(result=AuditEntry.Result.REFUSED)
    assert (entry.company_id, entry.target_id) == (guest.company_id, guest.pk)


def test_administrators_add_people(administrator: Member, team: Team) -> None:
    answer = program_of(administrator, source="hr").post(
        "/members",
        {
            "name": "Nia New",
            "email": "Nia@Hanbit.example",
            "aliases": ["new@hanbit.example"],
            "team_ids": [team.pk],
            "job_title": "Cook",
            "starts_on": "2020-01-31",
            "external_id": "E-7",
            "send_sign_in_mail": True,
        },
    )
    assert answer.status_code == 201, answer.content
    found = answer.json()
    person = Member.objects.get(pk=found["id"])
    assert answer["Location"] == f"/api/v1/members/{person.pk}"
    assert (person.name, person.email, person.job_title) == ("Nia New", "nia@hanbit.example", "Cook")
    assert (person.source, person.external_id) == ("hr", "E-7")
    assert (found["aliases"], found["team_ids"]) == (["new@hanbit.example"], [team.pk])
    assert found["starts_on"] == "2020-01-31"


def test_a_program_finds_people_by_their_id_in_its_system(company: Company, member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(source="hr", external_id="E 1:ä")
    program = program_of(company)
    assert program.get("/members/ext:hr:E%201:%C3%A4").json()["id"] == member.pk
    assert program.get("/members?source=hr&external_id=E%201:%C3%A4").json()["items"][0]["id"] == member.pk
    assert program_of(member).get("/members/ext:hr:E%201:%C3%A4").status_code == 404


def test_a_patch_leaves_what_is_not_sent(administrator: Member, teammate: Member, team: Team) -> None:
    program = program_of(administrator)
    answer = program.patch(f"/members/{teammate.pk}", {"phone": "+82 2 1", "may_connect": True})
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["phone"], found["may_connect"]) == ("+82 2 1", True)
    assert (found["name"], found["team_ids"]) == ("Tae Teammate", [team.pk])
    assert answer["ETag"] == f'"{found["version"]}"'


def test_only_a_token_for_delicate_changes_appoints_administrators(
    administrator: Member, member: Member
) -> None:
    scopes = [Scope.DIRECTORY_READ, Scope.MEMBERS_WRITE]
    answer = program_of(administrator, *scopes).patch(f"/members/{member.pk}", {"is_administrator": True})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:groupadmin:problem:scope-missing"
    assert 'scope="delicate"' in answer["WWW-Authenticate"]
    program = program_of(administrator, *scopes, Scope.DELICATE)
    assert program.patch(f"/members/{member.pk}", {"is_administrator": True}).status_code == 200
    member.refresh_from_db()
    assert member.is_administrator


def test_what_is_wrong_with_a_field_has_the_field_s_name_in_the_api(
    administrator: Member, member: Member, teammate: Member
) -> None:
    program = program_of(administrator)
    taken = program.patch(f"/members/{member.pk}", {"email": teammate.email})
    foreign = program.patch(f"/members/{member.pk}", {"aliases": ["x@nordlicht.example"]})
    absent = program.patch(f"/members/{member.pk}", {"team_ids": [987654321]})
    wrong = [answer.json()["errors"][0]["field"] for answer in (taken, foreign, absent)]
    assert wrong == ["email", "aliases", "team_ids"]
    assert {answer.status_code for answer in (taken, foreign, absent)} == {422}


def test_people_are_deactivated_activated_and_deleted(administrator: Member, member: Member) -> None:
    program = program_of(administrator)
    assert program.post(f"/members/{member.pk}/deactivate").json()["is_active"] is False
    assert program.get("/members?is_active=false").json()["items"][0]["id"] == member.pk
    assert program.post(f"/members/{member.pk}/activate").json()["is_active"] is True
    program.post(f"/members/{member.pk}/deactivate")
    answer = program.delete(f"/members/{member.pk}")
    assert (answer.status_code, answer.content) == (204, b""), answer.content
    assert not Member.objects.filter(pk=member.pk).exists()


def test_the_sign_in_mail_is_sent_again(administrator: Member, member: Member) -> None:
    assert program_of(administrator).post(f"/members/{member.pk}/send-sign-in-mail").status_code == 204
    assert AuditEntry.objects.filter(action="member.send_sign_in_mail").exists() or mail.outbox
