"""Keycloak: the realm's export, in one file or several, as `kc.sh export` writes it (rule 10.10).

A group in a group is a subgroup: whom Keycloak counts there has the roles of the one above too.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.text import clean_line, fold
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources import Source, SourceFile
from groups.directory.sources.files import documents, tables
from groups.directory.sources.files.documents import Item
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import address, day, description, filled, is_true, text
from groups.mail.contacts.names import full_name

LISTS = ("users", "groups", "federatedUsers")
_REALM = re.compile(r'"(?:realm|userManagedAccessAllowed|sslRequired)"\s*:\s*"')
_USERS = re.compile(
    r'"(?:createdTimestamp|realmRoles|requiredActions|disableableCredentialTypes|subGroups)"\s*:'
)
DEPTH_LIMIT = 50

ATTRIBUTES = {
    "employee_number": ("employeeNumber", "employee_number", "employeeId", "employeeID", "personnelNumber"),
    "job_title": ("title", "jobTitle", "job_title", "position"),
    "site": ("physicalDeliveryOfficeName", "office", "site", "location", "locality", "l"),
    "phone": ("telephoneNumber", "phoneNumber", "phone_number", "phone", "mobile", "mobileNumber"),
    "nickname": ("nickname", "nickName", "displayName", "preferredName"),
    "reading": ("phoneticName", "furigana", "nameReading"),
}
"""Attributes have no fixed names. These are what LDAP's, OpenID Connect's and SCIM's are called."""


def recognises(file: SourceFile) -> bool:
    """Whether its beginning looks like a realm, or like users or groups of one."""
    head = tables.text_head(file).lstrip("\ufeff \t\r\n")
    return head.startswith(("{", "[")) and bool(_REALM.search(head) or _USERS.search(head))


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Records of the users and groups of realms."""
    with Notes() as notes:
        for file in files:
            for item in _items(file):
                if not isinstance(item, Problem):
                    _note(notes, item)
        for file in files:
            for item in _items(file):
                if isinstance(item, Problem):
                    yield item
                elif _is_group(item):
                    yield from _Groups(notes, file.name, item.number).records(item.values, "", 0)
                else:
                    yield from _of_user(notes, item, file.name)


def _items(file: SourceFile) -> Iterator[Item | Problem]:
    """Users and groups; of a realm's own document nothing is needed but these."""
    for item in documents.items_of(file, LISTS):
        if isinstance(item, Problem) or item.list_name or _is_group(item) or "username" in item.values:
            yield item


def _is_group(item: Item) -> bool:
    return item.list_name == "groups" or ("name" in item.values and "subGroups" in item.values)


def _inner(group: dict[str, Any]) -> list[dict[str, Any]]:
    listed = group.get("subGroups")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _note(notes: Notes, item: Item) -> None:
    if _is_group(item):
        _note_group(notes, item.values, "", 0)
    elif email := address(item.values.get("email")):
        for name in ("username", "id"):
            notes.put("user", text(item.values.get(name)).lower(), email)
        for dn in _attribute(item.values, "LDAP_ENTRY_DN"):
            notes.put("user", dn.lower(), email)


def _note_group(notes: Notes, group: dict[str, Any], above: str, depth: int) -> None:
    path = _path(group, above)
    name = clean_line(str(group.get("name", "")))
    notes.put("group", path, [name, text(group.get("id"))])
    notes.count("name", fold(name))
    for inner in _inner(group) if depth < DEPTH_LIMIT else ():
        _note_group(notes, inner, path, depth + 1)


def _path(group: dict[str, Any], above: str) -> str:
    """Where a group is, from the top: "/engineering/backend"; a slash in a name is written "~/"."""
    return str(group.get("path") or f"{above}/{str(group.get('name', '')).replace('/', '~/')}")


def _named(notes: Notes, path: str) -> dict[str, Any]:
    """How records name the group at a path: several may have one name there, ours have not (rule 2.4)."""
    name, known_as = notes.get("group", path) or (path.strip("/"), "")
    if (notes.get("name", fold(name)) or 1) > 1:
        name = path.strip("/").replace("~/", "\0").replace("/", " / ").replace("\0", "/")
    return {"group": name, **filled(group_id=known_as)}


class _Groups:
    """Makes records of a group and of those in it."""

    def __init__(self, notes: Notes, file: str, row: int) -> None:
        self.notes, self.file, self.row = notes, file, row

    def records(self, group: dict[str, Any], above: str, depth: int) -> Iterator[Record | Problem]:
        path = _path(group, above)
        named = _named(self.notes, path)
        if not named["group"]:
            yield Problem(_("This group has no name."), file=self.file, row=self.row)
            return
        values = {"group": named["group"], "kind": "internal", **filled(id=named.get("group_id", ""))}
        if said := text(group.get("description")) or " ".join(_attribute(group, "description")):
            values["description"] = description(said)
        yield Record(Kind.GROUP, values, self.file, self.row)
        if depth == DEPTH_LIMIT and _inner(group):
            yield Problem(_("Groups are nested too deeply."), named["group"], self.file, self.row)
            return
        for inner in _inner(group):
            below = _named(self.notes, _path(inner, path))
            entry = {**named, "subgroup": below["group"], **filled(subgroup_id=below.get("group_id", ""))}
            yield Record(Kind.ENTRY, entry, self.file, self.row)
            yield from self.records(inner, path, depth + 1)


def _of_user(notes: Notes, item: Item, file: str) -> Iterator[Record | Problem]:
    values = item.values
    if values.get("serviceAccountClientId"):
        # Accounts of programs.
        return
    username = text(values.get("username")) or text(values.get("id"))
    email = address(values.get("email")) or address(username)
    groups = [one for one in _listed(values.get("groups")) if isinstance(one, str)]
    if not email:
        if item.list_name != "federatedUsers" or groups:
            yield Problem(_("This user has no email address."), username, file, item.number)
        return
    member = {"member": email, **_fields(notes, values)}
    if "enabled" in values:
        member["active"] = is_true(values["enabled"])
    yield Record(Kind.MEMBER, member, file, item.number)
    for path in dict.fromkeys(groups):
        yield Record(Kind.ENTRY, {**_named(notes, path), "member": email}, file, item.number)


def _fields(notes: Notes, values: dict[str, Any]) -> dict[str, Any]:
    name = full_name(text(values.get("firstName")), "", text(values.get("lastName")))
    said = {
        field: next((one for title in titles for one in _attribute(values, title)), "")
        for field, titles in ATTRIBUTES.items()
    }
    if said["nickname"] == name:
        del said["nickname"]
    manager = next(iter(_attribute(values, "manager")), "").lower()
    return filled(
        id=text(values.get("id")),
        name=name,
        **said,
        manager=notes.get("user", manager) or address(manager),
        starts_on=day(next(iter(_attribute(values, "hireDate")), "")),
    )


def _attribute(values: dict[str, Any], name: str) -> list[str]:
    """The values of an attribute: a list in exports, a text in what people write."""
    attributes = values.get("attributes")
    found = attributes.get(name) if isinstance(attributes, dict) else None
    return [line for one in _listed(found) if (line := text(one))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


SOURCE = Source("keycloak", gettext_lazy("Keycloak realm"), recognises, read)
