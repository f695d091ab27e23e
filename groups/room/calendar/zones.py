"""Time zones as calendar files call them (RFC 5545, 3.2.19), found by name: what files define is not read."""

import re
import zoneinfo
from functools import cache

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

NAME_LENGTH = 100
# A property with a zone among its parameters: what stands before the zone's name, and the name.
_PARAMETERS = r'(?:;(?!TZID=)[^;:="]+=(?:"[^"]*"|[^;:"]*))*'
_WITH_ZONE = re.compile(
    rf'^((?:DTSTART|DTEND|EXDATE|RECURRENCE-ID){_PARAMETERS};TZID=)("[^"]*"|[^;:]*)', re.IGNORECASE
)
_DEFINED = re.compile(r"^(TZID|X-LIC-LOCATION)(?:;[^:]*)?:(.*)$", re.IGNORECASE)


@cache
def zone_names() -> frozenset[str]:
    """The time zones that there are; looking them up reads many files."""
    return frozenset(zoneinfo.available_timezones())


@cache
def _known() -> dict[str, str]:
    """Names in small letters, Windows' too: what files write is not always spelled the same."""
    windows = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items() if zone in zone_names()}
    return windows | {name.lower(): name for name in zone_names()}


def zone_meant(name: str) -> str:
    """The zone that is meant by such as "Korea Standard Time" or "/example.org/1/Europe/Berlin".

    Programs put their own names before those that everybody knows. Empty if it is not known.
    """
    parts = name.strip().strip('"').lower().strip("/")[-NAME_LENGTH:].split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((_known()[end] for end in ends if end in _known()), "")


class FileZones:
    """What the zones of one file are: some are defined in it, with where they lie."""

    def __init__(self) -> None:
        self._lies: dict[str, str] = {}
        self._defining = ""

    def read(self, line: str) -> None:
        """Takes a line of a definition. Its rules could take for ever to evaluate, and are left."""
        found = _DEFINED.match(line)
        if found is None:
            return
        name, value = found[1].upper(), found[2].strip()
        if name == "TZID":
            self._defining = value
        else:
            self._lies.setdefault(self._defining, value)

    def renamed(self, line: str) -> str:
        """The line with the zone's own name; as it is where the zone is not known."""
        return _WITH_ZONE.sub(self._with_name, line)

    def _with_name(self, found: re.Match[str]) -> str:
        written = found[2].strip('"')
        name = zone_meant(written) or zone_meant(self._lies.get(written, ""))
        # Longer ones than file systems take would be an error elsewhere.
        return f"{found[1]}{name}" if name else f'{found[1]}"{written[:NAME_LENGTH]}"'
