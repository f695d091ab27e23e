"""Long work, done by the worker while somebody looks at a progress bar.

A job is one transaction with one action in it: either all of it happens, or nothing. If the worker is killed
in the middle, the next one runs the job again from the start (groupadmin.worker). A job in steps is one whose
action is done already and leaves work only, in transactions of its own; run again, it goes on with the rest.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tasks import TaskResultStatus, task, task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from accounts.actions import company as company_actions
from accounts.actions import connections, deletion
from accounts.actor import Actor, Door, Refused
from accounts.audit import record_refusal
from accounts.models import Company, Domain, Job, PartnerDomain
from groupadmin.base.errors import Conflict, Invalid
from groups.external.leaving import Departures, Progress
from groups.models import Feature, Group
from groups.permissions import check_rules_installation
from groups.room.delete_data.actions import ask_to_delete, delete_data

AT_ONCE = 200
"""How much may be written while somebody waits for the page; beyond that it is a job."""
ATTEMPTS = 3
TOLD_EVERY_SECONDS = 0.25

Run = Callable[[Job, Actor, Progress], str]
"""Does the work, and says in words what came of it."""


@dataclass(frozen=True)
class Kind:
    """What there is to do, how it is called, and where one came from."""

    title: str | Promise
    back: str
    run: Run
    is_in_steps: bool = False
    # Which of the arguments `back` needs.
    back_arguments: tuple[str, ...] = ()
    # Where one goes on who came by way of Django admin.
    back_in_admin: str = ""


def start(kind: str, company: Company | None, arguments: dict[str, Any], *, actor: Actor) -> Job:
    """Leaves an action to the worker, which does it in the actor's name."""
    with transaction.atomic():
        job = Job.objects.create(
            company=company,
            kind=kind,
            arguments=arguments,
            started_by=actor.member,
            door=actor.door,
            ip=actor.ip,
        )
        queued = run_job.enqueue(job.pk)
        Job.objects.filter(pk=job.pk).update(arguments={**arguments, "task": str(queued.id)})
    return job


@task()
def run_job(pk: int) -> None:
    """Does what is asked for; a second time, only if the first did not get to its end."""
    job = Job.objects.select_related("company", "started_by__company").filter(pk=pk).first()
    if job is None or job.is_over:
        return
    Job.objects.filter(pk=pk).update(state=Job.State.RUNNING, done=0, total=0)
    reader = job.started_by.language if job.started_by else ""
    with translation.override(reader or settings.LANGUAGE_CODE):
        try:
            _run(job)
        except Exception:
            _finish(job, Job.State.FAILED, _went_wrong(job))
            raise


def _went_wrong(job: Job) -> str:
    if job.kind in KINDS and KINDS[job.kind].is_in_steps:
        return _("Something went wrong before all of it was done. Start it again to go on.")
    return _("Something went wrong, and nothing was changed.")


def _run(job: Job) -> None:
    actor = Actor(job.started_by, Door(job.door), job.ip)
    if job.started_by is None and job.door != Door.SYSTEM and not KINDS[job.kind].is_in_steps:
        # Else the system itself would act. Work in steps acts for nobody any more: its action is done.
        _finish(job, Job.State.FAILED, _("Whoever started this is not there any more. Nothing was changed."))
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if KINDS[job.kind].is_in_steps:
                _finish(job, Job.State.DONE, KINDS[job.kind].run(job, actor, partial(_tell, job)))
                return
            with _Bar(job) as bar, transaction.atomic():
                done = KINDS[job.kind].run(job, actor, bar)
                _finish(job, Job.State.DONE, done)
        except OperationalError:
            # Such as two who wait for each other, of whom the database has chosen this one to try again.
            if attempt == ATTEMPTS:
                raise
        except Refused as refusal:
            record_refusal(actor, refusal)
            _finish(job, Job.State.FAILED, refusal.reason)
            return
        except Invalid as invalid:
            _finish(job, Job.State.FAILED, invalid.message)
            return
        except Conflict:
            _finish(
                job, Job.State.FAILED, _("Somebody else has changed this meanwhile. Nothing was changed.")
            )
            return
        else:
            return


