"""Jobs and the audit: who reads what of them (rules 8.1, 8.3, 11.3)."""

import pytest

from accounts.jobs import engine
from accounts.models import AccessToken, AuditEntry, Company, Job, Member, Scope
from tests.groupadmin.api.calling import program_of

pytestmark = pytest.mark.django_db


def test_long_work_is_a_job_that_can_be_followed(
    administrator: Member, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "AT_ONCE", -1)
    program = program_of(administrator)
    answer = program.post(f"/members/{member.pk}/deactivate")
    assert answer.status_code == 202, answer.content
    path = answer["Location"].removeprefix("/api/v1")
    job = program.get(path).json()
    assert (job["state"], job["id"]) == ("done", answer.json()["id"])
    assert program.get("/jobs?state=done").json()["items"] == [job]
    member.refresh_from_db()
    assert not member.is_active


def test_who_follows_which_job(
    company: Company, administrator: Member, member: Member, other_administrator: Member
) -> None:
    service = program_of(company, Scope.MEMBERS_WRITE, name="Own")
    token = AccessToken.objects.get(name="Own")
    by_service = Job.objects.create(company=company, kind="x", token=token, door="api")
    by_member = Job.objects.create(company=company, kind="x", started_by=member, door="web")
    by_installation = Job.objects.create(company=None, kind="x", door="admin")
    seen = {
        who: {job["id"] for job in program.get("/jobs").json()["items"]}
        for who, program in {
            "service": service,
            "member": program_of(member),
            "administrator": program_of(administrator),
            "reading service": program_of(company, Scope.DIRECTORY_READ),
            "blind administrator": program_of(administrator, Scope.MEMBERS_WRITE),
            "other": program_of(other_administrator),
        }.items()
    }
    both = {by_service.pk, by_member.pk}
    assert seen == {
        "service": {by_service.pk},
        "member": {by_member.pk},
        "administrator": both,
        "reading service": both,
        "blind administrator": set(),
        "other": set(),
    }
    assert program_of(member).get(f"/jobs/{by_installation.pk}").status_code == 404


def test_administrators_read_the_audit(administrator: Member, member: Member) -> None:
    writer = program_of(administrator, Scope.MEMBERS_WRITE)
    for phone in ("1", "2", "3"):
        writer.patch(f"/members/{member.pk}", {"phone": phone})
    program = program_of(administrator, Scope.AUDIT_READ)
    found = program.get(f"/audit?target_kind=member&target_id={member.pk}").json()["items"]
    assert [one["changes"][0]["after"] for one in found] == ["3", "2", "1"]
    newest = found[0]
    assert (newest["action"], newest["door"], newest["actor"]["id"]) == (
        "member.update",
        "api",
        administrator.pk,
    )
    assert program.get(f"/audit/{newest['id']}").json() == newest
    since = program.get(f"/audit?order=oldest&since={found[1]['at']}").json()["items"]
    assert since == [found[1], found[0]]
    assert program.get("/audit?result=refused").json()["items"] == []


def test_the_audit_is_read_in_pages_either_way(administrator: Member, member: Member) -> None:
    writer = program_of(administrator, Scope.MEMBERS_WRITE)
    for phone in ("1", "2", "3"):
        writer.patch(f"/members/{member.pk}", {"phone": phone})
    program = program_of(administrator, Scope.AUDIT_READ)
    for order in ("newest", "oldest"):
        whole = program.get(f"/audit?order={order}").json()["items"]
        found, cursor = [], ""
        while cursor is not None:
            part = program.get(f"/audit?order={order}&limit=1&cursor={cursor}").json()
            found += part["items"]
            cursor = part["next_cursor"]
        assert found == whole


def test_nobody_else_reads_the_audit(
    administrator: Member, member: Member, other_administrator: Member
) -> None:
    program_of(administrator, Scope.MEMBERS_WRITE).patch(f"/members/{member.pk}", {"phone": "1"})
    entry = AuditEntry.objects.get(action="member.update")
    assert program_of(member).get("/audit").status_code == 403
    assert program_of(administrator, Scope.DIRECTORY_READ).get("/audit").status_code == 403
    theirs = program_of(other_administrator)
    assert theirs.get(f"/audit/{entry.pk}").status_code == 404
    assert str(entry.pk) not in [str(one["id"]) for one in theirs.get("/audit").json()["items"]]
