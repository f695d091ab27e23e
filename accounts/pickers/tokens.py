"""A picker's value as text: tokens such as `member:12`, and email addresses as people type and paste them."""

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from groupadmin.base.ids import parse_id

from .chosen import Chosen

_TOKEN = re.compile(r"(member|team|group):([1-9][0-9]{0,18})", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Commas and semicolons separate, also full-width ones, except in a quoted name. Possessive, without
# backtracking, so that megabytes of brackets and quotes take no longer than other text.
_PIECE = re.compile(r'(?:"[^"]*+"|[^,;，；、"]++|")++')
# Long runs of blank lines and empty cells.
_BLANK_LINES = re.compile(r"\n\s++")
_BLANK_CELLS = re.compile(r"\t[ \t]++")
_ANGLED = re.compile(r"<\s*+(?:mailto:)?+([^<>\s]++)\s*+>")


@dataclass(frozen=True)
class Typed:
    """The content of a picker's text, without duplicates, in order."""

    tokens: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def rest(self) -> tuple[str, ...]:
        """Everything but the tokens, as it was entered."""
        return (*self.addresses, *self.unknown)

    @property
    def chosen(self) -> Chosen:
        return chosen_of(self.tokens)


def parse(text: str) -> Typed:
    """Reads tokens, addresses and `Name <address>`, on lines or separated by commas, semicolons or tabs."""
    found: dict[str, dict[str, None]] = {"token": {}, "address": {}, "unknown": {}}
    text = _BLANK_CELLS.sub("\t", _BLANK_LINES.sub("\n", _UNSAFE.sub(" ", text).replace("\r", "\n")))
    for line in text.splitlines():
        for kind, value in _line(line):
            found[kind][value] = None
    return Typed(*(tuple(values) for values in found.values()))


def _line(line: str) -> Iterator[tuple[str, str]]:
    cells = line.split("\t")
    with_address = [cell for cell in cells if "@" in cell]
    if len(cells) > 1 and len(with_address) == 1:
        # A row of a table: the cells without an address describe it.
        cells = with_address
    for cell in cells:
        yield from _pieces(cell)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    pending = ""
    for match in _PIECE.finditer(text):
        piece = match.group()
        if angled := [word for word in _ANGLED.findall(piece) if "@" in word[1:-1]]:
            # "Kim, Minsu <minsu@hanbit.example>": what was pending was the first half of the name.
            pending = ""
            yield from (("address", address.lower()) for address in angled)
            continue
        if pending:
            yield "unknown", pending
        pending = yield from _words(piece)
    if pending:
        yield "unknown", pending


def _words(piece: str) -> Generator[tuple[str, str], None, str]:
    """Yields the tokens and addresses among the words; returns the other words."""
    others = []
    for word in piece.split():
        if is_token(word):
            yield "token", word
        elif "@" in word.strip("@"):
            yield "address", word.lower().removeprefix("mailto:")
        else:
            others.append(word)
    return " ".join(others)


def is_token(word: str) -> bool:
    match = _TOKEN.fullmatch(word)
    return match is not None and parse_id(match[2]) is not None


def split_token(token: str) -> tuple[str, int]:
    """The kind and the id."""
    kind, _colon, pk = token.partition(":")
    return kind, int(pk)


def chosen_of(tokens: Iterable[str]) -> Chosen:
    ids: dict[str, set[int]] = {"member": set(), "team": set(), "group": set()}
    for token in tokens:
        kind, pk = split_token(token)
        ids[kind].add(pk)
    return Chosen(*(frozenset(values) for values in ids.values()))


def tokens_of(chosen: Chosen) -> list[str]:
    """Teams first, then groups, then people: the few that stand for many are visible at once."""
    return [
        *(f"team:{pk}" for pk in sorted(chosen.teams)),
        *(f"group:{pk}" for pk in sorted(chosen.groups)),
        *(f"member:{pk}" for pk in sorted(chosen.members)),
    ]
