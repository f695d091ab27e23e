"""Formatted text of notes (rule 3.5): Markdown rendered to safe HTML.

markdown-it-py parses it, without raw HTML, images and reference links; then nh3 lets through only the tags
that are listed here. A text of the maximum length takes seconds at worst, whatever it contains, and an
ordinary one a few hundredths of a second; so it is rendered when first read, and cached.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import nh3
import regex
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token

from groupadmin.base.text import balanced
from groups.room.links import Link, find_links, link_at_start

# The deepest nesting of lists and quotes; deeper levels are left out.
DEEPEST = 20
# Links are found in paragraphs of ordinary length: beyond, the search takes quadratic time.
LINKED_PARAGRAPH = 10_000
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


class _Links:
    """What the parser asks about addresses that are not marked as links."""

    def pretest(self, text: str) -> bool:
        return len(text) <= LINKED_PARAGRAPH

    def test(self, text: str) -> bool:
        return next(find_links(text), None) is not None

    def match(self, text: str) -> list[Link]:
        return list(find_links(text))

    def match_at_start(self, text: str) -> Link | None:
        return link_at_start(text)


def _linked_where_written(state: StateInline, silent: bool) -> bool:
    """The parser's own rule for addresses, except in paragraphs where the search would take very long."""
    return len(state.src) <= LINKED_PARAGRAPH and linkify(state, silent)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": DEEPEST})
    cast(Any, reader).linkify = _Links()
    reader.enable(["linkify", "table", "strikethrough"])
    # References can make a short text endless: one address, used thousands of times.
    reader.disable(["reference", "image", "html_block", "html_inline"])
    reader.inline.ruler.at("linkify", _linked_where_written)
    cast(Any, reader).validateLink = _is_good_address
    reader.core.ruler.push("fit_in", _fit_in)
    return reader


def _is_good_address(address: str) -> bool:
    return bool(_GOOD_ADDRESS.match(address.strip()))


def _fit_in(state: StateCore) -> None:
    """Puts headings below the note's title, and aligns cells by classes, since styles are not allowed."""
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
            # It may be wider than the page, and then scrolls by keyboard too.
            "table": {"tabindex": "0"},
            **{tag: {"dir": "auto"} for tag in _BLOCKS},
        },
    )
    return mark_safe(cleaned)  # nh3 has cleaned it


@lru_cache(maxsize=1024)
def excerpt_of(beginning: str) -> str:
    """The first words of a text without formatting characters, given its beginning."""
    tokens = _markdown.parse(beginning[:EXCERPT_SOURCE])
    text = " ".join(" ".join(_plain(tokens)).split())
    if len(text) > EXCERPT_LENGTH or len(beginning) > EXCERPT_SOURCE:
        text = text[:EXCERPT_LENGTH].rstrip() + "…"
    return balanced(text)


def _plain(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield "".join(_text_of(part) for part in token.children or ())
        elif token.type in ("fence", "code_block"):
            yield token.content


def _text_of(part: Token) -> str:
    return " " if part.type in ("softbreak", "hardbreak") else part.content
