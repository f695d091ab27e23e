"""Names are found however they are typed (rule 12.2)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupadmin.base.search_text import (
    LONGEST_TYPED,
    MOST_WORDS,
    search_text,
    typed_address,
    typed_phrase,
    typed_words,
)


def finds(name: str, typed: str) -> bool:
    words, text = typed_words(typed), search_text(name)
    return bool(words) and all(word in text for word in words)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jörg Süßmann", "jorg"),
        ("Jörg Süßmann", "joerg suessmann"),
        ("Jörg Süßmann", "SÜSSMANN JÖRG"),
        ("Jörg Süßmann", "ＪＯＲＧ"),
        ("Łucja Wróbel", "lucja wrobel"),
        ("Søren Åkesson", "soren akesson"),
        ("Søren Åkesson", "soeren aakesson"),
        ("Đặng Thị Hòa", "dang thi hoa"),
        ("Þóra Æsisdóttir", "thora aesisdottir"),
        ("Işıl Çınar", "isil cinar"),
        ("Семён Ёлкин", "елкин семен"),
        ("Ελένη Παππά", "ελενη παππα"),
        ("مُصطفى", "مصطفي"),
        ("Siobhán O’Dwyer", "o'dwyer"),
        ("Siobhán O’Dwyer", "odwyer"),
        ("Marie-Laure Petit", "marie laure"),
        ("Marie-Laure Petit", "marielaure"),
        ("Marie Laure Petit", "marie-laure"),
        ("C++ & R&D", "r&d c++"),
        ("!?", "!?"),
        ("🦊 Fuchsbau", "🦊"),
        ("ﬁnance", "fin"),
        ("タナカ ハルカ", "たなか"),
        ("タナカ ハルカ", "ﾀﾅｶﾊﾙｶ"),
        ("田中 遥", "田中遥"),
        ("遥 田中", "田中遥"),
        ("한서윤", "서윤 한"),
        ("서윤 한", "한서윤"),
        ("한 서윤", "한서윤"),
        ("한서윤", "한 서윤"),
        ("한서윤", unicodedata.normalize("NFD", "한서")),
        ("한서윤", "ㅎㅅㅇ"),
        ("서윤 한", "ㅎㅅㅇ"),
        ("한서윤", "ㅅㅇ"),
        ("로봇 안전팀", "로봇안전"),
        ("닭고기", "ㄷㄱㄱ"),
    ],
)
def test_finds(name: str, typed: str) -> None:
    assert finds(name, typed)


@pytest.mark.parametrize("typed", ["ㅎ", "하", "한", "한ㅅ", "한서", "한성", "한서유", "한서윤"])
def test_hangul_is_found_while_it_is_written(typed: str) -> None:
    """Keyboards put the next syllable's first letter below the one before it: 성 on the way to 서윤."""
    assert finds("한서윤", typed)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jörg", "jorn"),
        ("はし", "ばし"),  # voiced kana are other letters
        ("악어", "ㄱㅇ"),  # a final consonant is no initial one
        ("한서윤", "ㅅㅎ"),
        ("हिंदी", "हद"),  # vowels of Indic scripts are no accents
        ("Anna", "anna bo"),
        ("Anna", "\u200b"),
        ("Anna", ""),
    ],
)
def test_finds_not(name: str, typed: str) -> None:
    assert not finds(name, typed)


@given(st.text(min_size=1, max_size=40))
def test_a_name_is_found_by_itself_and_by_its_words_turned_round(name: str) -> None:
    words = typed_words(name)
    assert all(word in search_text(name) for word in words)
    assert typed_words(name.upper()) == [] or words
    if search_text(name):
        assert all(line.startswith(" ") for line in search_text(name).strip("\n").split("\n"))


def test_addresses_have_no_spaces_and_no_accents() -> None:
    assert typed_address(" Jörg.S@X.example ") == "jorg.s@x.example"
    assert typed_address("jorg s") == ""


@pytest.mark.parametrize("typed", ["jorg\0s", "jorg\ud800s", "jorg\x1bs"])
def test_what_no_database_takes_is_not_looked_for(typed: str) -> None:
    """Names are stored without it too (rule 2.4)."""
    assert typed_words(typed) == ["jorg", "s"]
    assert typed_phrase(typed) == "jorg s"
    assert typed_address(typed) == ""
    assert finds("Jörg S.", typed)


def test_however_much_is_typed_little_is_looked_for() -> None:
    for typed in (
        " ".join(f"w{n}" for n in range(10_000)),
        "a" + "\u0301" * 10_000,
        "ﷺ" * 10_000,
        "%_\\-" * 10_000,
    ):
        assert len(typed_words(typed)) <= MOST_WORDS
        assert len(typed_phrase(typed)) < 20 * LONGEST_TYPED
        assert len(typed_address(typed)) < 20 * LONGEST_TYPED
