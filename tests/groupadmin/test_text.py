"""Names as people write them (rule 2.4): any characters, counted as a person does, harmless to neighbours."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from groupadmin.base.errors import Invalid
from groupadmin.base.text import (
    balanced,
    check_length,
    clean_line,
    clean_text,
    fold,
    has_visible,
    initial,
    isolated,
    length,
    too_long,
)

ANY = st.text(st.characters())
"""Every code point there is, lone surrogates too."""

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""What can be in a name once it is clean."""

DIRECTIONS = st.text(st.sampled_from("ab\u05d0\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069 "))

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u3164\u115f\ufe0f\u202e\u2066\U000e0041"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Team  ", "Team"),
        ("a\nb\r\nc", "a b  c"),
        ("a\x00b\x07c\x85d\u2028e\u2029f", "a b c d e f"),
        ("a\ud800b", "a b"),
        ("\u3000전사 공지\u00a0", "전사 공지"),
        ("<script>alert('1')</script>", "<script>alert('1')</script>"),
        ("{{ 7|add:7 }}'; DROP TABLE--", "{{ 7|add:7 }}'; DROP TABLE--"),
        ("\u202eevil", "\u202eevil"),
    ],
)
def test_a_line_keeps_everything_but_breaks_and_control_characters(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


@given(ANY)
def test_a_clean_line_is_one_line_and_storable(raw: str) -> None:
    clean = clean_line(raw)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in clean)
    assert clean == clean.strip() == clean_line(clean)
    clean.encode()


@given(ANY)
def test_clean_text_keeps_line_feeds_only(raw: str) -> None:
    clean = clean_text(raw)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in clean if c != "\n")
    assert clean == clean_text(clean)
    clean.encode()


def test_clean_text_keeps_paragraphs() -> None:
    assert clean_text(" a\r\n\r\nb\rc\x00d ") == "a\n\nb\nc d"


@pytest.mark.parametrize(
    "character",
    [
        "a",
        "é",
        "e\u0301",
        "한",
        "\u1112\u1161\u11ab",
        "👍🏽",
        "👨‍👩‍👧‍👦",
        "🇰🇷",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "Z" + "\u0351\u036b\u0343\u036a\u0302" * 3,
        "नि",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("times", [1, 100, 101])
def test_length_counts_what_a_person_calls_a_character(character: str, times: int) -> None:
    assert length(character * times) == times


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u3000",
        "\u2800",
        "\u3164",
        "\u115f\u1160\uffa0",
        "\u200b\u200d",
        "\u202e\u2066\u2069",
        "\u00ad",
        "\ufeff",
        "\x00\n",
        "\U000e0041",
        "\U0001d159",
        "\ufe0f",
    ],
    ids=ascii,
)
def test_what_leaves_no_mark_is_not_visible(text: str) -> None:
    assert not has_visible(text)


