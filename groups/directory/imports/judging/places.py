"""What becomes of people's places in teams (rule 1.3)."""

from django.utils.translation import gettext as _

from accounts.models import TeamMembership
from groups.directory.records import Kind

from .. import rows
from ..rows import Row
from .work import ADD, SAME, Work, repeat


def judge(work: Work) -> None:
    """Gives each place its verdict."""
    last: tuple[str, str] = ("", "")
    first: Row | None = None
    teams = work.directory.teams()
    for chunk in work.chunks(work.to_judge(Kind.PLACE), "subject", "object", "id", columns=rows.POINTING):
        people = work.directory.people({row.object: row.values.get("member", "") for row in chunk})
        refused = work.directory.refused_teams({row.subject for row in chunk if row.subject not in teams})
        pairs = [
            (team.pk, person.pk)
            for row in chunk
            if (team := teams.get(row.subject)) and (person := people.get(row.object))
        ]
        there = _there([pair for pair in pairs if None not in pair])
        for row in chunk:
            team, person = teams.get(row.subject), people.get(row.object)
            if person is not None:
                row.object = person.subject
            if first is not None and last == (row.subject, row.object):
                repeat(first, row)
                continue
            last, first = (row.subject, row.object), row
            if team is None:
                other = refused.get(row.subject)
                row.refuse(
                    _("The team is refused: %(place)s.") % {"place": other.place}
                    if other
                    else _("There is no such team.")
                )
            elif person is None or person.refused:
                row.refuse(missing_person(row.values.get("member", ""), person.refused if person else ""))
            elif (team.pk, person.pk) in there:
                row.verdict, row.target = SAME, there[team.pk, person.pk]
            elif not person.is_active and not person.comes_inactive:
                row.refuse(_("%(name)s is inactive.") % {"name": person.name})
            else:
                row.verdict = ADD
                row.after = {"inactive": True} if person.comes_inactive else None


def missing_person(email: str, refused: str) -> str:
    """Why somebody cannot be found."""
    if refused:
        return _("%(email)s is refused: %(place)s.") % {"email": email, "place": refused}
    return _("%(email)s is not a member of your company.") % {"email": email}


def _there(pairs: list[tuple[int | None, int | None]]) -> dict[tuple[int | None, int | None], int]:
    found = TeamMembership.objects.filter(
        team__in={team for team, _member in pairs}, member__in={member for _team, member in pairs}
    )
    return {(team, member): pk for pk, team, member in found.values_list("pk", "team_id", "member_id")}
