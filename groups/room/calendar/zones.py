"""Finds time zones by the names in calendar files (RFC 5545, 3.2.19); definitions in files are not used."""

import re
import zoneinfo
from functools import cache

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

NAME_LENGTH = 100
# A property with a zone among its parameters: the part before the zone's name, and the name.
_PARAMETERS = r'(?:;(?!TZID=)[^;:="]+=(?:"[^"]*"|[^;:"]*))*'
_WITH_ZONE = re.compile(
    rf'^((?:DTSTART|DTEND|EXDATE|RECURRENCE-ID){_PARAMETERS};TZID=)("[^"]*"|[^;:]*)', re.IGNORECASE
)
_DEFINED = re.compile(r"^(TZID|X-LIC-LOCATION)(?:;[^:]*)?:(.*)$", re.IGNORECASE)


@cache
def zone_names() -> frozenset[str]:
    """All time zones; looking them up reads many files."""
    return frozenset(zoneinfo.available_timezones())


@cache
def _known() -> dict[str, str]:
    """Names in lower case, Windows' too, since files do not always spell them the same."""
    windows = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items() if zone in zone_names()}
    return windows | {name.lower(): name for name in zone_names()}


def zone_meant(name: str) -> str:
    """The zone behind a name like "Korea Standard Time" or "/example.org/1/Europe/Berlin".

    Programs put prefixes before the standard names. Empty if the name is unknown.
    """
    parts = name.strip().strip('"').lower().strip("/")[-NAME_LENGTH:].split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((_known()[end] for end in ends if end in _known()), "")


class FileZones:
    """The zones of one file, some of which it defines with their locations."""

    def __init__(self) -> None:
        self._lies: dict[str, str] = {}
        self._defining = ""

    def read(self, line: str) -> None:
        """Takes a line of a definition. Its rules are ignored: evaluating them could take for ever."""
        found = _DEFINED.match(line)
        if found is None:
            return
        name, value = found[1].upper(), found[2].strip()
        if name == "TZID":
            self._defining = value
        else:
            self._lies.setdefault(self._defining, value)

    def renamed(self, line: str) -> str:
        """The line with the standard name of its zone; unchanged if the zone is unknown."""
        return _WITH_ZONE.sub(self._with_name, line)

    def _with_name(self, found: re.Match[str]) -> str:
        written = found[2].strip('"')
        name = zone_meant(written) or zone_meant(self._lies.get(written, ""))
        # Names too long for the file system would raise an error later.
        return f"{found[1]}{name}" if name else f'{found[1]}"{written[:NAME_LENGTH]}"'
