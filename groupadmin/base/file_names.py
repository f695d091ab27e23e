"""Names of files and folders: as people write them, whatever a disk or a browser makes of them (rule 3.9)."""

import unicodedata
from urllib.parse import quote

import regex
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from .errors import Invalid
from .text import has_visible, isolated

LONGEST = 255
"""Code points, of any script. No system that people use has longer names."""
SHOWN = 60

_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]")
# They turn the letters after them around, so that a program can pass for a picture.
_OVERRIDES = regex.compile(r"[\u202D\u202E]")
_ENDING = regex.compile(r"(?:\.tar)?\.(?:[a-z][a-z0-9]{0,9}|7z|3g[p2]|3ds|3mf)", regex.IGNORECASE)
# Written as it is in the older form of the header; browsers decode some of the rest there.
_PLAIN = regex.compile(r"[A-Za-z0-9 ._()+,=@~-]+")


def as_written(raw: str) -> str:
    """The name with its letters put together: a Mac may send them in parts, which other systems show apart.

    A letter that composing would exchange for another one, such as an old form of a Chinese character, stays.
    """
    composed, pending = "", ""
    for character in raw:
        if unicodedata.is_normalized("NFC", character):
            pending += character
        else:
            composed, pending = composed + unicodedata.normalize("NFC", pending) + character, ""
    return composed + unicodedata.normalize("NFC", pending)


def same_name(name: str) -> str:
    """Equal for two names of one file, and only for them: case, widths and signs differ (rule 3.9)."""
    return unicodedata.normalize("NFC", name)


def check_name(field: str, name: str) -> None:
    """Raises Invalid for a name that no file or folder can have, with the reason (rule 3.9)."""
    shown = isolated(_OVERRIDES.sub("", _CONTROL.sub(" ", name[:SHOWN] + "…" * (len(name) > SHOWN))))
    if not has_visible(name.replace(".", "")):
        raise Invalid(field, _("A name needs at least one letter, digit or sign that can be seen."))
    if len(name) > LONGEST:
        text = _("The name %(name)s has %(count)d characters. Shorten it to %(most)d.")
        raise Invalid(field, text % {"name": shown, "count": len(name), "most": LONGEST})
    if _CONTROL.search(name):
        text = _("The name %(name)s has a control character, such as a line break. Remove it from the name.")
        raise Invalid(field, text % {"name": shown})
    if _OVERRIDES.search(name):
        text = _(
            "The name %(name)s has a hidden sign that turns its letters around. Remove it from the name."
        )
        raise Invalid(field, text % {"name": shown})


def split_ending(name: str) -> tuple[str, str]:
    """The name of a file without and its ending: ".pdf", ".tar.gz", but not the ".2" of "v1.2" (rule 3.9)."""
    dot = name.rfind(".")
    for start in (name.rfind(".", 0, max(dot, 0)), dot):
        if start > 0 and _ENDING.fullmatch(name, start):
            return name[:start], name[start:]
    return name, ""


def numbered(name: str, number: int, *, is_file: bool) -> str:
    """ "Plan (2).pdf" for the file "Plan.pdf"; "v1.2 (2)" for the folder "v1.2" (rule 3.9)."""
    stem, ending = split_ending(name) if is_file else (name, "")
    sign = f" ({number})"
    return stem[: LONGEST - len(sign) - len(ending)] + sign + ending


def disposition(name: str) -> str:
    """The header by which a browser saves a download under its whole name (rule 3.9)."""
    if _PLAIN.fullmatch(name):
        return content_disposition_header(True, name) or "attachment"
    return f"attachment; filename*=utf-8''{quote(name, safe='')}"
