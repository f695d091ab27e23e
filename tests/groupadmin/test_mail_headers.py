"""Whatever a mail of ours says in its headers, in whatever scripts, its readers see as it was written."""

import re
from base64 import b64decode
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.quoprimime import header_decode
from email.utils import parseaddr
from typing import Any

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from groupadmin.base.mail_headers import FIRST_AT_MOST, WrittenMail, encoded, folded, phrase
from groupadmin.base.text import clean_line

pytestmark = pytest.mark.one_database

SCRIPTS = "aZäßéő한글漢字かなкирעבعรไทยहि👩‍👩‍👧‍👦🇰🇷 =?_.,;:\"'<>()@\\%\u3000\u00a0\u0301\u2028\t"
WORDS = ("안전보건", "3월", "für", "Café", "Zürich", "final", "2027", "ÄÖÜ", "x", "=?utf-8?q?x?=", "", " ")
TEXTS = st.one_of(
    st.text(max_size=150),
    st.text(alphabet=SCRIPTS, max_size=150),
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
)
# The characters that RFC 2047 allows in a subject and before an address alike.
WORD = re.compile(r"=\?utf-8\?(?:b\?([A-Za-z0-9+/]+={0,2})|q\?([A-Za-z0-9!*+/=_-]+))\?=", re.IGNORECASE)


def unfolded(header: str) -> str:
    """The value of a header as it stands in a mail, in one line."""
    lines = header.removesuffix("\r\n").split("\r\n")
    assert all(len(line) <= (76 if "=?" in line else 78) and line.strip() for line in lines)
    assert all(line.startswith(" ") for line in lines[1:])
    return "".join(lines).partition(": ")[2]


def words(value: str) -> list[str | None]:
    """The text of each word of a value, by RFC 2047 to the letter; None for those that are not encoded."""
    found: list[str | None] = []
    for word in value.split(" "):
        match = WORD.fullmatch(word)
        assert (match and len(word) <= 75) or "=?" not in word, "too long, or something touches it"
        data = b64decode(match[1], validate=True) if match and match[1] else None
        data = header_decode(match[2]).encode("latin-1") if match and data is None else data
        found.append(None if data is None else data.decode())
    return found


def strictly(value: str) -> str:
    """A value as people see it: the spaces between two encoded words belong to neither."""
    read, before = "", True
    for number, (word, text) in enumerate(zip(value.split(" "), words(value), strict=True)):
        read += ("" if number == 0 or (text is not None and before) else " ") + (
            word if text is None else text
        )
        before = text is not None
    return read


@given(TEXTS)
@example("안전보건 3월 für Café final 2027년 안전보건 für Zürich")
@example("ÄÖÜ " * 18 + "x")
@example("two  spaces, =?utf-8?q?no_word?= and a very " + "long" * 30)
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    """Rule 4.12. Strictly, as Python's mail programs do, and as its newer ones do."""
    header = folded("Subject", encoded(text))
    assert strictly(unfolded(header)) == clean_line(text)
    assert str(make_header(decode_header(unfolded(header)))) == clean_line(text)
    message = message_from_bytes(f"{header}X-Next: 1\r\n\r\n".encode("ascii"), policy=policy.default)
    assert message.keys() == ["Subject", "X-Next"]
    assert str(message["Subject"]) == clean_line(text)


@given(TEXTS)
@example("Some words that are plain, but that are too many to stand in one line")
def test_so_is_a_name_before_an_address(text: str) -> None:
    header = folded("X-Original-From", f"{phrase(text)} <kim@hanbit.example>, <lee@hanbit.example>")
    value = unfolded(header).removesuffix(" <kim@hanbit.example>, <lee@hanbit.example>")
    if not value.startswith('"'):
        assert None not in words(value)
        assert strictly(value) == clean_line(text)
    else:
        assert re.sub(r"\\(.)", r"\1", value[1:-1]) == clean_line(text)
        assert "=?" not in value


@given(TEXTS)
def test_words_do_not_split_what_people_count_as_a_character(text: str) -> None:
    parts = [part for part in words(encoded(text)) if part is not None]
    characters = regex.findall(r"\X", "".join(parts))
    if all(len(character.encode()) * 3 < FIRST_AT_MOST - 12 for character in characters):
        assert [one for part in parts for one in regex.findall(r"\X", part)] == characters


def test_plain_words_stay_readable_in_the_source() -> None:
    assert encoded("Minutes of Monday (3)") == "Minutes of Monday (3)"


@given(TEXTS)
def test_mails_to_people_are_written_so_too(text: str) -> None:
    """Rule 4.12: notifications, links, and what changed somebody's way in."""
    subject, name = clean_line(text), clean_line(re.sub(r'[\\"@]|=\?', "", text)) or "x"
    sender = f'"{name}" <groups@hanbit.example>'
    mail = WrittenMail(subject, "Hello", from_email=sender, to=["kim@hanbit.example"])
    mail.attach_alternative("<p>Hello</p>", "text/html")
    raw: Any = mail.message().as_bytes(linesep="\r\n")
    fields = dict(
        re.findall(r"^(Subject|From): ([^\r]*(?:\r\n[ \t][^\r]*)*)", raw.decode("ascii"), re.MULTILINE)
    )
    assert strictly(unfolded(f"Subject: {fields['Subject']}")) == subject
    shown, address = parseaddr(unfolded(f"From: {fields['From']}"))
    assert address == "groups@hanbit.example"
    assert strictly(shown) == name
