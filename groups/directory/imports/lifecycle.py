"""The life of an import, as pages and commands call it: opened, judged, brought in or cancelled (rule 10.2).

open_import  keeps its files
judge        has the worker read and judge it; judge_now does so at once
start_run    has the worker bring it in, RowsRefused or LosesMany asks before; run_now does so at once
cancel       stops it between two batches; what is in stays
discard      forgets one that has brought nothing in
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, once
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Refused
from accounts.consequences import Progress
from accounts.jobs import engine
from accounts.models import Company, Job
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later, storing
from groups.directory.records import Problem, Record
from groups.directory.sources import SourceFile, known
from groups.directory.sources.subscribers import settled
from groups.models import DirectoryImport, ImportFile, ImportRow

from . import losses, reading
from .in_background import import_of, let_go
from .judging import judge as judge_rows
from .meaning import compute
from .options import Options
from .running import run as run_rows
from .running.batch import IMPORT, Stopped
from .turns import is_free_for, seen

READ, RUN = "directory.read", "directory.run"
OWN_FORM = "import"
State = DirectoryImport.State
Records = Iterable[Record | Problem]


class RowsRefused(Invalid):
    """Some rows are refused, and only all rows were wanted."""

    def __init__(self, refused: int) -> None:
        super().__init__(
            None, _("%(count)s rows are refused. Import the others only.") % {"count": f"{refused:,}"}
        )
        self.refused = refused


@audit.action
def open_import(
    company: Company,
    files: Iterable[tuple[str, File[Any]]],
    options: Options | None = None,
    *,
    source: str = "",
    actor: Actor,
) -> DirectoryImport:
    """Keeps the files of a new import. Raises Refused, or Invalid ("files") if there is no space for them.

    `judge` or `judge_now` comes next. Without a source, reading finds out which system wrote the files.
    """
    check_administers(actor, company, IMPORT)
    if there := once.made(actor, DirectoryImport):
        return there
    directory_import = DirectoryImport.objects.create(
        company=company,
        source=source or OWN_FORM,
        options=(options or Options()).plain(),
        started_by=actor.member,
        door=actor.door,
    )
    with storing("files") as save:
        for name, content in files:
            kept = ImportFile(directory_import=directory_import, name=name[:1000], size=content.size or 0)
            save(kept.content, secrets.token_urlsafe(16), content)
            kept.save()
    once.keep(actor, directory_import)
    return directory_import


def judge(directory_import: DirectoryImport, options: Options | None = None, *, actor: Actor) -> Job:
    """Has the worker read and judge the import; also again, with other options. Raises Refused or Invalid."""
    with transaction.atomic():
        check_administers(actor, directory_import.company, IMPORT)
        if there := once.made(actor, Job, "read"):
            return there
        _begin_reading(directory_import, actor)
        if options is not None:
            _set(directory_import, options=options.plain())
        job = engine.start(
            READ, directory_import.company, {"directory_import": directory_import.pk}, actor=actor
        )
        _set(directory_import, job=job)
        once.keep(actor, job, "read")
    return job


def judge_now(
    directory_import: DirectoryImport,
    records: Records | None = None,
    *,
    actor: Actor,
    tell: Progress | None = None,
) -> DirectoryImport:
    """Reads and judges at once. `records` is what to read instead of the import's files. Raises Invalid."""
    _begin_reading(directory_import, actor)
    _read_and_judge(directory_import, records, actor, tell)
    return directory_import


def _begin_reading(directory_import: DirectoryImport, actor: Actor) -> None:
    """Its rows are made anew, so nothing of it may be in yet: undoing needs them (rule 10.3)."""
    with transaction.atomic():
        company = lock_company(directory_import.company_id)
        check_administers(actor, company, IMPORT)
        directory_import.refresh_from_db(fields=["state", "job"])
        if directory_import.state not in (State.READING, State.READY, State.FAILED, State.CANCELLED):
            raise Invalid(None, _("This import has begun already."))
        if _has_begun(directory_import):
            raise Invalid(None, _("This import has brought something in. Undo it instead."))
        job = directory_import.job
        if directory_import.state == State.READING and job is not None and not job.is_over:
            raise Invalid(None, _("The files are being read already."))
        _set(directory_import, state=State.READING, problem="", counts={}, meaning={}, finished_at=None)


def _has_begun(directory_import: DirectoryImport) -> bool:
    rows = ImportRow.objects.filter(directory_import=directory_import)
    return rows.exclude(state=ImportRow.State.WAITING).exists()


