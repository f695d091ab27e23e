"""The text of a calendar file, whatever its encoding (rule 3.5).

RFC 5545 says UTF-8. Old Outlook, Korean, Japanese and Chinese programs write what Windows uses in their
country, and some write UTF-16. Which of these it is shows in the bytes: few kinds of text are valid in each.
"""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.errors import Invalid

BYTES_AT_MOST = 1024 * 1024
# Some programs fold lines in the middle of a character.
_FOLD = re.compile(rb"\r*\n[ \t]|\r[ \t]")
_CHARSET = re.compile(rb"[;:]CHARSET=\"?([A-Za-z0-9_.:-]{2,40})\"?[;:]", re.IGNORECASE)
# The first bytes of the characters in everyday use.
_USUAL = {
    encoding: {bytes([row]) for row in range(first, last)}
    for encoding, first, last in (("gb18030", 0xB0, 0xD8), ("big5hkscs", 0xA4, 0xC7), ("cp932", 0x88, 0x98))
}
_HANGUL_ROWS = {bytes([row]) for row in range(0xB0, 0xC9)}
_HIGH = re.compile(rb"[\x80-\xff]+")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3040-\u30ff]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
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

    Letters with accents stand alone among ASCII letters. Korean text is also valid as Chinese, but not the
    other way round: a Chinese text soon uses characters beyond those of Hangul.
    """
    runs = [len(run) for run in _HIGH.findall(raw)]
    if sum(length == 1 for length in runs) * 2 > len(runs):
        japanese = _text(raw, "cp932")
        return "cp932" if japanese and _share(_KANA, japanese) > 0.3 else _possible(raw, "cp1252")
    korean = _text(raw, "cp949")
    if korean and _share(_HANGUL, korean) > 0.5 and _usual_share(korean, "euc_kr", _HANGUL_ROWS) > 0.5:
        return "cp949"
    for encoding in ("cp932", "euc_jp"):
        japanese = _text(raw, encoding)
        if japanese and _share(_KANA, japanese) > 0.2 and _share(_HALF_WIDTH, japanese) < 0.2:
            return encoding
    for encoding, usual in _USUAL.items():
        chinese = _text(raw, encoding)
        if chinese and not _STRANGE.search(chinese) and _usual_share(chinese, encoding, usual) > 0.5:
            return encoding
    return next((one for one in ("cp1252", "cp949", "cp932", "gb18030") if _possible(raw, one)), "")


def _usual_share(text: str, encoding: str, usual: set[bytes]) -> float:
    """The share of Chinese characters that are in everyday use, which each encoding has in front."""
    return sum(one.encode(encoding, "ignore")[:1] in usual for one in text) / len(text)


def _text(raw: bytes, encoding: str) -> str:
    """The text beyond ASCII in that encoding; empty if it is not valid there."""
    try:
        return re.sub(r"[\x00-\x7f]+", "", raw.decode(encoding))
    except UnicodeDecodeError:
        return ""


def _possible(raw: bytes, encoding: str) -> str:
    text = _text(raw, encoding)
    return encoding if text and not _STRANGE.search(text) else ""


def _share(letters: re.Pattern[str], text: str) -> float:
    return len(letters.findall(text)) / len(text)
