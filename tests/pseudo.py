"""A language that nobody speaks, to see that no page depends on English: [Ŝḗḗ áll ɠřǿǿƥş ···].

Every text that passes through gettext comes back in brackets, with accents, and four tenths longer; what is
shown without brackets has not passed through it. Nothing is written for it: each text is made when asked for.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import override_settings
from django.utils.translation import trans_real

from groupadmin.base import dates

LANGUAGE = "en-xa"
# Parts of it that are not public.
_django: Any = trans_real
OPEN, CLOSE = "⟦", "⟧"
_ACCENTED = str.maketrans(
    "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ", "áƀçđéƒĝĥíĵķļɱñóƥřšţúṽŵẋýžÁƁÇĐÉƑĜĤÍĴĶĻṀÑÓƤŘŠŢÚṼŴẊÝŽ"
)
# What programs read: placeholders of both kinds, tags, entities, addresses.
_KEPT = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{[^{}]*\}|<[^<>]*>|&#?\w+;|https?://\S+")
_CONTEXT = "\x04"


def accented(text: str) -> str:
    """The text as the language has it."""
    text = text.rpartition(_CONTEXT)[2]
    if not text.strip():
        return text
    parts, end = [], 0
    for kept in _KEPT.finditer(text):
        parts += [text[end : kept.start()].translate(_ACCENTED), kept.group()]
        end = kept.end()
    parts.append(text[end:].translate(_ACCENTED))
    longer = "·" * (len(text) * 2 // 5)
    return f"{OPEN}{''.join(parts)}{longer}{CLOSE}"


class Accented(trans_real.DjangoTranslation):
    """Django's catalogue of the language, with every text that is asked for."""

    def gettext(self, message: str) -> str:
        return accented(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return accented(msgid1 if n == 1 else msgid2)


@contextmanager
def pseudo_language() -> Iterator[None]:
    """The language is one of those that can be chosen, and everybody who chose none reads it."""
    languages = [*settings.LANGUAGES, (LANGUAGE, "Pseudo")]
    known = trans_real.check_for_language
    with (
        override_settings(LANGUAGES=languages, LANGUAGE_CODE=LANGUAGE),
        patch.dict(_django._translations, {LANGUAGE: Accented("en")}),
        patch.object(trans_real, "check_for_language", lambda code: code == LANGUAGE or known(code)),
        # What CLDR says of days and times has been translated there.
        patch.object(dates, "_said", lambda text: f"{OPEN}{text}{CLOSE}"),
    ):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """What Django remembers of the languages in the settings."""
    for remembers in (_django.get_languages, _django._get_supported_language_variant):
        remembers.cache_clear()


class Unmarked(HTMLParser):
    """What a page shows to people that is in no brackets, outside of what is nobody's words."""

    SILENT = {"script", "style", "time", "bdi", "code", "pre", "kbd", "samp"}
    VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    SAID = {"title", "aria-label", "placeholder", "alt", "content", "aria-description"}
    # Names of languages are in those languages, and names of zones are names.
    NAMES = {"language", "time_zone"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent: list[str] = []
        self.depth = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self.silent or tag in self.SILENT or (tag == "select" and given.get("name") in self.NAMES):
            if tag not in self.VOID:
                self.silent.append(tag)
            return
        for name, value in attrs:
            is_said = name in self.SAID and tag != "meta"
            if value and (is_said or (name.startswith("data-") and _is_text(value))):
                self._say(value)
        if tag == "input" and given.get("type") in ("submit", "button"):
            self._say(given.get("value") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.silent:
            self.handle_starttag(tag, attrs)
            if self.silent:
                self.silent.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._say(data)

    def _say(self, text: str) -> None:
        for sign in text:
            if sign == OPEN:
                self.depth += 1
            elif sign == CLOSE:
                self.depth = max(0, self.depth - 1)
            elif not self.depth:
                self.found.append(sign)
        self.found.append("\n")


def _is_text(value: str) -> bool:
    """Scripts find texts in attributes, among codes and keys of theirs."""
    is_word = value[:1].isupper() and not value.endswith("=")
    return " " in value or is_word or value[:1] == OPEN


_WORD = re.compile(r"[A-Za-z]{3,}")
# Names that are the same in every language; and what programs read: addresses, paths, codes, JSON.
_NAMES = {"excel", "xlsx", "csv", "mailman", "sympa", "okta", "microsoft", "entra", "groupadmin"}
_CODE = re.compile(r"\S*[a-z0-9][./_@{}:=][a-z0-9{]\S*|^/\S*|^\{.*\}$", re.IGNORECASE)


def unmarked(page: str, known: frozenset[str]) -> list[str]:
    """The lines with words that are in no brackets and are no data: `known` has the words of the data."""
    reader = Unmarked()
    reader.feed(page)
    lines = {" ".join(line.split()) for line in "".join(reader.found).splitlines()}
    return sorted(line for line in lines if words_of([_CODE.sub("", line)]) - known - _NAMES)


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """The words of the data, as `unmarked` compares them."""
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))
