"""Addresses in texts that nobody marked as links, found as people of any script write them (rule 3.5).

Korean, Japanese and Chinese put no space between an address and the words after it. So a link ends where one
of their letters follows a Latin one, and where their punctuation begins; inside an address (/wiki/서울) these
letters may stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

# So much punctuation around an address is understood, as in ((https://example.com)).
LAYERS_AT_MOST = 8

_CJK = r"[\p{scx=Hangul}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Han}\p{scx=Bopomofo}&&[\p{L}\p{M}\p{Nl}]]"
# Of these, domains are links without "www." too. Not of others: "README.md" and "main.rs" are names of files.
_TOP_LEVEL = "com|net|org|edu|gov|int|mil|info|biz|kr|jp|cn|tw|hk|sg|de|fr|uk|eu|ca|au|ch|nl"
# What ends a sentence and no address when it stands behind a slash on its own: https://example.com/를 보세요
_PARTICLES = (
    "은|는|이|가|을|를|에|에서|에게|의|와|과|도|만|로|으로|부터|까지|라고|이라고|이나|랑|이랑|처럼|보다|입니다|이에요|예요|인데|"
    "が|に|へ|で|と|は|も|の|から|まで|より|です|だ|や|って|という"
)
_CHARACTER = rf"""(?:
    [0-9A-Za-z!\#$%&'()*+,\-./:;=?@\[\]_~]
  | (?:(?<={_CJK}[・·]?)|(?<=[/=&\#.\-_+])|(?<=[^0-9A-Za-z]\()){_CJK}
  | (?<={_CJK})[・·](?={_CJK})
  | (?!{_CJK})[\p{{L}}\p{{M}}\p{{N}}--[\x00-\x7f]]
)"""
# The next address ends this one, unless this one contains it: https://archive.example/https://example.com
_BODY = rf"(?:(?!(?<![/=?&:])https?://){_CHARACTER})*+"
_LOCAL_PART = r"[0-9A-Za-z_%'+\-]++(?:\.[0-9A-Za-z_%'+\-]++)*+"
_LINK = regex.compile(
    rf"""
    (?P<mail>(?<![0-9A-Za-z_.%'+\-])(?:mailto:)?{_LOCAL_PART}@(?:(?:[0-9A-Za-z\-]++|{_CJK}++)\.)+[A-Za-z]{{2,63}})
        (?![0-9A-Za-z\-])
  | (?P<web>https?://(?=[\p{{L}}\p{{N}}\[]){_BODY})
  | (?P<bare>(?<![0-9A-Za-z_.@/+\-])(?:
        www\.(?=[\p{{L}}\p{{N}}]){_BODY}
      | (?:[0-9A-Za-z\-]++\.)++(?:{_TOP_LEVEL})(?![0-9A-Za-z\-_@]|\.[0-9A-Za-z])(?:(?=[:/?\#]){_BODY})?
    ))
    """,
    regex.VERBOSE | regex.IGNORECASE | regex.VERSION1,
)
_AFTERWARDS = regex.compile(rf"(?:(?<=[/=&\#._+\-])(?:{_PARTICLES}|を{_CJK}*)|[.,:;!?'*_~\-]+)$")
_BRACKETS = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a text: where it begins and ends, and where it leads to."""

    index: int
    last_index: int
    url: str
    text: str
    schema: str


def find_links(text: str) -> Iterator[Link]:
    """The addresses in the text, from its beginning on: web and mail only, the latter as "mailto:" links."""
    return map(_link, _LINK.finditer(text))


def link_at_start(text: str) -> Link | None:
    """The address that the text begins with."""
    return _link(found) if (found := _LINK.match(text)) else None


def _link(found: regex.Match[str]) -> Link:
    written = _without_sentence(found[0])
    if found["mail"]:
        address = written.removeprefix("mailto:")
        return Link(found.end() - len(address), found.end(), f"mailto:{address}", address, "mailto:")
    url = written if found["web"] else f"http://{written}"
    return Link(found.start(), found.start() + len(written), url, written, "http:")


def _without_sentence(address: str) -> str:
    """Without the punctuation and particles of the sentence around it, and brackets opened before it."""
    for _layer in range(LAYERS_AT_MOST):
        bare = _AFTERWARDS.sub("", address)
        if (opener := _BRACKETS.get(bare[-1:])) and bare.count(bare[-1]) > bare.count(opener):
            bare = bare[:-1]
        if bare == address:
            break
        address = bare
    return address
