"""People, teams and groups in the audit's lists: identified by kind and id, with their names at that time.

Older entries have plain text instead: "Name <address>", "team Name", "group Name". Readers of the audit must
handle both.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.models import Member, Team
from groupadmin.base.search_text import search_text
from groupadmin.base.text import balanced

Item = dict[str, Any]

_ADDRESS = re.compile(r" <([^<>]*)>$")
_GROUP, _TEAM = "group ", "team "


class Thing(Protocol):
    """A team or a group."""

    pk: int
    name: str


@dataclass(frozen=True)
class Read:
    """One item of a list in the audit, in new or old form. `company` is the person's at that time."""

    kind: str
    name: str
    id: int | None = None
    email: str = ""
    company: int | None = None

    def __str__(self) -> str:
        if self.kind in ("team", "group"):
            return f"{self.kind} {self.name}"
        return f"{self.name} <{self.email}>" if self.email else self.name


def people_items(ids: Iterable[int]) -> list[Item]:
    """These people, sorted by name; names are balanced so that they cannot affect other text (rule 2.4)."""
    found = Member.objects.filter(pk__in=list(ids)).order_by("name_sort__collated", "id")
    return [
        {"kind": "member", "id": pk, "name": balanced(name), "email": email, "company": company}
        for pk, name, email, company in found.values_list("pk", "name", "email", "company_id")
    ]


def team_item(team: Thing) -> Item:
    return {"kind": "team", "id": team.pk, "name": balanced(team.name)}


def team_items(ids: Iterable[int]) -> list[Item]:
    return [
        team_item(team)
        for team in Team.objects.filter(pk__in=list(ids)).order_by("name_sort__collated", "id")
    ]


def group_item(group: Thing) -> Item:
    return {"kind": "group", "id": group.pk, "name": balanced(group.name)}


def read(key: str, item: object) -> Read:
    """An item from the list of changes under that key."""
    if isinstance(item, dict):
        return Read(
            kind=str(item.get("kind", "")),
            name=str(item.get("name", "")),
            id=item.get("id"),
            email=str(item.get("email") or ""),
            company=item.get("company"),
        )
    text = str(item)
    if key == "contained_in":
        return Read("group", text)
    for kind, prefix in (("group", _GROUP), ("team", _TEAM)):
        if text.startswith(prefix):
            return Read(kind, text.removeprefix(prefix))
    address = _ADDRESS.search(text)
    return Read("", _ADDRESS.sub("", text), email=address.group(1) if address else "")


def items_of(changes: dict[str, list[Any]]) -> Iterator[Read]:
    """All items of all lists in the changes."""
    for key, values in changes.items():
        for value in values:
            if isinstance(value, list):
                yield from (read(key, item) for item in value)


def searched(items: Iterable[Read], company_id: int | None) -> tuple[str, str]:
    """The people and the groups among the items, as text to search (rule 12.2), addresses as they are.

    Only people of the company itself are found by their addresses (rule 6.4).
    """
    people, groups = [], []
    for item in items:
        if item.kind == "group":
            groups.append(search_text(item.name))
        elif item.kind != "team":
            people.append(search_text(item.name))
            if item.email and item.company == company_id is not None:
                people.append(f"{item.email.lower()}\n")
    return "".join(people), "".join(groups)
