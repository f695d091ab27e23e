"""What people write in messages, as it is shown: links, line breaks and mentions, no more (spec 3.5)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import regex
from django.db.models import QuerySet
from django.utils.html import Urlizer, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Member
from accounts.models.named import name_key
from groupadmin.base.text import balanced, length

MENTIONS_AT_MOST = 20
WORDS_IN_NAME = 8
BIG_AT_MOST = 6
MENTION, MENTION_ME = "mention", "mention mention-me"

_AT = regex.compile(r"(?<![\w@./:])@(?=\S)")
_WORDS = regex.compile(r"\S+")
_ENDING = ".,:;!?)]}'\"…。、！？"
_EMOJI = regex.compile(
    r"(?:[\p{Emoji_Presentation}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f\p{RI}]|\s)+"
)
_CLOSED = regex.compile(r"[\u202a-\u202e\u2066-\u2069]")


class _Links(Urlizer):
    """Links to the web and to mail addresses only, which open beside the room."""

    url_template = '<a href="{href}" target="_blank" rel="noopener nofollow">{url}</a>'


_links = _Links()


def html_of(text: str, mentioned: Sequence[Member] = (), reader: Member | None = None) -> SafeString:
    """The text with its links to be followed and the people whom it speaks to set off; all else escaped."""
    # Marks that turn writing around are closed at the end of each line, where they would reach no further.
    if _CLOSED.search(text):
        text = "\n".join(balanced(line) for line in text.split("\n"))
    names = {person.name.casefold(): person for person in mentioned if person.name}
    if not names:
        return _linked(text)
    longest_first = sorted(names, key=len, reverse=True)
    spoken_to = regex.compile(
        r"(?<![\w@./:])@(" + "|".join(regex.escape(name) for name in longest_first) + ")", regex.IGNORECASE
    )
    parts, end = [], 0
    for found in spoken_to.finditer(text):
        is_me = reader is not None and names.get(found[1].casefold(), reader).pk == reader.pk
        parts += [
            _linked(text[end : found.start()]),
            format_html(
                '<span class="{}">@{}</span>', "mention mention-me" if is_me else "mention", found[1]
            ),
        ]
        end = found.end()
    parts.append(_linked(text[end:]))
    return mark_safe("".join(parts))


def _linked(text: str) -> SafeString:
    return mark_safe(_links(text, nofollow=True, autoescape=True))


def is_emoji_only(text: str) -> bool:
    """Whether there is nothing but a few emoji, which are shown large."""
    return len(text) < 60 and bool(_EMOJI.fullmatch(text)) and length(text) <= BIG_AT_MOST


def names_meant(text: str) -> list[list[str]]:
    """For each @ in the text the names that may be meant, as keys of names, the longest first."""
    return [list(_candidates(text[at.end() :])) for at in islice(_AT.finditer(text), MENTIONS_AT_MOST)]


def _candidates(rest: str) -> Iterator[str]:
    line = rest[:200].partition("\n")[0]
    ends = [word.end() for word in islice(_WORDS.finditer(line), WORDS_IN_NAME)]
    for end in reversed(ends):
        yield name_key(line[:end])
        if (bare := line[:end].rstrip(_ENDING)) and bare != line[:end]:
            yield name_key(bare)


def people_meant(text: str, people: QuerySet[Member], chosen: Iterable[int] = ()) -> list[Member]:
    """Whom of the people the text speaks to by "@" and their name; of namesakes, those chosen from a list."""
    meant = names_meant(text)
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
