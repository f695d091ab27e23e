"""Teams and who is in them, in Django admin (rules 1.3, 7)."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, Member, Team, TeamMembership
from tests.admin_pages import admin_url, errors, last_entry, said, save
from tests.factories import TeamFactory


def test_teams(admin: Client, company: Company, team: Team, member: Member, teammate: Member) -> None:
    """Rule 1.3."""
    values = {"company": company.pk, "parent": team.pk, "name": "SRE", "local_part": "sre"}
    assert save(admin, admin_url(Team, "add"), people=[member.pk], **values).status_code == 302
    sre = Team.objects.get(name="SRE")
    assert (sre.parent, str(sre.address), list(sre.members.all())) == (team, "sre@hanbit.example", [member])
    assert "name" in errors(save(admin, admin_url(Team, "add"), **values))
    answer = save(admin, admin_url(Team, "change", sre.pk), people=[teammate.pk], name="SRE 2", parent="")
    assert answer.status_code == 302
    sre.refresh_from_db()
    assert (sre.name, sre.parent, list(sre.members.all())) == ("SRE 2", None, [teammate])
    assert last_entry().door == "admin"


def test_what_is_not_touched_stays(admin: Client, team: Team, member: Member) -> None:
    """Also in fields that the forms declare themselves: the team above, a person's language."""
    below = TeamFactory.create(company=team.company, parent=team)
    save(admin, admin_url(Team, "change", below.pk), name="Other")
    below.refresh_from_db()
    assert (below.name, below.parent) == ("Other", team)
    Member.objects.filter(pk=member.pk).update(language="en")
    save(admin, admin_url(Member, "change", member.pk), name="Momo 2")
    member.refresh_from_db()
    assert (member.name, member.language) == ("Momo 2", "en")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "a/b"}, "name"),
        ({"local_part": "momo"}, "local_part"),
        ({"local_part": "x"}, "local_part"),
        ({"parent": "9" * 40}, "parent"),
        ({"people": ["x"]}, "people"),
    ],
)
def test_what_is_wrong_with_a_team(
    admin: Client, company: Company, member: Member, changes: dict[str, Any], field: str
) -> None:
    values = {"company": company.pk, "name": "SRE", "local_part": "sre"} | changes
    assert list(errors(save(admin, admin_url(Team, "add"), **values))) == [field]
    assert not Team.objects.exists()


def test_teams_make_no_loop(admin: Client, company: Company, team: Team) -> None:
    below = TeamFactory.create(company=company, parent=team)
    assert "parent" in errors(save(admin, admin_url(Team, "change", team.pk), parent=below.pk))
    answer = admin.post(admin_url(Team, "delete", team.pk), {"post": "yes"})
    assert "subteams first" in said(admin, answer)
    admin.post(admin_url(Team, "delete", below.pk), {"post": "yes"})
    assert list(Team.objects.all()) == [team]


def test_team_memberships(admin: Client, team: Team, member: Member, stranger: Member) -> None:
    add = admin_url(TeamMembership, "add")
    assert "member" in errors(save(admin, add, team=team.pk, member=stranger.pk))
    assert save(admin, add, team=team.pk, member=member.pk).status_code == 302
    assert "member" in errors(save(admin, add, team=team.pk, member=member.pk))
    rows = list(TeamMembership.objects.values_list("pk", flat=True))
    chosen = {"action": "delete_selected", "_selected_action": rows}
    assert "tae@" in admin.post(admin_url(TeamMembership, "changelist"), chosen).content.decode()
    admin.post(admin_url(TeamMembership, "changelist"), chosen | {"post": "yes"})
    assert not TeamMembership.objects.exists()
    assert len(last_entry().changes["people_removed"][1]) == 2
