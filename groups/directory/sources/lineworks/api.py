"""What the Directory API of LINE WORKS answers: users, orgUnits and groups, in JSON (rule 10.10).

Each names the others by the ids that LINE WORKS gave them, which become ours (rule 10.4), or by keys that the
company gave them, "externalKey:17".
"""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.text import clean_line, fold
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources import SourceFile
from groups.directory.sources.files.documents import Item, items_of
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import (
    address,
    addresses,
    day,
    description,
    filled,
    is_true,
    team_path,
    text,
)
from groups.mail.contacts.names import full_name

LISTS = ("users", "orgUnits", "groups")
MARK = re.compile(
    r'"(?:userExternalKey|orgUnitExternalKey|groupExternalKey|orgUnitName|groupEmail)"\s*:|"domainId"\s*:\s*\d+'
)
KEYED = "externalKey:"
DEEPEST = 50
SWITCHES = {
    "message": "useMessage",
    "note": "useNote",
    "event": "useCalendar",
    "task": "useTask",
    "folder": "useFolder",
    "notifies": "useServiceNotification",
    "grants_features": "serviceManagement",
    "is_visible": "visible",
}
POSTING = "membersAllowedToUseGroupEmailAsRecipient"
SENDING = "membersAllowedToUseGroupEmailAsSender"


def note(notes: Notes, file: SourceFile) -> None:
    """Notes what the ids stand for."""
    for item in items_of(file, LISTS):
        if isinstance(item, Problem):
            continue
        values, kind = item.values, _kind_of(item)
        if kind == "user":
            _put(notes, "user", values, "userId", "userExternalKey", address(values.get("email")))
        elif kind == "team":
            said = [text(values.get("orgUnitName")), text(values.get("parentOrgUnitId"))]
            _put(notes, "team", values, "orgUnitId", "orgUnitExternalKey", said)
        elif kind == "group":
            name = clean_line(str(values.get("groupName") or ""))
            notes.count("name", fold(name))
            said = [name, address(values.get("groupEmail")), text(values.get("groupId"))]
            _put(notes, "group", values, "groupId", "groupExternalKey", said)


def read(notes: Notes, file: SourceFile) -> Iterator[Record | Problem]:
    """Records of what is in a file."""
    readers = {"user": _Users, "team": _Teams, "group": _Groups}
    for item in items_of(file, LISTS):
        if isinstance(item, Problem):
            yield item
        elif kind := _kind_of(item):
            yield from readers[kind](notes, item, file.name).records()


def _kind_of(item: Item) -> str:
    by_list = {"users": "user", "orgUnits": "team", "groups": "group"}
    by_field = {"userId": "user", "groupId": "group", "orgUnitId": "team"}
    return by_list.get(item.list_name) or next((by_field[one] for one in by_field if one in item.values), "")


def _put(notes: Notes, kind: str, values: dict[str, Any], known_as: str, key: str, said: Any) -> None:
    if found := text(values.get(known_as)):
        notes.put(kind, found, said)
    if found := text(values.get(key)):
        notes.put(kind, KEYED + found, said)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


class _Reading:
    """Makes records of one item."""

    def __init__(self, notes: Notes, item: Item, file: str) -> None:
        self.notes, self.values, self.file, self.row = notes, item.values, file, item.number

    def records(self) -> Iterator[Record | Problem]:
        raise NotImplementedError

    def record(self, kind: Kind, /, **values: Any) -> Record:
        return Record(kind, values, self.file, self.row)

    def problem(self, reason: str, name: str = "") -> Problem:
        return Problem(reason, name, self.file, self.row)

    def person(self, known_as: str) -> dict[str, Any]:
        """A person as records name them; by their id if the files do not have them."""
        if "@" in known_as:
            return {"member": known_as.lower()}
        email = self.notes.get("user", known_as)
        return {"member": email} if email else {"member_id": known_as.removeprefix(KEYED)}

    def team(self, known_as: str) -> dict[str, Any]:
        """A team as records name it: by its path from the top, of which each has the name of its own part."""
        names: list[str] = []
        at = known_as
        while at and len(names) < DEEPEST and (found := self.notes.get("team", at)):
            names.insert(0, found[0])
            at = found[1]
        known = filled(team_id=known_as if not known_as.startswith(KEYED) else "")
        return {"team": team_path(names), **known} if names else {"team_id": known_as.removeprefix(KEYED)}


