"""How the work on many goes on, whatever happens meanwhile (rule 10.6)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.actions import members as member_actions
from accounts.actor import Actor
from accounts.bulk import starting
from accounts.bulk.actions import ACTIONS
from accounts.jobs import engine
from accounts.models import AuditEntry, BulkChange, Company, Job, Member
from groups.tasks import tidy_up
from tests.accounts.pages import fragment, text_of
from tests.background import ROOT, _url
from tests.factories import MemberFactory
from tests.helpers import ActorOf, ClientOf

from .many import change_many, verdicts

IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _later() -> Iterator[None]:
    """Tasks wait in the queue, as in use."""
    with override_settings(TASKS=IN_DATABASE):
        yield


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.fixture
def people(company: Company) -> list[Member]:
    return MemberFactory.create_batch(5, company=company)


@pytest.fixture
def change(
    company: Company,
    administrator: Member,
    people: list[Member],
    actor_of: ActorOf,
    monkeypatch: pytest.MonkeyPatch,
) -> BulkChange:
    """Five people to be deactivated by the worker."""
    monkeypatch.setattr(starting, "AT_ONCE", 0)
    action = ACTIONS["member.deactivate"]
    ids = [one.pk for one in people]
    return starting.start(company, action, ids, {}, actor=actor_of(administrator))


def run(change: BulkChange) -> Job:
    change.refresh_from_db()
    assert change.job is not None
    engine.run_job.call(change.job.pk)
    change.job.refresh_from_db()
    return change.job


def inactive(people: list[Member]) -> int:
    return Member.objects.filter(pk__in=[one.pk for one in people], is_active=False).count()


def test_many_are_left_to_the_worker(client: Client, change: BulkChange, people: list[Member]) -> None:
    """With a progress bar, until all have their verdict."""
    page = reverse("accounts:bulk", args=[change.pk])
    assert inactive(people) == 0
    shown = fragment(client, page, target="bulk-state")
    assert 'hx-trigger="every 1s"' in shown
    assert "0 of 5" in shown
    job = run(change)
    assert (job.state, job.message) == (Job.State.DONE, "5 done.")
    assert inactive(people) == 5
    shown = fragment(client, page, target="bulk-state")
    assert "hx-trigger" not in shown
    assert "Done · 5" in shown
    # A task that is run again, because its worker died just after it, does nothing.
    Member.objects.update(is_active=True)
    Job.objects.update(state=Job.State.RUNNING)
    run(change)
    assert inactive(people) == 0


def test_what_takes_too_long_is_left_too(
    client: Client, people: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "SECONDS_AT_ONCE", -1.0)
    change = change_many(client, "members", "member.deactivate", *people)
    assert inactive(people) == 0
    run(change)
    assert inactive(people) == 5


def test_stopped(
    client: Client, change: BulkChange, people: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done stays done, and can be undone; the rest stays as it is."""
    deactivate = member_actions.deactivate_member

    def and_stop(member: Member, *, actor: Actor) -> Member:
        if inactive(people) == 1:
            client.post(reverse("accounts:bulk_stop", args=[change.pk]))
        return deactivate(member, actor=actor)

    monkeypatch.setattr(member_actions, "deactivate_member", and_stop)
    run(change)
    assert sorted(verdicts(change).values()) == ["done", "done", "stopped", "stopped", "stopped"]
    assert inactive(people) == 2
    assert "Undo" in text_of(client.get(reverse("accounts:bulk", args=[change.pk])))


