"""Long work by the worker, with a page to look at (rule 2.15)."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts import consequences
from accounts.actions.company import CompanySettings
from accounts.actor import Actor, Door
from accounts.jobs import changes, engine, kinds
from accounts.models import AuditEntry, Company, Domain, Job, Member, PartnerDomain
from groupadmin.base.errors import Invalid
from groups.external.leaving import leave_by_rule
from groups.models import Group, Notice
from tests.background import start_worker
from tests.factories import DomainFactory, GroupFactory, MemberFactory
from tests.helpers import ActorOf, ClientOf, actor_of

from .pages import fragment, general_form, text_of

IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
SETTINGS = reverse("accounts:settings")
DISCONNECTED = general_form(connecting="nobody")


@pytest.fixture
def _later() -> Iterator[None]:
    """Tasks wait in the queue, as in use."""
    with override_settings(TASKS=IN_DATABASE):
        yield


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def disconnected(company: Company) -> CompanySettings:
    return CompanySettings(company.plan, company.has_core, Company.Connecting.NOBODY, company.group_creators)


def page_of(job: Job) -> str:
    return reverse("accounts:job", args=[job.pk])


# What the settings do


def test_asks_before_people_leave(client: Client, company: Company, external_group: Group) -> None:
    """Rule 2.15: how many people leave how many groups, and how many groups keep no master."""
    asked = client.post(SETTINGS, DISCONNECTED)
    shown = text_of(asked)
    assert asked.status_code == 200
    assert "3 people</strong> will leave external groups" in shown
    assert "1 external group</strong>" in shown
    assert "1 group</strong> will have no master" in shown
    assert external_group.entries.count() == 2
    assert not Notice.objects.exists()
    form = {name: value for name, value in DISCONNECTED.items() if f'name="{name}" value="{value}"' in shown}
    assert form == DISCONNECTED
    assert client.post(SETTINGS, form | {"confirmed": "yes"})["Location"] == SETTINGS
    company.refresh_from_db()
    assert (company.connecting, company.has_core) == ("nobody", True)
    assert external_group.entries.count() == external_group.masters.count() == 0


def test_does_not_ask_if_nobody_leaves(client: Client, company: Company) -> None:
    assert client.post(SETTINGS, DISCONNECTED)["Location"] == SETTINGS
    company.refresh_from_db()
    assert company.connecting == "nobody"


def test_what_cannot_be_saved_is_said_before_the_question(
    company: Company, administrator: Member, external_group: Group
) -> None:
    """Rule 1.7."""
    Company.objects.filter(pk=company.pk).update(region="tw")
    wanted = replace(disconnected(company), plan=Company.Plan.FREE)
    with pytest.raises(Invalid):
        changes.change_settings(
            company, wanted, company.version, confirmed=False, actor=actor_of(administrator)
        )


def test_only_named_companies(client: Client, company: Company, external_group: Group, guest: Member) -> None:
    """Rule 1.4."""
    sent = DISCONNECTED | {"connecting": "everybody", "partners": "named"}
    assert "1 person</strong> will leave external groups" in text_of(client.post(SETTINGS, sent))
    client.post(SETTINGS, sent | {"confirmed": "yes"})
    assert not external_group.entries.filter(member=guest).exists()
    assert external_group.entries.count() == 1


def test_asks_before_a_domain_goes_that_another_company_names(
    client: Client,
    company: Company,
    other_company: Company,
    external_group: Group,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rules 1.4, 2.15: the guest's company connects with hanbit.test only."""
    domain = DomainFactory.create(company=company, name="hanbit.test")
    PartnerDomain.objects.create(company=other_company, name="hanbit.test")
    Company.objects.filter(pk=other_company.pk).update(partners=Company.Partners.NAMED)
    url = reverse("accounts:domain_remove", args=[domain.pk])
    asked = text_of(client.post(url))
    assert "Remove hanbit.test?" in asked
    assert "1 person leaves external groups" in asked
    assert "Type the name to confirm" in asked
    assert external_group.entries.count() == 2
    monkeypatch.setattr(engine, "AT_ONCE", 0)
    answer = client.post(url, {"typed": "hanbit.test"})
    assert answer["Location"] == page_of(Job.objects.get())
    assert external_group.entries.count() == 1
    assert not Domain.objects.filter(pk=domain.pk).exists()


