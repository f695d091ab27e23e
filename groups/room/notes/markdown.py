"""Formatted text of notes (rule 3.5): Markdown made into markup that can do no harm.

markdown-it-py reads it, with raw HTML, pictures and reference links off; nh3 then lets through nothing but
the tags that are listed here. Text of the largest length takes seconds at worst, whatever stands in it, and
a few hundredths of a second as people write; so it is done when it is read, and kept for those who read next.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import nh3
import regex
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token

from groupadmin.base.text import balanced

# Lists and quotes inside each other go as deep as this; what is deeper is left out.
DEEPEST = 20
# Links are looked for in paragraphs and words as people write them: beyond, that takes quadratic time.
LINKED_PARAGRAPH, LINKED_WORD = 10_000, 2_000
# The note's title is an h2 of its page.
HEADINGS_BELOW = 2
EXCERPT_SOURCE, EXCERPT_LENGTH = 600, 240

_SCHEMES = {"http", "https", "mailto"}
_GOOD_ADDRESS = regex.compile(r"(?:https?://|mailto:)", regex.IGNORECASE)
_ALIGNED = {"text-align:right": "text-end", "text-align:center": "text-center"}
_HEADINGS = {f"h{level}" for level in range(HEADINGS_BELOW + 1, 7)}
_BLOCKS = {"p", "li", "blockquote", "td", "th"} | _HEADINGS
_TAGS = _BLOCKS | {
    *("a", "br", "hr", "strong", "em", "s", "code", "pre", "ul", "ol"),
    *("table", "thead", "tbody", "tr"),
}


class _Links(LinkifyIt):  # type: ignore[misc]
    """Finds addresses that nobody marked as links."""

    def pretest(self, text: str) -> bool:
        if len(text) > LINKED_PARAGRAPH or max(map(len, text.split()), default=0) > LINKED_WORD:
            return False
        return bool(super().pretest(text))


def _linked_where_written(state: StateInline, silent: bool) -> bool:
    """The reader's own rule for addresses, but for paragraphs in which it would look for very long."""
    return len(state.src) <= LINKED_PARAGRAPH and linkify(state, silent)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": DEEPEST})
    reader.linkify = _Links().add("//", None).add("ftp:", None)
    reader.enable(["linkify", "table", "strikethrough"])
    # References make a short text into an endless one: an address said once, and used thousands of times.
    reader.disable(["reference", "image", "html_block", "html_inline"])
    reader.inline.ruler.at("linkify", _linked_where_written)
    cast(Any, reader).validateLink = _is_good_address
    reader.core.ruler.push("fit_in", _fit_in)
    return reader


def _is_good_address(address: str) -> bool:
    return bool(_GOOD_ADDRESS.match(address.strip()))


def _fit_in(state: StateCore) -> None:
    """Headings stand below the note's title; cells are aligned by classes, since styles are refused."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + HEADINGS_BELOW, 6)}"
        elif token.type in ("th_open", "td_open"):
            aligned = _ALIGNED.get(str(token.attrs.pop("style", "")))
            if aligned:
                token.attrs["class"] = aligned


_markdown = _reader()


@lru_cache(maxsize=64)
def html_of(text: str) -> SafeString:
    """The text as markup."""
    cleaned = nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        allowed_classes={tag: set(_ALIGNED.values()) for tag in ("th", "td")},
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
        set_tag_attribute_values={
            "a": {"target": "_blank"},
            # It may be wider than the page, and is then moved by keys too.
            "table": {"tabindex": "0"},
            **{tag: {"dir": "auto"} for tag in _BLOCKS},
        },
    )
    return mark_safe(cleaned)  # nh3 has cleaned it


@lru_cache(maxsize=1024)
def excerpt_of(beginning: str) -> str:
    """The first words of a text whose beginning is given, without the signs that format it."""
    tokens = _markdown.parse(beginning[:EXCERPT_SOURCE])
    words = " ".join(" ".join(_plain(tokens)).split())
    if len(words) > EXCERPT_LENGTH or len(beginning) > EXCERPT_SOURCE:
        words = words[:EXCERPT_LENGTH].rstrip() + "…"
    return balanced(words)


def _plain(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield "".join(_said(part) for part in token.children or ())
        elif token.type in ("fence", "code_block"):
            yield token.content


def _said(part: Token) -> str:
    return " " if part.type in ("softbreak", "hardbreak") else part.content
