"""What people type into a room, as it is kept."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import has_visible, length


def kept(field: str, raw: str, clean: Callable[[str], str], most: int, code_points: int) -> str:
    """The text, cleaned; empty if nothing of it can be seen. Raises Invalid (field) if it is too long.

    What is far too long is not even cleaned: that would take its time.
    """
    too_long = Invalid(field, _("Use at most %(most)s characters.") % {"most": f"{most:,}"})
    if len(raw) > code_points * 2:
        raise too_long
    text = clean(raw)
    if not has_visible(text):
        return ""
    if len(text) > code_points or length(text) > most:
        raise too_long
    return text
