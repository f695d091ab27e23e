"""Finds time zones by the names in calendar files (RFC 5545, 3.2.19; rule 3.11).

Names of the standard list count, and Windows' names. Where a program made up its own, the file's definition
tells which zone has those offsets, and the cities in the name which one of them is meant.
"""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from django.utils import timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from groupadmin.base.zones import known

from .dates import Steps, TooManySteps
from .rules import EARLIEST, LATEST
from .vtimezones import Definition, Offsets, Unreadable

NAME_LENGTH = 100
# Comparing all zones of a year takes its time.
YEARS_AT_MOST = 8
OWN_AT_MOST = 20
HOUR = timedelta(hours=1)
# Of several zones with the same offsets, the one that most people live in.
_PREFERRED = (
    *("UTC", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Athens", "Europe/Helsinki"),
    *("Europe/Istanbul", "Europe/Moscow", "America/New_York", "America/Chicago", "America/Denver"),
    *("America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Sao_Paulo"),
    *("Asia/Seoul", "Asia/Tokyo", "Asia/Shanghai", "Asia/Singapore", "Asia/Bangkok", "Asia/Kolkata"),
    *("Asia/Karachi", "Asia/Dubai", "Asia/Tehran", "Australia/Brisbane", "Australia/Sydney"),
    *("Australia/Adelaide", "Pacific/Auckland", "America/Bogota", "America/Halifax", "Africa/Lagos"),
)
# What Windows shows for zones without the name of a city.
_SHOWN_AS = {
    "eastern time": "America/New_York",
    "eastern": "America/New_York",
    "central time": "America/Chicago",
    "central": "America/Chicago",
    "mountain time": "America/Denver",
    "mountain": "America/Denver",
    "arizona": "America/Phoenix",
    "pacific time": "America/Los_Angeles",
    "pacific": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "atlantic time": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "beijing": "Asia/Shanghai",
    "chennai": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "abu dhabi": "Asia/Dubai",
    "islamabad": "Asia/Karachi",
    "hanoi": "Asia/Ho_Chi_Minh",
    "canberra": "Australia/Sydney",
    "wellington": "Pacific/Auckland",
    "brasilia": "America/Sao_Paulo",
    "bern": "Europe/Zurich",
    "kyiv": "Europe/Kyiv",
    "st. petersburg": "Europe/Moscow",
    "edinburgh": "Europe/London",
    "coordinated universal time": "UTC",
    "greenwich mean time": "Europe/London",
    # Of the abbreviations, those that mean one zone.
    "kst": "Asia/Seoul",
    "jst": "Asia/Tokyo",
    "hkt": "Asia/Hong_Kong",
}
_NUMBERED = re.compile(r"(?<=[^\W\d_])[\s_-]*(?:\(?#?[0-9]{1,3}\)?)$")
_OFFSET_ONLY = re.compile(r"\(?(?:UTC|GMT)?\s*([+-])([0-9]{1,2})(?:[:.]?([0-9]{2}))?\)?", re.IGNORECASE)
_BETWEEN_CITIES = re.compile(r"[,/;&()+\\]| and |\bUTC\b|\bGMT\b", re.IGNORECASE)


@cache
def _known() -> dict[str, str]:
    """Names in lower case, Windows' too, since files do not always spell them the same."""
    windows = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items() if zone in known()}
    return windows | {name.lower(): name for name in known()}


