"""Filters that every template has at hand."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from groupadmin import text

register = template.Library()

COLOURS = 8


@register.filter
def name(value: object) -> SafeString:
    """A name that people typed, isolated so that its direction cannot turn its neighbours (spec 2.4)."""
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


@register.simple_tag
def photo_most_bytes() -> str:
    """The largest photo that is accepted, in bytes, as a plain number."""
    return str(settings.PHOTO_MAX_BYTES)
