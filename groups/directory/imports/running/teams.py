"""Brings in teams and people's places in them (rule 1.3)."""

from collections import defaultdict
from functools import partial
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.addresses import take_address
from accounts.actions.teams import TeamSettings, delete_team, move_team, team_limit_reached, update_team
from accounts.audit.items import Item
from accounts.models import Address, Company, Domain, Member, Team, TeamMembership
from groupadmin.base.bulk import insert_lines
from groupadmin.base.errors import Invalid
from groups.directory.records import Kind
from groups.models import ImportRow
from groups.notices.movements import movements

from .. import keys, rows
from ..judging.directory import Directory
from ..rows import Row
from .batch import Person, Run, done, find_people, origin_of, record, skip
from .found import comes_inactive

TEAMS_AT_ONCE, PLACES_AT_ONCE = 200, 1_000


def run_teams(run: Run) -> None:
    """New teams, those above first, then what rows change of others."""
    added = run.waiting(Kind.TEAM).filter(verdict=ImportRow.Verdict.ADD)
    named = added.values_list("pk", rows.said("team"))
    by_depth: dict[int, list[int]] = defaultdict(list)
    for pk, path in named.iterator():
        by_depth[len(keys.team_parts(path))].append(pk)
    for depth in sorted(by_depth):
        for chunk in rows.chunks(sorted(by_depth[depth]), TEAMS_AT_ONCE):
            batch = list(rows.read(ImportRow.objects.filter(pk__in=chunk), "id"))
            run.bring(batch, lambda company, some: _add(run, company, some))
    changed = run.waiting(Kind.TEAM).filter(verdict=ImportRow.Verdict.CHANGE)
    run.one_by_one(list(rows.read(changed, "id")), lambda company, row: change_team(run, company, row))


def _add(run: Run, company: Company, batch: list[Row]) -> None:
    teams = {key: known.pk for key, known in Directory(run.directory_import).present_teams()}
    free = company.team_limit - len(teams)
    domains = {domain.name: domain for domain in Domain.objects.usable().filter(company=company)}
    above = Team.objects.filter(company=company).in_bulk(
        {pk for row in batch if (pk := teams.get(keys.team(keys.team_parts(row.values["team"])[:-1])))}
    )
    made: list[tuple[Row, Team]] = []
    for row in batch:
        parts = keys.team_parts(row.values["team"])
        parent = above.get(teams.get(keys.team(parts[:-1])) or 0)
        if row.subject in teams:
            skip(row, _("There is already a team with this name now."))
        elif len(parts) > 1 and parent is None:
            skip(row, _("The team above it is not there."))
        elif free <= len(made):
            skip(row, team_limit_reached(company))
        else:
            run.attempt(row, partial(_make, run, company, row, parent, domains, made))
    Team.objects.bulk_create([team for _row, team in made])
    for row, team in made:
        done(row, team.pk)
    record(run, company, "team.add", [(team, _added(row, team)) for row, team in made])


def _make(
    run: Run,
    company: Company,
    row: Row,
    parent: Team | None,
    domains: dict[str, Domain],
    made: list[tuple[Row, Team]],
) -> None:
    made.append((row, _team(run, company, row, parent, domains)))


def _team(run: Run, company: Company, row: Row, parent: Team | None, domains: dict[str, Domain]) -> Team:
    after = row.after
    team = Team(
        company=company, name=after["name"], parent=parent, description=after.get("description", ""),
        source=run.source_of(row), external_id=after.get("id", ""),
    )  # fmt: skip
    team.fold_name()
    if email := after.get("address"):
        local_part, _at, name = email.rpartition("@")
        if (domain := domains.get(name)) is None:
            raise Invalid("domain", _("Choose one of your company's domains."))
        team.address = take_address(local_part, domain, Address.Kind.TEAM, field="local_part")
    return team


def _added(row: Row, team: Team) -> dict[str, list[Any]]:
    shown = {
        "name": team.name,
        "description": team.description,
        "address": row.after.get("address", ""),
        "parent": team.parent.name if team.parent else "",
    }
    return {name: [None, value] for name, value in shown.items()}


