"""The tags and filters that every template has."""

from html.parser import HTMLParser

import pytest
from django.template import Context, Template
from django.template.base import Lexer, TokenType
from django.template.loader import get_template

from groupadmin.base.templates import compact
from groupadmin.settings.base import BASE_DIR


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% oneline %}\n  {{ a }}\n  {{ b }}\n{% endoneline %}", "AB"),
        (
            "{% oneline %}\n  <b>{{ a }}</b>\n  <i\n    class='c'>{{ b }}</i>\n{% endoneline %}",
            "<b>A</b><i class='c'>B</i>",
        ),
        (
            "{% oneline %}\n  {{ a }},\n  {% if b %}\n    {{ b }}\n  {% endif %}\n  .\n{% endoneline %}",
            "A,B.",
        ),
        ("{% oneline %}\n  some\n  words\n{% endoneline %}", "some words"),
        ('{% oneline %}\n  {{ a }}{{ " " }}\n  {{ b }} {{ b }}\n{% endoneline %}', "A B B"),
        ("{% oneline %}\n  {{ a }}\n{% endoneline %}\n{{ b }}", "A\nB"),
        (
            "{% load i18n %}{% oneline %}\n  {% blocktranslate trimmed %}\n    one\n    {{ a }}\n  "
            "{% endblocktranslate %}\n  {{ b }}\n{% endoneline %}",
            "one AB",
        ),
    ],
)
def test_oneline_leaves_out_line_breaks(source: str, expected: str) -> None:
    assert rendered(source, a="A", b="B") == expected


def test_names_stand_in_a_line() -> None:
    assert rendered("{{ values|names }}", values=["A", "<b>"]) == (
        '<bdi class="name">A</bdi>, <bdi class="name">&lt;b&gt;</bdi>'
    )


TEMPLATES = BASE_DIR / "templates"


@pytest.mark.parametrize(
    "name", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
)
def test_every_template_can_be_read(name: str) -> None:
    """By Django, also those of pages that are rarely asked for; and by people: no line runs on."""
    get_template(name)
    lines = (TEMPLATES / name).read_text().splitlines()
    assert not [line for line in lines if len(line) > 120]


class Words(HTMLParser):
    """What stands between the tags, for people to read."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.place = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.place = tag

    def handle_endtag(self, tag: str) -> None:
        self.place = ""

    def handle_data(self, data: str) -> None:
        if self.place not in ("style", "script"):
            self.words += data


@pytest.mark.parametrize(
    "name", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
)
def test_nothing_of_a_template_shows_that_is_not_meant_to(name: str) -> None:
    """No brace of a tag that is none, in any state of any page."""
    words = Words()
    is_comment = False
    for token in Lexer((TEMPLATES / name).read_text()).tokenize():
        if token.token_type == TokenType.BLOCK and token.contents in ("comment", "endcomment"):
            is_comment = token.contents == "comment"
        elif token.token_type == TokenType.TEXT and not is_comment:
            words.feed(token.contents)
    words.close()
    assert not set(words.words) & set("{}")


def test_templates_are_read_without_their_layout() -> None:
    written = '<p class="a"\n   {% if a > b %}hidden{% endif %}\n   id="b">\n    one\n    <b>two</b>\n</p>\n'
    assert compact(written) == '<p class="a" {% if a > b %}hidden{% endif %} id="b">\none\n<b>two</b>\n</p>\n'


def test_no_space_is_underlined_at_the_edge_of_a_link() -> None:
    link = '<a class="b"\n   href="{% if a > b %}c{% endif %}">\n    {{ d }} people\n</a>'
    read = '<a class="b" href="{% if a > b %}c{% endif %}">{{ d }} people</a>'
    assert compact(f"See\n{link}\nhere <abbr>\nx</abbr>\n") == f"See\n{read}\nhere <abbr>\nx</abbr>\n"
