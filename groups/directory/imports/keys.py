"""When two names mean the same thing: keys of one length, equal for what is the same (rules 1.6, 2.4, 10.4).

The key of a person is that of their address, of a group that of its name, of a team that of its path. What is
only known by an external id has a key that begins with "#" until it is resolved.
"""

import hashlib
from functools import lru_cache

from accounts.models import name_key
from accounts.models.address import as_stored
from groupadmin.base.pasted_addresses import one_address
from groupadmin.base.text import clean_line, fold

UNRESOLVED = "#"
REMEMBERED = 20_000


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@lru_cache(REMEMBERED)
def clean_email(text: str) -> str:
    """An address as its row would have it; whether it is one is asked later (rules 1.6, 1.11)."""
    address = one_address(text[:1000])
    return as_stored(address) if "@" in address else address


@lru_cache(REMEMBERED)
def address(email: str) -> str:
    """The key of an address that is already clean, whoever has it."""
    return _digest("address", email)


@lru_cache(REMEMBERED)
def group(name: str) -> str:
    """The key of a group: what Group.name_key has (rule 2.4)."""
    return name_key(name)


@lru_cache(REMEMBERED)
def team_parts(path: str) -> tuple[str, ...]:
    """The names of a path from the top: no name of a team has a slash (rule 1.3)."""
    return tuple(part for piece in path.split("/") if (part := clean_line(piece)))


@lru_cache(REMEMBERED)
def team(parts: tuple[str, ...]) -> str:
    """The key of a team: its whole path, each name folded as for comparing names."""
    return _digest("team", *(fold(part) for part in parts))


def external_id(kind: str, known_as: str) -> str:
    """The key of an external id of a "member", "team" or "group" (rule 10.4)."""
    return UNRESOLVED + _digest("id", kind, known_as)[1:]
