"""Names of files as people write them, and what is the same name (rule 3.9)."""

import unicodedata

import pytest

from groupadmin.base.errors import Invalid
from groupadmin.base.file_names import (
    LONGEST,
    as_written,
    check_name,
    disposition,
    numbered,
    same_name,
    split_ending,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Größe.txt", "GRÖSSE.txt"),
        ("plan.txt", "Plan.txt"),
        ("ﬁle.txt", "file.txt"),
        ("ＡＢ.txt", "AB.txt"),
        ("ｱ.txt", "ア.txt"),
        ("第Ⅳ章.txt", "第IV章.txt"),
        ("ı.txt", "i.txt"),
        ("½.txt", "1⁄2.txt"),
        ("㈱青空.txt", "(株)青空.txt"),
        ("m³.txt", "m3.txt"),
        ("a b.txt", "a  b.txt"),
        ("a\u200bb.txt", "ab.txt"),
        (".profile", "profile"),
        ("a<b.txt", "a>b.txt"),
        ("a" * 120 + "1.txt", "a" * 120 + "2.txt"),
    ],
)
def test_what_is_written_differently_is_another_name(one: str, other: str) -> None:
    assert same_name(one) != same_name(other)


@pytest.mark.parametrize("name", ["보고서.hwp", "Ångström.txt", "が.txt"])
def test_letters_in_parts_are_the_same_name_and_are_put_together(name: str) -> None:
    parts = unicodedata.normalize("NFD", name)
    assert parts != name
    assert same_name(parts) == same_name(name)
    assert as_written(parts) == name


@pytest.mark.parametrize("name", ["神\ufa19社.txt", "\uf900e\u0301.txt", "\u212b.txt"])
def test_no_letter_is_exchanged_for_another(name: str) -> None:
    """Composing alone would write old forms of Chinese characters in their new ones."""
    assert as_written(name).startswith(name[:2].rstrip("e"))
    assert "\u0301" not in as_written(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "at least one letter"),
        (" \u3164\u200b ", "at least one letter"),
        ("..", "at least one letter"),
        ("가" * (LONGEST + 1), "has 256 characters"),
        ("two\nlines.txt", "control character"),
        ("bell\x07", "control character"),
        ("nul\0.txt", "control character"),
        ("half\ud83d.txt", "control character"),
        ("invoice\u202efdp.exe", "turns its letters around"),
    ],
)
def test_what_no_file_can_be_called_is_refused_with_a_reason(name: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refused:
        check_name("files", name)
    assert refused.value.field == "files"
    assert not {"\n", "\x07", "\0", "\u202e"} & set(refused.value.message)


@pytest.mark.parametrize(
    "name", ["😀" * LONGEST, " . a", "a. ", "👨‍👩‍👧", "\u200eשלום\u200f.txt", 'a"b\\c/d:e?.txt', "NUL", "-rf"]
)
def test_all_else_is_a_name(name: str) -> None:
    check_name("files", name)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("Plan.pdf", ".pdf"),
        ("계획.HWPX", ".HWPX"),
        ("backup.tar.gz", ".tar.gz"),
        ("backup.7z", ".7z"),
        (".env.local", ".local"),
        *(
            (name, "")
            for name in ("v1.2", "report v2.1b", "2024.10.03 회의", ".env", "Mr. Kim", "안.최종", "a.")
        ),
    ],
)
def test_endings_are_real_ones(name: str, ending: str) -> None:
    assert split_ending(name) == (name.removesuffix(ending), ending)


def test_a_number_stands_before_the_ending_of_a_file_and_behind_all_else() -> None:
    """Restored, `v1.2` was once "v1 (2).2"."""
    assert numbered("Plan.pdf", 2, is_file=True) == "Plan (2).pdf"
    assert numbered("Plan.pdf", 2, is_file=False) == "Plan.pdf (2)"
    assert numbered("v1.2", 3, is_file=True) == "v1.2 (3)"
    assert numbered("가" * 251 + ".pdf", 10, is_file=True) == "가" * 246 + " (10).pdf"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Plan 1.pdf", 'attachment; filename="Plan 1.pdf"'),
        ("100%25.txt", "attachment; filename*=utf-8''100%2525.txt"),
        ('a"b/c\\d.txt', "attachment; filename*=utf-8''a%22b%2Fc%5Cd.txt"),
        ("계획", "attachment; filename*=utf-8''%EA%B3%84%ED%9A%8D"),
    ],
)
def test_the_header_of_a_download_names_it_whole(name: str, header: str) -> None:
    assert disposition(name) == header
