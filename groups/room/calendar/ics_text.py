"""The text of a calendar file, whatever its encoding (rule 3.11).

RFC 5545 says UTF-8. Old Outlook, Korean, Japanese and Chinese programs write what Windows uses in their
country, and some write UTF-16. Which of these it is shows in the bytes: few kinds of text are valid in each.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

BYTES_AT_MOST = 1024 * 1024
# Characters that tell the encoding.
SAMPLE = 5_000
# Some programs fold lines in the middle of a character.
_FOLD = re.compile(rb"\r*\n[ \t]|\r[ \t]")
_CHARSET = re.compile(rb"[;:]CHARSET=\"?([A-Za-z0-9_.:-]{2,40})\"?[;:]", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]+")
_STRANGE = re.compile("[\ue000-\uf8ff\ufffd\x80-\x9f]")
# As the WHATWG encoding table reads these labels.
_LABELS = {
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "iso-8859-1": "cp1252",
    "us-ascii": "cp1252",
}
ENCODINGS: dict[str, Promise] = {
    "utf-16": gettext_lazy("UTF-16"),
    "cp949": gettext_lazy("Korean (EUC-KR)"),
    "cp932": gettext_lazy("Japanese (Shift JIS)"),
    "euc_jp": gettext_lazy("Japanese (EUC-JP)"),
    "iso2022_jp": gettext_lazy("Japanese (ISO-2022-JP)"),
    "gb18030": gettext_lazy("Chinese (GB18030)"),
    "big5hkscs": gettext_lazy("Chinese (Big5)"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
}


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
        return _as(raw, wide, str(ENCODINGS["utf-16"]))
    for whole in (raw, _FOLD.sub(b"", raw)):
        try:
            text = whole.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        return _from_jis(whole, text)
    unfolded = _FOLD.sub(b"", raw)
    encoding = _declared(unfolded) or _guessed(unfolded)
    if not encoding:
        raise Invalid(
            "file",
            _("We cannot tell in which encoding this file is written. Save it as UTF-8 and try again."),
        )
    return _as(unfolded, encoding, str(ENCODINGS.get(encoding, encoding.upper())))


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
        return FileText(raw.decode("iso2022_jp_ext"), str(ENCODINGS["iso2022_jp"]))
    except UnicodeDecodeError:
        return FileText(text)


def _declared(raw: bytes) -> str:
    """The encoding that the properties of the file name themselves (vCalendar), if it fits."""
    found = _CHARSET.search(raw)
    if found is None:
        return ""
    label = found[1].decode().lower()
    encoding = _LABELS.get(label, label)
    try:
        raw.decode(encoding)
    except (UnicodeDecodeError, LookupError, ValueError):
        return ""
    return encoding


def _guessed(raw: bytes) -> str:
    """The encoding whose text the file most probably is; empty if it is none of those we know.

    Letters with accents stand alone among ASCII letters. Where bytes are valid in several encodings, usual
    characters count, and the language of the file's zone and of the reader.
    """
    runs = [len(run) for run in _HIGH.findall(raw)]
    if sum(length == 1 for length in runs) * 2 > len(runs) and _value(raw, "cp932", _japanese) < 0.3:
        return _possible(raw, "cp1252")
    hinted = {encoding for place, encoding in _OF_PLACES if place in raw}
    hinted |= set(_OF_LANGUAGES.get((get_language() or "")[:2], ()))
    values = {
        encoding: _value(raw, encoding, worth) + 0.2 * (encoding in hinted)
        for encoding, worth in _EAST_ASIAN.items()
    }
    best = max(values, key=lambda encoding: values[encoding])
    return best if values[best] > 0.5 else _possible(raw, "cp1252") or (best if values[best] > 0 else "")


def _value(raw: bytes, encoding: str, worth: Callable[[str], float]) -> float:
    """How usual the characters beyond ASCII are, from 0 to 1; 0 if it is no text in that encoding."""
    text = _text(raw, encoding)[:SAMPLE]
    return sum(map(worth, text)) / len(text) if text and not _STRANGE.search(text) else 0


def _text(raw: bytes, encoding: str) -> str:
    """The text beyond ASCII in that encoding; empty if it is not valid there."""
    try:
        return re.sub(r"[\x00-\x7f]+", "", raw.decode(encoding))
    except UnicodeDecodeError:
        return ""


def _possible(raw: bytes, encoding: str) -> str:
    text = _text(raw, encoding)
    return encoding if text and not _STRANGE.search(text) else ""


def _row(character: str, encoding: str) -> int:
    """The first byte of the character; national standards have the usual ones in front."""
    return character.encode(encoding, "ignore")[:1].ljust(1)[0]


def _korean(character: str) -> float:
    if "\uac00" <= character <= "\ud7a3":
        return 1 if 0xB0 <= _row(character, "euc_kr") <= 0xC8 else 0.6
    return 0.5 if 0xCA <= _row(character, "euc_kr") <= 0xFD else 0.3


def _japanese(character: str) -> float:
    if "\u3041" <= character <= "\u30fe":
        return 1
    if "\uff61" <= character <= "\uff9f":
        return 0.3
    return 0.9 if 0xB0 <= _row(character, "euc_jp") <= 0xCF else 0.4


def _simplified(character: str) -> float:
    row = _row(character, "gb2312")
    return 0.9 if 0xB0 <= row <= 0xD7 else 0.4 if row >= 0xA1 else 0.1


def _traditional(character: str) -> float:
    return 0.9 if 0xA4 <= _row(character, "big5") <= 0xC6 else 0.2


_EAST_ASIAN: dict[str, Callable[[str], float]] = {
    "cp949": _korean,
    "cp932": _japanese,
    "euc_jp": _japanese,
    "gb18030": _simplified,
    "big5hkscs": _traditional,
}
_OF_LANGUAGES = {"ko": ["cp949"], "ja": ["cp932", "euc_jp"], "zh": ["gb18030", "big5hkscs"]}
_OF_PLACES = (
    *((place, "cp949") for place in (b"Seoul", b"Korea", b"//KO")),
    *((place, encoding) for place in (b"Tokyo", b"Japan", b"//JA") for encoding in ("cp932", "euc_jp")),
    *((place, "gb18030") for place in (b"Shanghai", b"China Standard", b"Beijing", b"//ZH")),
    *((place, "big5hkscs") for place in (b"Taipei", b"Hong_Kong", b"Macau")),
)
