"""Mentions in messages: "@" and a name (rule 3.5)."""

from collections.abc import Iterable, Iterator
from itertools import islice

import regex
from django.db.models import QuerySet

from accounts.models import Member
from accounts.models.named import name_key

MENTIONS_AT_MOST = 20
WORDS_IN_NAME = 8

_AT = regex.compile(r"(?<![\w@./:])@(?=\S)")
_WORDS = regex.compile(r"\S+")
_ENDING = ".,:;!?)]}'\"…。、！？"


def mentioned_names(text: str) -> list[list[str]]:
    """For each @ in the text the possible names, as folded keys, the longest first."""
    return [list(_candidates(text[at.end() :])) for at in islice(_AT.finditer(text), MENTIONS_AT_MOST)]


def _candidates(rest: str) -> Iterator[str]:
    line = rest[:200].partition("\n")[0]
    ends = [word.end() for word in islice(_WORDS.finditer(line), WORDS_IN_NAME)]
    for end in reversed(ends):
        yield name_key(line[:end])
        if (bare := line[:end].rstrip(_ENDING)) and bare != line[:end]:
            yield name_key(bare)


def mentioned_people(text: str, people: QuerySet[Member], chosen: Iterable[int] = ()) -> list[Member]:
    """Which of the people the text mentions; of namesakes, those chosen from the list."""
    meant = mentioned_names(text)
    if not meant:
        return []
    keys = {key for names in meant for key in names}
    by_key: dict[str, list[Member]] = {}
    for person in people.filter(name_key__in=keys).order_by("pk")[: 5 * MENTIONS_AT_MOST]:
        by_key.setdefault(person.name_key, []).append(person)
    wanted = set(chosen)
    found: dict[int, Member] = {}
    for names in meant:
        namesakes = next((by_key[key] for key in names if key in by_key), [])
        picked = [person for person in namesakes if person.pk in wanted] or namesakes
        found |= {person.pk: person for person in picked}
    return list(found.values())
