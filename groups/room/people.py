"""Who wrote what in a room, as one reader may see them (spec 6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from groups.membership import effective
from groups.models.room import Written

from .access import Entered


@dataclass(frozen=True)
class By:
    """Who wrote something."""

    written: Written
    company: str = ""  # named to people of other companies only
    is_letter: bool = False  # without their photo: somebody of another company who has left the group


def authors_of(entered: Entered, written: Sequence[Written]) -> list[By]:
    """Who wrote each, with at most one query for the people of other companies."""
    own = entered.member.company_id
    foreign = {one.author.pk for one in written if one.author and one.author.company_id != own}
    here = effective.members_inside(entered.group, sorted(foreign))
    return [
        By(
            one,
            one.author.company.name if one.author and one.author.pk in foreign and one.author.company else "",
            one.author is not None and one.author.pk in foreign - here,
        )
        for one in written
    ]


def author_of(entered: Entered, written: Written) -> By:
    """Who wrote one thing."""
    return authors_of(entered, [written])[0]