def _finish(job: Job, state: Job.State, message: str) -> None:
    """In the transaction of the work itself, so that what is said to be done is done."""
    ended = {"state": state, "message": message[:1000], "finished_at": timezone.now()}
    Job.objects.filter(pk=job.pk).update(**ended)


def _tell(job: Job, done: int, total: int) -> None:
    """Writes how far a job in steps is, between its transactions."""
    Job.objects.filter(pk=job.pk).update(done=done, total=total)


class _Bar:
    """Writes how far it is, where it can be read before the work is committed: by a connection of its own.

    On SQLite only one can write at a time; there nobody knows how far it is.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.told_at = 0.0
        self.connection: BaseDatabaseWrapper | None = None

    def __enter__(self) -> "_Bar":
        if connection.vendor == "postgresql":
            self.connection = connection.copy()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.connection is not None:
            self.connection.close()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self.connection is None or now - self.told_at < TOLD_EVERY_SECONDS:
            return
        self.told_at = now
        try:
            with self.connection.cursor() as cursor:
                # It never waits for the work, which waits for it.
                cursor.execute("SET lock_timeout = '1s'")
                cursor.execute(
                    "UPDATE accounts_job SET done = %s, total = %s WHERE id = %s", [done, total, self.job.pk]
                )
        except DatabaseError:
            self.connection.close()
            self.connection = None


def give_up_lost() -> None:
    """Says of jobs whose task is given up that they failed; a beat of the worker."""
    if not isinstance(task_backends["default"], DatabaseBackend):
        return
    waiting = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
    tasks = {job.arguments.get("task"): job for job in waiting}
    given_up = DBTaskResult.objects.filter(pk__in=[pk for pk in tasks if pk], status=TaskResultStatus.FAILED)
    for pk in given_up.values_list("pk", flat=True):
        _finish(tasks[str(pk)], Job.State.FAILED, _went_wrong(tasks[str(pk)]))


def purge_jobs() -> int:
    """Removes jobs that were over long ago. Returns how many."""
    since = timezone.now() - timedelta(days=settings.JOBS_KEPT_DAYS)
    return Job.objects.filter(finished_at__lt=since).delete()[0]


def departures_in_words(departures: Departures) -> str:
    """Who left what, as the page of a job says in the end."""
    if not departures.people:
        return _("Nobody had to leave a group.")
    people = ngettext("%(count)s person left", "%(count)s people left", departures.people)
    groups = ngettext("%(count)s external group.", "%(count)s external groups.", departures.groups)
    words = [people % _count(departures.people), groups % _count(departures.groups)]
    if departures.without_master:
        left = ngettext(
            "%(count)s group is without a master now.",
            "%(count)s groups are without a master now.",
            departures.without_master,
        )
        words.append(left % _count(departures.without_master))
    return " ".join(words)


def _count(number: int) -> dict[str, str]:
    return {"count": f"{number:,}"}


def _company_of(job: Job) -> Company:
    if job.company is None:
        raise Invalid(None, _("The company is not there any more."))
    return job.company


def _update_company(job: Job, actor: Actor, progress: Progress) -> str:
    names = company_actions.CompanySettings.__dataclass_fields__
    wanted = company_actions.CompanySettings(
        **{name: job.arguments[name] for name in names if name in job.arguments}
    )
    version = job.arguments.get("version")
    effect = company_actions.apply_settings(_company_of(job), wanted, version, actor=actor, progress=progress)
    return " ".join([_("The settings were saved."), departures_in_words(effect.departures)])


def _withdraw(job: Job, actor: Actor, progress: Progress) -> str:
    departures = connections.withdraw_connection(
        _company_of(job), job.arguments["members"], actor=actor, progress=progress
    )
    return departures_in_words(departures)


def _remove_partner(job: Job, actor: Actor, progress: Progress) -> str:
    domain = PartnerDomain.objects.filter(company=job.company, pk=job.arguments["domain"]).first()
    if domain is None:
        raise Invalid(None, _("This domain was removed meanwhile."))
    return departures_in_words(connections.remove_partner_domain(domain, actor=actor, progress=progress))


def _remove_domain(job: Job, actor: Actor, progress: Progress) -> str:
    domain = Domain.objects.filter(company=job.company, pk=job.arguments["domain"]).first()
    if domain is None:
        raise Invalid(None, _("This domain was removed meanwhile."))
    return departures_in_words(company_actions.remove_domain(domain, actor=actor, progress=progress))


def _delete_company(job: Job, actor: Actor, progress: Progress) -> str:
    company = Company.objects.filter(pk=job.arguments["company"]).first()
    if company is None:
        raise Invalid(None, _("The company is not there any more."))
    departures = deletion.delete_company(company, actor=actor, progress=progress)
    return " ".join([_("The company was deleted."), departures_in_words(departures)])


def _delete_data(job: Job, actor: Actor, progress: Progress) -> str:
    delete_data(job.arguments["group"], Feature(job.arguments["feature"]), job.arguments["upto"], progress)
    return _("Deleted: %(what)s.") % {"what": job.arguments["what"]}


KINDS = {
    "group.delete_data": Kind(
        gettext_lazy("Delete data"),
        "groups:settings_of",
        _delete_data,
        is_in_steps=True,
        back_arguments=("group",),
    ),
    "company.update": Kind(
        gettext_lazy("Change the settings"),
        "accounts:settings",
        _update_company,
        back_in_admin="admin:accounts_company_changelist",
    ),
    "domain.remove": Kind(
        gettext_lazy("Remove a domain"),
        "accounts:settings",
        _remove_domain,
        back_in_admin="admin:accounts_domain_changelist",
    ),
    "company.delete": Kind(
        gettext_lazy("Delete a company"), "admin:accounts_company_changelist", _delete_company
    ),
    "connection.withdraw": Kind(
        gettext_lazy("Take a permission away"),
        "accounts:connection",
        _withdraw,
        back_in_admin="admin:accounts_member_changelist",
    ),
    "connection.remove_company": Kind(
        gettext_lazy("Remove a company from the list"), "accounts:connection_companies", _remove_partner
    ),
}


def start_update(
    company: Company, wanted: company_actions.CompanySettings, version: int | None = None, *, actor: Actor
) -> Job:
    """Changes the company's settings as a job, if they are still at that version when its turn comes."""
    return start("company.update", company, {**asdict(wanted), "version": version}, actor=actor)


def start_domain_removal(domain: Domain, *, actor: Actor) -> Job:
    """Gives up a mail domain as a job."""
    return start("domain.remove", domain.company, {"domain": domain.pk}, actor=actor)


def start_deletion(company: Company, *, actor: Actor) -> Job:
    """Deletes the company as a job; it is not the company's, which would take it along."""
    check_rules_installation(actor, "company.delete", company)
    return start("company.delete", None, {"company": company.pk, "name": company.name}, actor=actor)


def start_data_deletion(group: Group, feature: Feature, typed: str, *, actor: Actor) -> Job:
    """Deletes the data of a feature as a job (spec 3.4). Raises Refused, or Invalid ("typed")."""
    with transaction.atomic():
        amount, upto = ask_to_delete(group, feature, typed, actor=actor)
        asked = {"group": group.pk, "feature": feature.value, "upto": upto, "what": amount.words}
        return start("group.delete_data", group.company, asked, actor=actor)


def back_from(job: Job) -> str:
    """Where one goes on from a job."""
    kind = KINDS[job.kind]
    if kind.back_in_admin and job.door == Door.ADMIN:
        return reverse(kind.back_in_admin)
    return reverse(kind.back, args=[job.arguments[name] for name in kind.back_arguments])