def change_team(run: Run, company: Company, row: Row) -> None:
    team = Team.objects.select_related("address").filter(company=company, pk=row.target or 0).first()
    if team is None:
        raise Invalid(None, _("This team was deleted in the meantime."))
    after = row.after
    settings = TeamSettings.of(team)
    name, description = after.get("name", settings.name), after.get("description", settings.description)
    local_part, domain_id = settings.local_part, settings.domain_id
    if "address" in after:
        local_part, _at, domain = after["address"].rpartition("@")
        domain_id = Domain.objects.filter(company=company, name=domain).values_list("pk", flat=True).first()
    if "parent" in after:
        teams = {key: known.pk for key, known in Directory(run.directory_import).present_teams()}
        parent = Team.objects.filter(pk=teams.get(after["parent"]) or 0).first()
        if after["parent"] and parent is None:
            raise Invalid(None, _("The team above it is not there."))
        team = move_team(team, parent, actor=run.actor)
    update_team(team, TeamSettings(name, description, local_part, domain_id), actor=run.actor)
    if origin := origin_of(after):
        Team.objects.filter(pk=team.pk).update(**origin)


def run_places(run: Run) -> None:
    """People come into teams: they join the groups that these are in, and are told where 5.1 is on."""
    added = run.waiting(Kind.PLACE).filter(verdict=ImportRow.Verdict.ADD).order_by("subject", "id")
    while batch := [Row(*values) for values in added.values_list(*rows.FIELDS)[:PLACES_AT_ONCE]]:
        run.bring(batch, lambda company, some: _place(run, company, some))


def _place(run: Run, company: Company, batch: list[Row]) -> None:
    paths = {key: known.pk for key, known in Directory(run.directory_import).present_teams()}
    people = find_people(company, (row.values.get("member", "") for row in batch))
    wanted: dict[tuple[int, int], tuple[Row, Person]] = {}
    for row in batch:
        team, person = paths.get(row.subject), people.get(row.values.get("member", ""))
        if team is None:
            skip(row, _("The team is not there."))
        elif person is None:
            skip(row, _("The person is not there."))
        elif not person.is_active and not comes_inactive(row):
            skip(row, _("%(name)s is inactive.") % {"name": person.name})
        elif (team, person.pk) in wanted:
            row.verdict = ImportRow.Verdict.SAME
            done(row, None)
        else:
            wanted[team, person.pk] = (row, person)
    _leave_present(wanted)
    joining = {person.pk for _row, person in wanted.values()}
    teams = Team.objects.in_bulk({team for team, _person in wanted})
    with movements(run.actor, people=joining, leaving=(), teams=list(teams)):
        lines = [
            (team, pk, timezone.now(), run.source_of(row)) for (team, pk), (row, _person) in wanted.items()
        ]
        made = insert_lines(TeamMembership, ("team_id", "member_id", "since", "source"), lines)
    for pk, (row, _person) in zip(made, wanted.values(), strict=True):
        done(row, pk)
    Member.objects.filter(pk__in=joining).update(version=F("version") + 1)
    Team.objects.filter(pk__in=teams).update(version=F("version") + 1)
    names: dict[int, list[Item]] = defaultdict(list)
    for (team, _pk), (_row, person) in wanted.items():
        names[team].append(person.item(company.pk))
    for joined in teams.values():
        joined.version += 1
    record(
        run, company, "team.set_people",
        [(teams[pk], {"people_added": [None, items]}) for pk, items in names.items()],
    )  # fmt: skip


def _leave_present(wanted: dict[tuple[int, int], tuple[Row, Person]]) -> None:
    """Who is there already, such as by hand meanwhile, stays as they are (rule 10.4)."""
    there = TeamMembership.objects.filter(
        team__in={team for team, _pk in wanted}, member__in={pk for _team, pk in wanted}
    )
    for pk, team, member in there.values_list("pk", "team_id", "member_id"):
        if (found := wanted.pop((team, member), None)) is not None:
            found[0].verdict = ImportRow.Verdict.SAME
            done(found[0], pk)


def remove_team(run: Run, company: Company, row: Row) -> None:
    """A team that its source no longer has goes (rule 10.4)."""
    team = Team.objects.filter(company=company, pk=row.target or 0).first()
    if team is not None:
        delete_team(team, actor=run.actor)
