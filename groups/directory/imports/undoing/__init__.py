"""What an import did is taken back, as long as nobody has touched it since (rule 10.3).

look.py     what each row did, and who has touched it since: the dry run, and again under the lock
take.py     takes it back, batch by batch
"""

from dataclasses import dataclass, field, replace

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.jobs import engine
from accounts.models import Job
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groups.models import DirectoryImport, ImportRow

from ..in_background import import_of, let_go
from ..turns import is_free_for
from . import losses
from .look import Look, look_at_all
from .take import UNDO, take_back

JOB = "directory.undo"
State = DirectoryImport.State


@dataclass(frozen=True)
class Preview:
    """What undoing would do: by kind, how many rows are taken back and how many stay."""

    taken_back: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)


def may_be_undone(directory_import: DirectoryImport) -> bool:
    """Whether there is anything to take back."""
    over = (State.DONE, State.CANCELLED, State.FAILED, State.UNDONE)
    return directory_import.state in over and _done(directory_import).exists()


def preview(directory_import: DirectoryImport) -> Preview:
    """The dry run: looks at every row, and writes why it would stay (`touched`). Changes nothing else."""
    look_at_all(directory_import)
    counted = (
        _done(directory_import)
        .order_by()
        .values_list("kind")
        .annotate(back=Count("id", filter=Q(touched="")), left=Count("id", filter=~Q(touched="")))
    )
    back, left = dict[str, int](), dict[str, int]()
    for kind, number, staying in counted:
        back |= {kind: number} if number else {}
        left |= {kind: staying} if staying else {}
    return Preview(back, left)


def start_undo(directory_import: DirectoryImport, *, actor: Actor) -> Job:
    """Has the worker take it back. Raises Refused, Unconfirmed (rule 9.4), Invalid, or
    LosesMany if many people would be lost (rule 10.5)."""
    _begin(directory_import, actor=actor)
    if (job := directory_import.job) is not None and job.kind == JOB and not job.is_over:
        return job
    job = engine.start(JOB, directory_import.company, {"directory_import": directory_import.pk}, actor=actor)
    directory_import.job = job
    directory_import.save(update_fields=["job"])
    return job


def undo_now(directory_import: DirectoryImport, *, actor: Actor, tell: Progress | None = None) -> None:
    """Takes it back at once. Raises as start_undo."""
    _begin(directory_import, actor=actor)
    _undo(directory_import, actor, tell)


@audit.action
def _begin(directory_import: DirectoryImport, *, actor: Actor) -> None:
    company = lock_company(directory_import.company_id)
    check_administers(actor, company, UNDO)
    actor.check_confirmed()
    directory_import.refresh_from_db()
    if directory_import.state == State.UNDOING:
        return
    if not may_be_undone(directory_import):
        raise Invalid(None, _("There is nothing to undo."))
    if not is_free_for(directory_import, company):
        raise Invalid(None, _("Another import of your company is running. Undo this one when it is done."))
    losses.check(Look(directory_import), actor)
    directory_import.state, directory_import.problem = State.UNDOING, ""
    directory_import.save(update_fields=["state", "problem"])
    audit.record(actor, UNDO, company, {"rows": [None, _done(directory_import).count()]})


def _undo(directory_import: DirectoryImport, actor: Actor, tell: Progress | None) -> None:
    # What is lost was agreed to when it started (rule 10.5), and confirmed (rule 9.4).
    take_back(directory_import, replace(actor, accepts_loss=True, must_confirm=False), tell)
    directory_import.state, directory_import.finished_at = State.UNDONE, timezone.now()
    directory_import.save(update_fields=["state", "finished_at"])


def _done(directory_import: DirectoryImport) -> "QuerySet[ImportRow]":
    return Look(directory_import).done()


def _run(job: Job, actor: Actor, tell: Progress) -> str:
    found = import_of(job)
    if found.state == State.UNDOING:
        _undo(found, actor, tell)
    left = ImportRow.objects.filter(directory_import=found, state=ImportRow.State.LEFT).count()
    if left:
        return _("Undone, but for %(count)s rows that were touched since.") % {"count": f"{left:,}"}
    return _("The import is undone.")


def register() -> None:
    """Registers this kind of job at start-up."""
    kind = engine.Kind(
        gettext_lazy("Undo an import"),
        "groups:import",
        _run,
        is_in_steps=True,
        back_arguments=("directory_import",),
        went_wrong=gettext_lazy("Something went wrong along the way. Undo it again for the rest."),
        # Not "failed", which could be brought in again; what is left can be undone again.
        failed=let_go(State.UNDOING, State.UNDONE),
    )
    engine.register(JOB, kind)
