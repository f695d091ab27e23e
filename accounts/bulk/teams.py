"""What can be done to many teams at once (rules 1.3, 10.6)."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import consequences
from accounts.actions.locks import lock_company
from accounts.actions.teams import delete_team, move_team
from accounts.actor import Actor
from accounts.forms.bulk import ParentForm
from accounts.models import Company, Team, TeamMembership
from accounts.search import find_teams
from accounts.tree import people_of_teams, team_paths
from groupadmin.base.errors import Invalid

from .actions import BulkAction, Line, Outcome, Things, Values
from .rehearsing import Pairs, rolled_back


def _locked(company: int, pk: int) -> Team | None:
    lock_company(company)
    return Team.objects.select_related("parent").filter(company=company, pk=pk).first()


TEAMS = Things(
    name="teams",
    title=gettext_lazy("Teams"),
    back="accounts:team_list",
    download="accounts:team_table",
    model=Team,
    found=lambda viewer, company, query: find_teams(company, query.get("q", "")),
    locked=_locked,
    all_text=gettext_lazy("All teams, with their subteams"),
)


def _deepest_first(ids: Sequence[int]) -> list[int]:
    """Subteams before the teams that they are in, so that a whole branch can be deleted."""
    company = Team.objects.filter(pk__in=ids[:1]).values("company")
    above = dict(Team.objects.filter(company__in=company).values_list("pk", "parent_id"))

    def depth(pk: int | None) -> int:
        steps = 0
        while pk is not None and steps <= len(above):
            pk, steps = above.get(pk), steps + 1
        return steps

    return sorted(ids, key=lambda pk: (-depth(pk), pk))


def _move(team: Team, values: Values, actor: Actor) -> Outcome | None:
    parent_id = values["parent"]
    if team.parent_id == parent_id:
        return None
    parent = None
    if parent_id is not None:
        parent = Team.objects.filter(company=team.company_id, pk=parent_id).first()
        if parent is None:
            raise Invalid("parent", _("The parent team is no longer available. Choose another one."))
    before = {"parent": team.parent_id}
    move_team(team, parent, actor=actor)
    return Outcome(before)


def _delete(team: Team, values: Values, actor: Actor) -> Outcome:
    delete_team(team, actor=actor)
    return Outcome()


def _of_deletion(company: Company, ids: Sequence[int], actor: Actor) -> list[Line]:
    chosen = {*ids}
    teams = list(Team.objects.filter(company=company, pk__in=ids))
    parents = {
        parent
        for pk, parent in Team.objects.filter(company=company).values_list("pk", "parent_id")
        if parent in chosen and pk not in chosen
    }
    people = TeamMembership.objects.filter(team__in=ids).values("member").distinct().count()
    lines = []
    if people:
        said = ngettext(
            "%(count)s person is in them, and leaves.", "%(count)s people are in them, and leave.", people
        )
        lines.append(Line("users", said % {"count": f"{people:,}"}))
    if with_address := sum(team.address_id is not None for team in teams):
        said = ngettext(
            "%(count)s address becomes available to others.",
            "%(count)s addresses become available to others.",
            with_address,
        )
        lines.append(Line("mail", said % {"count": f"{with_address:,}"}))
    if groups := consequences.in_groups().count_groups_with_teams(ids):
        said = ngettext(
            "%(count)s group contains one of these teams, and loses these people.",
            "%(count)s groups contain one of these teams, and lose these people.",
            groups,
        )
        lines.append(Line("network", said % {"count": f"{groups:,}"}))
    if parents:
        said = ngettext(
            "%(count)s team has subteams that you have not chosen, and stays.",
            "%(count)s teams have subteams that you have not chosen, and stay.",
            len(parents),
        )
        lines.append(Line("info", said % {"count": f"{len(parents):,}"}))
    return [*lines, Line("triangle-alert", _("This cannot be undone."), is_warning=True)]


def _check_deletion(pairs: Pairs, actor: Actor) -> None:
    """Rule 10.5: what groups lose by all of it together. Teams whose subteams were not chosen stay."""
    ids = [pk for pk, _values in pairs]
    kept = set(Team.objects.filter(parent__in=ids).exclude(pk__in=ids).values_list("parent", flat=True))
    gone = [pk for pk in ids if pk not in kept]
    with rolled_back(), _moves(gone, gone, actor):
        TeamMembership.objects.filter(team__in=gone).delete()


def _check_move(pairs: Pairs, actor: Actor) -> None:
    """The same of teams that are moved; none is moved into itself, and names are looked at later."""
    by_parent: defaultdict[int | None, list[int]] = defaultdict(list)
    for pk, values in pairs:
        by_parent[values.get("parent")].append(pk)
    moved = [pk for pk, _values in pairs]
    to = [parent for parent in by_parent if parent is not None]
    above = {pk: {team.pk for team in path} for pk, path in team_paths(to).items()}
    # No name begins with a space.
    free_name = Concat(Value(" "), Cast(F("pk"), CharField()))
    with rolled_back(), _moves(moved, [*moved, *to], actor):
        for parent, ids in by_parent.items():
            movable = {*ids} - above.get(parent or 0, set())
            Team.objects.filter(pk__in=movable).update(parent=parent, name_key=free_name)


def _moves(teams: list[int], touched: list[int], actor: Actor) -> AbstractContextManager[None]:
    people = people_of_teams(teams).values_list("pk", flat=True)
    return consequences.in_groups().movements(actor, people=people, teams=touched)


def _question(singular: Any, plural: Any) -> Any:
    return lambda count: ngettext(singular, plural, count) % {"count": f"{count:,}"}


ACTIONS = [
    BulkAction(
        name="team.move",
        things=TEAMS,
        label=gettext_lazy("Move"),
        icon="folder-input",
        title=gettext_lazy("Move teams"),
        question=_question("Move %(count)s team where?", "Move %(count)s teams where?"),
        form=ParentForm,
        apply=_move,
        undo=_move,
        check_losses=_check_move,
        check_undo_losses=_check_move,
        undo_question=_question(
            "Move %(count)s team back to where it was?", "Move %(count)s teams back to where they were?"
        ),
    ),
    BulkAction(
        name="team.delete",
        things=TEAMS,
        label=gettext_lazy("Delete"),
        icon="trash-2",
        title=gettext_lazy("Delete teams"),
        question=_question("Delete %(count)s team permanently?", "Delete %(count)s teams permanently?"),
        apply=_delete,
        check_losses=_check_deletion,
        consequences=_of_deletion,
        ordered=_deepest_first,
        asks=True,
        wants_number=True,
        is_danger=True,
    ),
]