def _read_and_judge(
    directory_import: DirectoryImport, records: Records | None, actor: Actor, tell: Progress | None
) -> None:
    """Leaves alone what was cancelled or discarded meanwhile: then there is nothing to say."""
    reading_still = DirectoryImport.objects.filter(pk=directory_import.pk, state=State.READING)

    def told(done: int, total: int) -> None:
        if not reading_still.exists():
            raise Stopped
        if tell is not None:
            tell(done, total)

    try:
        wanted = records if records is not None else records_of(directory_import)
        own = settled(wanted, directory_import.company)
        if not reading.read(directory_import, own, lambda done: told(0, done)):
            raise Invalid(None, _("There is nothing in the files that can be imported."))
        judge_rows(directory_import, actor=actor, tell=told)
        compute(directory_import)
        reading_still.update(state=State.READY)
    except Invalid as invalid:
        problem = invalid.message[:1000]
        reading_still.update(state=State.FAILED, problem=problem, finished_at=timezone.now())
        raise
    except (Stopped, DatabaseError, FileNotFoundError) as error:
        if not isinstance(error, Stopped) and reading_still.exists():
            raise
    if DirectoryImport.objects.filter(pk=directory_import.pk).exists():
        directory_import.refresh_from_db(fields=["state", "problem", "finished_at"])


def records_of(directory_import: DirectoryImport) -> Iterator[Record | Problem]:
    """What the import's source reads in its files; finds out which it is (rule 10.1). Raises Invalid."""
    options = Options.of(directory_import.options)
    files = files_of(directory_import)
    if not files:
        raise Invalid(None, _("There is no file."))
    source = known.source_of(files, options.format)
    if directory_import.source != source.name:
        _set(directory_import, source=source.name)
    return known.read(files, options)


def files_of(directory_import: DirectoryImport) -> Sequence[SourceFile]:
    """The files of an import, as sources read files."""
    return [_Kept(file) for file in directory_import.files.order_by("id")]


@dataclass(frozen=True)
class _Kept:
    """A file of an import, as sources read files."""

    file: ImportFile

    @property
    def name(self) -> str:
        return self.file.name

    def open(self) -> BinaryIO:
        return cast(BinaryIO, self.file.content.storage.open(self.file.content.name or "", "rb"))


def start_run(
    directory_import: DirectoryImport, *, only_good: bool = False, accepts_loss: bool = False, actor: Actor
) -> Job:
    """Has the worker bring in the good rows. Raises Refused, Unconfirmed (rule 9.4) or Invalid.

    RowsRefused if rows are refused and `only_good` was not said; LosesMany if many people would be lost and
    the actor has not agreed (rule 10.5). The whole import is one step, so what is agreed to here is not asked
    again.
    """
    with transaction.atomic():
        is_new = _begin_run(directory_import, only_good, accepts_loss, actor)
        running = directory_import.job
        # The job of one that was cancelled may be about to end: who goes on needs another.
        if not is_new and running is not None and running.kind == RUN and not running.is_over:
            return running
        job = engine.start(
            RUN, directory_import.company, {"directory_import": directory_import.pk}, actor=actor
        )
        _set(directory_import, job=job)
    return job


def run_now(
    directory_import: DirectoryImport,
    *,
    only_good: bool = False,
    accepts_loss: bool = False,
    actor: Actor,
    tell: Progress | None = None,
) -> DirectoryImport:
    """Brings in the good rows at once; goes on with an import that was interrupted. Raises as start_run."""
    with transaction.atomic():
        _begin_run(directory_import, only_good, accepts_loss, actor)
    _run(directory_import, actor, tell)
    return directory_import


def _begin_run(directory_import: DirectoryImport, only_good: bool, accepts_loss: bool, actor: Actor) -> bool:
    """Checks that it may start; one of a company at a time. Returns whether it was not running yet."""
    company = lock_company(directory_import.company_id)
    check_administers(actor, company, IMPORT)
    actor.check_confirmed()
    directory_import.refresh_from_db()
    if directory_import.state == State.RUNNING:
        return False
    if (
        directory_import.state not in (State.READY, State.CANCELLED, State.FAILED)
        or not directory_import.counts
    ):
        raise Invalid(None, _("This import is not ready."))
    if not is_free_for(directory_import, company):
        raise Invalid(None, _("Another import of your company is running. Start this one when it is done."))
    refused = sum(verdicts.get("refused", 0) for verdicts in directory_import.counts.values())
    if refused and not only_good:
        raise RowsRefused(refused)
    accepts_loss = accepts_loss or Options.of(directory_import.options).accepts_loss
    losses.check(directory_import, replace(actor, accepts_loss=actor.accepts_loss or accepts_loss))
    options = {**directory_import.options, "only_good": only_good}
    _set(directory_import, state=State.RUNNING, problem="", options=options, finished_at=None)
    seen(directory_import)
    audit.record(actor, IMPORT, company, {"rows": [None, _good(directory_import)]})
    return True