class _Users(_Reading):
    def records(self) -> Iterator[Record | Problem]:
        values = self.values
        if is_true(values.get("isDeleted")):
            return
        email = address(values.get("email"))
        if not email:
            yield self.problem(_("This user has no email address."), text(values.get("userId")))
            return
        leave = values.get("leaveOfAbsence")
        is_away = isinstance(leave, dict) and is_true(leave.get("isLeaveOfAbsence"))
        member = {"member": email, **self._fields()}
        if "isSuspended" in values or "leaveOfAbsence" in values:
            member["active"] = not (is_true(values.get("isSuspended")) or is_away)
        if "aliasEmails" in values:
            member["aliases"] = addresses(values["aliasEmails"])
        yield self.record(Kind.MEMBER, **member)
        for unit in self._units():
            if known_as := text(unit.get("orgUnitId")):
                yield self.record(Kind.PLACE, **self.team(known_as), member=email)

    def _units(self) -> list[dict[str, Any]]:
        organizations = _objects(self.values.get("organizations"))
        return [unit for one in organizations for unit in _objects(one.get("orgUnits"))]

    def _fields(self) -> dict[str, Any]:
        values = self.values
        said: Any = values.get("userName")
        name: dict[str, Any] = said if isinstance(said, dict) else {}
        readings = (text(name.get("phoneticLastName")), text(name.get("phoneticFirstName")))
        units = sorted(self._units(), key=lambda unit: not is_true(unit.get("primary")))
        titles = [text(unit.get("positionName")) for unit in units]
        titles += [text(one.get("levelName")) for one in _objects(values.get("organizations"))]
        bosses = [text(one.get("relationUserId")) for one in _objects(values.get("relations"))]
        return filled(
            id=text(values.get("userId")),
            name=full_name(text(name.get("firstName")), "", text(name.get("lastName"))),
            nickname=text(values.get("nickName")),
            reading=" ".join(one for one in readings if one),
            employee_number=text(values.get("employeeNumber")),
            job_title=next(filter(None, titles), ""),
            site=text(values.get("location")),
            phone=text(values.get("telephone")) or text(values.get("cellPhone")),
            manager=self.notes.get("user", bosses[0]) if bosses else "",
            starts_on=day(values.get("hiredDate") or ""),
        )


class _Teams(_Reading):
    def records(self) -> Iterator[Record | Problem]:
        known_as = text(self.values.get("orgUnitId"))
        key = known_as or KEYED + text(self.values.get("orgUnitExternalKey"))
        found = self.team(key)
        if "team" not in found:
            yield self.problem(_("This team has no ID."), text(self.values.get("orgUnitName")))
            return
        known = filled(id=known_as, address=address(self.values.get("email")))
        if "description" in self.values:
            known["description"] = description(self.values["description"])
        yield self.record(Kind.TEAM, team=found["team"], **known)


class _Groups(_Reading):
    def records(self) -> Iterator[Record | Problem]:
        values = self.values
        name = clean_line(str(values.get("groupName") or ""))
        if not name:
            yield self.problem(_("This group has no name."), text(values.get("groupId")))
            return
        email = address(values.get("groupEmail"))
        own = self._named(name, email, text(values.get("groupId")))
        group = {"group": own["group"], "kind": "internal", **filled(id=own.get("group_id", ""))}
        if "description" in values:
            group["description"] = description(values["description"])
        group |= {switch: is_true(values[theirs]) for switch, theirs in SWITCHES.items() if theirs in values}
        if email:
            group["uses_mailing_list"] = is_true(values.get("useMail", True))
        yield self.record(Kind.GROUP, **group)
        for one in _objects(values.get("administrators")):
            yield self.record(Kind.MASTER, **own, **self.person(text(one.get("userId"))))
        for one in _objects(values.get("members")):
            yield self.record(Kind.ENTRY, **own, **self._who(one))
        if email:
            yield from self._list(own, email)

    def _named(self, name: str, email: str, known_as: str) -> dict[str, Any]:
        """How records name a group; those of one name have their address too (rule 2.4)."""
        if (self.notes.get("name", fold(name)) or 1) > 1:
            name = f"{name} ({email or known_as})"
        return {"group": name, **filled(group_id=known_as)}

    def _list(self, own: dict[str, Any], email: str) -> Iterator[Record]:
        values = self.values
        rules: dict[str, Any] = {}
        if "canReceiveExternalMail" in values:
            rules["blocks_external_domains"] = not is_true(values["canReceiveExternalMail"])
        posting = _objects(values.get(POSTING))
        if POSTING in values:
            # Nobody chosen means everybody.
            rules["who_can_send"] = "designated" if posting else "everyone"
        aliases = filled(aliases=addresses(values.get("aliasEmails")))
        yield self.record(Kind.LIST, **own, address=email, **aliases, **rules)
        for purpose, chosen in (("to", posting), ("as", _objects(values.get(SENDING)))):
            for one in chosen:
                yield self.record(Kind.SENDER, **own, purpose=purpose, **self._who(one))

    def _who(self, one: dict[str, Any]) -> dict[str, Any]:
        known_as, kind = text(one.get("id") or one.get("userId")), one.get("type")
        if kind == "ORGUNIT":
            return self.team(known_as)
        if kind != "GROUP":
            return self.person(known_as)
        found = self.notes.get("group", known_as)
        if not found:
            return {"subgroup_id": known_as.removeprefix(KEYED)}
        other = self._named(*found)
        return {"subgroup": other["group"], **filled(subgroup_id=other.get("group_id", ""))}
