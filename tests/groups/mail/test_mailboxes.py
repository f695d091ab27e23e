"""Addresses and names as programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.mail.arrival import Author
from groups.mail.mailboxes import addresses, authors

pytestmark = pytest.mark.one_database
PAT = "Pat.Lee@client.example"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (PAT, ""),
        (f"<{PAT}>", ""),
        (f"Pat <{PAT}>", "Pat"),
        (f"{PAT} (Pat Lee)", "Pat Lee"),
        (f"{PAT} (Pat (of (the) team) Lee)", "Pat (of (the) team) Lee"),
        (f"Pat (at work) <{PAT}>", "Pat"),
        (f"Pat <{PAT}> (at work)", "Pat"),
        (f"<{PAT}> (Pat)", "Pat"),
        (f'"Pat \\"P\\" Lee" <{PAT}>', 'Pat "P" Lee'),
        (f'"Pat" "Lee" <{PAT}>', "Pat Lee"),
        (f"Lee, Pat <{PAT}>", "Lee, Pat"),
        (f"Pat P. Lee <{PAT}>", "Pat P. Lee"),
        (f"Team: Pat <{PAT}>;", "Pat"),
        (f"Pat <@a.example,@b.example:{PAT}>", "Pat"),
        (f"Pat <mailto:{PAT}>", "Pat"),
        (f"{PAT} <{PAT}>", PAT),
        (f"'{PAT}' <{PAT}>", f"'{PAT}'"),
        (f'"other@client.example" <{PAT}>', "other@client.example"),
        (f'"Pat <{PAT}>', "Pat"),
        (f"Pat <{PAT}", ""),
        ("Pat < Pat.Lee @ client.example >", "Pat"),
        ("Pat <Pat.Lee(his account)@client.example(the host)>", "Pat"),
        (f"Pat <{PAT}.>", "Pat"),
        (f"{PAT}, {PAT.upper()}", ""),
        (f"=?utf-8?Q?Lee,_Pat?= <{PAT}>", "Lee, Pat"),
        (f"=?utf-8?Q?Pat@work?= <{PAT}>", "Pat@work"),
        (f'"=?utf-8?B?6rCA?= =?utf-8?B?6rCB?=" <{PAT}>', "가각"),
        (f"박지성 <{PAT}>", "박지성"),
        (f"\x1b$B9b66!!@h\x1b(B <{PAT}>", "高橋　先"),
    ],
)
def test_one_address_with_its_name(value: str, name: str) -> None:
    """As written: an upper-case local part may be another mailbox (RFC 5321, 2.4)."""
    assert authors([value.encode()], "") == (Author(PAT, name),)


@pytest.mark.parametrize(
    "address",
    [
        '"pat lee"@client.example',
        '"pat@lee"@client.example',
        '"pat\\"lee"@client.example',
        '""@client.example',
        "pat..lee@client.example",
        "pat+tag/x=y@client.example",
        "길동@예시.example",
        "pat@bücher.example",
    ],
)
def test_odd_addresses_stay_as_they_are(address: str) -> None:
    assert authors([f'"Pat" <{address}>'.encode()], "") == (Author(address, "Pat"),)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"<>",
        b"Pat",
        b"Pat <pat>",
        b"undisclosed-recipients:;",
        b"Pat <pat@>",
        b"Pat <pat@...>",
        b"Pat <\xff\xfe@client.example>",
        b"Pat <" + b"x" * 400 + b"@client.example>",
        b'"pat@client.example"',
        b"(pat@client.example)",
    ],
)
def test_no_address(value: bytes) -> None:
    assert addresses(value) == []


def test_words_beside_an_address_are_none_of_it() -> None:
    assert addresses(b"<pat@client.example my address>") == ["pat@client.example"]


def test_every_address_that_somebody_might_take_for_the_senders() -> None:
    """Rule 4.7: no reader may find another sender than we do."""
    assert addresses(b"boss@company.example <pat@client.example>") == [
        "boss@company.example",
        "pat@client.example",
    ]
    assert addresses(b"=?a?q?x,_<boss@company.example>?= <pat@client.example>") == [
        "boss@company.example",
        "pat@client.example",
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            b"=?x-unknown?Q?=C8=AB?= =?x-unknown?Q?=B1?= <a@x.example>",
            "=?x-unknown?Q?=C8=AB?= =?x-unknown?Q?=B1?=",
        ),
        (b"Pat =?x-unknown?Q?=C8=AB?= <a@x.example>", "Pat =?x-unknown?Q?=C8=AB?="),
        # Nothing that would mean something else there.
        (b"=?x-unknown?Q?=C8,_<b>?= <a@x.example>", ""),
        (b"\xc8\xab\xb1\xe6\xb5\xbf <a@x.example>", ""),
        (b"\x83\x40\x81\x40\x8d\x82\x8b\xb4 <a@x.example>", ""),
    ],
)
def test_names_that_nobody_can_decode(value: bytes, words: str) -> None:
    """Encoded words go on as they are; raw bytes are left out, but do not hide the address."""
    assert authors([value], "") == (Author("a@x.example", words=words),)


def test_names_in_the_charset_of_the_mail() -> None:
    value = "高橋　太郎 <a@x.example>".encode("cp932")
    assert authors([value], "shift_jis") == (Author("a@x.example", "高橋　太郎"),)


SPECIAL = st.sampled_from(
    [*'<>()[]:;@\\,."=? \x00\x01\x1b', "=?utf-8?q?a?=", "a@b.example", "\x1b$B", "\x010\x02"]
)


@given(st.lists(SPECIAL.map(str.encode) | st.binary(max_size=4), max_size=40).map(b"".join))
def test_anything_can_be_read(value: bytes) -> None:
    found = authors([value], "euc-kr")
    assert [author.address for author in found] == [
        *{one.lower(): one for one in reversed(addresses(value))}.values()
    ][::-1]
    for author in found:
        author.name.encode()
        assert author.words.isascii()


@pytest.mark.parametrize(
    "value",
    [
        "<boss@client . example>",
        "boss@client\r\n .example",
        "boss@client(x).(y (z)) example",
        "boss@client.\texample",
    ],
)
def test_blanks_and_comments_beside_dots_are_left_out(value: str) -> None:
    """RFC 5322, 4.4: some programs read it so."""
    assert "boss@client.example" in addresses(value.encode())


def test_blanks_beside_dots_take_time_in_proportion() -> None:
    for value in (b" " * 50_000, b"()" * 2_000, b". " * 20_000, b"(" * 4_000, b" (" * 2_000):
        assert addresses(value + b"x") == []
