"""Imports and their undoing ask before many people are lost, in whatever way (rule 10.5)."""

from dataclasses import replace

import pytest

from accounts.losses import LosesMany
from accounts.models import Company, Member, Team
from groups.directory.imports import lifecycle, undoing
from groups.directory.records import Kind, Record
from groups.models import DirectoryImport, Group
from tests.factories import MembershipFactory
from tests.helpers import ActorOf

from .importing import brought_in, entry, judged, member, place, whole_group

pytestmark = pytest.mark.django_db

PEOPLE = [f"p{number}@hanbit.example" for number in range(25)]
MANY = [member(email) for email in PEOPLE]


def loses(opened: DirectoryImport, actor: object) -> list[str]:
    with pytest.raises(LosesMany) as asked:
        lifecycle.run_now(opened, only_good=True, actor=actor)  # type: ignore[arg-type]
    opened.refresh_from_db()
    assert opened.state == DirectoryImport.State.READY
    return [f"{loss.lost} of {loss.of} from {loss.name}" for loss in asked.value.losses]


@pytest.fixture
def brought(company: Company, administrator: Member) -> list[Record]:
    """A group with a team that is below another one, and what its source says of it."""
    first = [
        *MANY,
        Record(Kind.TEAM, {"team": "Sales / Europe", "id": "t"}),
        *(place("Sales / Europe", email) for email in PEOPLE),
        *whole_group("Everybody in sales", PEOPLE[0]),
        entry("Everybody in sales", team="Sales"),
        *whole_group("All", PEOPLE[0]),
        entry("All", subgroup="Everybody in sales"),
    ]
    brought_in(company, first, source="hr")
    return first


def test_a_team_that_moves_takes_its_people_along(
    company: Company, administrator: Member, brought: list[Record], actor_of: ActorOf
) -> None:
    MembershipFactory.create(group=Group.objects.get(name="All"), member=administrator)
    actor = actor_of(administrator)
    moved = judged(company, [Record(Kind.TEAM, {"team": "Works / Europe", "id": "t"})], actor, source="hr")
    assert loses(moved, actor) == ["25 of 25 from Everybody in sales", "25 of 26 from All"]
    agreed = lifecycle.run_now(moved, accepts_loss=True, actor=actor)
    assert agreed.state == DirectoryImport.State.DONE
    assert Team.objects.get(name="Europe").parent == Team.objects.get(name="Works")


def test_places_that_a_source_no_longer_has(
    company: Company, administrator: Member, brought: list[Record], actor_of: ActorOf
) -> None:
    actor = actor_of(administrator)
    fewer = [one for one in brought if one.kind != Kind.PLACE] + [place("Sales / Europe", PEOPLE[0])]
    opened = judged(company, fewer, actor, source="hr", removes_missing=True)
    assert loses(opened, actor) == ["24 of 25 from Everybody in sales", "24 of 25 from All"]


def test_teams_of_places_and_above_others_need_no_row(
    company: Company, administrator: Member, brought: list[Record]
) -> None:
    """They are implied when they come (rule 10.2), and so when it is asked what is gone (rule 10.4)."""
    brought_in(company, [*brought, place("Works", PEOPLE[0])], source="hr", removes_missing=True)
    assert Team.objects.count() == 3
    top = [Record(Kind.TEAM, {"team": "Sales"})]
    brought_in(company, top, source="hr", removes_missing=True, accepts_loss=True)
    assert [team.name for team in Team.objects.all()] == ["Sales"]


def test_undoing_asks_too(company: Company, administrator: Member, group: Group, actor_of: ActorOf) -> None:
    brought_in(company, MANY)
    actor = actor_of(administrator)
    joined = brought_in(company, [entry(group.name, member=email) for email in PEOPLE], actor)
    with pytest.raises(LosesMany) as asked:
        undoing.undo_now(joined, actor=actor)
    assert [(loss.lost, loss.name) for loss in asked.value.losses] == [(25, group.name)]
    joined.refresh_from_db()
    assert joined.state == DirectoryImport.State.DONE
    undoing.undo_now(joined, actor=replace(actor, accepts_loss=True))
    assert group.entries.filter(member__email__in=PEOPLE).count() == 0


def test_undoing_asks_about_people_of_the_company(
    company: Company, administrator: Member, actor_of: ActorOf
) -> None:
    people = brought_in(company, MANY)
    with pytest.raises(LosesMany) as asked:
        undoing.undo_now(people, actor=actor_of(administrator))
    assert [(loss.lost, loss.of, loss.kind) for loss in asked.value.losses] == [(25, 26, "company")]