def _good(directory_import: DirectoryImport) -> int:
    return sum(
        verdicts.get(verdict, 0)
        for verdicts in directory_import.counts.values()
        for verdict in ImportRow.CHANGING
    )


def _run(directory_import: DirectoryImport, actor: Actor, tell: Progress | None) -> None:
    try:
        # What is lost was agreed to when it started (rule 10.5), and delicate changes confirmed (rule 9.4).
        run_rows(directory_import, actor=replace(actor, accepts_loss=True, must_confirm=False), tell=tell)
    except Stopped:
        directory_import.refresh_from_db()
        return
    except Refused as refusal:
        _set(directory_import, state=State.FAILED, problem=refusal.reason[:1000], finished_at=timezone.now())
        raise
    _set(directory_import, state=State.DONE, finished_at=timezone.now())


@audit.action
def cancel(directory_import: DirectoryImport, *, actor: Actor) -> DirectoryImport:
    """Stops it before the next batch; what is in stays, and can be undone. Raises Refused."""
    company = lock_company(directory_import.company_id)
    check_administers(actor, company, IMPORT)
    directory_import.refresh_from_db()
    if directory_import.state in (State.READING, State.READY, State.RUNNING):
        _set(directory_import, state=State.CANCELLED, finished_at=timezone.now())
        audit.record(actor, "directory.cancel", company)
    return directory_import


def discard(directory_import: DirectoryImport, *, actor: Actor) -> None:
    """Forgets an import that has brought nothing in, with its files. Raises Refused or Invalid."""
    _give_up(directory_import, actor=actor)
    # Without the company's lock: there may be a million rows, and nobody can start it any more.
    with transaction.atomic():
        for file in directory_import.files.all():
            delete_later(file.content.storage, file.content.name or "")
        directory_import.delete()


@audit.action
def _give_up(directory_import: DirectoryImport, *, actor: Actor) -> None:
    company = lock_company(directory_import.company_id)
    check_administers(actor, company, IMPORT)
    directory_import.refresh_from_db()
    if directory_import.state in (State.RUNNING, State.UNDOING) or _has_begun(directory_import):
        raise Invalid(None, _("This import has brought something in. Undo it instead."))
    _set(directory_import, state=State.CANCELLED, counts={})


def _set(directory_import: DirectoryImport, **values: Any) -> None:
    for name, value in values.items():
        setattr(directory_import, name, value)
    directory_import.save(update_fields=list(values))


# In the background


def _read_job(job: Job, actor: Actor, tell: Progress) -> str:
    directory_import = import_of(job)
    if directory_import.state == State.READING:
        _read_and_judge(directory_import, None, actor, tell)
    return _("The import is ready to be looked at.")


def _run_job(job: Job, actor: Actor, tell: Progress) -> str:
    directory_import = import_of(job)
    if directory_import.state == State.RUNNING:
        _run(directory_import, actor, tell)
    if directory_import.state == State.CANCELLED:
        return _("The import was cancelled.")
    return _("The import is done.")


def _kind(title: Promise, run: engine.Run, busy: str, went_wrong: Promise | str = "") -> engine.Kind:
    return engine.Kind(
        title,
        "groups:import",
        run,
        is_in_steps=True,
        back_arguments=("directory_import",),
        went_wrong=went_wrong,
        failed=let_go(busy, State.FAILED),
    )


KINDS = {
    READ: _kind(
        gettext_lazy("Read an import"),
        _read_job,
        State.READING,
        gettext_lazy("Something went wrong while the files were read. Nothing was changed. Try again."),
    ),
    RUN: _kind(gettext_lazy("Import a directory"), _run_job, State.RUNNING),
}


def register() -> None:
    """Registers these kinds of jobs when the program starts."""
    for name, kind in KINDS.items():
        engine.register(name, kind)
