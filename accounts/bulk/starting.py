"""Begins a change of many, and its undoing (rule 10.6)."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts import audit, once
from accounts.actor import Actor, Door
from accounts.jobs import engine
from accounts.models import BulkChange, BulkRow, Company
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid

from . import running
from .actions import ACTIONS, BulkAction, Values

AT_ONCE = 100
"""How many are changed while somebody waits for the page; more are left to the worker."""
SECONDS_AT_ONCE = 5.0
"""And for how long: what is left then is left to the worker too."""
ROWS_AT_ONCE = 1_000


def start(
    company: Company, action: BulkAction, ids: Sequence[int], values: Values, *, actor: Actor
) -> BulkChange:
    """Changes a few at once, and many as a job.

    Raises Refused, Unconfirmed (rule 9.4), or LosesMany (rule 10.5).
    """
    change, is_new = _create(company, action, ids, values, actor=actor)
    return _begin(change) if is_new else change


@audit.action
def _create(
    company: Company, action: BulkAction, ids: Sequence[int], values: Values, *, actor: Actor
) -> tuple[BulkChange, bool]:
    check_administers(actor, company, action.name)
    if action.needs_proof is not None and action.needs_proof(ids):
        actor.check_confirmed()
    if there := once.made(actor, BulkChange):
        return there, False
    if action.check_losses is not None:
        action.check_losses([(pk, values) for pk in ids], actor)
    change = _new(company, action, actor, count=len(ids))
    change.chosen = action.ordered(ids) if action.ordered else list(ids)
    change.values = values
    change.save()
    once.keep(actor, change)
    return change, True


def _new(company: Company, action: BulkAction, actor: Actor, *, count: int) -> BulkChange:
    return BulkChange(
        company=company,
        action=action.name,
        count=count,
        started_by=actor.member,
        door=actor.door,
        ip=actor.ip,
        is_confirmed=not actor.must_confirm,
    )


def _begin(change: BulkChange) -> BulkChange:
    if change.count > AT_ONCE or not running.work(change, seconds=SECONDS_AT_ONCE):
        _leave_to_worker(change)
    return change


def _leave_to_worker(change: BulkChange) -> None:
    actor = Actor(change.started_by, Door(change.door), change.ip)
    change.job = engine.start(running.KIND_NAME, change.company, {"change": change.pk}, actor=actor)
    BulkChange.objects.filter(pk=change.pk).update(job=change.job)


def undo(change: BulkChange, *, actor: Actor) -> BulkChange:
    """Undoes what nobody has touched since, in the same way. Raises what `start` raises, or Invalid."""
    again, is_new = _create_undoing(change, actor=actor)
    return _begin(again) if is_new else again


@audit.action
def _create_undoing(change: BulkChange, *, actor: Actor) -> tuple[BulkChange, bool]:
    action = ACTIONS[change.action]
    check_administers(actor, change.company, action.name)
    if there := once.made(actor, BulkChange):
        return there, False
    if action.undo is None or change.undoes_id is not None or change.finished_at is None:
        raise Invalid(None, _("This cannot be undone."))
    done = done_rows(change)
    if action.needs_proof is not None and action.needs_proof(list(done.values_list("target_id", flat=True))):
        actor.check_confirmed()
    if action.check_undo_losses is not None:
        action.check_undo_losses(list(done.values_list("target_id", "before")), actor)
    undoing = _new(change.company, action, actor, count=done.count())
    undoing.undoes = change
    undoing.save()
    # The last is undone first.
    fields = ("target_id", "name", "before", "version")
    rows = done.order_by("-place").values_list(*fields).iterator(chunk_size=ROWS_AT_ONCE)
    BulkRow.objects.bulk_create(
        (
            BulkRow(change=undoing, place=place, **dict(zip(fields, row, strict=True)))
            for place, row in enumerate(rows)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    once.keep(actor, undoing)
    return undoing, True


def done_rows(change: BulkChange) -> QuerySet[BulkRow]:
    """The rows in which something has changed, and that an undoing would look at."""
    return change.rows.filter(verdict=BulkRow.Verdict.DONE)


def count_untouched(change: BulkChange) -> int:
    """How many of these nobody has changed since, so that they can be undone."""
    same = ACTIONS[change.action].things.model._default_manager.filter(
        pk=OuterRef("target_id"), version=OuterRef("version")
    )
    return done_rows(change).filter(Exists(same)).count()


@audit.action
def stop(change: BulkChange, *, actor: Actor) -> None:
    """What is not done yet stays as it is. Raises Refused."""
    check_administers(actor, change.company, change.action)
    BulkChange.objects.filter(pk=change.pk, finished_at=None).update(is_stopped=True)


def carry_on(change: BulkChange, *, actor: Actor) -> None:
    """Leaves to the worker what was left over when something went wrong. Raises Refused."""
    check_administers(actor, change.company, change.action)
    if change.finished_at is None and (change.job is None or change.job.is_over):
        _leave_to_worker(change)
