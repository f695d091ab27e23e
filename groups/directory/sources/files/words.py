"""What systems write, as records have it: texts, switches, addresses, teams, dates (rule 10.1)."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import regex

from accounts.models.named import DESCRIPTION_CODE_POINTS, DESCRIPTION_LENGTH
from groupadmin.base.text import clean_line, clean_text, shortened
from groups.directory.records import TEAM_SEPARATOR

_NOT_IN_TEAMS = regex.compile(r"[^\p{L}\p{M}\p{N}\p{Zs}\u200c\u200d.!@&()\-–_+\[\]{}]+")
_BETWEEN = re.compile(r"[\s,;]+")
_DATE = re.compile(r"(\d{4})\s*[-./年년]?\s*(\d{1,2})\s*[-./月월]?\s*(\d{1,2})(?!\d)")
_TRUE = frozenset(("true", "yes", "y", "1", "on"))


def text(value: Any) -> str:
    """A plain value as a line; empty for anything else."""
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return clean_line(str(value)) if is_plain else ""


def is_true(value: Any) -> bool:
    """Whether a switch is on, as JSON and as text."""
    return value is True or str(value).strip().lower() in _TRUE


def address(value: Any) -> str:
    """An address in lower case; empty if this is none."""
    found = text(value).lower()
    return found if "@" in found.strip("@") else ""


def addresses(value: Any) -> list[str]:
    """Addresses of a list, or of a text with something between them, each once."""
    parts = _BETWEEN.split(value) if isinstance(value, str) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(found for part in parts if (found := address(part))))


def domain_of(email: str) -> str:
    """The domain of an address."""
    return email.rpartition("@")[2]


def description(value: Any) -> str:
    """A description, cut where ours end (rules 1.3, 2.5): other systems have longer ones."""
    return shortened(clean_text(str(value or "")), DESCRIPTION_LENGTH, DESCRIPTION_CODE_POINTS)


def team_name(value: Any) -> str:
    """A team's name without the characters that ours never have (rule 1.3), a hyphen for each run of them."""
    return _NOT_IN_TEAMS.sub("-", text(value)).strip("- ") or "-"


def team_path(names: Iterable[Any]) -> str:
    """The path of a team, of its names from the top."""
    return TEAM_SEPARATOR.join(team_name(name) for name in names)


def day(value: Any) -> date | None:
    """A date, as 2027-03-01, 2027.3.1, 20270301, with or without a time; None for what is none."""
    found = _DATE.match(str(value).strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def filled(**values: Any) -> dict[str, Any]:
    """Those values that are there: what a record does not say stays as it is."""
    return {name: value for name, value in values.items() if value not in ("", None, [])}
