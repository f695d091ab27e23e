"""Time zones by their names: which there are, which name is meant, and whose clocks agree (rule 12.3)."""

from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

LONGEST = 64
# Summer time begins and ends about the end of a month: some days sooner or later is no other clock.
MID_MONTH = 15


@cache
def known() -> frozenset[str]:
    """All names that this machine knows, older ones too; looking them up reads many files."""
    return frozenset(available_timezones())


@cache
def offered() -> tuple[str, ...]:
    """The zones of places under their present names, and UTC: what people choose from."""
    places = {name for name in known() if "/" in name and not name.startswith("Etc/")}
    return tuple(sorted({"UTC"} | places - set(get_global("zone_aliases"))))


def meant(name: str) -> str:
    """The present name of a zone: Asia/Kolkata for Asia/Calcutta; empty for what is no zone of a place.

    Browsers say what their system calls it, and anybody else may say anything.
    """
    if len(name) > LONGEST or name not in known():
        return ""
    name = get_global("zone_aliases").get(name, name)
    if name in ("Etc/UTC", "Etc/GMT"):
        return "UTC"
    return name if name in offered() else ""


@lru_cache(maxsize=1000)
def called(name: str) -> ZoneInfo | None:
    """The zone with this name; None for none, and for one that this machine no longer knows."""
    return ZoneInfo(name) if name and name in known() else None


def agree(one: str, other: str, at: datetime) -> bool:
    """Whether the clocks of two zones show the same, now and all year long: nobody needs to choose then."""
    zones = called(one), called(other)
    if None in zones:
        return False
    if one == other:
        return True
    moments = [at, *(at.replace(month=month, day=MID_MONTH) for month in range(1, 13))]
    mine, theirs = ([moment.astimezone(zone).utcoffset() for moment in moments] for zone in zones)
    return mine == theirs


def shown(name: str) -> str:
    """A zone's name for people: America/New York."""
    return name.replace("_", " ")
