"""Many teams at once (rules 1.3, 10.6)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, Member, Team
from groupadmin.base.text import isolated
from groups.models import Group
from tests.accounts.pages import text_of
from tests.factories import TeamFactory
from tests.helpers import ClientOf

from .many import change_many, choose, reason, undo, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def parent(team: Team) -> int | None:
    return Team.objects.get(pk=team.pk).parent_id


def test_a_whole_branch_is_deleted(client: Client, company: Company, team: Team, group: Group) -> None:
    """Whatever was created first, subteams go first; a team whose subteams were not chosen stays."""
    below = TeamFactory.create(company=company, parent=team)
    top = TeamFactory.create(company=company)
    Team.objects.filter(pk=team.pk).update(parent=top)
    stays = TeamFactory.create(company=company)
    TeamFactory.create(company=company, parent=stays)
    chosen = (top, team, below, stays)
    shown = text_of(choose(client, "teams", "team.delete", *chosen))
    for said in (
        "Delete 4 teams permanently?",
        "1 person is in them, and leaves.",
        "1 group contains one of these teams",
        "1 team has subteams that you have not chosen, and stays.",
    ):
        assert said in shown
    change = change_many(client, "teams", "team.delete", *chosen, typed="4")
    assert verdicts(change) == {one.name: "refused" if one == stays else "done" for one in chosen}
    assert "Move or delete its subteams first" in reason(change, stays.name)
    assert not Team.objects.filter(pk__in=[top.pk, team.pk, below.pk]).exists()


def test_moved_and_back(client: Client, company: Company, team: Team) -> None:
    """Nothing is moved into itself."""
    old, new = TeamFactory.create(company=company), TeamFactory.create(company=company)
    inner = TeamFactory.create(company=company, parent=old)
    answers = {"parent": f"team:{new.pk}"}
    change = change_many(client, "teams", "team.move", team, inner, new, **answers)
    assert verdicts(change) == {team.name: "done", inner.name: "done", new.name: "refused"}
    assert reason(change, new.name).startswith("A team cannot be inside itself")
    assert parent(team) == parent(inner) == new.pk
    undo(client, change)
    assert (parent(team), parent(inner)) == (None, old.pk)
    top = change_many(client, "teams", "team.move", team, inner)
    assert verdicts(top) == {team.name: "same", inner.name: "done"}
    assert parent(inner) is None


def test_all_that_a_search_finds(client: Client, company: Company) -> None:
    """Without a search, the whole chart: subteams that stand on no page included."""
    one = TeamFactory.create(company=company, name="Robots")
    below = TeamFactory.create(company=company, name="Arms of robots", parent=one)
    TeamFactory.create(company=company, name="Other")
    found = choose(client, "teams", "team.delete", all="1", filter="q=robots")
    assert "Delete 2 teams permanently?" in text_of(found)
    assert "Delete 3 teams permanently?" in text_of(choose(client, "teams", "team.delete", all="1"))
    assert Team.objects.filter(pk=below.pk).exists()


def test_only_the_chart_chooses(client: Client, company: Company, team: Team) -> None:
    """A team's own page has no bar, so it offers no boxes that lead nowhere."""
    below = TeamFactory.create(company=company, parent=team)
    box = f"Choose {isolated(below.name)}"
    assert f"Choose {isolated(team.name)}" in text_of(client.get(reverse("accounts:team_list")))
    level, htmx = reverse("accounts:team_below", args=[team.pk]), {"HX-Request": "true", "HX-Target": "below"}
    assert box in text_of(client.get(level, {"choose": "1"}, headers=htmx))
    assert below.name in text_of(client.get(level, headers=htmx))
    for page in (
        client.get(level, headers=htmx),
        client.get(reverse("accounts:team_people", args=[team.pk])),
    ):
        assert box not in text_of(page)
