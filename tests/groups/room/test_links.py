"""Addresses in texts, found as people of any script write them (rule 3.5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.room.links import find_links
from groups.room.notes import markdown
from groups.room.text import html_of

SITE = "https://hanbit.example"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        # Words that follow without a space
        ("https://hanbit.example/notice를 확인하세요", ["https://hanbit.example/notice"]),
        ("https://hanbit.example에서 봅니다", [SITE]),
        ("https://hanbit.example/를 보세요", ["https://hanbit.example/"]),
        ("https://hanbit.example/?page=2로 가세요", ["https://hanbit.example/?page=2"]),
        ("詳細はhttps://hanbit.example/newsを見てください", ["https://hanbit.example/news"]),
        ("请看https://hanbit.example/news谢谢", ["https://hanbit.example/news"]),
        ("https://hanbit.example/a%EA%B0%80를", ["https://hanbit.example/a%EA%B0%80"]),
        ("kim@hanbit.example으로 보내세요", ["mailto:kim@hanbit.example"]),
        ("메일은kim.lee@hanbit.example。", ["mailto:kim.lee@hanbit.example"]),
        # Their punctuation
        ("https://hanbit.example/foo。次の文。", ["https://hanbit.example/foo"]),
        ("全角（https://hanbit.example/baz）です", ["https://hanbit.example/baz"]),
        (
            "「https://hanbit.example/a」、『https://hanbit.example/b』",
            ["https://hanbit.example/a", "https://hanbit.example/b"],
        ),
        ("https://hanbit.example/foo…", ["https://hanbit.example/foo"]),
        # Punctuation and brackets of the sentence, and of the address
        ("(https://hanbit.example/foo)를", ["https://hanbit.example/foo"]),
        ("((https://hanbit.example/foo)).", ["https://hanbit.example/foo"]),
        ("https://hanbit.example/b_(c)를", ["https://hanbit.example/b_(c)"]),
        ("https://hanbit.example/wiki/자바_(언어)에서", ["https://hanbit.example/wiki/자바_(언어)"]),
        ("https://hanbit.example/?a=1&b=[2]!", ["https://hanbit.example/?a=1&b=[2]"]),
        # Letters of these scripts inside an address
        ("https://ko.hanbit.example/wiki/서울 참고", ["https://ko.hanbit.example/wiki/서울"]),
        ("https://hanbit.example/?q=東京タワー&p=1", ["https://hanbit.example/?q=東京タワー&p=1"]),
        (
            "https://hanbit.example/レオナルド・ダ・ヴィンチ",
            ["https://hanbit.example/レオナルド・ダ・ヴィンチ"],
        ),
        ("https://한빛.example에서", ["https://한빛.example"]),
        ("https://hanbit.example/café를", ["https://hanbit.example/café"]),
        # Wherever they begin
        ("보기:https://hanbit.example/x", ["https://hanbit.example/x"]),
        ("보기https://hanbit.example/x", ["https://hanbit.example/x"]),
        ("seehttps://hanbit.example/x", ["https://hanbit.example/x"]),
        ("https://a.examplehttps://b.example/x", ["https://a.example", "https://b.example/x"]),
        ("https://old.example/2026/https://a.example/x", ["https://old.example/2026/https://a.example/x"]),
        ("주소:www.hanbit.example/x에서", ["http://www.hanbit.example/x"]),
        ("hanbit.co.kr에서", ["http://hanbit.co.kr"]),
        # No links
        ("README.md, 보고서.md, main.rs, setup.py", []),
        ("javascript:alert(1) ftp://a.example file:///etc/passwd https://", []),
        ("v1.2.com.tar", []),
    ],
)
def test_links(text: str, links: list[str]) -> None:
    assert [link.url for link in find_links(text)] == links
    for link in find_links(text):
        assert text[link.index : link.last_index] == link.text


@pytest.mark.parametrize(
    "text", ["https://hanbit.example/foo를 보세요", "全角（https://hanbit.example/foo）です"]
)
def test_the_same_in_messages_and_notes(text: str) -> None:
    for html in (html_of(text), markdown.html_of(text)):
        assert 'href="https://hanbit.example/foo"' in html
        assert ">https://hanbit.example/foo</a>" in html


@given(st.text(alphabet="ht:/sp.a@가を。(){}<>\"' \n漢_-#&=%Z9・~", max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_is_shown(text: str) -> None:
    """No address loses or changes a letter of the text around it."""
    end = 0
    for link in find_links(text):
        assert end <= link.index < link.last_index
        end = link.last_index
        assert text[link.index : end] == link.text
        assert link.url.startswith(("http://", "https://", "mailto:"))


@pytest.mark.parametrize("piece", ["가.", "()", ")", "a@a.", "https://a/", "を", "www.", "a."])
def test_long_texts_cost_no_more_than_their_length(piece: str) -> None:
    """Trimmed sign by sign, some of these would take minutes."""
    text = "https://a/" + piece * (40_000 // len(piece))
    assert len(list(find_links(text))) >= 1