def test_members_are_told_that_they_may_or_may_no_longer(
    client: Client, company: Company, administrator: Member, member: Member
) -> None:
    client.post(SETTINGS, DISCONNECTED)
    client.post(SETTINGS, DISCONNECTED | {"connecting": "everybody", "version": "2"})
    kinds = Notice.objects.filter(notifications__member=member).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["disconnected", "connected"]
    assert not Notice.objects.filter(notifications__member=administrator).exists()


@pytest.mark.usefixtures("_later")
def test_much_is_a_job(
    client: Client,
    company: Company,
    administrator: Member,
    external_group: Group,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the administrator's name, with the address that they came from."""
    monkeypatch.setattr(engine, "AT_ONCE", 2)
    answer = client.post(SETTINGS, DISCONNECTED | {"confirmed": "yes"})
    job = Job.objects.get()
    assert answer["Location"] == page_of(job)
    assert external_group.entries.count() == 2
    assert "Waiting to start" in text_of(client.get(page_of(job)))
    engine.run_job.call(job.pk)
    assert external_group.entries.count() == 0
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert job.message == (
        "The settings were saved. 3 people left 1 external group. 1 group now has no master."
    )
    entry = AuditEntry.objects.get(action="company.update")
    assert (entry.actor_id, entry.door, entry.ip) == (administrator.pk, "web", "127.0.0.1")


# The page


@pytest.mark.django_db
def test_the_page_shows_how_far_it_is(client: Client, company: Company) -> None:
    job = Job.objects.create(company=company, kind="company.update", door="web", state="running")
    shown = fragment(client, page_of(job), target="job")
    assert 'hx-trigger="every 1s"' in shown
    assert 'role="progressbar"' in shown
    assert "aria-valuenow" not in shown
    Job.objects.update(done=1500, total=2000)
    shown = fragment(client, page_of(job), target="job")
    assert 'aria-valuenow="75"' in shown
    assert "1,500 of 2,000 groups" in shown
    assert page_of(job) in shown
    Job.objects.update(state=Job.State.DONE, message="All done.", finished_at=timezone.now())
    shown = fragment(client, page_of(job), target="job")
    assert "All done." in shown
    assert "hx-trigger" not in shown
    assert SETTINGS in shown


@pytest.mark.django_db
def test_whose_job_it_is(
    company: Company,
    administrator: Member,
    member: Member,
    outsider: Member,
    stranger: Member,
    client_of: ClientOf,
) -> None:
    """Rule 1.1: others do not know that there is one."""
    job = Job.objects.create(company=company, kind="company.update", door="web", started_by=member)
    answers = [
        client_of(who).get(page_of(job)).status_code for who in (member, administrator, outsider, stranger)
    ]
    assert answers == [200, 200, 404, 404]
    assert client_of(member).post(page_of(job)).status_code == 405
    assert client_of(member).get(f"/jobs/{2**70}/").status_code == 404


# The work


@pytest.fixture
def job(company: Company, administrator: Member, actor_of: ActorOf, _later: None) -> Job:
    """To disconnect the company, waiting."""
    return kinds.start_update(company, disconnected(company), actor=actor_of(administrator))


def test_runs_once(job: Job, company: Company) -> None:
    """A task that is run again when its worker died just after it does not undo what was done since."""
    engine.run_job.call(job.pk)
    Company.objects.filter(pk=company.pk).update(connecting="everybody")
    engine.run_job.call(job.pk)
    engine.run_job.call(job.pk + 1)
    company.refresh_from_db()
    assert company.connecting == "everybody"


def test_is_refused_to_somebody_who_no_longer_may(job: Job, administrator: Member, company: Company) -> None:
    """Rules 7, 8.1: what counts is who they are when it runs."""
    Member.objects.filter(pk=administrator.pk).update(is_administrator=False)
    engine.run_job.call(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "Only administrators" in job.message
    assert AuditEntry.objects.get(result="refused").action == "company.update"
    company.refresh_from_db()
    assert company.connecting == "everybody"


def test_does_not_become_the_systems_if_its_starter_is_deleted(
    job: Job, administrator: Member, company: Company
) -> None:
    administrator.delete()
    engine.run_job.call(job.pk)
    job.refresh_from_db()
    assert (job.state, job.started_by) == (Job.State.FAILED, None)
    company.refresh_from_db()
    assert company.connecting == "everybody"


@pytest.mark.parametrize("error", [Invalid(None, "Not now."), RuntimeError("a fault of ours")])
def test_all_or_nothing(
    job: Job, company: Company, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(job: Job, actor: Actor, progress: Any) -> str:
        Company.objects.filter(pk=company.pk).update(name="half done")
        raise error

    monkeypatch.setitem(engine.KINDS, job.kind, engine.Kind("x", "accounts:settings", fail))
    if isinstance(error, Invalid):
        engine.run_job.call(job.pk)
    else:
        with pytest.raises(RuntimeError):
            engine.run_job.call(job.pk)
    job.refresh_from_db()
    company.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.message == (
        "Not now." if isinstance(error, Invalid) else "Something went wrong. Nothing was changed."
    )
    assert company.name == "Hanbit"


def test_is_tried_again_when_the_database_gives_up(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as on a deadlock."""
    outcomes: list[Exception | None] = [OperationalError("deadlock"), None]

    def run(job: Job, actor: Actor, progress: Any) -> str:
        if (error := outcomes.pop(0)) is not None:
            raise error
        return "Done."

    monkeypatch.setitem(engine.KINDS, job.kind, engine.Kind("x", "accounts:settings", run))
    engine.run_job.call(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.DONE, "Done.")


def test_goes_on_when_the_database_is_back(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not failed: the worker waits, and begins again."""
    outcomes: list[Exception | None] = [OperationalError("connection refused"), None]

    def run(job: Job, actor: Actor, progress: Any) -> str:
        if (error := outcomes.pop(0)) is not None:
            raise error
        return "Done."

    monkeypatch.setitem(engine.KINDS, job.kind, engine.Kind("x", "accounts:settings", run))
    with pytest.raises(OperationalError):
        engine.run_job.call(job.pk)
    job.refresh_from_db()
    assert not job.is_over
    engine.run_job.call(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.DONE, "Done.")


def test_says_so_if_its_task_was_given_up(job: Job) -> None:
    engine.give_up_lost()
    job.refresh_from_db()
    assert not job.is_over
    DBTaskResult.objects.update(status=TaskResultStatus.FAILED)
    engine.give_up_lost()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only one connection writes to SQLite")
@pytest.mark.django_db(transaction=True)
def test_the_bar_is_seen_while_nothing_is_committed(
    job: Job, company: Company, external_group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.external.leaving.GROUPS_AT_ONCE", 1)
    GroupFactory.create(company=company, external=True, members=[MemberFactory.create()])
    half, go_on = threading.Event(), threading.Event()

    def leave(company: Company, *, progress: Any = None, **values: Any) -> Any:
        def stop(done: int, total: int) -> None:
            progress(done, total)
            if done == 1:
                half.set()
                assert go_on.wait(30)

        return leave_by_rule(company, progress=stop, **values)

    stopping = replace(consequences.in_groups(), leave_by_rule=leave)
    monkeypatch.setattr(consequences, "in_groups", lambda: stopping)

    def work() -> None:
        try:
            engine.run_job.call(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            assert half.wait(30)
            seen = Job.objects.get(pk=job.pk)
            assert (seen.state, seen.done, seen.total) == (Job.State.RUNNING, 1, 2)
            assert external_group.entries.exists()
        finally:
            go_on.set()
        working.result(30)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_it(job: Job, external_group: Group, master: Member) -> None:
    """A process of its own, which also tells the people."""
    output, _none = start_worker("--batch").communicate(timeout=60)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, output
    assert not external_group.entries.exists()
    assert Notice.objects.filter(kind="left_by_rule", notifications__member=master).exists()
    assert not DBTaskResult.objects.exclude(status=TaskResultStatus.SUCCESSFUL).exists()


@pytest.mark.usefixtures("_later")
def test_the_system_starts_jobs_too(company: Company, external_group: Group) -> None:
    job = kinds.start_update(company, disconnected(company), actor=Actor.system())
    assert job.door == Door.SYSTEM
    assert uuid.UUID(Job.objects.get().arguments["task"])
    engine.run_job.call(job.pk)
    assert not external_group.entries.exists()
