"""Finds the encoding of a text file (rule 4.13): by its marks, by charset-normalizer, and by who reads it.

A table of contacts is short, and three bytes of a name are a name in Korean, Chinese and Japanese alike. So
the library says which encodings give no chaos, and among these counts how usual the characters are, whether
words come out that are expected, and which languages the reader has.
"""

import codecs
from collections.abc import Callable, Collection, Sequence
from functools import cache
from itertools import pairwise
from typing import BinaryIO

import regex
from charset_normalizer import from_bytes
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

ENCODINGS: dict[str, str | Promise] = {
    "utf-8": gettext_lazy("Unicode (UTF-8)"),
    "utf-16-le": gettext_lazy("Unicode (UTF-16)"),
    "utf-16-be": gettext_lazy("Unicode (UTF-16, big-endian)"),
    "cp949": gettext_lazy("Korean (Windows-949, EUC-KR)"),
    "cp932": gettext_lazy("Japanese (Windows-31J, Shift JIS)"),
    "gb18030": gettext_lazy("Chinese, simplified (GB 18030, GBK)"),
    "cp950": gettext_lazy("Chinese, traditional (Big5)"),
    "euc_jp": gettext_lazy("Japanese (EUC-JP)"),
    "iso2022_jp_2": gettext_lazy("Japanese (ISO-2022-JP)"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
    "mac_roman": gettext_lazy("Western European (Mac)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "cp1250": gettext_lazy("Central European (Windows-1250)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1255": gettext_lazy("Hebrew (Windows-1255)"),
    "cp1256": gettext_lazy("Arabic (Windows-1256)"),
    "cp874": gettext_lazy("Thai (Windows-874)"),
    "cp1258": gettext_lazy("Vietnamese (Windows-1258)"),
}
"""Python's names, in the order of preference where nothing else decides, with ours."""

LANGUAGES = {
    "ko": {"cp949"},
    "ja": {"cp932", "euc_jp"},
    "zh": {"gb18030", "cp950"},
    "zh-tw": {"cp950"},
    "zh-hk": {"cp950"},
    "zh-hant": {"cp950"},
    "zh-cn": {"gb18030"},
    "zh-hans": {"gb18030"},
    **{code: {"cp1250"} for code in ("cs", "hr", "hu", "pl", "ro", "sk", "sl")},
    **{code: {"cp1251"} for code in ("be", "bg", "ru", "sr", "uk")},
    "tr": {"cp1254"},
    "el": {"cp1253"},
    "he": {"cp1255"},
    "ar": {"cp1256"},
    "fa": {"cp1256"},
    "th": {"cp874"},
    "vi": {"cp1258"},
}

SAMPLE_BYTES = 32 * 1024
CHUNK_BYTES = 1024 * 1024
WORDS_READ = 4_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESSED = [name for name in ENCODINGS if not name.startswith(("utf", "iso2022"))]
_NO_TEXT = "\ufffd"

_WESTERN = set("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœðþÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒÐÞ")
# Where other alphabets have letters that are frequent there.
_RARE = set("ýÝÿ")
_LETTERS = {
    "cp1250": set("ąćęłńóśźżáčďéěíňřšťúůýžőűăâîşţäöüôľĺŕđß") | set("ĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽŐŰĂÂÎŞŢÄÖÜÔĽĹŔĐ"),
    "cp1254": set("çğıöşüâîûÇĞİÖŞÜ"),
    "cp1258": _WESTERN | set("ăâđêôơưĂÂĐÊÔƠƯ\u0300\u0301\u0303\u0309\u0323"),
}
_PUNCTUATION = set("–—‘’“”„…·•、。「」『』・（）　，：；／～ー")
_SCRIPTS = {
    "cp1251": regex.compile(r"\p{Cyrillic}"),
    "cp1253": regex.compile(r"\p{Greek}"),
    "cp1255": regex.compile(r"\p{Hebrew}"),
    "cp1256": regex.compile(r"\p{Arabic}"),
    "cp874": regex.compile(r"\p{Thai}"),
}
_WORD = regex.compile(r"""[^\s,;|"'@.()<>:/_-]+""")
_LETTER = regex.compile(r"[\p{L}\p{M}]")
_NOT_ASCII = regex.compile(r"[^\x00-\x7f]")
_CELL_ENDS = regex.compile(r"[,;\t|\"\r\n]+")


def label_of(encoding: str) -> str:
    """The encoding as people know it."""
    return str(ENCODINGS.get(encoding, encoding))


def decode(data: bytes, encoding: str) -> str:
    """The text; what is none in this encoding becomes U+FFFD."""
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def detect(data: bytes, *, words: Collection[str] = (), languages: Sequence[str] = ()) -> str:
    """The most likely encoding. `words` are expected, `languages` the reader's, best first."""
    if marked := _marked(data):
        return marked
    return _by_sample(_sample(data), _is(data, "utf-8"), words, languages)


def detect_file(file: BinaryIO, *, words: Collection[str] = (), languages: Sequence[str] = ()) -> str:
    """Like detect, of a file of any size in constant memory, from where it stands to its end.

    All of it counts: a list may have its first name in another script on line 100,000.
    """
    if marked := _marked(head := file.read(SAMPLE_BYTES)):
        return marked
    kept: list[bytes] = []
    size, is_utf8, rest = 0, True, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunk = head
    while chunk:
        if is_utf8:
            is_utf8 = _goes_on_as_utf8(decoder, chunk)
        if size <= SAMPLE_BYTES and (rest or not chunk.isascii() or b"\x1b" in chunk):
            found = rest + chunk
            end = max(found.rfind(b"\n"), found.rfind(b"\r")) + 1
            rest = found[end:][-SAMPLE_BYTES:]
            kept.append(_sample(found[:end]))
            size += len(kept[-1])
        chunk = file.read(CHUNK_BYTES)
    kept.append(_sample(rest))
    is_utf8 = is_utf8 and _goes_on_as_utf8(decoder, b"", is_end=True)
    return _by_sample(b"\n".join(filter(None, kept)), is_utf8, words, languages)


def _marked(data: bytes) -> str:
    """The encoding that a mark or zeros at the beginning tell."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    return _without_mark(data)


def _goes_on_as_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, *, is_end: bool = False) -> bool:
    try:
        decoder.decode(chunk, is_end)
    except UnicodeDecodeError:
        return False
    return True


def _by_sample(sample: bytes, is_utf8: bool, words: Collection[str], languages: Sequence[str]) -> str:
    """The encoding of these lines, which are all that is not ASCII."""
    if b"\x1b$" in sample:
        return "iso2022_jp_2"
    if not sample or is_utf8:
        return "utf-8"
    chaos = _chaos(sample)
    hinted = _hinted(languages)
    ranks = {
        encoding: _rank(sample, encoding, words) - chaos.get(encoding, 0.3) + hinted.get(encoding, 0)
        for encoding in ["utf-8", *_GUESSED]
    }
    return max(ranks, key=lambda encoding: ranks[encoding])


def _without_mark(data: bytes) -> str:
    """UTF-16 without its mark: of Latin letters and separators, every other byte is zero."""
    first, second = data[0:4000:2].count(0), data[1:4000:2].count(0)
    pairs = max(1, len(data[:4000]) // 2)
    if second * 10 > pairs and first * 20 < second:
        return "utf-16-le"
    if first * 10 > pairs and second * 20 < first:
        return "utf-16-be"
    return ""


def _is(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _sample(data: bytes) -> bytes:
    """The lines that are not ASCII, as far as they matter. No byte of a character is a line break."""
    kept, size = [], 0
    for line in data.replace(b"\r", b"\n").split(b"\n"):
        if not line.isascii() or b"\x1b" in line:
            kept.append(line[:SAMPLE_BYTES])
            size += len(kept[-1])
            if size > SAMPLE_BYTES:
                break
    return b"\n".join(kept)


def _chaos(sample: bytes) -> dict[str, float]:
    """What the library finds of mess, by encoding; those that it rules out are missing."""
    found: dict[str, float] = {}
    for match in from_bytes(sample[:SAMPLE_BYTES], cp_isolation=_GUESSED, threshold=0.3):
        for encoding in match.could_be_from_charset:
            found[{"big5": "cp950"}.get(encoding, encoding)] = match.chaos
    return found


def _hinted(languages: Sequence[str]) -> dict[str, float]:
    hinted: dict[str, float] = {}
    codes = (language.lower() for language in languages)
    found = [LANGUAGES.get(code) or LANGUAGES.get(code.partition("-")[0]) for code in codes]
    for place, encodings in enumerate(filter(None, found)):
        for encoding in encodings:
            hinted.setdefault(encoding, 0.25 / (1 + place))
    return hinted


def _rank(sample: bytes, encoding: str, words: Collection[str]) -> float:
    """How usual the characters are, from 0 to 1; more where expected words come out."""
    text = decode(sample, encoding)
    usual = _usual(encoding)
    total = score = 0.0
    for word in _WORD.findall(text)[:WORDS_READ]:
        others = _NOT_ASCII.findall(word)
        if others:
            total += len(others)
            score += _of_word(word, others, usual, is_latin=encoding in _LATIN)
    cells = {cell.strip().casefold() for cell in _CELL_ENDS.split(text[:20_000])}
    known = sum(not cell.isascii() for cell in cells & set(words)) if words else 0
    preference = -0.01 * list(ENCODINGS).index(encoding)
    return (score / total if total else 0.0) + min(known, 3) * 0.5 + preference


def _of_word(word: str, others: list[str], usual: Callable[[str], float], *, is_latin: bool) -> float:
    """What the other than ASCII characters of a word are worth."""
    values = [usual(character) for character in others]
    # In the middle of a word no letter is a capital.
    for before, after in pairwise(word):
        if before.islower() and after.isupper() and not after.isascii():
            return 0
    if is_latin:
        return sum(values) * (0.3 if len(word) > 2 and len(others) > 0.6 * len(word) else 1)
    # Where scripts change inside a word, it is none.
    has_latin = any(character.isascii() and character.isalpha() for character in word)
    has_sign = any(_of_others(character) < 0.4 for character in others)
    return sum(values) * (0.2 if has_latin else 1) * (0.5 if has_sign else 1)


_LATIN = {"cp1252", "mac_roman", "cp1250", "cp1254", "cp1258"}


def _usual(encoding: str) -> Callable[[str], float]:
    if encoding in _EAST_ASIAN:
        return cache(_EAST_ASIAN[encoding])
    if encoding in _SCRIPTS:
        script = _SCRIPTS[encoding]
        return lambda c: 0.95 if script.match(c) else _of_others(c)
    if encoding == "utf-8":
        return lambda c: -2 if c == _NO_TEXT else 1
    letters = _LETTERS.get(encoding, _WESTERN)
    rare = set() if encoding in _LETTERS else _RARE
    return lambda c: 0.8 if c in rare else 1 if c in letters else _of_others(c)


def _of_others(character: str) -> float:
    if character == _NO_TEXT or "\x80" <= character <= "\x9f" or "\ue000" <= character <= "\uf8ff":
        return -2
    if character in _PUNCTUATION:
        return 0.5
    return 0.4 if _LETTER.match(character) else 0.1


def _in_row(character: str, charset: str, first: int, last: int) -> bool:
    """Whether the character is between these rows of a national standard, which has the usual ones first."""
    try:
        code = character.encode(charset)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and first <= code[0] <= last


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30fe"


# Syllables that names of people and companies are mostly made of.
_SYLLABLES = set(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노로하곽성차주우구나민진지엄채원천방공"
    "현함변염여추도석선설마길연위표명기반왕금옥육인맹제모탁국어은편용예경봉사부가복태목형피두감음빈동온호"
    "범좌팽승간상시갈단견당라준수훈혜철미영희숙춘자순말재율아린보람슬별솔샘누리애름찬욱식환균규섭웅일택열"
    "근혁필종광덕화례월향란점분만창병학삼룡산달돈득락래량령록론료루륜률르른립막맥면무묵밀발번법벽본북비빙"
    "살새색생회교대초중등센터팀과책개업획관총케팅디술품질매물객담스역군읍메휴폰팩소속직급닉네그룹홈페타트"
    "테크프웨션템워코글벌파드켓카데엔니링컨건축약의바융험증행뱅"
)


def _korean(character: str) -> float:
    if _in_row(character, "euc_kr", 0xB0, 0xC8):
        return 1 if character in _SYLLABLES else 0.75
    if "\uac00" <= character <= "\ud7a3":
        return 0.1
    if _in_row(character, "euc_kr", 0xCA, 0xFD):
        return 0.4
    return 0.1 if _is_kana(character) else min(0.5, _of_others(character))


def _japanese(character: str) -> float:
    if "\uff61" <= character <= "\uff9f":
        return 0
    if _is_kana(character):
        return 1
    if _in_row(character, "euc_jp", 0xB0, 0xCF):
        return 0.9
    if "\u4e00" <= character <= "\ufaff":
        return 0.6
    return 0.5 if character in _PUNCTUATION else min(0.4, _of_others(character))


def _simplified(character: str) -> float:
    if _in_row(character, "gb2312", 0xB0, 0xD7):
        return 0.9
    if _in_row(character, "gb2312", 0xD8, 0xF7):
        return 0.4
    return 0.1 if _is_kana(character) else min(0.1, _of_others(character))


def _traditional(character: str) -> float:
    if _in_row(character, "big5", 0xA4, 0xC6):
        return 0.9
    if _in_row(character, "big5", 0xC9, 0xF9):
        return 0.2
    return 0.1 if _is_kana(character) else min(0.1, _of_others(character))


_EAST_ASIAN: dict[str, Callable[[str], float]] = {
    "cp949": _korean,
    "cp932": _japanese,
    "euc_jp": _japanese,
    "gb18030": _simplified,
    "cp950": _traditional,
}
