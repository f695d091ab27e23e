"""Dry runs, idempotency keys, versions, and losses that are agreed to (rules 5.8, 10.5, 11.3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import AnsweredRequest, AuditEntry, Company, Member, QueuedMail, Scope, Team
from groupadmin.api import problems
from groups.tasks import tidy_up
from tests.factories import AccessTokenFactory, GroupFactory, MemberFactory, TeamFactory
from tests.groupadmin.api.calling import PROBLEM, program_of

pytestmark = pytest.mark.django_db

NEW = {"name": "Nia New", "email": "nia@hanbit.example", "send_sign_in_mail": True}


# Dry runs


def test_a_dry_run_tells_what_would_change_and_changes_nothing(
    administrator: Member, team: Team, settings: LazySettings
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    program = program_of(administrator)
    before = AuditEntry.objects.count()
    answer = program.post("/members?dry_run=true", NEW | {"team_ids": [team.pk]})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/vnd.groupadmin.dry-run+json"
    told = answer.json()
    assert (told["dry_run"], told["status"], told["would_answer"]["name"]) == (True, 201, "Nia New")
    assert "member.add" in [effect["action"] for effect in told["effects"]]
    changes = {change["field"]: change["after"] for change in told["effects"][0]["changes"]}
    assert changes["email"] == "nia@hanbit.example"
    assert not Member.objects.filter(name="Nia New").exists()
    left = AuditEntry.objects.count(), QueuedMail.objects.count(), DBTaskResult.objects.count()
    assert (left, mail.outbox) == ((before, 0, 0), [])


def test_a_dry_run_refuses_what_the_change_would_refuse(administrator: Member, member: Member) -> None:
    taken = program_of(administrator).post("/members?dry_run=true", NEW | {"email": member.email})
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (422, "email")
    refused = program_of(member).post("/members?dry_run=true", NEW)
    assert refused.status_code == 403
    assert AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED).count() == 1


def test_a_dry_run_with_a_key_leaves_the_key_free(administrator: Member) -> None:
    program = program_of(administrator)
    program.post("/members?dry_run=true", NEW, Idempotency_Key="k")
    assert program.post("/members", NEW, Idempotency_Key="k").status_code == 201


# Idempotency keys


def test_a_request_with_a_key_is_carried_out_once_and_answered_the_same(administrator: Member) -> None:
    program = program_of(administrator)
    first = program.post("/members", NEW, Idempotency_Key="once")
    second = program.post("/members", NEW, Idempotency_Key="once")
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert (first["Location"], first["ETag"]) == (second["Location"], second["ETag"])
    assert (second["Idempotent-Replayed"], first.has_header("Idempotent-Replayed")) == ("true", False)
    assert AuditEntry.objects.filter(action="member.add").count() == 1


def test_a_key_with_another_body_is_a_mistake(administrator: Member) -> None:
    program = program_of(administrator)
    program.post("/members", NEW, Idempotency_Key="once")
    other = program.post("/members", NEW | {"name": "Other"}, Idempotency_Key="once")
    assert (other.status_code, other.json()["type"]) == (422, "urn:groupadmin:problem:key-reused")


def test_a_key_is_one_token_s_own(administrator: Member, member: Member) -> None:
    program_of(administrator).post(f"/members/{member.pk}/send-sign-in-mail", Idempotency_Key="k")
    answer = program_of(administrator).post("/members", NEW, Idempotency_Key="k")
    assert answer.status_code == 201


def test_a_key_outlasts_the_hour_of_a_client_s_token(company: Company) -> None:
    """Whoever lost the answer may have to get a new token before asking again."""
    client = AccessTokenFactory.create(company=company, client_id="client_1")
    first, second = (program_of(company, issued_to=client) for _each in range(2))
    first.post("/teams", {"name": "A"}, Idempotency_Key="k")
    again = second.post("/teams", {"name": "A"}, Idempotency_Key="k")
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")


def test_what_failed_may_be_sent_again_with_its_key(administrator: Member, member: Member) -> None:
    program = program_of(administrator)
    wrong = program.post("/members", NEW | {"email": member.email}, Idempotency_Key="k")
    right = program.post("/members", NEW, Idempotency_Key="k")
    assert (wrong.status_code, right.status_code) == (422, 201)


def test_a_key_that_is_being_used_is_a_conflict(
    administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database waits for the first one, but not for ever."""

    def busy(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(AnsweredRequest.objects, "create", busy)
    answer = program_of(administrator).post("/members", NEW, Idempotency_Key="k")
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert answer.json()["type"] == "urn:groupadmin:problem:in-progress"


def test_keys_are_forgotten_after_a_day(administrator: Member) -> None:
    program = program_of(administrator)
    program.post("/teams", {"name": "A"}, Idempotency_Key="k")
    AnsweredRequest.objects.update(at=timezone.now() - timedelta(days=1, seconds=1))
    assert program.post("/teams", {"name": "B"}, Idempotency_Key="k").status_code == 201
    AnsweredRequest.objects.update(at=timezone.now() - timedelta(days=1, seconds=1))
    tidy_up.call()
    assert not AnsweredRequest.objects.exists()


@pytest.mark.parametrize("key", ["ä", "a b", "x" * 256])
def test_a_key_is_short_and_plain(administrator: Member, key: str) -> None:
    answer = program_of(administrator).post("/teams", {"name": "A"}, Idempotency_Key=key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == "header"


# Versions


def test_a_change_is_made_to_the_version_seen_only(administrator: Member, member: Member) -> None:
    program = program_of(administrator)
    etag = program.get(f"/members/{member.pk}")["ETag"]
    path = f"/members/{member.pk}"
    assert program.get(path, If_None_Match=etag).status_code == 304
    assert program.patch(path, {"phone": "1"}, If_Match=etag).status_code == 200
    late = program.patch(path, {"phone": "2"}, If_Match=etag)
    assert (late.status_code, late["Content-Type"]) == (412, PROBLEM)
    assert late.json()["type"] == "urn:groupadmin:problem:changed"
    assert program.delete(path, If_Match=etag).status_code == 412
    member.refresh_from_db()
    assert member.phone == "1"
    assert program.patch(path, {"phone": "3"}, If_Match="*").status_code == 200
    assert program.patch(path, {"phone": "3"}, If_Match="7").status_code == 422


def test_a_team_is_changed_at_the_version_seen_only(administrator: Member, team: Team) -> None:
    program, path = program_of(administrator), f"/teams/{team.pk}"
    etag = program.get(path)["ETag"]
    assert program.patch(path, {"name": "New", "parent_id": None}, If_Match=etag).status_code == 200
    assert program.patch(f"{path}/members", {"add": []}, If_Match=etag).status_code == 412
    assert program.delete(path, If_Match=etag).status_code == 412


# Losses


def test_who_takes_many_people_agrees_to_the_number(
    company: Company, master: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 10.5: first an answer that says who loses how many; sent back, it is agreed to."""
    people = MemberFactory.create_batch(30, company=company)
    team = TeamFactory.create(company=company, people=people)
    group = GroupFactory.create(company=company, masters=[master], teams=[team])
    program = program_of(company)
    asked = program.delete(f"/teams/{team.pk}")
    assert (asked.status_code, asked.json()["type"]) == (409, "urn:groupadmin:problem:loses-many")
    told = asked.json()
    assert told["losses"] == [{"kind": "group", "id": group.pk, "name": group.name, "lost": 30, "of": 30}]
    assert Team.objects.filter(pk=team.pk).exists()
    monkeypatch.setattr(problems, "LONGEST_AGREEMENT", 5)
    assert "accept_loss" not in program.delete(f"/teams/{team.pk}").json()  # no address is so long
    monkeypatch.undo()
    for agreed in ("group-1:30", "nonsense"):
        assert program.delete(f"/teams/{team.pk}?accept_loss={agreed}").status_code == 409
    assert program.delete(f"/teams/{team.pk}?accept_loss={told['accept_loss']}").status_code == 204


def test_a_fault_of_ours_takes_back_everything_and_says_nothing_of_itself(
    administrator: Member, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr("groupadmin.api.members.shown", broken)
    program = replace(program_of(administrator, Scope.MEMBERS_WRITE), hears_of_faults=False)
    answer = program.post("/members", NEW, Idempotency_Key="k")
    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in answer.content
    assert not Member.objects.filter(name="Nia New").exists()
    assert not AnsweredRequest.objects.exists()
    # Once, with its cause: each line is a mail to the operators.
    assert [record.name for record in caplog.records if record.levelname == "ERROR"] == ["groupadmin.api"]