def test_who_may_no_longer_does_no_more(
    change: BulkChange, people: list[Member], administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 7: what counts is who they are when a row is done, not when the whole began."""
    deactivate = member_actions.deactivate_member

    def and_demote(member: Member, *, actor: Actor) -> Member:
        done = deactivate(member, actor=actor)
        Member.objects.filter(pk=administrator.pk).update(is_administrator=False)
        return done

    monkeypatch.setattr(member_actions, "deactivate_member", and_demote)
    run(change)
    assert sorted(verdicts(change).values()) == ["done", *["refused"] * 4]
    assert AuditEntry.objects.filter(action="member.deactivate", result="refused").count() == 4


def test_the_system_does_not_act_for_who_is_gone(change: BulkChange, people: list[Member]) -> None:
    BulkChange.objects.update(started_by=None)
    run(change)
    assert set(verdicts(change).values()) == {"refused"}
    assert inactive(people) == 0


def test_one_that_goes_wrong_does_not_stop_the_others(
    change: BulkChange, people: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of its change is not left either."""
    deactivate = member_actions.deactivate_member

    def or_fail(member: Member, *, actor: Actor) -> Member:
        done = deactivate(member, actor=actor)
        if member.pk == people[2].pk:
            raise ZeroDivisionError
        return done

    monkeypatch.setattr(member_actions, "deactivate_member", or_fail)
    run(change)
    assert verdicts(change) == {one.name: "refused" if one == people[2] else "done" for one in people}
    assert Member.objects.get(pk=people[2].pk).is_active


def test_what_was_left_over_is_continued(client: Client, change: BulkChange, people: list[Member]) -> None:
    """Where the worker has given up, or the process that began it has died."""
    Job.objects.update(state=Job.State.FAILED, finished_at=timezone.now())
    page = reverse("accounts:bulk", args=[change.pk])
    assert "It was interrupted." in text_of(client.get(page))
    client.post(reverse("accounts:bulk_carry_on", args=[change.pk]))
    client.post(reverse("accounts:bulk_carry_on", args=[change.pk]))
    assert Job.objects.count() == 2
    run(change)
    assert inactive(people) == 5


def test_a_form_sent_twice_is_done_once(client: Client, people: list[Member]) -> None:
    """Rule 5.8."""
    sent = {"form_key": "9" * 32}
    first = change_many(client, "members", "member.deactivate", *people, **sent)
    Member.objects.update(is_active=True)
    assert change_many(client, "members", "member.deactivate", *people, **sent) == first
    assert inactive(people) == 0


def test_kept_as_long_as_jobs(change: BulkChange) -> None:
    run(change)
    tidy_up.call()
    assert BulkChange.objects.exists()
    BulkChange.objects.update(created_at=timezone.now() - timedelta(days=31))
    tidy_up.call()
    assert not BulkChange.objects.exists()


def test_the_table_runs_no_formulas(client: Client, company: Company) -> None:
    named = MemberFactory.create(company=company, name="=1+1")
    change = change_many(client, "members", "member.activate", named)
    answer: Any = client.get(reverse("accounts:bulk_csv", args=[change.pk]))
    assert b"".join(answer).decode("utf-8-sig").splitlines() == [
        "Name,Result,Reason",
        "'=1+1,No change needed,",
    ]


KILLED = """
import os, django
django.setup()
from accounts.actions import members
from accounts.jobs import engine
from accounts.models import BulkRow

calls = []

def deadly(does):
    def done_and_dead(*args, **how):
        done = does(*args, **how) if {after} else None
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), 9)
        return done if {after} else does(*args, **how)
    return done_and_dead

{place} = deadly({place})
engine.run_job.func({job})
"""
PLACES = [("members.deactivate_member", True), ("BulkRow.save", False)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("place", "after"), PLACES)
def test_killed_in_the_middle_of_a_row_it_goes_on(
    change: BulkChange, people: list[Member], place: str, after: bool
) -> None:
    """kill -9: what was half done is not done, and each row is done once."""
    change.refresh_from_db()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(job=change.job_id, place=place, after=after)],
        env={**os.environ, "DATABASE_URL": _url(), "DJANGO_SETTINGS_MODULE": "tests.background_settings"},
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -9
    assert inactive(people) == change.rows.filter(verdict="done").count() == 2
    run(change)
    assert set(verdicts(change).values()) == {"done"}
    done = AuditEntry.objects.filter(action="member.deactivate").values_list("target_id", flat=True)
    assert sorted(pk or 0 for pk in done) == sorted(one.pk for one in people)
