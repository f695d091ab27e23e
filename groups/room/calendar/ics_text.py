"""The text of a calendar file, whatever its encoding (rule 3.11).

RFC 5545 says UTF-8. Old Outlook, Korean, Japanese and Chinese programs write what Windows uses in their
country, and some write UTF-16. Which of these it is shows in the bytes: few kinds of text are valid in each.
"""

import re
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from groupadmin.base import charsets
from groupadmin.base.errors import Invalid
from groupadmin.base.spreadsheets.encodings import ENCODINGS, detect, label_of

BYTES_AT_MOST = 1024 * 1024
# Some programs fold lines in the middle of a character.
_FOLD = re.compile(rb"\r*\n[ \t]|\r[ \t]")
_CHARSET = re.compile(rb"[;:]CHARSET=\"?([A-Za-z0-9_.:-]{2,40})\"?[;:]", re.IGNORECASE)


@dataclass(frozen=True)
class FileText:
    """A file's text, and the name of its encoding if that is not UTF-8."""

    text: str
    encoding: str = ""


def decoded(raw: bytes) -> str:
    """The text of a file. Raises Invalid."""
    return read_text(raw).text


def read_text(raw: bytes) -> FileText:
    """The text of a file with its encoding. Raises Invalid."""
    if len(raw) > BYTES_AT_MOST:
        raise Invalid("file", _("The file is larger than 1 MB. Export a shorter period."))
    if wide := _wide(raw):
        return _as(raw, wide, "UTF-16")
    for whole in (raw, _FOLD.sub(b"", raw)):
        try:
            text = whole.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        return _from_jis(whole, text)
    unfolded = _FOLD.sub(b"", raw)
    if declared := _declared(unfolded):
        return declared
    encoding = _guessed(unfolded)
    if not encoding:
        raise Invalid(
            "file",
            _("We cannot tell in which encoding this file is written. Save it as UTF-8 and try again."),
        )
    return _as(unfolded, encoding, label_of(encoding))


def _wide(raw: bytes) -> str:
    """UTF-16 or UTF-32, by its mark, or by the zeros of a calendar's first letters; else empty."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            return encoding
    start = raw.lstrip(b"\r\n\t \0")[:10].upper()
    if start.startswith(b"B\0E\0G\0"):
        return "utf-16-be" if raw.startswith(b"\0") else "utf-16-le"
    return ""


def _as(raw: bytes, encoding: str, name: str) -> FileText:
    try:
        return FileText(raw.decode(encoding).lstrip("\ufeff"), name)
    except (UnicodeDecodeError, LookupError):
        said = _("This file says that it is %(encoding)s, but it is not. Save it as UTF-8 and try again.")
        raise Invalid("file", said % {"encoding": name}) from None


def _from_jis(raw: bytes, text: str) -> FileText:
    """ISO-2022-JP looks like ASCII with escapes."""
    if b"\x1b$" not in raw:
        return FileText(text)
    try:
        return FileText(raw.decode("iso2022_jp_ext"), label_of("iso2022_jp_2"))
    except UnicodeDecodeError:
        return FileText(text)


def _declared(raw: bytes) -> FileText | None:
    """The text by the encoding that the properties of the file name themselves (vCalendar), if it fits."""
    found = _CHARSET.search(raw)
    label = found[1].decode() if found else ""
    text = charsets.decoded(raw, label)
    if text is None:
        return None
    known = (name for name in ENCODINGS if _reads(raw, name) == text)
    return FileText(text, label_of(next(known, label)))


def _reads(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(raw: bytes) -> str:
    """The most probable encoding, for readers of the language of the file's zone and of this page."""
    languages = [language for place, language in _OF_PLACES if place in raw]
    encoding = detect(raw, languages=[*languages, get_language() or ""])
    # Old Macs wrote no calendars.
    for one in ("cp1252", encoding) if encoding == "mac_roman" else (encoding,):
        if _reads(raw, one) is not None:
            return one
    return ""


_OF_PLACES = (
    *((place, "ko") for place in (b"Seoul", b"Korea", b"//KO")),
    *((place, "ja") for place in (b"Tokyo", b"Japan", b"//JA")),
    *((place, "zh-cn") for place in (b"Shanghai", b"China Standard", b"Beijing", b"//ZH")),
    *((place, "zh-tw") for place in (b"Taipei", b"Hong_Kong", b"Macau")),
)
