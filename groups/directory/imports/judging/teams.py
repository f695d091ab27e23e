"""What becomes of teams: those with a row, and those that only stand in paths and places (rule 1.3)."""

from django.db.models import Min
from django.utils.translation import gettext as _

from accounts.actions.names import clean_description
from accounts.actions.teams import clean_team_name, team_limit_reached
from accounts.models import Team
from groupadmin.base.errors import Invalid
from groups.directory.records import TEAM_SEPARATOR, Kind
from groups.models import ImportRow

from .. import keys, rows
from ..rows import Row
from .addresses import Claims, ids_of_others
from .work import ADD, Work, again, apart, origin_in


def add_implied(work: Work) -> None:
    """Adds rows for teams that places name and parents of paths, if nothing else says that they are there."""
    known = {key for key, _team in work.directory.present_teams()}
    known |= set(work.rows(Kind.TEAM).values_list("subject", flat=True).iterator())
    named = (
        work.to_judge(Kind.PLACE).values("subject").annotate(first=Min("id")).values_list("subject", "first")
    )
    of_places = [first for subject, first in named.iterator() if subject not in known]
    at_most = work.company.team_limit * 2
    implied: dict[str, Row] = {}
    for found in (
        work.to_judge(Kind.TEAM),
        *(ImportRow.objects.filter(pk__in=chunk) for chunk in rows.chunks(of_places)),
    ):
        for row in rows.read(found, "id"):
            parts = keys.team_parts(row.values.get("team", ""))
            own = len(parts) + (row.kind != Kind.TEAM)
            for depth in range(1, own):
                key = keys.team(parts[:depth])
                if key not in known and key not in implied and len(implied) < at_most:
                    path = TEAM_SEPARATOR.join(parts[:depth])
                    implied[key] = Row(
                        file=row.file,
                        row=row.row,
                        kind=Kind.TEAM,
                        subject=key,
                        name=path,
                        values={"team": path},
                    )
    for chunk in rows.chunks(sorted(implied.values(), key=lambda row: row.values["team"])):
        rows.add(work.directory_import, chunk)
    work.total += len(implied)


def judge(work: Work) -> None:
    """Gives each team its verdict, parents before what is below them."""
    judge = _Judge(work)
    named = work.to_judge(Kind.TEAM).values_list("pk", "name").iterator()
    deep = sorted((len(keys.team_parts(path)), pk) for pk, path in named)
    for chunk in rows.chunks(pk for _depth, pk in deep):
        places = {pk: place for place, pk in enumerate(chunk)}
        found = sorted(rows.read(ImportRow.objects.filter(pk__in=chunk)), key=lambda row: places[row.pk])
        judge.chunk(found)
        rows.write(found)


class _Judge:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.there = {key: known.pk for key, known in work.directory.present_teams()}
        self.teams = {
            team.pk: team
            for team in Team.objects.filter(company=work.company).select_related("address").iterator()
        }
        self.by_id = {
            team.external_id: team
            for team in self.teams.values()
            if team.external_id and team.source == work.source
        }
        self.paths = {pk: key for key, pk in self.there.items()}
        self.firsts: dict[str, Row] = {}
        self.refused: dict[str, str] = {}
        self.left = work.company.team_limit - len(self.teams)

    def chunk(self, chunk: list[Row]) -> None:
        emails = {email for row in chunk if (email := row.values.get("address"))}
        claims = Claims(self.work, emails)
        repeated: list[Row] = []
        of_others = ids_of_others(self.work, Kind.TEAM, chunk)
        for row in chunk:
            if reason := of_others.get(row.pk):
                row.refuse(reason)
                self.refused.setdefault(row.subject, row.place)
                continue
            if (first := self.firsts.get(row.subject)) is not None:
                if again(first, row, lambda one: self._judge(one, claims)):
                    repeated.append(first)
                continue
            self.firsts[row.subject] = row
            try:
                self._judge(row, claims)
            except Invalid as invalid:
                row.refuse(invalid.message)
                self.refused[row.subject] = row.place
        rows.write(repeated, ("values", *rows.JUDGED))

    def _judge(self, row: Row, claims: Claims) -> None:
        parts = keys.team_parts(row.values["team"])
        above = keys.team(parts[:-1]) if len(parts) > 1 else ""
        if above in self.refused:
            raise Invalid(
                None, _("The team above it is refused: %(place)s.") % {"place": self.refused[above]}
            )
        after: dict[str, object] = {"name": clean_team_name(parts[-1])}
        if "description" in row.values:
            after["description"] = clean_description(row.values["description"])
        team = self.by_id.get(row.values.get("id", "")) or self.teams.get(self.there.get(row.subject) or 0)
        email = row.values.get("address", "")
        pk = team.pk if team else None
        if email and (problem := claims.problem(email, Kind.TEAM, row.subject, pk)):
            raise Invalid(None, problem)
        if "address" in row.values:
            after["address"] = email
        after |= origin_in(row, self.work.source, team)
        if team is None:
            if row.verdict != ADD:
                if self.left <= 0:
                    raise Invalid(None, team_limit_reached(self.work.company))
                self.left -= 1
            row.verdict, row.after = ADD, {"team": row.values["team"], **after}
            return
        row.target = team.pk
        before = {
            "name": team.name,
            "description": team.description,
            "address": team.address.email if team.address else "",
            "id": team.external_id,
            "source": team.source,
            "parent": self.paths.get(team.parent_id, "") if team.parent_id else "",
        }
        apart(row, before, {**after, "parent": above})
