"""What undoing would do, found out before somebody decides; by the worker if it is much (rule 10.3)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.jobs import engine
from accounts.models import Job
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groups.models import DirectoryImport

from ..in_background import import_of
from . import _done, may_be_undone, preview
from .take import UNDO

JOB = "directory.look_back"
KEPT_AS = "undo"
AT_ONCE = 5_000
"""So many rows are looked at while somebody waits for the page."""


def look_back(directory_import: DirectoryImport, *, actor: Actor) -> Job | None:
    """Finds out what would be taken back and what stays; by the job that is returned if that takes long.

    Raises Refused, or Invalid if there is nothing.
    """
    check_administers(actor, directory_import.company, UNDO)
    if not may_be_undone(directory_import):
        raise Invalid(None, _("There is nothing to undo."))
    if len(_done(directory_import).order_by()[: AT_ONCE + 1].values_list("pk")) <= AT_ONCE:
        _look(directory_import, actor=actor)
        return None
    arguments = {"directory_import": directory_import.pk}
    return engine.start(JOB, directory_import.company, arguments, actor=actor)


def found(directory_import: DirectoryImport) -> dict[str, dict[str, int]] | None:
    """How many rows of each kind are taken back, and how many stay; None if nobody has looked."""
    stored: Any = directory_import.meaning.get(KEPT_AS)
    return stored if isinstance(stored, dict) else None


@audit.action
def _look(directory_import: DirectoryImport, *, actor: Actor) -> None:
    seen = preview(directory_import)
    numbers = {"taken_back": seen.taken_back, "left": seen.left}
    directory_import.meaning = {**directory_import.meaning, KEPT_AS: numbers}
    directory_import.save(update_fields=["meaning"])


def _run(job: Job, actor: Actor, tell: Progress) -> str:
    wanted = import_of(job)
    if may_be_undone(wanted):
        _look(wanted, actor=actor)
    return _("It is known what can be undone.")


def register() -> None:
    """Registers this kind of job at start-up."""
    engine.register(
        JOB,
        engine.Kind(
            gettext_lazy("Look what can be undone"),
            "groups:import_undo",
            _run,
            is_in_steps=True,
            back_arguments=("directory_import",),
        ),
    )