@pytest.mark.parametrize("text", ["a", "\u200b.", "가", "🙂", "\u0301", "☃", "٣", "\ue000"], ids=ascii)
def test_what_leaves_a_mark_is_visible(text: str) -> None:
    assert has_visible(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Team", "tEAM"),
        ("Straße", "STRASSE"),
        ("Straße", "STRAẞE"),
        ("ſystem", "System"),
        ("İzmir", "i\u0307zmir"),
        ("ΟΔΟΣ", "οδος"),
        ("ᾳ", "ΑΙ"),
        ("Ꭰ", "ꭰ"),
        ("Ა", "ა"),
        ("Ǆ", "ǆ"),
        ("é", "e\u0301"),
        ("가", "\u1100\u1161"),
        ("ﾃｽﾄ", "テスト"),
        ("Ｔｅａｍ", "team"),
        ("ﬁn", "FIN"),
        ("①", "1"),
        # Capitals that are there only once a compatible form is written out.
        ("℡", "tel"),
        ("㎒", "MHz"),
        ("ᴬ", "a"),
        ("🄰", "A"),
        ("Ω", "ω"),
        ("K", "k"),
        ("a  b", "A\u00a0b"),
        ("a\u200bb", "ab"),
        ("\u1100\u200b\u1161", "가"),
        ("e\u034f\u0301", "é"),
        ("a\u0323\u0307", "a\u0307\u0323"),
        ("ŉ", "ʼN"),
        ("\u202eteam", "team"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_names_that_a_person_takes_for_one_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("team", "teams"), ("e", "é"), ("ひ", "び"), ("1", "l"), ("a b", "ab"), ("가", "각")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(WORDS)
@example("ᾳ̈")
@example("\u0345\u0301")
@example("ǰ̣")
@example("\u1e9e\u0307")
@example("\u3164\u0345")
def test_folding_forgets_case_composition_and_width(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == folded, form
    assert fold(unicodedata.normalize("NFD", text).casefold()) == folded


def test_every_letter_folds_like_its_other_case() -> None:
    """Unicode's own exception is ı, whose upper case is I while it folds to itself."""
    exceptions = {"ı"}
    for code in range(0x110000):
        letter = chr(code)
        if letter.isalpha() and letter not in exceptions:
            assert fold(letter.upper()) == fold(letter) == fold(letter.lower()), ascii(letter)


@given(WORDS, st.sampled_from(ZERO_WIDTH), st.integers(0, 12))
def test_folding_forgets_what_is_invisible(text: str, invisible: str, at: int) -> None:
    assert fold(text[:at] + invisible + text[at:]) == fold(text)


def _depth_at_end(text: str) -> int:
    """How deep the directions are nested at the end; -1 if something closes what the text did not open."""
    pending: list[str] = []
    for character in text:
        if character in "\u202a\u202b\u202d\u202e":
            pending.append("\u202c")
        elif character in "\u2066\u2067\u2068":
            pending.append("\u2069")
        elif character in "\u202c\u2069" and (not pending or pending.pop() != character):
            return -1
    return len(pending)


@given(DIRECTIONS | WORDS)
def test_directions_end_with_their_name(text: str) -> None:
    shown = balanced(text)
    assert _depth_at_end(shown) == 0
    assert balanced(shown) == shown
    marks = dict.fromkeys(map(ord, "\u202c\u2069"))
    assert shown.translate(marks) == text.translate(marks), "nothing else is lost"


@given(WORDS)
def test_a_name_with_its_directions_in_order_is_shown_as_entered(text: str) -> None:
    if _depth_at_end(text) == 0:
        assert balanced(text) == text


def test_a_name_cannot_turn_its_neighbours_round() -> None:
    assert balanced("\u202eevil") == "\u202eevil\u202c"
    assert balanced("a\u2069\u2069b") == "ab"
    assert isolated("x\u2069\u202ey") == "\u2068x\u202ey\u202c\u2069"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("design", "D"),
        ("\u200b é", "É"),
        ("👨‍👩‍👧 Family", "👨‍👩‍👧"),
        ("한빛", "한"),
        ("\u202eabc", "A"),
        ("", "?"),
        ("\u200b", "?"),
    ],
)
def test_initial_is_the_first_visible_character(name: str, shown: str) -> None:
    assert initial(name) == shown


@given(WORDS)
def test_initial_survives_everything(name: str) -> None:
    assert initial(name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ""),
        ("x" * 1_000, ""),
        ("e\u0301" * 1_000, ""),
        ("x" * 1_001, "Use at most 1,000 characters (now 1,001)."),
        ("e" + "\u0301" * 2_000, "These characters are too complex. Use at most 2,000 Unicode code points."),
        ("x" * 4_001, "Use at most 1,000 characters."),
    ],
)
def test_what_is_too_long(text: str, problem: str) -> None:
    """By characters as a person counts them and by what these are made of; far too much is not counted."""
    said = too_long(text, 1_000, 2_000)
    assert said.endswith(problem)
    assert bool(said) == bool(problem)
    if problem:
        with pytest.raises(Invalid) as invalid:
            check_length("title", text, 1_000, 2_000)
        assert (invalid.value.field, invalid.value.message) == ("title", said)
