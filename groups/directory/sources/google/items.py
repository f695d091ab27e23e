"""Users, groups, members and organizational units in files, however they are written.

The Directory API answers with pages, {"kind": "admin#directory#users", "users": [...]}. People store these as
they are, in a list, or one a line. GAM writes the same as CSV: "name.fullName", "aliases.0", or with JSON in
a column.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _

from groups.directory.records import Problem
from groups.directory.sources import SourceFile
from groups.directory.sources.files import documents, tables
from groups.directory.sources.files.words import address, addresses

LISTS = {
    "users": "user",
    "groups": "group",
    "members": "member",
    "organizationUnits": "unit",
    "orgUnits": "unit",
    "settings": "settings",
}
KINDS = {
    "admin#directory#user": "user",
    "admin#directory#group": "group",
    "admin#directory#member": "member",
    "admin#directory#orgunit": "unit",
    "groupssettings#groups": "settings",
}
_MARK = re.compile(
    r'"kind"\s*:\s*"(?:admin#directory#|groupssettings#)|"(?:primaryEmail|orgUnitPath|whoCanPostMessage)"\s*:',
    re.IGNORECASE,
)
_TITLES = frozenset(("primaryemail", "orgunitpath", "group", "role", "type", "email", "name", "id"))
_OF_GROUPS = frozenset(
    {"directMembersCount", "adminCreated", "whoCanPostMessage", "whoCanViewGroup", "nonEditableAliases"}
    | {"Members", "Managers", "Owners", "MembersCount", "ManagersCount", "OwnersCount"}
    | {"JSON", "JSON-members", "JSON-settings"}
)
_ROLES = (("Owners", "OWNER"), ("Managers", "MANAGER"), ("Members", "MEMBER"))
_TYPES = (("MembersTypeUser", "USER"), ("MembersTypeGroup", "GROUP"), ("MembersTypeCustomer", "CUSTOMER"))
LOOKED_AT = 20
PLACES_LIMIT = 1_000
"""Of a list that is spread over columns."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something of Google's, as its interface has it. A member's values have the `group` too."""

    kind: str
    values: dict[str, Any]
    file: str
    row: int


def recognises(file: SourceFile) -> bool:
    """Whether its beginning looks like an answer of Google's, or like a table of GAM's."""
    if _MARK.search(tables.text_head(file)):
        return True
    kind = _kind_of_table(tables.titles_of(file, _TITLES))
    return _names_groups_by_address(file) if kind == "member" else bool(kind)


def _names_groups_by_address(file: SourceFile) -> bool:
    """Whether a table of members is Google's: others have groups, addresses and roles, too."""
    first = islice(tables.rows_of(file, _TITLES), LOOKED_AT)
    return any("@" in row[1].get("group", "") for row in first if not isinstance(row, Problem))


def items_of(file: SourceFile) -> Iterator[Item | Problem]:
    """What is in a file."""
    if tables.text_head(file).lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        yield from _of_documents(file)
    else:
        yield from _of_table(file)


def _of_documents(file: SourceFile) -> Iterator[Item | Problem]:
    for found in documents.items_of(file, LISTS):
        if isinstance(found, Problem):
            yield found
            continue
        kind = _kind_of(found.values) or LISTS.get(found.list_name, "")
        if kind == "member":
            group = _group_of(found.values) or _group_of(found.around, "email") or _named_by(file)
            yield from _of_member(found.values | {"group": group}, file.name, found.number)
        elif kind:
            yield Item(kind, found.values, file.name, found.number)


def _kind_of(values: dict[str, Any]) -> str:
    """What an object is, by what it says or has; empty for a page."""
    if kind := KINDS.get(str(values.get("kind", "")).lower()):
        return kind
    if "primaryEmail" in values:
        return "user"
    if "orgUnitPath" in values:
        return "unit"
    if "whoCanPostMessage" in values:
        return "settings"
    if "email" in values and not values.keys().isdisjoint(("directMembersCount", "adminCreated", "name")):
        return "group"
    return "member" if values.keys() & {"role"} and values.keys() & {"email", "id", "type"} else ""