@cache
def _ranked() -> list[str]:
    """All zones, the likely ones first."""
    windows = [zone for zone in dict.fromkeys(WINDOWS_TO_OLSON.values()) if zone in known()]
    regions = sorted(name for name in known() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    fixed = sorted(name for name in known() if name.startswith("Etc/GMT") and name[-1:].isdigit())
    return [one for one in dict.fromkeys([*_PREFERRED, *windows, *regions, *fixed]) if one in known()]


@cache
def _cities() -> dict[str, str]:
    """Zones by the city in their name, the likely ones first."""
    found: dict[str, str] = {}
    for name in _ranked():
        found.setdefault(name.rpartition("/")[2].replace("_", " ").lower(), name)
    return found | {city: zone for city, zone in _SHOWN_AS.items() if zone in known()}


@lru_cache(maxsize=8)
def _by_offsets(year: int) -> dict[tuple[timedelta | None, ...], list[str]]:
    """The zones by their offsets in the middle of each month."""
    found: dict[tuple[timedelta | None, ...], list[str]] = {}
    for name in _ranked():
        found.setdefault(tuple(_months(name, year)), []).append(name)
    return found


def _middles(year: int) -> list[datetime]:
    return [datetime(year, month, 15, 12) for month in range(1, 13)]


def zone_meant(name: str) -> str:
    """The zone behind a name like "Korea Standard Time" or "/example.org/1/Europe/Berlin".

    Programs put prefixes before the standard names. Empty if the name is unknown.
    """
    parts = name.strip().strip('"').lower().strip("/")[-NAME_LENGTH:].split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((_known()[end] for end in ends if end in _known()), "")


class FileZones:
    """The zones of one file, some of which it defines itself."""

    def __init__(self, definitions: dict[str, Definition], steps: Steps) -> None:
        self._definitions = definitions
        self._steps = steps
        self._found: dict[tuple[str, int], str] = {}
        self._read: dict[tuple[int, int], Offsets | None] = {}
        self._years: set[int] = set()
        # Names of zones whose clocks change as nowhere else.
        self.approximate: set[str] = set()

    def own(self) -> list[str]:
        """The zones that the file defines, as far as they are known."""
        year = timezone.now().year
        found = (self.meant(name, datetime(year, 1, 1)) for name in list(self._definitions)[:OWN_AT_MOST])
        return [zone for zone in found if zone]

    def meant(self, name: str, wall: datetime) -> str:
        """The zone behind a name in this file, for times around that one; empty if it is unknown."""
        # "US-Eastern" and such are slashes written as they must be in names of files.
        if known := zone_meant(name) or zone_meant(name.replace("-", "/", 1)):
            return known
        key = name, self._year_of(wall)
        if key not in self._found:
            self._found[key] = self._search(name, key[1])
        return self._found[key] or self._offset_of(name, wall, key[1])

    def _year_of(self, wall: datetime) -> int:
        """The year in which zones are compared: this year, once there are too many."""
        year = min(max(wall.year, EARLIEST.year + 1), LATEST.year - 1)
        if year in self._years or len(self._years) < YEARS_AT_MOST:
            self._years.add(year)
            return year
        return timezone.now().year

    def _definition(self, name: str) -> Definition | None:
        return self._definitions.get(name) or self._definitions.get(name.replace("\\", ""))

    def _search(self, name: str, year: int) -> str:
        definition, name = self._definition(name), name.replace("\\", "")
        if definition is None:
            return _fixed(name, year) or _named(name)
        if located := zone_meant(definition.location):
            return located
        own = self._offsets(definition, year)
        if own is None:
            return ""
        if found := _like(name, own, year):
            return found
        # Programs write today's rules for times of long ago too, and old rules for times of today.
        today = timezone.now().year
        offsets = self._offsets(definition, today)
        found = _like(name, offsets, today) if offsets is not None else ""
        if found and {*_months(found, year)} == {own.at(moment) for moment in _middles(year)}:
            return found
        found = _nearly(name, own, year)
        if found and found != _named(name):
            self.approximate.add(name)
        return found

    def _offsets(self, definition: Definition, year: int) -> Offsets | None:
        """Read once, however many events name the zone: a definition may be most of a file."""
        key = id(definition), year
        if key not in self._read:
            try:
                self._read[key] = definition.offsets(year, self._steps)
            except (Unreadable, TooManySteps, OverflowError, ValueError):
                self._read[key] = None
        return self._read[key]

    def _offset_of(self, name: str, wall: datetime, year: int) -> str:
        """A zone that always has the offset that the definition has at that time."""
        definition = self._definition(name)
        offsets = self._offsets(definition, year) if definition is not None else None
        if offsets is None:
            return ""
        self.approximate.add(name)
        always = (offsets.at(wall - offsets.at(wall)),) * 12
        return next(iter(_by_offsets(year).get(always, [])), "")


def _like(name: str, offsets: Offsets, year: int) -> str:
    """The likeliest zone with these offsets in that year, by its name too; empty if there is none."""
    middles = tuple(offsets.at(moment) for moment in _middles(year))
    months = _by_offsets(year).get(middles, [])
    # Some programs write the hour of a change, or its day, not quite right.
    for near in (HOUR, 26 * HOUR):
        if found := [zone for zone in months if _agrees(zone, offsets, year, near)]:
            return _likeliest(name, found)
    named = _named(name)
    return named if named in months else ""


def _nearly(name: str, offsets: Offsets, year: int) -> str:
    """The likeliest zone with these offsets in winter and in summer; empty if there is none."""
    january, july = _middles(year)[0], _middles(year)[6]
    meant = offsets.at(january), offsets.at(july)
    found = {
        zone
        for months, zones in _by_offsets(year).items()
        if (months[0], months[6]) == meant
        for zone in zones
    }
    return _likeliest(name, [zone for zone in _ranked() if zone in found])


def _likeliest(name: str, zones: list[str]) -> str:
    named = _named(name)
    return named if named in zones else _first_city(name, zones) or next(iter(zones), "")


def _months(name: str, year: int) -> list[timedelta | None]:
    zone = zoneinfo.ZoneInfo(name)
    return [_offset(zone, moment) for moment in _middles(year)]


def _agrees(name: str, offsets: Offsets, year: int, near: timedelta) -> bool:
    """Whether the zone has the same offsets so long before and after every change."""
    zone = zoneinfo.ZoneInfo(name)
    around = [moment + by for moment in offsets.changes_in(year) for by in (-near, near)]
    return all(_offset(zone, moment) == offsets.at(moment) for moment in around)


def _offset(zone: zoneinfo.ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()


def _named(name: str) -> str:
    """The zone behind a name with a number at its end, or with cities; empty if there is none."""
    return zone_meant(_NUMBERED.sub("", name[:NAME_LENGTH])) or _first_city(name, _ranked())


def _first_city(name: str, zones: list[str]) -> str:
    """Of these zones, the likeliest one with a city in the name."""
    words = [word.strip().lower() for word in _BETWEEN_CITIES.split(name[: 3 * NAME_LENGTH])]
    named = {_cities()[word] for word in words if word in _cities()}
    return next((zone for zone in zones if zone in named), "")


def _fixed(name: str, year: int) -> str:
    """The zone behind a name that is only an offset, such as "UTC+9"."""
    found = _OFFSET_ONLY.fullmatch(name.strip())
    if found is None:
        return ""
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    always = (-offset if found[1] == "-" else offset,) * 12
    return next(iter(_by_offsets(year).get(always, [])), "")
