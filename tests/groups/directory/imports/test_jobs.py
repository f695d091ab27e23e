"""An import whose job cannot go on is over, says why, and holds up no other (rule 10.2)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.jobs import engine
from accounts.models import AccessToken, Company, Job, Member
from groupadmin.base.errors import Invalid
from groups.directory.imports import lifecycle, turns, undoing
from groups.directory.records import Record
from groups.models import DirectoryImport, Group, ImportRow
from tests.factories import AccessTokenFactory

from .importing import SYSTEM, brought_in, judged, member, whole_group

pytestmark = pytest.mark.django_db
State = DirectoryImport.State
KIM, LEE = "kim@hanbit.example", "lee@hanbit.example"
RECORDS = [member(KIM), *whole_group("A", KIM, KIM)]
JOBS = [
    (lifecycle.READ, State.READING, State.FAILED),
    (lifecycle.RUN, State.RUNNING, State.FAILED),
    (undoing.JOB, State.UNDOING, State.UNDONE),
]


def job_of(
    company: Company, kind: str, busy: str, starter: Member | None, token: AccessToken | None = None
) -> Job:
    """The job of an import that has been started, and waits for the worker."""
    wanted = brought_in(company, RECORDS) if kind == undoing.JOB else judged(company, RECORDS)
    job = Job.objects.create(
        company=company,
        kind=kind,
        arguments={"directory_import": wanted.pk},
        door="api" if token else "web",
        started_by=starter,
        token=token,
    )
    DirectoryImport.objects.filter(pk=wanted.pk).update(state=busy, job=job)
    return job


@pytest.mark.parametrize(("kind", "busy", "over"), JOBS)
def test_without_the_person_who_started_it_it_ends_and_others_can_start(
    company: Company, kind: str, busy: str, over: str
) -> None:
    """The system does not act for them, nor does it wait for ever (rules 10.2, 10.3)."""
    job = job_of(company, kind, busy, None)
    before = Group.objects.count()
    engine.run_job.call(job.pk)
    ended = DirectoryImport.objects.get()
    assert (ended.state, ended.problem) == (over, "The person who started this is no longer a member.")
    assert ended.finished_at is not None
    assert Group.objects.count() == before
    assert brought_in(company, [member(LEE)]).state == State.DONE


@pytest.mark.parametrize(("kind", "busy", "over"), JOBS)
def test_a_company_s_program_starts_it_as_long_as_its_token_counts(
    company: Company, kind: str, busy: str, over: str
) -> None:
    """Rules 10.2, 11.4: it is no person, but without its token the system does not act for it."""
    token = AccessTokenFactory.create(company=company, name="Payroll")
    job = job_of(company, kind, busy, None, token)
    AccessToken.objects.update(revoked_at=timezone.now())
    engine.run_job.call(job.pk)
    assert DirectoryImport.objects.get().problem == "The person who started this is no longer a member."
    AccessToken.objects.update(revoked_at=None)
    DirectoryImport.objects.all().delete()
    engine.run_job.call(job_of(company, kind, busy, None, token).pk)
    ended = DirectoryImport.objects.get()
    by_kind = {lifecycle.READ: State.FAILED, lifecycle.RUN: State.DONE, undoing.JOB: State.UNDONE}
    # Its records were none of files, so that reading finds none.
    assert (ended.state, ended.problem) == (
        by_kind[kind],
        "There is no file." if kind == lifecycle.READ else "",
    )


@pytest.mark.parametrize(("kind", "busy", "over"), JOBS)
def test_what_goes_wrong_ends_it_too(
    company: Company, administrator: Member, monkeypatch: pytest.MonkeyPatch, kind: str, busy: str, over: str
) -> None:
    """Whatever it is, such as a full disk, or a fault of ours (rule 10.2)."""

    def broken(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("broken")

    job = job_of(company, kind, busy, administrator)
    for module, name in ((lifecycle, "records_of"), (lifecycle, "run_rows"), (undoing, "take_back")):
        monkeypatch.setattr(module, name, broken)
    with pytest.raises(RuntimeError):
        engine.run_job.call(job.pk)
    ended = DirectoryImport.objects.get()
    assert ended.state == over
    assert ended.problem.startswith("Something went wrong")
    monkeypatch.undo()
    assert brought_in(company, [member(LEE)]).state == State.DONE


def test_undoing_stops_with_the_role_and_somebody_else_goes_on(
    company: Company, administrator: Member
) -> None:
    """It is not offered to be imported again meanwhile (rule 10.3)."""
    job = job_of(company, undoing.JOB, State.UNDOING, administrator)
    Member.objects.filter(pk=administrator.pk).update(is_administrator=False)
    engine.run_job.call(job.pk)
    brought = DirectoryImport.objects.get()
    assert (brought.state, Group.objects.count()) == (State.UNDONE, 1)
    assert "administrator" in brought.problem
    with pytest.raises(Invalid, match="not ready"):
        lifecycle.start_run(brought, actor=SYSTEM)
    undoing.undo_now(brought, actor=SYSTEM)
    brought.refresh_from_db()
    assert (brought.state, brought.problem, Group.objects.count()) == (State.UNDONE, "", 0)


def interrupted(wanted: DirectoryImport, how: str) -> Iterator[Record]:
    """Records of which the first comes, and then somebody does something."""
    yield member(KIM)
    if how == "discard":
        lifecycle.discard(DirectoryImport.objects.get(pk=wanted.pk), actor=SYSTEM)
    else:
        lifecycle.cancel(DirectoryImport.objects.get(pk=wanted.pk), actor=SYSTEM)


@pytest.mark.django_db(transaction=True)  # keys are checked at the end of one
@pytest.mark.parametrize("how", ["cancel", "discard"])
def test_what_is_cancelled_or_discarded_while_it_is_read_stays_so(company: Company, how: str) -> None:
    """It is not ready in the end after all (rule 10.2)."""
    opened = lifecycle.open_import(company, [], actor=SYSTEM)
    lifecycle.judge_now(opened, interrupted(opened, how), actor=SYSTEM)
    states = list(DirectoryImport.objects.values_list("state", flat=True))
    assert states == ([State.CANCELLED] if how == "cancel" else [])
    assert not ImportRow.objects.exclude(directory_import__in=DirectoryImport.objects.all()).exists()


def test_what_has_brought_something_in_is_not_read_again(company: Company, administrator: Member) -> None:
    """Its rows say what can be undone (rule 10.3)."""
    brought = brought_in(company, RECORDS)
    DirectoryImport.objects.update(state=State.FAILED)
    with pytest.raises(Invalid, match="Undo it instead"):
        lifecycle.judge(brought, actor=Actor.system())
    assert undoing.may_be_undone(DirectoryImport.objects.get())


def test_it_is_not_read_twice_at_once(company: Company, administrator: Member) -> None:
    """Two readers would write each row twice (rule 10.2)."""
    job = job_of(company, lifecycle.READ, State.READING, administrator)
    with pytest.raises(Invalid, match="being read already"):
        lifecycle.judge(DirectoryImport.objects.get(), actor=SYSTEM)
    assert Job.objects.filter(kind=lifecycle.READ).get() == job


def test_who_goes_on_with_a_cancelled_import_gets_a_job_of_their_own(
    company: Company, administrator: Member
) -> None:
    """The one before may be about to end (rule 10.2)."""
    job = job_of(company, lifecycle.RUN, State.RUNNING, administrator)
    lifecycle.cancel(DirectoryImport.objects.get(), actor=SYSTEM)
    assert lifecycle.start_run(DirectoryImport.objects.get(), actor=SYSTEM) != job
    assert DirectoryImport.objects.get().state == State.DONE


def test_a_command_that_was_killed_holds_up_nobody(company: Company) -> None:
    """One that still brings rows in does; what it has brought in is the same for the next (rule 10.2)."""
    killed, other = judged(company, RECORDS), judged(company, RECORDS)
    DirectoryImport.objects.filter(pk=killed.pk).update(state=State.RUNNING, seen_at=timezone.now())
    with pytest.raises(Invalid, match="Another import"):
        lifecycle.run_now(other, actor=SYSTEM)
    DirectoryImport.objects.filter(pk=killed.pk).update(seen_at=timezone.now() - turns.GONE_AFTER)
    lifecycle.run_now(other, actor=SYSTEM)
    killed.refresh_from_db()
    assert killed.state == State.CANCELLED
    assert Group.objects.filter(name="A").exists()


def test_a_job_of_the_worker_is_waited_for_however_silent(company: Company) -> None:
    other = judged(company, RECORDS)
    waiting = job_of(company, lifecycle.RUN, State.RUNNING, None)
    with pytest.raises(Invalid, match="Another import"):
        lifecycle.run_now(other, actor=SYSTEM)
    assert DirectoryImport.objects.get(job=waiting).state == State.RUNNING
