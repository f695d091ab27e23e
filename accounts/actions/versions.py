"""Two people who change one thing at once do not overwrite each other silently (spec 2.18)."""

from accounts.models import Company, Member, Team
from groupadmin.base.errors import Conflict


def count_up(thing: Company | Member | Team, seen: int | None) -> None:
    """Counts a change of a locked thing; the caller saves it, or has its transaction taken back.

    `seen` is the version that the person saw, None if that does not matter. Raises Conflict if somebody else
    has changed the thing since. Call it only if something changes: a form sent twice changes nothing the
    second time.
    """
    if seen is not None and seen != thing.version:
        raise Conflict(thing.version)
    thing.version += 1
