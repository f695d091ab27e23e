"""Email addresses as people type and paste them: from mails, chats, tables and pages, in any script.

`Name <kim@x.example>`, `이름(kim@x.example)`, `이름/부서/kim@x.example`, `mailto:kim@x.example`,
`kim＠x．example。`: in each, a person sees one address (rule 1.11). Invisible characters are dropped from it
and full width is folded, since no address has them. What is left may still be wrong: whoever uses it checks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import regex

# Full width, character by character, so that places in the folded text are places in the text.
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFE6B: "@"}
_DOTS = {ord(dot): "." for dot in "。｡﹒．"}
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")

# Commas and semicolons separate, also full-width ones, except in a quoted name. Possessive, without
# backtracking, so that megabytes of brackets and quotes take no longer than other text.
_PIECE = re.compile(r'(?:"[^"]*+"|[^,;、､"]++|")++')
_ENDS = r"""\s<>()\[\]{}"“”„«»「」『』【】《》〈〉〔〕|,;:、､\\"""
# Begins where something ends, so that a long word is gone through once. A slash, which an address may have,
# mostly stands between it and a name or another address; not in angle brackets.
_ADDRESS = re.compile(
    rf'(?<![^{_ENDS}/])(?:(?<=<)[^{_ENDS}@]++|"[^"\s@]*+"|[^{_ENDS}@/]++)(?:@[^{_ENDS}@/]++)++'
)
# Nothing to read: the most frequent case in tables of thousands.
_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&*+=?^_{}~-]++@[A-Za-z0-9.-]*[A-Za-z0-9]", re.ASCII)
_OPEN = re.compile(r"([<(\[{「『【《〈〔])\s*+(?:mailto:)?+\s*+$", re.IGNORECASE)
_LOOKED_BACK = 20
READ_AT_MOST = 50_000
"""Of a line with more addresses, no more are read."""

_CLOSED_BY = dict(zip("<([{「『【《〈〔\"'“‘", ">)]}」』】》〉〕\"'”’", strict=True))

# Between letters of these scripts and an address there need not be a space.
_CJK = r"\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}ー"
_LETTER = regex.compile(rf"[{_CJK}]")
_ASCII = re.compile(r"[!-~]++")
_GLUED_AFTER = regex.compile(rf"(?<=\.[a-z]{{2,}})[{_CJK}].*$", regex.DOTALL)

_QUOTES = "'‘’`"
_ANY_QUOTES = "\"'“”‘’"
_MAILTO = re.compile(r"mailto:\s*$", re.IGNORECASE)
_AFTER = "'‘’`.,!?…*~/"
_OPENERS = "<([{「『【《〈〔（＜［｛"
_CLOSERS = ">)]}」』】》〉〕）＞］｝"
_BULLETS = "|-–·•*"
_LIST_NUMBER = re.compile(r"^[0-9]{1,3}[.)](?:\s+|$)")
_LABELS = {
    *("email", "e-mail", "mail", "mailto", "address", "to", "cc", "bcc", "from"),
    *("이메일", "메일", "전자메일", "받는사람", "보낸사람", "참조"),
    *("メール", "メールアドレス", "宛先", "邮箱", "邮件", "郵件", "收件人"),
}


@dataclass(frozen=True)
class Pasted:
    """An address with the name beside it; or a text without an address, as it was pasted."""

    address: str = ""
    name: str = ""
    text: str = ""


@dataclass(frozen=True)
class _Place:
    """Where an address stands in a line, and in which bracket."""

    begin: int
    end: int
    bracket: str


def folded(text: str) -> str:
    """An address or a part of one, without what nobody sees and with what is wide folded."""
    if text.isascii():
        return text.strip()
    return _INVISIBLE.sub("", text.translate(_WIDTH)).translate(_DOTS).strip()


def clean_address(text: str) -> str:
    """One address in lower case, without invisible characters and signs around it.

    What else is wrong with it stays, for a check to find.
    """
    address = folded(text).lower()
    for quote in _QUOTES:
        if len(address) > 1 and address[0] == address[-1] == quote:
            address = address[1:-1]
    return address.removeprefix("mailto:").rstrip(".")


