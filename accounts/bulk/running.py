"""Does the work of a change of many, row by row: each row once, in a transaction of its own (rule 10.6).

Wherever it is killed, it goes on with the rows that wait: a row's verdict is written with its change, or
neither is.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Count, F
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actor import Actor, Door, Refused
from accounts.audit import record_refusal
from accounts.confirmation import Unconfirmed
from accounts.consequences import Progress
from accounts.jobs import engine
from accounts.models import BulkChange, BulkRow, Job
from groupadmin.base import outage
from groupadmin.base.errors import Conflict, Invalid

from .actions import ACTIONS, BulkAction, Outcome

KIND_NAME = "bulk"
BATCH = 100
STAGED_AT_ONCE = 2_000
ATTEMPTS = 3
TOLD_EVERY_SECONDS = 0.5

GONE = gettext_lazy("It is no longer there.")
TOUCHED = gettext_lazy("It has been changed since, and stays as it is.")
FASTER = gettext_lazy("Someone else changed this in the meantime. Nothing was changed.")
UNCONFIRMED = gettext_lazy("This needs your password or second factor again. Do it on its own page.")
STARTER_IS_GONE = gettext_lazy("The person who started this is no longer a member.")
WENT_WRONG = gettext_lazy("Something went wrong. Nothing was changed.")

Verdict = BulkRow.Verdict
_log = logging.getLogger(__name__)


def work(change: BulkChange, *, progress: Progress | None = None, seconds: float | None = None) -> bool:
    """Does what is left of it. Returns whether all is done; False if the seconds were over before."""
    until = None if seconds is None else time.monotonic() + seconds
    _stage(change)
    action = ACTIONS[change.action]
    done = change.rows.exclude(verdict=Verdict.WAITING).count()
    told_at = 0.0
    while waiting := _waiting(change):
        for pk in waiting:
            if until is not None and time.monotonic() > until:
                return False
            if (present := _present(change)).is_stopped:
                change.rows.filter(verdict=Verdict.WAITING).update(verdict=Verdict.STOPPED)
                break
            _attempt(present, action, pk)
            done += 1
            if progress is not None and time.monotonic() - told_at > TOLD_EVERY_SECONDS:
                told_at = time.monotonic()
                progress(done, change.count)
    _finish(change, action)
    return True


def _stage(change: BulkChange) -> None:
    """Turns the chosen ids into rows, with the names that the things have now; once."""
    chosen: list[int] = list(change.chosen)
    model = ACTIONS[change.action].things.model
    for start in range(0, len(chosen), STAGED_AT_ONCE):
        ids = chosen[start : start + STAGED_AT_ONCE]
        names = dict(model._default_manager.filter(pk__in=ids).values_list("pk", "name"))
        BulkRow.objects.bulk_create(
            (
                BulkRow(change=change, place=place, target_id=pk, name=names.get(pk, ""))
                for place, pk in enumerate(ids, start=start)
            ),
            ignore_conflicts=True,  # those of a run that was killed
        )
    if chosen:
        BulkChange.objects.filter(pk=change.pk).update(chosen=[])
        change.chosen = []


def _waiting(change: BulkChange) -> list[int]:
    rows = change.rows.filter(verdict=Verdict.WAITING).order_by("place")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _present(change: BulkChange) -> BulkChange:
    """The change with whoever started it as they are now: once deactivated, they may do no more."""
    return BulkChange.objects.select_related("started_by__company").get(pk=change.pk)


def _attempt(change: BulkChange, action: BulkAction, pk: int) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                _decide(change, action, pk)
        except OperationalError as problem:
            # Such as a deadlock, in which the database has made this transaction fail.
            if attempt == ATTEMPTS or outage.is_away(problem):
                raise
        else:
            return


def _decide(change: BulkChange, action: BulkAction, pk: int) -> None:
    """One row: locked, so that nobody else decides it, done, and its verdict written."""
    row = BulkRow.objects.select_for_update(of=("self",)).get(pk=pk)
    if row.verdict != Verdict.WAITING:
        return
    if change.started_by is None and change.door != Door.SYSTEM:
        # Otherwise the system itself would act.
        row.verdict, row.reason = Verdict.REFUSED, str(STARTER_IS_GONE)
    else:
        _do(change, action, row)
    row.reason = row.reason[:1000]
    row.save(update_fields=["verdict", "reason", "before", "version"])


def _do(change: BulkChange, action: BulkAction, row: BulkRow) -> None:
    actor = _actor(change)
    try:
        with transaction.atomic():
            outcome = _act(change, action, row, actor)
    except Refused as refusal:
        # Its own entry in the audit was rolled back with the rest.
        refusal.audited = False
        record_refusal(actor, refusal)
        row.verdict, row.reason = Verdict.REFUSED, refusal.reason
    except Invalid as invalid:
        row.verdict, row.reason = Verdict.REFUSED, invalid.message
    except (Http404, Conflict, Unconfirmed) as problem:
        row.verdict, row.reason = Verdict.REFUSED, _said_of(problem)
    except OperationalError:
        raise
    except Exception as problem:  # the others go on
        if isinstance(problem, DatabaseError) and outage.is_away(problem):
            raise
        _log.exception("A row of a bulk change went wrong: %s of %s", row.pk, change.pk)
        row.verdict, row.reason = Verdict.REFUSED, str(WENT_WRONG)
    else:
        row.verdict = Verdict.SAME if outcome is None else Verdict.DONE
        _keep(change, action, row, outcome)


def _actor(change: BulkChange) -> Actor:
    """Whoever started it, who was asked then about all that is lost by it (rule 10.5)."""
    confirms = not change.is_confirmed
    return Actor(change.started_by, Door(change.door), change.ip, must_confirm=confirms, accepts_loss=True)


def _said_of(problem: Exception) -> str:
    said = {Http404: GONE, Conflict: FASTER, Unconfirmed: UNCONFIRMED}
    return next(str(text) for kind, text in said.items() if isinstance(problem, kind))


def _act(change: BulkChange, action: BulkAction, row: BulkRow, actor: Actor) -> Outcome | None:
    thing = action.things.locked(change.company_id, row.target_id)
    if thing is None:
        raise Invalid(None, str(GONE))
    if change.undoes_id is None:
        return action.apply(thing, change.values, actor)
    if thing.version != row.version:
        raise Invalid(None, str(TOUCHED))
    if action.undo is None:
        raise Invalid(None, _("This cannot be undone."))
    return action.undo(thing, row.before, actor)


def _keep(change: BulkChange, action: BulkAction, row: BulkRow, outcome: Outcome | None) -> None:
    """What undoing needs: what was before, and the version that is there now."""
    if outcome is None:
        return
    row.reason = outcome.note
    if change.undoes_id is not None:
        return
    versions = action.things.model._default_manager.filter(pk=row.target_id)
    row.before, row.version = outcome.before, versions.values_list("version", flat=True).first()
    if outcome.raised:
        # What the change itself does to others of its rows does not keep them from being undone.
        theirs = change.rows.filter(verdict=Verdict.DONE, target_id__in=outcome.raised)
        theirs.update(version=F("version") + 1)


def _finish(change: BulkChange, action: BulkAction) -> None:
    present = _present(change)
    if change.undoes_id is not None and action.finish_undo is not None and present.started_by is not None:
        actor = _actor(present)
        rows = change.rows.filter(verdict=Verdict.DONE).exclude(before={}).order_by("place")
        for target, before in list(rows.values_list("target_id", "before")):
            action.finish_undo(target, before, actor)
    BulkChange.objects.filter(pk=change.pk, finished_at=None).update(finished_at=timezone.now())


def counts_of(change: BulkChange) -> dict[str, int]:
    """How many rows have which verdict."""
    rows = change.rows.order_by().values_list("verdict").annotate(count=Count("pk"))
    return dict(rows)


def _run(job: Job, actor: Actor, progress: Progress) -> str:
    change = BulkChange.objects.filter(pk=job.arguments["change"]).first()
    if change is None:
        raise Invalid(None, _("This was deleted in the meantime."))
    work(change, progress=progress)
    counts = counts_of(change)
    done, refused = counts.get(Verdict.DONE, 0), counts.get(Verdict.REFUSED, 0)
    said = [ngettext("%(count)s done.", "%(count)s done.", done) % {"count": f"{done:,}"}]
    if refused:
        said.append(ngettext("%(count)s refused.", "%(count)s refused.", refused) % {"count": f"{refused:,}"})
    return " ".join(said)


KIND = engine.Kind(
    gettext_lazy("Change many"), "accounts:bulk", _run, is_in_steps=True, back_arguments=("change",)
)


def forget_old() -> None:
    """Changes of many are kept as long as jobs (rule 10.6)."""
    since = timezone.now() - timedelta(days=settings.JOBS_KEPT_DAYS)
    BulkChange.objects.filter(created_at__lt=since).delete()
