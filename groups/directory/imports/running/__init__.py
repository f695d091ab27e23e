"""Good rows are brought in, batch by batch, each once (rule 10.2).

batch.py    one short transaction     teams.py members.py groups.py people.py settings.py   a kind each

Whatever kills it: a batch is in with its rows marked, or not at all; the next run goes on with the rest.
"""

from collections.abc import Callable

from django.db.models import Count, Q

from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.models import Member
from groups import limits
from groups.directory.records import Kind
from groups.models import DirectoryImport, ImportRow, is_live

from .. import keys
from .batch import Run
from .groups import run_new_groups
from .members import run_members
from .people import run_people
from .removals import run_removals
from .settings import run_settings
from .teams import run_places, run_teams

STEPS: tuple[Callable[[Run], None], ...] = (
    *(run_teams, run_members, run_places, run_new_groups, run_people, run_settings, run_removals),
)


def run(directory_import: DirectoryImport, *, actor: Actor, tell: Progress | None = None) -> None:
    """Brings in what waits. Raises Stopped if it is cancelled, Refused if the actor administers no more."""
    good = ImportRow.objects.filter(directory_import=directory_import).good()
    total = good.count()
    running = Run(
        directory_import,
        actor,
        tell,
        done=total - good.filter(state=ImportRow.State.WAITING).count(),
        total=total,
        near_limit=_near_limit(directory_import),
    )
    for step in STEPS:
        step(running)


def _near_limit(directory_import: DirectoryImport) -> frozenset[int]:
    """Who may come near the limit of direct groups; only they are counted for each batch (rule 1.8).

    Half of the limit is far more than anybody comes into by hand while an import runs.
    """
    near = limits.DIRECT_GROUPS_LIMIT // 4
    waiting = ImportRow.objects.filter(
        directory_import=directory_import,
        kind=Kind.ENTRY,
        object_kind="member",
        verdict=ImportRow.Verdict.ADD,
    )
    many = waiting.order_by().values("object").annotate(count=Count("id")).filter(count__gt=near)
    named = set(many.values_list("object", flat=True))
    company = Member.objects.filter(company=directory_import.company_id)
    found = set()
    if named:
        for pk, email in company.values_list("pk", "email").iterator():
            if keys.address(email) in named:
                found.add(pk)
    direct = Count("memberships", filter=Q(is_live("memberships__group__")))
    found |= set(company.annotate(direct=direct).filter(direct__gt=near).values_list("pk", flat=True))
    return frozenset(found)
