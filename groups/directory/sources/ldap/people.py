"""Entries of people become members, with their department as team (rules 1.2, 1.3, 1.12)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import filled, team_name
from groups.mail.contacts.names import full_name

from .entries import Entry, names_in, normal_dn
from .kinds import Is, aliases_of, email_of
from .noting import Known, known, named

DISABLED = 0x2
"""In userAccountControl."""
NEVER = (0, 0x7FFFFFFFFFFFFFFF)
LOCKED_FOR_GOOD = "000001010000Z"
_WINDOWS_BEGINS = datetime(1601, 1, 1, tzinfo=UTC)


class People:
    """Makes records of entries of people."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def records(self, entry: Entry) -> Iterator[Record | Problem]:
        """The member, their place in a team, and the groups that only they name."""
        email = email_of(entry)
        if not email:
            yield Problem(_("This person has no email address."), entry.dn, entry.file, entry.row)
            return
        yield Record(Kind.MEMBER, {"member": email, **self._fields(entry)}, entry.file, entry.row)
        if department := entry.first("department", "ou"):
            team = team_name(department)
            if self.notes.is_new("team", team):
                yield Record(Kind.TEAM, {"team": team}, entry.file, entry.row)
            yield Record(Kind.PLACE, {"team": team, "member": email}, entry.file, entry.row)
        yield from self._groups(entry, email)

    def _fields(self, entry: Entry) -> dict[str, Any]:
        parts = full_name(entry.first("givenName"), "", entry.first("sn"))
        manager = known(self.notes, entry.first("manager"))
        return {
            **filled(
                id=entry.id(),
                name=entry.first("displayName") or parts or entry.first("cn"),
                reading=entry.first("msDS-PhoneticDisplayName", "displayName;lang-ja;phonetic"),
                aliases=aliases_of(entry),
                employee_number=entry.first("employeeNumber", "employeeID"),
                job_title=entry.first("title"),
                site=entry.first("physicalDeliveryOfficeName", "l"),
                phone=entry.first("telephoneNumber", "mobile"),
                manager=manager.email if manager and manager.kind is Is.PERSON else "",
                ends_on=_last_day(entry),
            ),
            "active": not _is_disabled(entry),
        }

    def _groups(self, entry: Entry, email: str) -> Iterator[Record]:
        """Groups name their members; but a file may have people only, who name their groups."""
        for dn in entry.texts("memberOf"):
            group = known(self.notes, dn)
            if group is None:
                group = Known(Is.GROUP, name="".join(names_in(dn)[:1]), dn=dn)
                if self.notes.is_new("made", normal_dn(dn)):
                    yield Record(Kind.GROUP, {"group": group.name, "kind": "internal"}, entry.file, entry.row)
                yield self._entry(group, email, entry)
        if group_dn := self.notes.get("gid", entry.first("gidNumber")):
            group = known(self.notes, group_dn)
            if group is not None and not is_private(group, self.notes):
                yield self._entry(group, email, entry)

    def _entry(self, group: Known, email: str, entry: Entry) -> Record:
        return Record(Kind.ENTRY, {**named(self.notes, group), "member": email}, entry.file, entry.row)


def is_private(group: Known, notes: Notes) -> bool:
    """Whether a group of POSIX is that of one person, and is called like them."""
    return notes.has("uid", group.name.lower())


def _is_disabled(entry: Entry) -> bool:
    return (
        bool(entry.number("userAccountControl") & DISABLED)
        or entry.is_on("nsAccountLock")
        or entry.first("pwdAccountLockedTime") == LOCKED_FOR_GOOD
    )


def _last_day(entry: Entry) -> date | None:
    """The last day on which the account is good: it ends at the midnight after it."""
    ticks = entry.number("accountExpires")
    try:
        if ticks not in NEVER:
            moment = _WINDOWS_BEGINS + timedelta(microseconds=ticks // 10, seconds=-1)
            return moment.astimezone(timezone.get_current_timezone()).date()
        if (days := entry.number("shadowExpire")) > 0:
            return date(1970, 1, 1) + timedelta(days=days - 1)
    except OverflowError:
        pass
    return None
