"""Names as people look for them: what is stored of a name to be searched, and what was typed (rule 12.2).

Accents, width, case and punctuation do not count. Hangul is written letter by letter, as it is typed: "기"
and "김ㅈ" find 김지우 while it is being written. Of Hangul the initial consonants are kept too, in letters of
their own, so that ㄱㅈㅇ finds nothing else.

What is stored has a line for each form, and a space before each word: so a text is found at the start of a
form, at the start of a word, or within.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import icu
import regex

from .text import clean_line, fold

MOST_WORDS = 8
LONGEST_TYPED = 200
# Of names far beyond what people read, the beginning is found.
LONGEST_FORM = 400

# Marks of Latin, Greek, Cyrillic, Hebrew and Arabic go; those of kana and of Indic scripts are letters.
_PLAIN = icu.Transliterator.createFromRules(
    "groupadmin-search",
    """
    :: NFKD;
    :: [[:Mn:] & [[:sc=Zinh:][:Hebrew:][:Arabic:]] - [\\u3099\\u309A]] Remove;
    :: [:Latin:] Latin-ASCII;
    :: Katakana-Hiragana;
    :: Lower;
    ى > ي; ة > ه; ک > ك; ی > ي;
    :: NFKC;
    """,
    icu.UTransDirection.FORWARD,
)
# As they are written where a keyboard lacks them.
_GERMAN = str.maketrans(dict(zip("äöüåøÄÖÜÅØ", ("ae", "oe", "ue", "aa", "oe") * 2, strict=True)))
_DROPPED = regex.compile(r"['’‘ʼʹʻ`´＇]")
# "#", "&", "@" and the like are part of what people call a thing.
_BETWEEN = regex.compile(r"[[\p{P}\s]--[#&@%*†‡§¶]]+", regex.VERSION1)
_WIDE = regex.compile(r"[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}]")
_SYLLABLE = regex.compile("[가-힣]")
_JAMO = regex.compile("[가-힣ᄀ-하-ᅵᆨ-ᇂ]")

_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_LAST = [
    "",
    *"ㄱㄲ",
    "ㄱㅅ",
    "ㄴ",
    "ㄴㅈ",
    "ㄴㅎ",
    *"ㄷㄹ",
    "ㄹㄱ",
    "ㄹㅁ",
    "ㄹㅂ",
    "ㄹㅅ",
    "ㄹㅌ",
    "ㄹㅍ",
    "ㄹㅎ",
]
_LAST += [*"ㅁㅂ", "ㅂㅅ", *"ㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]
# Initial consonants in the letters that Unicode has for initials, which no letter of _letters() is.
_INITIALS = {letter: chr(0x1100 + place) for place, letter in enumerate(_FIRST)}


def search_text(*names: str) -> str:
    """What is stored of names to be searched; empty for names of ignored characters only."""
    forms = dict.fromkeys(form for name in names for form in _forms(name) if form)
    return "".join(f"\n {form}" for form in forms) + "\n" if forms else ""


def typed_words(typed: str) -> list[str]:
    """The words that were typed, in the letters of search_text(). A word has spaces where it has hyphens."""
    return list(dict.fromkeys(_in_letters(typed)))[:MOST_WORDS]


def typed_phrase(typed: str) -> str:
    """All that was typed, as it stands, to tell what begins with it from what merely contains its words."""
    return " ".join(_in_letters(typed))


def typed_address(typed: str) -> str:
    """What was typed as part of an email address, which has no spaces; empty if it cannot be one."""
    text = fold(_read(typed))
    return "" if " " in text else text if text.isascii() else str(_PLAIN.transliterate(text))


@lru_cache(10_000)
def _forms(name: str) -> tuple[str, ...]:
    name = unicodedata.normalize("NFC", clean_line(name[:LONGEST_FORM]))
    plain = _plain(name)
    words = plain.split()
    forms = [plain]
    if not plain.isalnum():
        # Such as "jeanluc": whoever types it so means Jean-Luc.
        forms.append(" ".join(_BETWEEN.sub("", word) for word in _without_marks(name).split()).strip())
    if (german := name.translate(_GERMAN)) != name:
        forms.append(_plain(german))
    if len(words) > 1 and _WIDE.search(plain):
        forms += _together(words)
    letters = [_letters(form) for form in forms]
    return tuple(dict.fromkeys([*letters, *(_initials(form) for form in forms)]))


def _together(words: list[str]) -> Iterator[str]:
    """As one word, as East Asian names are written, and with the last word first, as the family name is."""
    yield "".join(words)
    yield "".join([words[-1], *words[:-1]])


def _read(typed: str) -> str:
    """What was typed, as names are stored (rule 2.4): no database takes all that a request can bring."""
    return clean_line(typed[:LONGEST_TYPED])


def _in_letters(typed: str) -> list[str]:
    """Punctuation between words is none of them, unless nothing else was typed."""
    typed = _read(typed)
    words = [word for one in typed.split() if (word := _bare(one))] or fold(typed).split()
    return [_typed(word) for word in words]


def _typed(word: str) -> str:
    letters = _letters(word)
    if all(letter in _INITIALS for letter in letters):
        return "".join(_INITIALS[letter] for letter in letters)
    return letters


def _plain(text: str) -> str:
    """Folded words with a space between them. A text of punctuation only stays as it is."""
    return _bare(text) or fold(text)


def _bare(text: str) -> str:
    return " ".join(str(_BETWEEN.sub(" ", _without_marks(text))).split())


def _without_marks(text: str) -> str:
    folded = str(_DROPPED.sub("", fold(text)))
    return folded if folded.isascii() else fold(str(_PLAIN.transliterate(folded)))


def _letters(text: str) -> str:
    """Hangul letter by letter, as it is typed."""
    return str(_JAMO.sub(lambda found: _letters_of(found[0]), text))


def _letters_of(character: str) -> str:
    if (code := ord(character)) >= 0xAC00:
        first, rest = divmod(code - 0xAC00, 21 * 28)
        return f"{_FIRST[first]}{_VOWELS[rest // 28]}{_LAST[rest % 28]}"
    if code < 0x1161:
        return _FIRST[code - 0x1100]
    return _VOWELS[code - 0x1161] if code < 0x11A8 else _LAST[code - 0x11A7]


def _initials(text: str) -> str:
    """The initial consonants of its words in Hangul."""
    found = ("".join(_initial(one) for one in _SYLLABLE.findall(word)) for word in text.split())
    return " ".join(initials for initials in found if initials)


def _initial(syllable: str) -> str:
    return chr(0x1100 + (ord(syllable) - 0xAC00) // (21 * 28))
