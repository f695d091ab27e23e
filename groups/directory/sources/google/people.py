"""Users become members, organizational units teams (rules 1.2, 1.3, 1.12)."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import address, description, filled, is_true, team_path, text
from groups.mail.contacts.names import full_name

from .items import Item
from .noting import aliases_of, is_gone, names_of, paths_to


class People:
    """Makes records of users and organizational units."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def records(self, item: Item) -> Iterator[Record | Problem]:
        """The member and their place, or the team."""
        if item.kind == "unit":
            yield from self._of_unit(item)
        elif not is_gone(item.values):
            yield from self._of_user(item)

    def _of_unit(self, item: Item) -> Iterator[Record]:
        path = text(item.values.get("orgUnitPath"))
        if not names_of(path):
            return
        yield from self._above(paths_to(path)[:-1], item)
        known = filled(id=text(item.values.get("orgUnitId")))
        if "description" in item.values:
            known["description"] = description(item.values["description"])
        yield Record(Kind.TEAM, {"team": team_path(names_of(path)), **known}, item.file, item.row)

    def _above(self, paths: list[str], item: Item) -> Iterator[Record]:
        """Teams for units of which no file has more than the path."""
        for path in paths:
            if not self.notes.has("unit", path) and self.notes.is_new("made", path):
                yield Record(Kind.TEAM, {"team": team_path(names_of(path))}, item.file, item.row)

    def _of_user(self, item: Item) -> Iterator[Record | Problem]:
        values = item.values
        email = address(values.get("primaryEmail"))
        if not email:
            yield Problem(_("This user has no email address."), file=item.file, row=item.row)
            return
        is_active = not (is_true(values.get("suspended")) or is_true(values.get("archived")))
        member = {"member": email, **_fields(values)}
        if "suspended" in values or "archived" in values:
            member["active"] = is_active
        if "aliases" in values:
            member["aliases"] = aliases_of(values)
        yield Record(Kind.MEMBER, member, item.file, item.row)
        path = text(values.get("orgUnitPath"))
        if names := names_of(path):
            yield from self._above(paths_to(path), item)
            yield Record(Kind.PLACE, {"team": team_path(names), "member": email}, item.file, item.row)


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    """What is known of a user that we have too."""
    said: Any = values.get("name")
    name: dict[str, Any] = said if isinstance(said, dict) else {}
    # In Hangul and Chinese characters the family name comes first; Google's own full name has it last.
    parts = (text(name.get("givenName")), "", text(name.get("familyName")))
    whole = full_name(*parts) or text(name.get("fullName"))
    shown = text(name.get("displayName"))
    work = _chosen(values.get("organizations"), "work")
    place = _chosen(values.get("locations"), "desk")
    return filled(
        id=text(values.get("id")),
        name=whole,
        nickname=shown if shown not in (whole, text(name.get("fullName"))) else "",
        job_title=text(work.get("title")),
        site=text(place.get("buildingId")) or text(place.get("area")) or text(work.get("location")),
        employee_number=text(_chosen(values.get("externalIds"), "organization").get("value")),
        phone=text(_chosen(_of_work(values.get("phones")), "work").get("value")),
        manager=address(_of_type(values.get("relations"), "manager").get("value")),
    )


def _chosen(listed: Any, preferred: str) -> dict[str, Any]:
    """The primary one, else the first of the preferred type, else the first."""
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    primary = next((one for one in entries if is_true(one.get("primary"))), None)
    return primary or _of_type(entries, preferred) or (entries[0] if entries else {})


def _of_work(phones: Any) -> list[dict[str, Any]]:
    """Telephones at which colleagues may call: what somebody has at home is nobody's business."""
    entries = [one for one in phones if isinstance(one, dict)] if isinstance(phones, list) else []
    return [
        one for one in entries if not re.search("home|fax|pager", str(one.get("type", "")), re.IGNORECASE)
    ]


def _of_type(listed: Any, wanted: str) -> dict[str, Any]:
    entries = listed if isinstance(listed, list) else []
    return next((one for one in entries if isinstance(one, dict) and one.get("type") == wanted), {})
