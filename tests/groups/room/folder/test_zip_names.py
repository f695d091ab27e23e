"""What names become in zip files, so that Windows unpacks them (rule 3.9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.room.folder.zip_names import FOLDERS_UNITS, PATH_UNITS, Paths, folder_units, units, windows_name


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("plan.txt", "plan.txt"),
        (".env", ".env"),
        ('a<b>:"c/d\\e|f?g*h', "a_b___c_d_e_f_g_h"),
        ("tab\there", "tab_here"),
        ("end. .", "end___"),
        ("..", "__"),
        ("con", "con_"),
        ("NUL.tar.gz", "NUL_.tar.gz"),
        ("Com¹ .txt", "Com¹_ .txt"),
        ("lpt0", "lpt0_"),
        ("console.txt", "console.txt"),
        ("CONIN$", "CONIN$_"),
    ],
)
def test_what_windows_refuses(name: str, windows: str) -> None:
    assert windows_name(name) == windows


def test_twins_get_a_number_and_are_told() -> None:
    paths = Paths()
    assert [paths.file("a/", name) for name in ("x.txt", "X.txt", "ｘ.txt", "x.txt")] == [
        *("a/x.txt", "a/X (2).txt", "a/ｘ.txt", "a/x (3).txt")
    ]
    assert paths.folder("a/", "X.TXT", 255) == "a/X.TXT (2)/"
    assert paths.file("b/", "x.txt") == "b/x.txt"
    assert paths.changed == {"a/X (2).txt": "X.txt", "a/X.TXT (2)": "X.TXT"}, "the same name says it itself"


def test_long_paths_are_shortened_and_files_keep_their_endings() -> None:
    paths = Paths()
    deep = ["가" * 90] * 20
    most = folder_units([deep])
    place = ""
    for name in deep:
        place = paths.folder(place, name, most)
    assert units(place) <= FOLDERS_UNITS
    path = paths.file(place, "😀" * 200 + ".tar.gz")
    assert path.endswith("😀.tar.gz")
    assert units(path) <= PATH_UNITS
    assert len(paths.changed) == 21
    assert folder_units([["가" * 90]]) == 255, "what fits stays"


def test_names_are_no_longer_than_linux_takes() -> None:
    """Which counts bytes: a syllable has three."""
    paths = Paths()
    given = [paths.file("", name) for name in ("가" * 170 + ".pdf", "가" * 160 + ".pdf", "나" * 78 + ".pdf")]
    assert all(path.endswith(".pdf") and len(path.encode()) <= 255 for path in given)
    assert [path in paths.changed for path in given] == [True, True, False]
    assert len(paths.folder("", "다" * 200, 255).rstrip("/").encode()) <= 255


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=12))
def test_any_names_make_paths_that_differ_for_windows(names: list[str]) -> None:
    paths = Paths()
    given = [paths.file("", name) for name in names]
    assert len({path.casefold() for path in given}) == len(names)
    for path in given:
        assert path
        assert not set(path) & set('<>:"/\\|?*\0\n')
        assert path[-1] not in ". "
