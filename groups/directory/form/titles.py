"""What the columns, files and sheets of directories are called, by people and other products (rule 10.1).

The words are in words.toml. Titles are compared without spaces, numbers, signs and case: "First day" is
"firstday". What is an address or a person's name is known by the titles of contacts, too.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from groupadmin.base.spreadsheets import normal_title
from groupadmin.base.spreadsheets.columns import without_brackets
from groups.mail.contacts import titles as of_contacts

from .columns import TABLES
from .words import words

_ADDRESS = words("titles.address")
_PERSON = _ADDRESS | words("titles.person")
_NAME = words("titles.name")
_ID = words("titles.id")
_DESCRIPTION = words("titles.description")
_GROUP = words("titles.group")
_TEAM = words("titles.team")
_MASTERS = words("titles.masters")
_MEMBERS = words("titles.members")
_SUBGROUPS = words("titles.subgroups")
_LIST = words("titles.list")
_ALIASES = words("titles.aliases")
_BLOCKS = words("titles.blocks")
_WHO_CAN_SEND = words("titles.who_can_send")
_SENDERS = words("titles.senders")
_SEND_AS = words("titles.send_as")
_CONTACTS = words("titles.contacts")

TITLES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "teams": {
        "team": _TEAM | _NAME,
        "external_id": _ID | words("teams.external_id"),
        "description": _DESCRIPTION,
        "address": _LIST | words("teams.address"),
        "parent": words("teams.parent"),
        "members": _MEMBERS,
    },
    "members": {
        "email": _ADDRESS,
        "name": _NAME,
        "external_id": _ID,
        "aliases": _ALIASES,
        "administrator": words("members.administrator"),
        "may_connect": words("members.may_connect"),
        "active": words("members.active"),
        "inactive": words("members.inactive"),
        "employee_number": words("members.employee_number"),
        "job_title": words("members.job_title"),
        "site": words("members.site"),
        "phone": words("members.phone"),
        "manager": words("members.manager"),
        "starts_on": words("members.starts_on"),
        "ends_on": words("members.ends_on"),
        "nickname": words("members.nickname"),
        "reading": words("members.reading"),
        "language": words("members.language"),
        "time_zone": words("members.time_zone"),
        "teams": _TEAM,
        "groups": _GROUP - {"team"} | words("members.groups"),
    },
    "groups": {
        "name": (_GROUP | _NAME | words("groups.name")) - {"groupemail", "groupaddress", "groups", "team"},
        "external_id": _ID | words("groups.external_id"),
        "kind": words("groups.kind"),
        "description": _DESCRIPTION,
        "visibility": words("groups.visibility"),
        "private": words("groups.private"),
        "masters": _MASTERS,
        "default_master": words("groups.default_master"),
        "members": _MEMBERS,
        "teams": _TEAM - {"team", "path"},
        "subgroups": _SUBGROUPS,
        "parents": words("teams.parent"),
        "address": _LIST,
        "list_aliases": _ALIASES,
        "mailing_list": words("groups.mailing_list"),
        "blocks_external_domains": _BLOCKS,
        "who_can_send": _WHO_CAN_SEND,
        "senders": _SENDERS,
        "send_as": _SEND_AS,
        "contacts": _CONTACTS,
        "message": words("groups.message"),
        "note": words("groups.note"),
        "event": words("groups.event"),
        "task": words("groups.task"),
        "folder": words("groups.folder"),
    },
    "places": {
        "team": _TEAM,
        "member": _PERSON,
        "team_id": words("places.team_id"),
        "member_id": words("places.member_id"),
    },
    "masters": {
        "group": _GROUP - {"team"},
        "member": (_MASTERS | _PERSON) - {"admin", "admins", "administrators"},
        "group_id": words("masters.group_id"),
        "member_id": words("masters.member_id"),
    },
    "entries": {
        "group": _GROUP,
        "member": _PERSON - words("entries.member"),
        "thing": words("entries.thing"),
        "team": _TEAM - {"team"},
        "subgroup": _SUBGROUPS,
        "role": words("entries.role"),
        "group_id": words("entries.group_id"),
        "member_id": words("entries.member_id"),
    },
    "lists": {
        "group": _GROUP - {"groupemail", "groupaddress", "team"},
        "address": _LIST,
        "aliases": _ALIASES,
        "blocks_external_domains": _BLOCKS,
        "who_can_send": _WHO_CAN_SEND,
        "group_id": words("lists.group_id"),
    },
    "senders": {
        "group": _GROUP - {"team"},
        "purpose": words("senders.purpose"),
        "member": _PERSON | _SENDERS,
        "thing": words("senders.thing"),
        "team": _TEAM - {"team"},
        "subgroup": _SUBGROUPS,
        "group_id": words("senders.group_id"),
    },
    "contacts": {
        "group": _GROUP - {"team"},
        "email": _ADDRESS - {"user", "username"} | words("contacts.email"),
        "name": _NAME | words("contacts.name"),
        "group_id": words("contacts.group_id"),
    },
}
"""Of each table: what its columns are called beside their names in the form."""

NAMES: Mapping[str, frozenset[str]] = {
    "teams": words("called.teams"),
    "members": words("called.members"),
    "places": words("called.places"),
    "groups": words("called.groups"),
    "masters": words("called.masters"),
    "entries": words("called.entries"),
    "lists": words("called.lists"),
    "senders": words("called.senders"),
    "contacts": words("called.contacts"),
}
"""What files and sheets with each table are called."""

_ONE_TEAM = words("titles.one_team")
# "user.firstName", "Legal name - First name": what stands last says what it is.
_BEFORE = re.compile(r"^.*(?:[.:/>]|\s[-–]\s)\s*(?=\S)")
# "Email - Primary Work".
_BEHIND = re.compile(r"\s[-–]\s.*$")

_OWN = {
    table.name: {normal_title(column.name): column.name for column in table.columns}
    for table in TABLES.values()
}
_OTHERS = {
    table: {title: name for name, titles in reversed(list(columns.items())) for title in titles}
    for table, columns in TITLES.items()
}
_PEOPLE = {
    of_contacts.ADDRESS: "email",
    of_contacts.NAME: "name",
    of_contacts.GIVEN: "given_name",
    of_contacts.FAMILY: "family_name",
}
_LIKE_CONTACTS = {"members", "contacts"}

WORDS = of_contacts.WORDS | {
    title for columns in _OTHERS.values() for title in columns if not title.isascii()
}
"""As they stand in files, for finding the encoding: any script but Latin."""


def _forms(title: str) -> list[str]:
    """The title, and what may be left of it."""
    return [title, without_brackets(title), _BEHIND.sub("", title), _BEFORE.sub("", title)]


@lru_cache(maxsize=20_000)
def column_of(table: str, title: str) -> str:
    """The column of the table that this title stands for; empty if that is nothing of ours."""
    title = title.strip().strip("*:：")
    forms = _forms(title)
    for form in dict.fromkeys(map(normal_title, forms)):
        if form and (name := _OWN[table].get(form) or _OTHERS[table].get(form)):
            return name
    if table in _LIKE_CONTACTS:
        kinds = (of_contacts.kind_of(form) for form in (title, *forms[2:]))
        name = _PEOPLE.get(next(filter(None, kinds), ""), "")
        return name if TABLES[table].column(name) else ""
    return ""


def is_of_one_team(title: str) -> bool:
    """Whether a column with this title names one team in each row, and not several."""
    return any(normal_title(form) in _ONE_TEAM for form in _forms(title))


def is_own(table: str, title: str) -> bool:
    """Whether the title is the form's own."""
    return normal_title(title) in _OWN[table]


def is_title(cell: str) -> bool:
    """Whether any table has a column that is called so."""
    return any(column_of(table, cell) for table in TABLES)


def table_called(name: str) -> str:
    """The table that a file or a sheet with this name has: "2026_Groups (1)" has groups. Empty if none."""
    plain = normal_title(without_brackets(name))
    for table, names in NAMES.items():
        if plain == table or plain in names:
            return table
    ends = [
        (len(word), table)
        for table, names in NAMES.items()
        for word in {table, *names}
        if plain.endswith(word) or plain.startswith(word)
    ]
    return max(ends)[1] if ends else ""
