"""Filters and tags that every template can use."""

import base64
import json
import re
from collections.abc import Iterable
from uuid import uuid4

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm, BoundField
from django.template import Context
from django.template.base import NodeList, Parser, Token, TokenType
from django.template.defaultfilters import filesizeformat
from django.utils.crypto import salted_hmac
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from groupadmin.base import icons, text
from groupadmin.base.form_keys import FIELD
from groupadmin.base.session_mark import mark_of

register = template.Library()

COLOURS = 8
UNDO = "undo:"
"""Before the key of what a message offers to undo, among its tags (rule 10.13)."""
ALERT_ICONS = {"success": "check", "info": "info", "warning": "triangle-alert", "danger": "circle-alert"}


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
    """A new key for a form that adds something (rule 5.8); accounts/once.py says what it is for.

    Firefox fills a page that is loaded again with what its fields held, keys too, unless told not to; HTML
    has no such word for fields of type "hidden".
    """
    return format_html('<input name="{}" value="{}" autocomplete="off" hidden>', FIELD, uuid4())


@register.simple_tag
def draft_seal(person: int | None) -> SafeString:
    """Seals what a person has begun to write, in their browser: only their pages have it (rule 3.13)."""
    if not person:
        return SafeString("")
    key = base64.b64encode(salted_hmac("drafts", str(person), algorithm="sha256").digest()).decode()
    return format_html('data-draft-of="{}" data-draft-key="{}"', person, key)


@register.filter
def undo_key(message: Message) -> str:
    """The key of what a message offers to undo; empty if nothing (rule 10.13)."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix(UNDO) for tag in tags if tag.startswith(UNDO)), "")


@register.filter
def has_tag(message: Message, tag: str) -> bool:
    """Whether the message was sent with this tag."""
    return tag in (message.extra_tags or "").split()


@register.filter
def alert_level(message: Message) -> str:
    """How a message looks: Bootstrap says "danger" where Django says "error"."""
    return "danger" if message.level_tag == "error" else message.level_tag


@register.simple_block_tag
def alert(content: str, level: str, **given: str | bool) -> SafeString:
    """What is said to somebody in a box with its icon, one look for all (rule 10.14).

    {% alert "warning" %}…{% endalert %}. Errors are said at once (`role="alert"`), others politely; further
    attributes are given by name, with "_" for "-"; `more` are further classes.
    """
    more = given.pop("more", "")
    given.setdefault("role", "alert" if level == "danger" else "status")
    attributes = [(name.replace("_", "-"), value) for name, value in given.items() if value]
    written = [
        format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)
        for name, value in attributes
    ]
    return format_html(
        '<div class="alert alert-{}{}"{}>{}<div class="alert-text">{}</div></div>',
        level,
        f" {more}" if more else "",
        format_html_join("", "{}", ((one,) for one in written)),
        icons.svg(ALERT_ICONS[level], 18),
        content,
    )


@register.simple_tag
def asks(address: str) -> SafeString:
    """The attributes of a link to a question, which htmx brings as a dialog over the page (rule 10.12)."""
    return format_html(
        'href="{0}" hx-get="{0}" hx-target="#dialog" hx-swap="innerHTML" hx-indicator="#loading"', address
    )


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


@register.filter
def wrong_fields(form: object) -> list[BoundField]:
    """The fields that people see and that something is wrong with, in their order."""
    return [field for field in form.visible_fields() if field.errors] if isinstance(form, BaseForm) else []


@register.simple_tag
def described_by(field: BoundField, help_text: object = "") -> str:
    """The ids of a field's errors and help text, for aria-describedby."""
    said = [("error", field.errors), ("help", help_text)]
    return " ".join(f"{field.id_for_label}_{part}" for part, is_said in said if is_said)
