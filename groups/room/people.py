"""Authors in a room, as one reader may see them (rule 6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.permissions import shown_to
from groups.membership import effective
from groups.models.room import Written

from .access import Entered


@dataclass(frozen=True)
class Author:
    """The author of something."""

    written: Written
    company: str = ""  # shown for people of other companies only
    is_letter: bool = False  # no photo: somebody of another company who has left the group


def authors_of(entered: Entered, written: Sequence[Written]) -> list[Author]:
    """The author of each item, with at most one query for the people of other companies."""
    authors = {one.author.pk: shown_to(entered.member, one.author) for one in written if one.author}
    foreign = {pk for pk, shown in authors.items() if shown.company}
    gone = foreign - effective.members_inside(entered.group, sorted(foreign))
    return [
        Author(one, authors[one.author.pk].company, one.author.pk in gone) if one.author else Author(one)
        for one in written
    ]


def author_of(entered: Entered, written: Written) -> Author:
    """The author of one item."""
    return authors_of(entered, [written])[0]
