"""Rows of the files by which the console of LINE WORKS adds many at once (rule 10.10)."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from groups.directory.records import TEAM_SEPARATOR, Kind, Problem, Record
from groups.directory.sources import SourceFile
from groups.directory.sources.files import tables
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import (
    address,
    addresses,
    day,
    description,
    filled,
    team_path,
    text,
)
from groups.mail.contacts.names import full_name

from .titles import KNOWN, depth_of, kind_of

_AT_ONCE = re.compile(r"\s*[;\n]\s*")
_BELOW = re.compile(r"\s*[>|]\s*")
_POSITION = re.compile(r"\s*[:(（].*\Z")
_IDLE = re.compile(
    r"정지|중지|삭제|휴직|퇴사|停止|削除|休職|退職|suspend|delete|leave|inactive", re.IGNORECASE
)
_PRIVATE = re.compile(r"개인|보조|個人|私|サブ|private|personal|sub", re.IGNORECASE)
LOOKED_AT = 20
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")

Cells = dict[str, str]


def recognises(file: SourceFile) -> bool:
    """Whether it has the columns of a file of members, or those of a file of teams."""
    titles = tables.titles_of(file, KNOWN, workbooks=True)
    kinds = {kind_of(title) for title in titles}
    is_of_members = {"family", "given", "id"} <= kinds and not _has_other_addresses(file)
    return is_of_members or _depths(titles) >= {1, 2}


def _has_other_addresses(file: SourceFile) -> bool:
    """Whether people have their address beside the ID, as in Azure: that is no ID of LINE WORKS."""
    for found in islice(tables.rows_of(file, KNOWN), LOOKED_AT):
        if isinstance(found, Problem):
            continue
        for title, cell in found[1].items():
            if address(cell) and kind_of(title) not in ("id", "aliases") and not _PRIVATE.search(title):
                return True
    return False


def read(notes: Notes, file: SourceFile) -> Iterator[Record | Problem]:
    """Records of the rows, whatever they are about."""
    for found in tables.rows_of(file, KNOWN):
        if isinstance(found, Problem):
            yield found
            continue
        row, raw = found
        cells = {kind: cell for title, cell in raw.items() if cell and (kind := kind_of(title))}
        if len(_depths(tuple(raw))) > 1:
            yield from _of_teams(notes, [cell for title, cell in _by_depth(raw) if cell], file.name, row)
        elif "group" in cells:
            yield from _of_group(cells, file.name, row)
        else:
            yield from _of_member(notes, cells, file.name, row)


def _depths(titles: tuple[str, ...]) -> set[int]:
    return {depth for title in titles if (depth := depth_of(title))}


def _by_depth(raw: Cells) -> list[tuple[str, str]]:
    return sorted(
        ((title, cell) for title, cell in raw.items() if depth_of(title)), key=lambda one: depth_of(one[0])
    )


def _of_teams(notes: Notes, names: list[str], file: str, row: int) -> Iterator[Record]:
    """A team, and those above it that have no row of their own."""
    for count in range(1, len(names) + 1):
        path = team_path(names[:count])
        if notes.is_new("team", path):
            yield Record(Kind.TEAM, {"team": path}, file, row)


def email_of(cells: Cells) -> str:
    """The address; of an ID alone, that at the company's domain, which no file says."""
    found = address(cells.get("email")) or address(cells.get("id"))
    own = text(cells.get("id")).lower()
    return found or (f"{own}@" if _ID.match(own) else "")


def _of_member(notes: Notes, cells: Cells, file: str, row: int) -> Iterator[Record | Problem]:
    email = email_of(cells)
    if not email:
        yield Problem(_("This row has no ID."), cells.get("name", cells.get("family", "")), file, row)
        return
    yield Record(Kind.MEMBER, {"member": email, **_fields(cells)}, file, row)
    for said in _AT_ONCE.split(cells.get("teams", "")):
        if names := [name for name in _BELOW.split(_POSITION.sub("", said)) if name.strip()]:
            yield from _of_teams(notes, names, file, row)
            yield Record(Kind.PLACE, {"team": team_path(names), "member": email}, file, row)


def _fields(cells: Cells) -> dict[str, Any]:
    family, given = text(cells.get("family")), text(cells.get("given"))
    readings = (cells.get("family_reading", ""), cells.get("given_reading", ""))
    known = filled(
        id=text(cells.get("id_there")),
        name=full_name(given, "", family) or text(cells.get("name")),
        nickname=text(cells.get("nickname")),
        reading=" ".join(one for one in map(text, readings) if one),
        aliases=addresses(cells.get("aliases")),
        job_title=_position(cells) or text(cells.get("level")),
        site=text(cells.get("site")),
        phone=text(cells.get("phone")) or text(cells.get("mobile")),
        employee_number=text(cells.get("number")),
        starts_on=day(cells.get("hired")),
    )
    if "status" in cells:
        known["active"] = not _IDLE.search(cells["status"])
    return known


def _position(cells: Cells) -> str:
    """The title in the first team: in a column of its own, or beside the team."""
    if said := text(cells.get("position")):
        return _AT_ONCE.split(said)[0]
    beside = _POSITION.search(_AT_ONCE.split(cells.get("teams", ""))[0])
    return text(beside[0]).strip(":(（）) ") if beside else ""


def _of_group(cells: Cells, file: str, row: int) -> Iterator[Record]:
    """The group of a row, and those whose addresses or names stand in its cells."""
    name = text(cells["group"])
    values: dict[str, Any] = {"group": name, "kind": "internal"}
    if "description" in cells:
        values["description"] = description(cells["description"])
    if email := address(cells.get("list")):
        values["uses_mailing_list"] = True
    yield Record(Kind.GROUP, values, file, row)
    if email:
        yield Record(Kind.LIST, {"group": name, "address": email}, file, row)
    for said in filter(None, _AT_ONCE.split(cells.get("masters", ""))):
        yield Record(Kind.MASTER, {"group": name, "member": email_of({"id": said}) or said}, file, row)
    for said in filter(None, _AT_ONCE.split(cells.get("members", ""))):
        if who := email_of({"id": said}):
            yield Record(Kind.ENTRY, {"group": name, "member": who}, file, row)
        else:
            thing = TEAM_SEPARATOR.join(_BELOW.split(said))
            yield Record(Kind.ENTRY, {"group": name, "thing": thing}, file, row)
