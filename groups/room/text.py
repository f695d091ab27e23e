"""Texts in a room: cleaned for storage, and shown with links and mentions only (rule 3.5)."""

from collections.abc import Callable, Iterator, Sequence

import regex
from django.utils.html import escape, format_html, smart_urlquote
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Member
from groupadmin.base.text import FAR_TOO_LONG, balanced, check_length, has_visible, length

from .links import find_links

BIG_AT_MOST = 6
# An "@" begins a mention, unless it stands in an address: after a Latin letter, a digit or an underscore.
AT = r"(?<![0-9A-Za-z_])[@＠]"

_EMOJI = regex.compile(
    r"(?:[\p{Emoji_Presentation}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f\p{RI}]|\s)+"
)
_LINK = '<a href="{}" target="_blank" rel="noopener nofollow">{}</a>'
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


def html_of(text: str, mentioned: Sequence[Member] = (), reader: Member | None = None) -> SafeString:
    """The text with links, and with mentioned people highlighted; everything else is escaped."""
    # Characters that change the writing direction are closed at the end of each line.
    if _CLOSED.search(text):
        text = "\n".join(balanced(line) for line in text.split("\n"))
    pieces: list[str] = []
    end = 0
    for begin, stop, html in sorted([*_links(text), *_spoken_to(text, mentioned, reader)]):
        if begin >= end:
            pieces += [escape(text[end:begin]), html]
            end = stop
    return mark_safe("".join([*pieces, escape(text[end:])]))


_Marked = tuple[int, int, SafeString]


def _links(text: str) -> Iterator[_Marked]:
    """Links to the web and to email addresses only, which open in a new tab."""
    for link in find_links(text):
        url = link.url if link.schema == "mailto:" else smart_urlquote(link.url)
        yield link.index, link.last_index, format_html(_LINK, url, link.text)


def _spoken_to(text: str, mentioned: Sequence[Member], reader: Member | None) -> Iterator[_Marked]:
    names = {person.name.casefold(): person for person in mentioned if person.name}
    if not names:
        return
    longest_first = "|".join(regex.escape(name) for name in sorted(names, key=len, reverse=True))
    for found in regex.finditer(rf"{AT}({longest_first})", text, regex.IGNORECASE):
        is_me = reader is not None and names.get(found[1].casefold(), reader).pk == reader.pk
        marked = "mention mention-me" if is_me else "mention"
        yield *found.span(), format_html('<span class="{}">{}</span>', marked, found[0])


def is_emoji_only(text: str) -> bool:
    """Whether it is only a few emoji, which are shown large."""
    return len(text) < 60 and bool(_EMOJI.fullmatch(text)) and length(text) <= BIG_AT_MOST
