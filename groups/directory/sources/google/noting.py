"""The first reading: what is called what, in which domains, and who is everybody."""

from typing import Any

from groupadmin.base.text import clean_line, fold
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import address, addresses, domain_of, is_true, text

from .items import Item

KEPT = ("id", "whoCanPostMessage", "membersCanPostAsTheGroup", "archiveOnly", "allowExternalMembers")
SEEN = ("whoCanDiscoverGroup", "showInGroupDirectory", "whoCanViewMembership")


def note(notes: Notes, item: Item) -> None:
    """Notes what the second reading needs of an item."""
    if item.kind == "user":
        _note_user(notes, item.values)
    elif item.kind == "unit":
        _note_unit(notes, text(item.values.get("orgUnitPath")))
    elif item.kind in ("group", "settings"):
        _note_group(notes, item)


def aliases_of(values: dict[str, Any]) -> list[str]:
    """Further addresses; the ones at Google's own domains cannot be taken along."""
    return addresses(values.get("aliases"))


def is_gone(user: dict[str, Any]) -> bool:
    """Whether a user is deleted, or a guest of another company."""
    return bool(user.get("deletionTime")) or is_true(user.get("isGuestUser"))


def names_of(path: str) -> list[str]:
    """The names in the path of an organizational unit, from the top; none for the top itself."""
    return [name for name in path.split("/") if name.strip()]


def paths_to(path: str) -> list[str]:
    """A unit and those above it, from the top."""
    names = names_of(path)
    return ["/" + "/".join(names[:count]) for count in range(1, len(names) + 1)]


def _note_user(notes: Notes, values: dict[str, Any]) -> None:
    email = address(values.get("primaryEmail"))
    if not email or is_gone(values):
        return
    notes.put("user", email, email)
    notes.put("domain", domain_of(email))
    for alias in aliases_of(values):
        notes.put("user", alias, email)
    path = text(values.get("orgUnitPath"))
    if names_of(path):
        notes.put("top", paths_to(path)[0])
    else:
        notes.put("at_top", email)


def _note_unit(notes: Notes, path: str) -> None:
    if names_of(path):
        notes.put("unit", path)
        notes.put("top", paths_to(path)[0])


def _note_group(notes: Notes, item: Item) -> None:
    """Of a group and its settings, which may come in two files, what either says."""
    email = address(item.values.get("email"))
    if not email:
        return
    noted = notes.get("group", email) or {}
    if not noted.get("name") and (name := clean_line(str(item.values.get("name") or ""))):
        noted["name"] = name
        notes.count("name", fold(name))
    for field in (*KEPT, *SEEN, "description"):
        if item.values.get(field) not in (None, ""):
            noted.setdefault(field, item.values[field])
    if item.kind == "group":
        noted["is_listed"] = True
    aliases = list(dict.fromkeys([*noted.get("aliases", ()), *aliases_of(item.values)]))
    noted["aliases"] = aliases
    notes.put("group", email, noted)
    for alias in aliases:
        notes.put("group_alias", alias, email)