def one_address(text: str) -> str:
    """The address of a field for one, which somebody may have pasted with a name; else the text, cleaned.

    A name needs a bracket or a slash here: in "kim minsu@x.example" the space may be the mistake.
    """
    found = [one for one in read_line(text) if one.address]
    words = text.translate(_WIDTH).split()
    has_sign = len(words) < 2 or any(sign in text.translate(_WIDTH) for sign in "<([{/:「『【")
    if len(found) == 1 and has_sign:
        return found[0].address
    return clean_address(text)


def read_line(line: str) -> Iterator[Pasted]:
    """The addresses of a line, and between them what is none."""
    if _PLAIN.fullmatch(line):
        yield Pasted(line.lower())
        return
    narrow = line.translate(_WIDTH)
    pending: int | None = None
    end = 0
    for match in _PIECE.finditer(narrow):
        begin, places = match.start(), _places(narrow, match.start(), match.end())
        if places and places[0].bracket and pending is not None:
            # "Kim, Minsu <minsu@x.example>": what was pending was the first half of the name.
            begin, pending = pending, None
        if pending is not None:
            yield Pasted(text=" ".join(line[pending:end].split()))
            pending = None
        if places:
            yield from _addresses(line, narrow, begin, match.end(), places)
        elif match.group().strip():
            pending = begin
        end = match.end()
    if pending is not None:
        yield Pasted(text=" ".join(line[pending:end].split()))


def _places(narrow: str, begin: int, end: int) -> list[_Place]:
    """Where the addresses of a piece stand: in angle brackets if any does, else in others, else in none.

    So `'kim@x.example' <kim@x.example>` has one.
    """
    found = []
    for match in islice(_ADDRESS.finditer(narrow, begin, end), READ_AT_MOST + 1):
        opened = _OPEN.search(narrow[max(begin, match.start() - _LOOKED_BACK) : match.start()])
        found.append(_Place(*match.span(), opened[1] if opened else ""))
    angled = [place for place in found if place.bracket == "<"]
    return angled or [place for place in found if place.bracket] or found


def _addresses(line: str, narrow: str, begin: int, end: int, places: list[_Place]) -> Iterator[Pasted]:
    for number, place in enumerate(places):
        glued, address = _tidied(narrow[place.begin : place.end], in_angle=place.bracket == "<")
        before = line[begin : place.begin] + line[place.begin : place.begin + glued]
        name = _name(before, has_slash=place.bracket != "<")
        begin = place.end
        if not name and number == len(places) - 1:
            name = _name(line[begin:end])
        yield Pasted(address, "" if clean_address(name) == address else name)


def _tidied(found: str, *, in_angle: bool) -> tuple[int, str]:
    """An address, and how many characters before it belong to a name instead."""
    local_part, _at, domain = found.rpartition("@")
    glued = 0
    if not in_angle and (letter := _letter_before(_INVISIBLE.sub("", local_part))):
        glued = local_part.rfind(letter) + 1
    local_part = _INVISIBLE.sub("", local_part[glued:]).translate(_DOTS).lower().lstrip(_QUOTES)
    domain = _INVISIBLE.sub("", domain).translate(_DOTS).lower().partition("?")[0].rstrip(_AFTER)
    domain = _GLUED_AFTER.sub("", domain).rstrip(_AFTER)
    return glued, f"{local_part}@{domain}"


def _letter_before(local_part: str) -> str:
    """The last letter of a word that stands right before the address; empty if there is none.

    Read from behind, so that a long text is gone through once.
    """
    backwards = local_part[::-1]
    ascii_end = _ASCII.match(backwards)
    found = _LETTER.match(backwards, ascii_end.end()) if ascii_end else None
    return found[0] if found else ""


def _name(text: str, *, has_slash: bool = False) -> str:
    """A name without the brackets, quotes and labels around it."""
    name = _LIST_NUMBER.sub("", text.strip().lstrip(_CLOSERS + _BULLETS + ":/").strip())
    name = _MAILTO.sub("", name).rstrip(_OPENERS + " \t")
    is_divided = has_slash and name.endswith(("/", "／"))
    name = name.rstrip("/／:： \t" + _BULLETS)
    if is_divided:
        name = re.split("[/／]", name, maxsplit=1)[0].strip()
    if len(name) > 1 and _CLOSED_BY.get(name[0]) == name[-1] and name[0] not in name[1:-1]:
        name = name[1:-1].strip()
    elif name.startswith(tuple(_ANY_QUOTES)):
        name = name.strip(_ANY_QUOTES + " ")
    return "" if name.casefold().replace(" ", "") in _LABELS else name.replace('\\"', '"')
