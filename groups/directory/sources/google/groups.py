"""Groups, their settings and members become groups with lists, masters, entries and contacts (rules 2, 4)."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.text import fold
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import (
    address,
    description,
    domain_of,
    filled,
    is_true,
    team_path,
    text,
)

from .items import Item
from .noting import names_of

SEEN_BY_ALL = {"ANYONE_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_DISCOVER"}
MEMBERS_SEEN_BY_ALL = {"ANYONE_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW", ""}
OPEN = {"ANYONE_CAN_POST": False, "ALL_IN_DOMAIN_CAN_POST": True}
"""Who may send if all may, and whether outsiders are blocked."""
POSTING_ROLES = {"ALL_MANAGERS_CAN_POST": {"MANAGER", "OWNER"}, "ALL_OWNERS_CAN_POST": {"OWNER"}}


class Groups:
    """Makes records of groups, settings and members."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def records(self, item: Item) -> Iterator[Record | Problem]:
        """What an item means for us."""
        if item.kind == "member":
            yield from self._of_member(item)
            return
        email = address(item.values.get("email"))
        if not email:
            yield Problem(
                _("This group has no email address."), text(item.values.get("name")), item.file, item.row
            )
        elif item.kind == "group" or not (self.notes.get("group", email) or {}).get("is_listed"):
            # Settings that come besides are part of the group's own record.
            yield from self._of_group(email, item)

    def _named(self, email: str, noted: dict[str, Any]) -> dict[str, Any]:
        """How records name a group: names of Google's may be equal, ours are not (rule 2.4)."""
        name = noted.get("name") or email
        if self.notes.get("name", fold(name)) not in (None, 1):
            name = f"{name} ({email})"
        return {"group": name, **filled(group_id=text(noted.get("id")))}

    def _of_group(self, email: str, item: Item) -> Iterator[Record]:
        if not self.notes.is_new("told", email):
            return
        noted = self.notes.get("group", email) or {}
        named = self._named(email, noted)
        group = {"group": named["group"], "kind": "internal", "uses_mailing_list": True}
        if "group_id" in named:
            group["id"] = named["group_id"]
        if "description" in noted:
            group["description"] = description(noted["description"])
        if (is_visible := _is_visible(noted)) is not None:
            group["is_visible"] = is_visible
        yield Record(Kind.GROUP, group, item.file, item.row)
        rules = {**named, "address": email, **filled(aliases=noted.get("aliases", [])), **_rules(noted)}
        yield Record(Kind.LIST, rules, item.file, item.row)
        own = {**named, "subgroup": named["group"], **filled(subgroup_id=named.get("group_id", ""))}
        if noted.get("whoCanPostMessage") == "ALL_MEMBERS_CAN_POST" and not _is_closed(noted):
            yield Record(Kind.SENDER, {**own, "purpose": "to"}, item.file, item.row)
        if is_true(noted.get("membersCanPostAsTheGroup")):
            yield Record(Kind.SENDER, {**own, "purpose": "as"}, item.file, item.row)

    def _of_member(self, item: Item) -> Iterator[Record | Problem]:
        values, group_email = item.values, item.values["group"]
        group_email = self.notes.get("group_alias", group_email) or group_email
        noted = self.notes.get("group", group_email)
        if noted is None:
            yield from self._of_group(group_email, item)
        named = self._named(group_email, noted or {})
        if values.get("type") == "CUSTOMER":
            yield from self._everybody(named, item)
            return
        email = address(values.get("email"))
        if not email:
            reason = _("This member has no email address.")
            yield Problem(reason, named["group"], item.file, item.row)
            return
        if self._is_group(email, values):
            yield Record(Kind.ENTRY, {**named, **self._subgroup(email)}, item.file, item.row)
            return
        who = self._person(email)
        yield Record(Kind.ENTRY, {**named, **who}, item.file, item.row)
        role = values.get("role")
        if role in ("OWNER", "MANAGER"):
            yield Record(Kind.MASTER, {**named, **who}, item.file, item.row)
        if noted and not _is_closed(noted) and role in POSTING_ROLES.get(noted.get("whoCanPostMessage"), ()):
            yield Record(Kind.SENDER, {**named, **who, "purpose": "to"}, item.file, item.row)

    def _is_group(self, email: str, values: dict[str, Any]) -> bool:
        """A group of another company is an address like others."""
        is_ours = self.notes.has("group", email) or self.notes.has("group_alias", email)
        return is_ours or (values.get("type") == "GROUP" and self.notes.has("domain", domain_of(email)))

    def _subgroup(self, email: str) -> dict[str, Any]:
        email = self.notes.get("group_alias", email) or email
        noted = self.notes.get("group", email)
        if noted is None:
            return {"thing": email}
        named = self._named(email, noted)
        return {"subgroup": named["group"], **filled(subgroup_id=named.get("group_id", ""))}

    def _person(self, email: str) -> dict[str, Any]:
        """A member if the files know them, or their domain; else somebody whom the company may know."""
        if known := self.notes.get("user", email):
            return {"member": known}
        return {"member" if self.notes.has("domain", domain_of(email)) else "subscriber": email}

    def _everybody(self, named: dict[str, Any], item: Item) -> Iterator[Record | Problem]:
        """All people of the organization: those of the teams at the top, and whoever is in no team."""
        tops, people = self.notes.keys("top"), self.notes.keys("at_top")
        for top in tops:
            yield Record(Kind.ENTRY, {**named, "team": team_path(names_of(top))}, item.file, item.row)
        for email in people:
            yield Record(Kind.ENTRY, {**named, "member": email}, item.file, item.row)
        if not tops and not people:
            reason = _("Everybody in the organization is in this group. Import its users too.")
            yield Problem(reason, named["group"], item.file, item.row)


def _is_visible(noted: dict[str, Any]) -> bool | None:
    """Whether everybody sees the group, and so its members (rule 5.5): only if both were so at Google."""
    seen = noted.get("whoCanDiscoverGroup")
    listed = noted.get("showInGroupDirectory")
    if seen is None and listed is None:
        return None
    is_found = seen in SEEN_BY_ALL if seen is not None else is_true(listed)
    return is_found and noted.get("whoCanViewMembership", "") in MEMBERS_SEEN_BY_ALL


def _is_closed(noted: dict[str, Any]) -> bool:
    return is_true(noted.get("archiveOnly")) or noted.get("whoCanPostMessage") == "NONE_CAN_POST"


def _rules(noted: dict[str, Any]) -> dict[str, Any]:
    """The rules of a list (rules 4.4, 4.5); none where the settings are not known."""
    posting = noted.get("whoCanPostMessage")
    if posting is None and not is_true(noted.get("archiveOnly")):
        return {}
    if not _is_closed(noted) and posting in OPEN:
        return {"who_can_send": "everyone", "blocks_external_domains": OPEN[posting]}
    return {"who_can_send": "designated", "blocks_external_domains": False}
