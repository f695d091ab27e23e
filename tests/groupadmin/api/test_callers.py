"""Who is let in, as whom, and for what (rules 11.1, 11.3, 11.4)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, Company, Member, Scope
from tests.groupadmin.api.calling import NOBODY, PROBLEM, program_of

pytestmark = pytest.mark.django_db


def test_a_person_s_token_acts_as_them(member: Member) -> None:
    program = program_of(member, Scope.DIRECTORY_READ, name="Script")
    me = program.get("/me").json()
    assert (me["kind"], me["member_id"], me["is_administrator"]) == ("member", member.pk, False)
    assert (me["token"]["name"], me["token"]["scopes"]) == ("Script", ["directory:read"])


def test_a_company_s_token_acts_as_a_service(company: Company) -> None:
    me = program_of(company, name="Payroll").get("/me").json()
    assert (me["kind"], me["member_id"], me["email"]) == ("service", None, None)
    assert (me["name"], me["company_id"], me["is_administrator"]) == ("Payroll", company.pk, True)


def test_without_a_token_the_answer_says_how_to_send_one(member: Member) -> None:
    answer = NOBODY.get("/me")
    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
    assert answer["WWW-Authenticate"] == 'Bearer realm="groupadmin"'
    assert answer.json()["type"] == "urn:groupadmin:problem:not-authenticated"


def test_a_token_that_has_ended_is_none(member: Member) -> None:
    program = program_of(member, expires_at=timezone.now() - timedelta(seconds=1))
    answer = program.get("/me")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_a_session_lets_nobody_in_and_adds_nothing(administrator: Member, member: Member) -> None:
    """A page of somebody else cannot use the browser of who is signed in."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/v1/me").status_code == 401
    assert not queries.captured_queries, "the session was looked at"
    token = program_of(member).token
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["member_id"] == member.pk
    assert not answer.cookies
    assert (answer["Vary"], answer["Cache-Control"]) == (
        "Authorization, Accept-Language",
        "private, no-cache",
    )


def test_a_scope_is_asked_for_by_name(administrator: Member) -> None:
    answer = program_of(administrator, Scope.DIRECTORY_READ).delete(f"/members/{administrator.pk}")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:groupadmin:problem:scope-missing"
    assert 'error="insufficient_scope", scope="members:write"' in answer["WWW-Authenticate"]
    assert Member.objects.filter(pk=administrator.pk).exists()


def test_a_scope_gives_nobody_more_than_they_may_do(member: Member, teammate: Member) -> None:
    answer = program_of(member).post(f"/members/{teammate.pk}/deactivate")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "Only administrators can do this."
    entry = AuditEntry.objects.get(result=AuditEntry.Result.REFUSED)
    assert (entry.action, entry.actor_id, entry.door) == ("member.deactivate", member.pk, "api")


def test_the_company_tells_administrators_more(administrator: Member, member: Member) -> None:
    full = program_of(administrator).get("/company").json()
    part = program_of(member).get("/company").json()
    assert full["domains"] == part["domains"] == ["hanbit.example"]
    assert (full["connecting"], part["connecting"]) == ("everybody", None)