def _group_of(values: dict[str, Any], *more: str) -> str:
    """The group that an object names: no field of the interface's own answers, but what people add."""
    names = ("group", "groupEmail", "groupKey", *more)
    return next((found for name in names if (found := address(values.get(name)))), "")


def _named_by(file: SourceFile) -> str:
    """The group whose address a file is called by, as scripts call the members of one."""
    return address(PurePath(file.name.replace("\\", "/")).stem)


def _of_member(values: dict[str, Any], file: str, row: int) -> Iterator[Item | Problem]:
    if values["group"]:
        yield Item("member", values, file, row)
    else:
        reason = _("This member's group is not named. Call the file by the group's address, or add “group”.")
        yield Problem(reason, str(values.get("email", "")), file, row)


def _of_table(file: SourceFile) -> Iterator[Item | Problem]:
    kind = _kind_of_table(tables.titles_of(file, _TITLES))
    for found in tables.rows_of(file, _TITLES):
        if isinstance(found, Problem):
            yield found
            continue
        row, cells = found
        try:
            values = _nested(cells)
        except ValueError:
            yield Problem(_("The JSON in this row cannot be read."), file=file.name, row=row)
            continue
        if kind == "member":
            yield from _of_member(values | {"group": address(cells.get("group"))}, file.name, row)
        elif kind:
            yield Item(kind, values, file.name, row)
            if kind == "group":
                yield from _of_cells(values, file.name, row)


def _kind_of_table(titles: tuple[str, ...]) -> str:
    """What the rows of a table of GAM's are, by its titles."""
    names = set(titles)
    if "primaryEmail" in names:
        return "user"
    if "group" in names and names & {"email", "id", "JSON"} and names & {"role", "type", "JSON", "status"}:
        return "member"
    if "orgUnitPath" in names and not any("mail" in name.lower() for name in names):
        return "unit"
    return "group" if "email" in names and names & _OF_GROUPS else ""


def _nested(cells: dict[str, str]) -> dict[str, Any]:
    """A row as the interface has it: "name.fullName" is in "name", "aliases.0" the first of "aliases".

    Raises ValueError.
    """
    nested: dict[str, Any] = {}
    for title, cell in cells.items():
        if title.startswith("JSON"):
            nested |= _said(cell) if cell else {}
        elif cell:
            _put(nested, title.split("."), cell)
    return {name: _listed(value) for name, value in nested.items()}


def _said(cell: str) -> dict[str, Any]:
    try:
        said = json.loads(cell)
    except RecursionError:
        raise ValueError from None
    if isinstance(said, list):
        return {"members": said}
    if not isinstance(said, dict):
        raise ValueError
    return said


def _put(nested: dict[str, Any], path: list[str], cell: str) -> None:
    for name in path[:-1]:
        inner = nested.get(name)
        if not isinstance(inner, dict):
            # Before "aliases.0" there is "aliases", with their number.
            nested[name] = inner = {}
        nested = inner
    nested.setdefault(path[-1], cell)


def _listed(value: Any) -> Any:
    """What has numbers for names is a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)[:PLACES_LIMIT]]
    return inner


def _of_cells(group: dict[str, Any], file: str, row: int) -> Iterator[Item]:
    """The members of a group that stand in its row: in JSON, or their addresses in a cell for each role."""
    email = address(group.get("email"))
    for member in group.get("members", ()):
        if isinstance(member, dict):
            yield Item("member", member | {"group": email}, file, row)
    for column, role in _ROLES:
        yield from _of_cell(group.get(column), email, role, "", file, row)
    for column, type_ in _TYPES:
        yield from _of_cell(group.get(column), email, "MEMBER", type_, file, row)


def _of_cell(cell: Any, group: str, role: str, type_: str, file: str, row: int) -> Iterator[Item]:
    if type_ == "CUSTOMER" and cell:
        yield Item("member", {"group": group, "role": role, "type": type_}, file, row)
        return
    for email in addresses(cell):
        yield Item("member", {"group": group, "role": role, "type": type_, "email": email}, file, row)
