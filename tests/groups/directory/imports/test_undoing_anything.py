"""Whatever an import did, undoing it leaves the company as it was (rule 10.3)."""

from random import Random
from typing import Any

import pytest

from accounts.models import Address, Company, Member, Team, TeamMembership
from groups.directory.imports import undoing
from groups.directory.records import Kind, Record
from groups.models import (
    Designation,
    ExternalContact,
    Group,
    ImportRow,
    ListAlias,
    Master,
    Membership,
    OptOut,
)

from . import test_undoing
from .importing import SYSTEM, brought_in, entry, group, master, member, place

pytestmark = pytest.mark.django_db

PEOPLE = [f"p{number}@hanbit.example" for number in range(9)]
TEAMS = ["Sales", "Sales / Europe", "Sales / Asia", "Works", "Works / Night"]
GROUPS = [f"Group {number}" for number in range(7)]
THINGS = (*test_undoing.THINGS, Designation, ListAlias, OptOut)


def state() -> dict[str, list[str]]:
    """All that there is, but for what counts changes or says when. Addresses that were free have new ids."""
    apart = {"version", "last_login", "moved_at", "deleted_by_id"}
    emails: dict[Any, str] = dict(Address.objects.values_list("id", "email"))
    found: dict[str, list[str]] = {}
    for model in THINGS:
        rows: list[dict[str, Any]] = [
            {name: one for name, one in row.items() if name not in apart} for row in model.objects.values()
        ]
        for row in rows:
            if model in (Address, ListAlias, Designation, ExternalContact):
                del row["id"]
            row |= {"address_id": emails[row["address_id"]]} if row.get("address_id") else {}
        found[model.__name__] = sorted(map(str, rows))
    return found


def anything(random: Random, *, teams: list[str]) -> list[Record]:
    """A random directory of these people, teams and groups; each of them is the same whenever it is there."""

    def some(of: list[Any], most: int = 4) -> list[Any]:
        return random.sample(of, random.randint(0, min(most, len(of))))

    people = sorted({PEOPLE[0], *some(PEOPLE, 8)})
    found: list[Record] = []
    for email in people:
        values: dict[str, Any] = {"name": email[:2].upper(), "id": f"id-{email}"}
        values |= {
            "job_title": random.choice(["", "Boss", "Cook"]),
            "site": random.choice(["Seoul", "Busan"]),
        }
        if random.random() < 0.3:
            values["aliases"] = [f"also.{email}"]
        if random.random() < 0.3 and email != PEOPLE[0]:
            values["manager"] = random.choice(people)
        found.append(member(email, **values))
    for team in teams:
        found.append(Record(Kind.TEAM, {"team": team, "description": random.choice(["", "One", "Two"])}))
        found += [place(team, email) for email in some(people)]
    names = some(GROUPS, 6)
    for number, name in enumerate(names):
        switches = {"message": random.random() < 0.5, "is_visible": random.random() < 0.5}
        found += [group(name, id=f"id-{name}", description=random.choice(["", "One"]), **switches)]
        found += [master(name, email) for email in {PEOPLE[0], *some(people, 2)}]
        found += [entry(name, member=email) for email in {random.choice(people), *some(people)}]
        found += [entry(name, team=team) for team in some(teams, 2)]
        found += [entry(name, subgroup=other) for other in names[number + 1 :] if random.random() < 0.3]
        if random.random() < 0.5:
            found += a_list(random, name, people, teams)
    random.shuffle(found)
    return found


def a_list(random: Random, name: str, people: list[str], teams: list[str]) -> list[Record]:
    address = f"{name.replace(' ', '.').lower()}@hanbit.example"
    values: dict[str, Any] = {"group": name, "address": address}
    values |= {"who_can_send": random.choice(["everyone", "designated"])}
    values |= {"aliases": [f"x.{address}"] if random.random() < 0.5 else []}
    found = [Record(Kind.LIST, values)]
    for purpose in ("to", "as"):
        person, team = random.choice(people), random.choice(teams)
        found.append(Record(Kind.SENDER, {"group": name, "purpose": purpose, "member": person}))
        found.append(Record(Kind.SENDER, {"group": name, "purpose": purpose, "team": team}))
    client = {"email": f"c{random.randint(1, 3)}@outside.example", "name": random.choice(["", "Pat"])}
    return [*found, Record(Kind.CONTACT, {"group": name, **client})]


def by_hand(random: Random) -> None:
    """Makes some of it things that were made by hand: a source takes them over, and gives them back."""
    for model in (Member, Team, Group, Membership, Master, TeamMembership):
        for thing in model._default_manager.all():
            if random.random() < 0.3:
                values = {"source": ""} | ({"external_id": ""} if hasattr(thing, "external_id") else {})
                model._default_manager.filter(pk=thing.pk).update(**values)


@pytest.mark.parametrize("seed", range(8))
def test_untouched_everything_is_as_before(company: Company, administrator: Member, seed: int) -> None:
    """The first import is there already; the second one adds, changes and removes, and is taken back."""
    random = Random(seed)
    brought_in(company, anything(random, teams=TEAMS), source="hr")
    by_hand(random)
    before = state()
    brought = brought_in(
        company, anything(random, teams=TEAMS), source="hr", removes_missing=True, accepts_loss=True
    )
    assert state() != before
    preview = undoing.preview(brought)
    undoing.undo_now(brought, actor=SYSTEM)
    left = list(
        ImportRow.objects.filter(directory_import=brought, state="left").values_list("name", "touched")
    )
    assert left == []
    assert preview.left == {}
    after = state()
    for name, rows in before.items():
        assert after[name] == rows, name
