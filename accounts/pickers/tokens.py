"""A picker's value as text: tokens such as `member:12`, and email addresses as people type and paste them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from groupadmin.base.ids import parse_id
from groupadmin.base.pasted_addresses import READ_AT_MOST, read_line

from .chosen import Chosen

LINES_READ = 50_000

_TOKEN = re.compile(r"(member|team|group):([1-9][0-9]{0,18})", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Long runs of blank lines and empty cells.
_BLANK_LINES = re.compile(r"\n\s++")
_BLANK_CELLS = re.compile(r"\t[ \t]++")
# Separated as addresses are.
_TOKEN_WORD = re.compile(r"(?<![^\s,;，；、])(?:member|team|group):[0-9]++(?![^\s,;，；、])", re.ASCII)


@dataclass(frozen=True)
class Typed:
    """The content of a picker's text, without duplicates, in order."""

    tokens: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    # Whether there was more than anybody may choose, of which this is the beginning.
    is_cut: bool = False

    @property
    def rest(self) -> tuple[str, ...]:
        """Everything but the tokens, as it was entered."""
        return (*self.addresses, *self.unknown)

    @property
    def chosen(self) -> Chosen:
        return chosen_of(self.tokens)


def parse(text: str) -> Typed:
    """Reads tokens, and addresses as people paste them (rule 1.11)."""
    found: dict[str, dict[str, None]] = {"token": {}, "address": {}, "unknown": {}}
    text = _BLANK_CELLS.sub("\t", _BLANK_LINES.sub("\n", _UNSAFE.sub(" ", text).replace("\r", "\n")))
    lines = dict.fromkeys(text.splitlines())
    others = 0
    for kind, value in chain.from_iterable(map(_line, islice(lines, LINES_READ))):
        found[kind][value] = None
        others += kind != "token"
        if others > READ_AT_MOST:
            break
    tokens, addresses, unknown = (tuple(values) for values in found.values())
    return Typed(tokens, addresses, unknown, is_cut=len(lines) > LINES_READ or others > READ_AT_MOST)


def _line(line: str) -> Iterator[tuple[str, str]]:
    words = _TOKEN_WORD.findall(line)
    if tokens := [word for word in words if is_token(word)]:
        yield from (("token", token) for token in tokens)
        line = _TOKEN_WORD.sub(lambda match: "" if is_token(match.group()) else match.group(), line)
    cells = line.split("\t")
    with_address = [cell for cell in cells if "@" in cell or "＠" in cell]
    if len(cells) > 1 and len(with_address) == 1:
        # A row of a table: the cells without an address describe it.
        cells = with_address
    for cell in cells:
        for one in read_line(cell):
            yield ("address", one.address) if one.address else ("unknown", one.text)


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
