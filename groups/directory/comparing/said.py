"""What differs, in words for a terminal and as plain values for programs (rule 10.8)."""

from collections.abc import Iterator
from typing import Any

from groupadmin.base.text import clean_line

from .differences import Difference, What
from .mail import MailDifference

PEOPLE_SHOWN = 20
_SIGNS = {What.MISSING: "+", What.CHANGED: "~", What.ONLY_HERE: "-", What.REFUSED: "!", What.LEFT_OUT: "·"}


def line_of(one: Difference) -> str:
    """One line: what differs, of what, how, and where it stands in the source."""
    said = f"{_SIGNS[one.what]} {one.what}: {one.kind} {clean_line(one.name)}".replace(":  ", ": ")
    if one.what is What.CHANGED:
        changes = (
            f"{name} is {_value(one.here.get(name))} here, {_value(value)} there"
            for name, value in one.there.items()
        )
        said += f": {'; '.join(changes)}"
    elif one.reason:
        said += f": {clean_line(one.reason)}"
    if one.file or one.row:
        said += f" ({clean_line(one.file)}{f':{one.row}' if one.row else ''})"
    return said


def lines_of_mail(one: MailDifference) -> Iterator[str]:
    """A list, and who gets its mail only there or only here."""
    if not one.is_list:
        yield f"{one.address}: {_people(one.there)} there; there is no such list here"
        return
    yield f"{one.address}: {_people(one.there)} there, {one.here:,} here"
    for label, emails in (("only there", one.only_there), ("only here", one.only_here)):
        if emails:
            shown = [
                f"{email} ({one.why[email]})" if email in one.why else email
                for email in emails[:PEOPLE_SHOWN]
            ]
            more = f" and {len(emails) - PEOPLE_SHOWN:,} more" if len(emails) > PEOPLE_SHOWN else ""
            yield f"    {label}: {', '.join(shown)}{more}"


def plain(one: Difference | MailDifference) -> dict[str, Any]:
    """As JSON has it."""
    if isinstance(one, MailDifference):
        return {
            "list": one.address,
            "is_list_here": one.is_list,
            "there": one.there,
            "here": one.here,
            "only_there": one.only_there,
            "only_here": one.only_here,
            "why": {email: str(why) for email, why in one.why.items()},
        }
    return {
        "what": str(one.what),
        "kind": one.kind,
        "name": one.name,
        "here": one.here,
        "there": one.there,
        "reason": one.reason,
        "file": one.file,
        "row": one.row,
    }


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _value(value: Any) -> str:
    if value is True or value is False:
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "empty"
    return f"“{clean_line(str(value))}”" if value not in (None, "") else "empty"
