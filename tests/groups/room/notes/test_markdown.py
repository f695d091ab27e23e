"""Formatted text of notes: what people write is shown, and does nothing (rule 3.5)."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.room.notes.markdown import excerpt_of, html_of

TAGS = {
    *("p", "br", "hr", "a", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "title", "rel", "target", "dir", "tabindex", "start", "class"}


class Seen(HTMLParser):
    """The tags and attributes of markup, and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def seen(text: str) -> Seen:
    return Seen(html_of(text))


def test_formats() -> None:
    text = "# One\n\n**bold** *italic* ~~gone~~ `code`\nnext line\n\n- a\n- b\n\n1. c\n\n> said"
    text += "\n\n```\nx < y\n```"
    tags = seen(text).tags
    assert tags == [
        *("h3", "p", "strong", "em", "s", "code", "br", "ul", "li", "li"),
        *("ol", "li", "blockquote", "p", "pre", "code"),
    ]
    assert "x < y" in seen(text).words


def test_headings_stand_below_the_title() -> None:
    assert seen("# a\n\n## b\n\n###### c").tags == ["h3", "h4", "h6"]


def test_tables_are_aligned_without_styles() -> None:
    markup = html_of("|a|b|c|\n|-|-:|:-:|\n|1|2|3|")
    assert markup.count('class="text-end"') == 2
    assert markup.count('class="text-center"') == 2
    assert "style" not in markup


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[here](https://a.example/b?c=1&d=2)", "https://a.example/b?c=1&d=2"),
        ("see https://a.example/b_c_d.", "https://a.example/b_c_d"),
        ("see www.example.com", "http://www.example.com"),
        ("<https://a.example>", "https://a.example"),
        ("[write](mailto:momo@hanbit.example)", "mailto:momo@hanbit.example"),
        ("momo@example.com", "mailto:momo@example.com"),
    ],
)
def test_links(text: str, address: str) -> None:
    found = dict(seen(text).attributes)
    assert found["href"] == address
    assert found["rel"] == "noopener nofollow"
    assert found["target"] == "_blank"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript&colon;alert(1)",
        "&#106;avascript:alert(1)",
        "java%0ascript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:image/png;base64,AAAA",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.example",
        "//evil.example",
        "/accounts/logout/",
        "groups/",
        "#content",
    ],
)
def test_other_links_are_none(address: str) -> None:
    for text in (f"[x]({address})", f"[x](<{address}>)", f"<{address}>", address, f"![x]({address})"):
        assert "href" not in html_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "a <b>bold</b> word",
        "<div>\n\n# no\n\n</div>",
        "<!-- hidden -->",
        '<a href="https://a.example" onclick="x()">a</a>',
        "<style>*{display:none}</style>",
        "</article></main>",
    ],
)
def test_markup_is_shown_as_it_was_written(text: str) -> None:
    assert set(seen(text).tags) <= {"p", "h3", "br"} | ({"a"} if "https:" in text else set())
    shown = " ".join(seen(text).words.split())
    assert shown == " ".join(text.replace("# ", "").split())


def test_no_pictures_from_elsewhere() -> None:
    """They would tell others who reads; a note's own pictures are its files."""
    found = seen("![a picture](https://a.example/x.png)")
    assert "img" not in found.tags
    assert "a picture" in found.words


@pytest.mark.parametrize(
    "text",
    [
        '[a](https://x "onmouseover=alert(1) \\" x=")',
        "[a](https://x%22onmouseover=alert(1))",
        "```<script>\nx\n```",
        '``` " onload=x\nx\n```',
        "[a](https://x 'b<script>')",
        "| <script> |\n|-|\n| `</td>` |",
        "[![x](https://a)](https://b)",
        "[[a](https://b)](https://c)",
    ],
)
def test_only_known_tags_and_attributes(text: str) -> None:
    found = seen(text)
    assert set(found.tags) <= TAGS
    assert {name for name, _value in found.attributes} <= ATTRIBUTES


PIECES = [
    *("<", ">", "script", "[a](", ")", "javascript:", '"', "'", "`", "```\n", "*", "_", "~~", "|", "\n"),
    *("- ", "> ", "# ", "&#x6a;", "http://a.b", "\\", "on=x", " ", "a", "\u202e", "\u0301", "<!--", "]]>"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_whatever_is_written(text: str) -> None:
    found = seen(text)
    assert set(found.tags) <= TAGS
    assert {name for name, _value in found.attributes} <= ATTRIBUTES
    for name, value in found.attributes:
        if name == "href":
            assert (value or "").lower().startswith(("http://", "https://", "mailto:"))


N = 100_000
BOMBS = {
    "quotes": ">" * N,
    "spaced quotes": "> " * (N // 2),
    "deeper lists": "".join("  " * depth + "- a\n" for depth in range(440)),
    "brackets": "[" * N,
    "open links": "[a](" * (N // 4),
    "nested links": "[" * (N // 2) + "](a)" * (N // 8),
    "stars": "*" * N,
    "emphasis": "*a **a " * (N // 7),
    "backticks": " ".join("`" * number for number in range(1, 440)),
    "tables": "x|" * 1000 + "\n" + "-|" * 1000 + "\n" + "a\n" * (N // 2 - 2000),
    "addresses": "http://a.b" * (N // 10),
    "addresses in paragraphs": (("http://a.b" * 199 + " ") * 5 + "\n\n") * (N // 10_000),
    "no scheme": "//a.b/" * (N // 6),
    "mails in paragraphs": (("a@b.c" * 399 + " ") * 5 + "\n\n") * (N // 10_000),
    "comments": "<!--" * (N // 4),
    "references": "[a]: https://" + "b" * 10_000 + "\n\n" + "[a] " * (N // 5),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    """All of them come to an end, and a short text becomes no endless one.

    Without the bounds on links some of these take half a minute each, and much more when they are longer.
    """
    html_of.cache_clear()
    markup = html_of(BOMBS[name][:N])
    assert len(markup) < 20 * N
    excerpt_of(BOMBS[name])
    html_of.cache_clear()


def test_excerpt() -> None:
    text = "# Minutes\n\nWe **met** [here](https://a.example) and\nwent.\n\n- one\n- two\n\n```\ncode\n```"
    assert excerpt_of(text) == "Minutes We met here and went. one two code"
    assert excerpt_of("<b>x</b>") == "<b>x</b>"
    assert excerpt_of("") == ""
    assert len(excerpt_of("word " * 1000)) <= 241
    assert excerpt_of("word " * 1000).endswith("word…")
    assert excerpt_of("\u202eturned") == "\u202eturned\u202c"
