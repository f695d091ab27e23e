"""What people type into a room, as it is kept."""

from collections.abc import Callable

from groupadmin.base.text import FAR_TOO_LONG, check_length, has_visible


def kept(field: str, raw: str, clean: Callable[[str], str], most: int, code_points: int) -> str:
    """The text, cleaned; empty if nothing of it can be seen. Raises Invalid (field) if it is too long.

    What is far too long is not even cleaned: that would take its time.
    """
    if len(raw) > FAR_TOO_LONG * code_points:
        check_length(field, raw, most, code_points)
    text = clean(raw)
    if not has_visible(text):
        return ""
    check_length(field, text, most, code_points)
    return text
