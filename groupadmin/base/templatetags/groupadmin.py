"""Filters and tags that every template can use."""

import base64
import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from uuid import uuid4

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template import Context
from django.template.base import NodeList, Parser, Token, TokenType
from django.template.defaultfilters import filesizeformat
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from groupadmin.base import icons, text
from groupadmin.base.form_keys import FIELD
from groupadmin.base.session_mark import mark_of

register = template.Library()

COLOURS = 8


@register.simple_tag(takes_context=True)
def session_mark(context: Context) -> str:
    """By which a page that comes back from a browser's memory asks whether its session goes on (rule 9.3)."""
    request = context.get("request")
    return mark_of(request) if hasattr(request, "session") else ""


@register.filter
def name(value: object) -> SafeString:
    """A name, isolated so that its direction cannot affect the text around it (rule 2.4)."""
    raw = getattr(value, "name", value)
    return format_html('<bdi class="name">{}</bdi>', text.balanced(str(raw)))


@register.filter
def plain_name(value: object) -> str:
    """The same for attributes and titles, where there is no markup."""
    return text.isolated(str(getattr(value, "name", value)))


@register.filter
def initial(value: object) -> str:
    """The letter on the coloured square or circle that replaces a missing photo."""
    return text.initial(str(getattr(value, "name", value)))


@register.filter
def colour(value: object) -> int:
    """Which of the eight colours a row without a photo has; it never changes."""
    return int(getattr(value, "pk", 0) or 0) % COLOURS


@register.filter
def graphemes(value: object) -> int:
    """The length as people count characters, for the counters next to fields."""
    return text.length(str(value))


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> SafeString:
    """A day with its time, in the reader's language and time zone: Nov 24, 2026, 3:26 PM."""
    return _time(value, "DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def clock(value: datetime | None) -> SafeString:
    """The time alone, where the day is shown elsewhere, with the day as a tooltip: 3:26 PM."""
    return _time(value, "TIME_FORMAT", "DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def short_clock(value: datetime | None) -> SafeString:
    """The same where space is scarce, as in a calendar's cells: 3PM, 3:26PM."""
    return _time(value, "SHORT_TIME_FORMAT", "DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def day(value: date | None) -> SafeString:
    """The day alone; for a datetime, the day in the reader's time zone: Nov 24, 2026."""
    return _time(value, "DATE_FORMAT")


def _time(value: date | None, form: str, hint: str = "") -> SafeString:
    if not value:
        return SafeString("")
    exact = value.isoformat() if form != "DATE_FORMAT" else f"{value:%Y-%m-%d}"
    title = format_html(' title="{}"', date_format(value, hint)) if hint else ""
    return format_html('<time datetime="{}"{}>{}</time>', exact, title, date_format(value, form))


@register.simple_tag
def size_units() -> str:
    """The units of filesizeformat, for file-labels.js: one byte, several, then KB, MB, GB and TB."""
    return json.dumps([filesizeformat(size) for size in (1, 2, *(1024**step for step in range(1, 5)))])


@register.simple_tag
def photo_most_bytes() -> str:
    """The size limit of photos in bytes, as a plain number."""
    return str(settings.PHOTO_MAX_BYTES)


@register.simple_tag
def form_key() -> SafeString:
    """A new key for a form that adds something (rule 5.8); accounts/once.py says what it is for."""
    return format_html('<input type="hidden" name="{}" value="{}" autocomplete="off">', FIELD, uuid4())


@register.simple_tag
def draft_seal(person: int | None) -> SafeString:
    """Seals what a person has begun to write, in their browser: only their pages have it (rule 3.13)."""
    if not person:
        return SafeString("")
    key = base64.b64encode(salted_hmac("drafts", str(person), algorithm="sha256").digest()).decode()
    return format_html('data-draft-of="{}" data-draft-key="{}"', person, key)


@register.simple_tag
def icon(name: str, size: int) -> SafeString:
    """An icon by its name in groupadmin.base.icons: {% icon "users" 16 %}."""
    return icons.svg(name, size)


class OnelineNode(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context)


@register.tag
def oneline(parser: Parser, token: Token) -> OnelineNode:
    """{% oneline %}…{% endoneline %}: written over several lines, rendered as one.

    Next to a tag, a line break and the indentation after it are removed, so that they add no space; between
    words they become a space. This costs nothing per request: it happens once, when the template is compiled.
    """
    is_translated = False
    # The remaining tokens, last one first.
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
    """The ids of a field's errors and help text, for aria-describedby."""
    said = [("error", field.errors), ("help", help_text)]
    return " ".join(f"{field.id_for_label}_{part}" for part, is_said in said if is_said)
