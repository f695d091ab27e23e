"""Addresses as people type and paste them (rule 1.11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupadmin.base.pasted_addresses import clean_address, one_address, read_line

JI = "jiwoo@client.example"


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        (JI, JI, ""),
        ("\ufeffjiwoo@client.example\u200b", JI, ""),
        ("ji\u00adwoo@cli\u200dent.exa\u2060mple", JI, ""),
        ("\u202ajiwoo@client.example\u202c", JI, ""),
        ("\u00a0jiwoo@client.example\u3000", JI, ""),
        ("ｊｉｗｏｏ＠client．ｅｘａｍｐｌｅ", JI, ""),
        ("jiwoo﹫client。example", JI, ""),
        ("jiwoo@client.example.", JI, ""),
        ("jiwoo@client.example。", JI, ""),
        ("'jiwoo@client.example'", JI, ""),
        ("mailto:jiwoo@client.example?subject=Hi", JI, ""),
        ("<mailto:JIWOO@client.example>", JI, ""),
        ("jiwoo@client.example <mailto:jiwoo@client.example>", JI, ""),
        ("E-mail: jiwoo@client.example", JI, ""),
        ('"Yoon, Jiwoo" <jiwoo@client.example>', JI, "Yoon, Jiwoo"),
        ("“Yoon, Jiwoo” <jiwoo@client.example>", JI, "Yoon, Jiwoo"),
        ("Yoon, Jiwoo <jiwoo@client.example>", JI, "Yoon, Jiwoo"),
        ("'jiwoo@client.example' <jiwoo@client.example>", JI, ""),
        ("Yoon (yoon@home.example) <jiwoo@client.example>", JI, "Yoon (yoon@home.example)"),
        ("윤지우(jiwoo@client.example)", JI, "윤지우"),
        ("윤지우（jiwoo＠client.example）", JI, "윤지우"),
        ("(주)고객사(jiwoo@client.example)", JI, "(주)고객사"),
        ("윤지우/구매팀/jiwoo@client.example", JI, "윤지우"),
        ("윤지우 / 구매팀 / jiwoo@client.example", JI, "윤지우"),
        ("윤지우 jiwoo@client.example", JI, "윤지우"),
        ("윤지우jiwoo@client.example입니다", JI, "윤지우"),
        ("jiwoo@client.example (Yoon Jiwoo)", JI, "Yoon Jiwoo"),
        ("Yoon Jiwoo [mailto:jiwoo@client.example]", JI, "Yoon Jiwoo"),
        ("山田「jiwoo@client.example」", JI, "山田"),
        ("o'neil@client.example", "o'neil@client.example", ""),
        ("<a/b@client.example>", "a/b@client.example", ""),
        ("kim@한빛.한국", "kim@한빛.한국", ""),
    ],
)
def test_one_address_and_the_name_beside_it(text: str, address: str, name: str) -> None:
    assert [(one.address, one.name, one.text) for one in read_line(text)] == [(address, name, "")]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("a@x.example; b@x.example，c@x.example、d@x.example", "abcd"),
        ("Ann <a@x.example>, Ben <b@x.example>", "ab"),
        ("Ann <a@x.example> Ben <b@x.example>", "ab"),
        ("a@x.example/b@x.example", "ab"),
        ("a@x.example b@x.example.", "ab"),
    ],
)
def test_several_addresses(text: str, addresses: str) -> None:
    assert [one.address for one in read_line(text)] == [f"{each}@x.example" for each in addresses]


@pytest.mark.parametrize("text", ["müller@x.example", "a@b@x.example", "ümit@x.example"])
def test_nobody_elses_address_is_made_of_a_wrong_one(text: str) -> None:
    """`ller@x.example` could be anybody."""
    assert [one.address for one in read_line(text)] == [text]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("윤지우(jiwoo@client.example)", JI),
        ("윤지우/구매팀/jiwoo@client.example", JI),
        ("Yoon <jiwoo@client.example>", JI),
        ("\u200bjiwoo@client.example.", JI),
        ("ji woo@client.example", "ji woo@client.example"),
        ("a@x.example, b@x.example", "a@x.example, b@x.example"),
        ("nobody", "nobody"),
    ],
)
def test_a_field_for_one(text: str, address: str) -> None:
    """A space alone may be a mistake; of two, none is chosen."""
    assert one_address(text) == address


@pytest.mark.parametrize(
    "text", [" JIWOO@client.example. ", "'jiwoo@client.example'", "mailto:jiwoo＠client。example"]
)
def test_an_address_alone(text: str) -> None:
    assert clean_address(text) == JI


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    for one in read_line(text):
        assert bool(one.address) != bool(one.text)
    assert "\u200b" not in clean_address(text)
