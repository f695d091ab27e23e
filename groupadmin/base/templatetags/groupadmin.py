"""Filters that every template has at hand."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.base import NodeList, Parser, Token, TokenType
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from groupadmin.base import icons, text

register = template.Library()

COLOURS = 8


@register.filter
def name(value: object) -> SafeString:
    """A name that people typed, isolated so that its direction cannot turn its neighbours (rule 2.4)."""
    raw = getattr(value, "name", value)
    return format_html('<bdi class="name">{}</bdi>', text.balanced(str(raw)))


@register.filter
def plain_name(value: object) -> str:
    """The same for attributes and titles, where there is no markup."""
    return text.isolated(str(getattr(value, "name", value)))


@register.filter
def initial(value: object) -> str:
    """The letter on the coloured square or circle where there is no photo."""
    return text.initial(str(getattr(value, "name", value)))


@register.filter
def colour(value: object) -> int:
    """Which of the eight colours a thing without a photo has; it stays the same for life."""
    return int(getattr(value, "pk", 0) or 0) % COLOURS


@register.filter
def graphemes(value: object) -> int:
    """How many characters a person counts, for the counters beside fields."""
    return text.length(str(value))


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> SafeString:
    """A day with its time, in the reader's language and time zone: Nov 24, 2026, 3:26 PM."""
    return _time(value, "DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def clock(value: datetime | None) -> SafeString:
    """The time alone, where the day stands elsewhere, with the day as a hint: 3:26 PM."""
    return _time(value, "TIME_FORMAT", "DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def short_clock(value: datetime | None) -> SafeString:
    """The same where room is scarce, as in a calendar's cells: 3PM, 3:26PM."""
    return _time(value, "SHORT_TIME_FORMAT", "DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def day(value: date | None) -> SafeString:
    """The day alone; of a moment that is the day in the reader's time zone: Nov 24, 2026."""
    return _time(value, "DATE_FORMAT")


def _time(value: date | None, form: str, hint: str = "") -> SafeString:
    if not value:
        return SafeString("")
    exact = value.isoformat() if form != "DATE_FORMAT" else f"{value:%Y-%m-%d}"
    title = format_html(' title="{}"', date_format(value, hint)) if hint else ""
    return format_html('<time datetime="{}"{}>{}</time>', exact, title, date_format(value, form))


@register.simple_tag
def size_units() -> str:
    """How filesizeformat says sizes, for file-labels.js: one byte, several, then KB, MB, GB and TB."""
    return json.dumps([filesizeformat(size) for size in (1, 2, *(1024**step for step in range(1, 5)))])


@register.simple_tag
def photo_most_bytes() -> str:
    """The largest photo that is accepted, in bytes, as a plain number."""
    return str(settings.PHOTO_MAX_BYTES)


@register.simple_tag
def icon(name: str, size: int) -> SafeString:
    """A drawing by its name in groupadmin.base.icons: {% icon "users" 16 %}."""
    return icons.svg(name, size)


class OnelineNode(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context)


@register.tag
def oneline(parser: Parser, token: Token) -> OnelineNode:
    """{% oneline %}…{% endoneline %}: written over several lines, but read as one.

    A line break and what indents the next line are left out beside a tag, so that no space comes to stand
    there, and are a space between words. Costs nothing later: it happens once, when the template is read.
    """
    is_translated = False
    # What follows, the last of it first.
    tokens = [one for one in parser.tokens if isinstance(one, Token)]
    for following in reversed(tokens):
        if following.token_type == TokenType.BLOCK:
            word = following.contents.split(maxsplit=1)[0]
            if word == "endoneline":
                break
            is_translated = word == "blocktranslate" or (is_translated and word != "endblocktranslate")
        elif following.token_type == TokenType.TEXT and not is_translated:
            following.contents = _on_one_line(following.contents)
    nodelist = parser.parse(("endoneline",))
    parser.delete_first_token()
    return OnelineNode(nodelist)


def _on_one_line(markup: str) -> str:
    tight = re.sub(r"(^|(?<=>))\s*\n\s*|\s*\n\s*(?=<|$)", "", markup)
    return re.sub(r"\s*\n\s*", " ", tight)


@register.filter
def names(values: Iterable[object]) -> SafeString:
    """Names in a line, with commas between them."""
    return format_html_join(", ", "{}", ((name(value),) for value in values))


@register.simple_tag
def described_by(field: BoundField, help_text: object = "") -> str:
    """The ids of what is said about a field, for aria-describedby: its errors and its help."""
    said = [("error", field.errors), ("help", help_text)]
    return " ".join(f"{field.id_for_label}_{part}" for part, is_said in said if is_said)
