"""Texts in a room: cleaned for storage, and shown with links and mentions only (rule 3.5)."""

from collections.abc import Callable, Sequence

import regex
from django.utils.html import Urlizer, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Member
from groupadmin.base.text import FAR_TOO_LONG, balanced, check_length, has_visible, length

BIG_AT_MOST = 6

_EMOJI = regex.compile(
    r"(?:[\p{Emoji_Presentation}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f\p{RI}]|\s)+"
)
_CLOSED = regex.compile(r"[\u202a-\u202e\u2066-\u2069]")


def cleaned(field: str, raw: str, clean: Callable[[str], str], most: int, code_points: int) -> str:
    """The text as it is stored; empty if nothing in it is visible. Raises Invalid (field) if it is too long.

    A text that is far too long is not even cleaned: that would take long.
    """
    if len(raw) > FAR_TOO_LONG * code_points:
        check_length(field, raw, most, code_points)
    text = clean(raw)
    if not has_visible(text):
        return ""
    check_length(field, text, most, code_points)
    return text


class _Links(Urlizer):
    """Links to the web and to email addresses only, which open in a new tab."""

    url_template = '<a href="{href}" target="_blank" rel="noopener nofollow">{url}</a>'


_links = _Links()


def html_of(text: str, mentioned: Sequence[Member] = (), reader: Member | None = None) -> SafeString:
    """The text with links, and with mentioned people highlighted; everything else is escaped."""
    # Characters that change the writing direction are closed at the end of each line.
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
    """Whether it is only a few emoji, which are shown large."""
    return len(text) < 60 and bool(_EMOJI.fullmatch(text)) and length(text) <= BIG_AT_MOST
