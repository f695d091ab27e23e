"""Each row's verdict, against the company and against the other rows (rules 10.2, 10.4).

work.py      what all share          resolving.py  ids and things by their looks
directory.py who and what is meant   teams.py members.py places.py groups.py people.py lists.py  a kind each
managers.py  who reports to whom     wholeness.py masters, members, limits   loops.py   groups in groups
missing.py   what a source no longer has
"""

from django.db.models import Count

from accounts.actor import Actor
from accounts.consequences import Progress
from groups.models import DirectoryImport, ImportRow

from . import groups, lists, loops, managers, members, missing, people, places, resolving, teams, wholeness
from .work import Work


def judge(directory_import: DirectoryImport, *, actor: Actor, tell: Progress | None = None) -> None:
    """Gives every row a verdict, in bulk; nothing else changes. Safe to begin again after reading."""
    work = Work.of(directory_import, actor, tell)
    resolving.resolve_ids(work)
    teams.add_implied(work)
    resolving.resolve_things(work)
    teams.judge(work)
    members.judge(work)
    managers.judge(work)
    places.judge(work)
    groups.judge(work)
    people.judge_masters(work)
    wholeness.give_masters(work)
    people.judge_entries(work)
    loops.judge(work)
    wholeness.keep_to_direct_limit(work)
    wholeness.refuse_empty(work)
    lists.judge_lists(work)
    lists.judge_senders(work)
    lists.judge_contacts(work)
    loops.set_depths(work)
    if work.options.removes_missing:
        missing.find(work)
    directory_import.counts = count(directory_import)
    directory_import.save(update_fields=["counts"])


def count(directory_import: DirectoryImport) -> dict[str, dict[str, int]]:
    """How many rows of each kind have each verdict."""
    found = ImportRow.objects.filter(directory_import=directory_import).order_by()
    counted: dict[str, dict[str, int]] = {}
    for kind, verdict, number in found.values_list("kind", "verdict").annotate(number=Count("id")):
        counted.setdefault(kind, {})[verdict] = number
    return counted
