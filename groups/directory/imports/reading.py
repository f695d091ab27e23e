"""Files become rows: each record cleaned, with the keys of what it is about and points to (rules 10.1, 10.2).

Safe to begin again: what an earlier try has left is removed first.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, clean_text
from groups.directory.records import TEAM_SEPARATOR, Kind, Problem, Record
from groups.models import DirectoryImport, ImportKey, ImportRow

from . import keys, rows
from .rows import Row

TOLD_EVERY = rows.AT_ONCE
Told = Callable[[int], None]
"""Called with how many records have been read."""

YES = {"yes", "y", "true", "1", "on", "x", "o", "예", "はい", "是"}
NO = {"no", "n", "false", "0", "off", "", "아니요", "いいえ", "否"}

BOOLS = {
    *("administrator", "may_connect", "active", "blocks_external_domains"),
    "incomplete",
    *("message", "note", "event", "task", "folder", "uses_mailing_list"),
    *("notifies", "grants_features", "is_visible"),
}
EMAILS = {"member", "manager", "address", "email", "default_master"}
TEXTS = {"description"}
IDS = {"member_id": "member", "team_id": "team", "group_id": "group", "subgroup_id": "group"}
OBJECTS = (("member", "member"), ("team", "team"), ("subgroup", "group"), ("thing", "thing"))
_ABOUT_A_GROUP = {Kind.MASTER, Kind.ENTRY, Kind.LIST, Kind.SENDER, Kind.CONTACT}


def read(
    directory_import: DirectoryImport, records: Iterable[Record | Problem], told: Told | None = None
) -> int:
    """Stores all records as rows. Returns how many. What the records raise goes through."""
    ImportRow.objects.filter(directory_import=directory_import).delete()
    ImportKey.objects.filter(directory_import=directory_import).delete()
    count = 0
    for chunk in rows.chunks(records):
        staged, names = list[Row](), list[tuple[str, str, str]]()
        for record in chunk:
            row = _row(record)
            staged.append(row)
            names += names_of(row)
        rows.add(directory_import, staged)
        rows.add_keys(directory_import, names)
        count += len(chunk)
        if told is not None:
            told(count)
    return count


def _row(record: Record | Problem) -> Row:
    file = clean_line(record.file)[: rows.FILE_SHOWN]
    if isinstance(record, Problem):
        name = clean_line(record.name)[: rows.NAME_SHOWN]
        row = Row(file=file, row=record.row, name=name, values={})
        row.refuse(clean_line(record.reason)[: rows.REASON_SHOWN])
        return row
    row = Row(file=file, row=record.row, kind=str(record.kind))
    try:
        row.values = {name: _clean(name, value) for name, value in record.values.items() if value is not None}
        _name(row)
    except Invalid as invalid:
        named = (record.values.get(name) for name in ("member", "team", "group", "thing"))
        row.values = row.values or {}
        row.name = row.name or next((clean_line(str(name)) for name in named if name), "")[: rows.NAME_SHOWN]
        row.refuse(invalid.message)
    return row


def _clean(name: str, value: Any) -> Any:
    if name in BOOLS:
        return _bool(name, value)
    if name == "aliases":
        listed = value.replace(",", " ").replace(";", " ").split() if isinstance(value, str) else value
        return list(dict.fromkeys(keys.clean_email(str(one)) for one in listed))
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if name in EMAILS:
        return keys.clean_email(text)
    if name in TEXTS:
        return clean_text(text)
    return TEAM_SEPARATOR.join(keys.team_parts(text)) if name == "team" else clean_line(text)


def _bool(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in YES or word in NO:
        return word in YES
    raise Invalid(
        None, _("%(field)s is yes or no, not “%(value)s”.") % {"field": name, "value": clean_line(word)[:100]}
    )


def _name(row: Row) -> None:
    """Gives the row its keys and its name. Raises Invalid if it is about nothing."""
    about = {Kind.TEAM: "team", Kind.PLACE: "team", Kind.MEMBER: "member"}.get(Kind(row.kind), "group")
    row.subject, subject = key_of(about, row.values, id_field="id" if row.kind == about else f"{about}_id")
    row.name = subject
    if row.kind in (Kind.PLACE, Kind.MASTER):
        row.object_kind = "member"
        row.object, shown = key_of("member", row.values)
        row.name = f"{shown} › {subject}"
    elif row.kind in (Kind.ENTRY, Kind.SENDER):
        shown = _point(row)
        row.name = f"{shown} › {subject}"
    elif row.kind == Kind.CONTACT:
        if not (email := row.values.get("email", "")):
            raise Invalid(None, _("The row has no email address."))
        row.object_kind, row.object = "email", keys.address(email)
        row.name = f"{email} › {subject}"
    row.name = row.name[: rows.NAME_SHOWN]


def _point(row: Row) -> str:
    for field, kind in OBJECTS:
        if row.values.get(field) or row.values.get(f"{field}_id"):
            row.object_kind = kind
            if kind == "thing":
                row.object = keys.UNRESOLVED
                return str(row.values["thing"])
            row.object, shown = key_of(kind, row.values, field, f"{field}_id")
            return shown
    raise Invalid(None, _("The row names no member, team or group."))


def key_of(kind: str, values: dict[str, Any], field: str = "", id_field: str = "") -> tuple[str, str]:
    """The key of what the values name, and the name. Raises Invalid if they name nothing."""
    named, known_as = values.get(field or kind, ""), values.get(id_field or f"{kind}_id", "")
    if named:
        if kind == "member":
            return keys.address(named), named
        return (keys.group(named) if kind == "group" else keys.team(keys.team_parts(named))), named
    if known_as:
        return keys.external_id(kind, known_as), known_as
    missing = {
        "member": _("The row has no email address of a person."),
        "team": _("The row has no team."),
        "group": _("The row has no group name."),
    }
    raise Invalid(None, missing[kind])


def names_of(row: Row) -> Iterator[tuple[str, str, str]]:
    """The addresses and the id that a row gives what it is about."""
    if row.is_refused or row.kind not in (Kind.TEAM, Kind.MEMBER, Kind.GROUP, Kind.LIST):
        return
    kind = "group" if row.kind == Kind.LIST else row.kind
    emails = [row.values.get("address", ""), *row.values.get("aliases", ())]
    if row.kind == Kind.MEMBER:
        emails.append(row.values.get("member", ""))
    for email in dict.fromkeys(emails):
        if email:
            yield keys.address(email), kind, row.subject
    if row.kind != Kind.LIST and (known_as := row.values.get("id")):
        yield keys.external_id(kind, known_as), kind, row.subject
