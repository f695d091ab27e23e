"""Mentions in messages: "@" and a name (rule 3.5)."""

from collections.abc import Iterable, Iterator
from itertools import islice

import regex
from django.db.models import QuerySet

from accounts.models import Member
from accounts.models.named import name_key
from groupadmin.base.text import fold
from groups.room.links import find_links
from groups.room.text import AT

MENTIONS_AT_MOST = 20
CHOSEN_AT_MOST = 5 * MENTIONS_AT_MOST
ENDS_AT_MOST = 40
LINE_AT_MOST = 200

_AT = regex.compile(rf"{AT}(?=\S)")
# Korean and Japanese write titles and particles without a space behind a name: @지우님, @花子さん.
_BEHIND_A_NAME = (
    "님|씨|군|양|선배|선생|팀장|과장|부장|차장|대리|사장|대표|이사|께|에게|한테|은|는|이|가|을|를|와|과|도|의|야|아|랑|"
    "さん|様|さま|殿|君|くん|ちゃん|先生|部長|課長|社長|先輩|氏|は|が|を|に|と|へ|の|も|や|小姐|女士|老师|老師|总|總"
)
_END = regex.compile(rf"(?<=\S)(?=\s|[^\w\s](?![A-Za-z])|{_BEHIND_A_NAME}|(?<=[^\x00-\x7f])[0-9A-Za-z]|$)")


def mentioned_names(text: str) -> list[list[str]]:
    """For each @ in the text the possible names, folded, the longest first."""
    return [list(_candidates(rest)) for rest in _after_signs(text)]


def _after_signs(text: str) -> Iterator[str]:
    """What stands on the line behind each @ that begins a mention."""
    links = [(link.index, link.last_index) for link in find_links(text)]
    signs = (at for at in _AT.finditer(text) if not any(begin < at.start() < end for begin, end in links))
    for at in islice(signs, MENTIONS_AT_MOST):
        yield text[at.end() : at.end() + LINE_AT_MOST].partition("\n")[0]


def _candidates(rest: str) -> Iterator[str]:
    ends = [end.start() for end in islice(_END.finditer(rest), ENDS_AT_MOST)]
    return (name for end in reversed(ends) if (name := fold(rest[:end])))


def mentioned_people(text: str, people: QuerySet[Member], chosen: Iterable[int] = ()) -> list[Member]:
    """Which of the people the text mentions.

    Those chosen from the list count whatever follows their names; of namesakes, they alone.
    """
    found: dict[int, Member] = {}
    meant = mentioned_names(text)
    if not meant:
        return []
    keys = {name_key(name) for names in meant for name in names}
    by_name: dict[str, list[Member]] = {}
    for person in people.filter(name_key__in=keys).order_by("pk")[:CHOSEN_AT_MOST]:
        by_name.setdefault(person.name_folded, []).append(person)
    picked = list(people.filter(pk__in=list(islice(chosen, CHOSEN_AT_MOST))))
    for names, rest in zip(meant, map(fold, _after_signs(text)), strict=True):
        name = next((name for name in names if name in by_name), "")
        persons = [person for person in picked if person.name_folded and rest.startswith(person.name_folded)]
        longest = max((len(person.name_folded) for person in persons), default=0)
        if longest and longest >= len(name):
            persons = [person for person in persons if len(person.name_folded) == longest]
        else:
            persons = by_name.get(name, [])
        found |= {person.pk: person for person in persons}
    return list(found.values())
