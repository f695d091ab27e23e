"""What groupadmin/docs/security.md says: each requirement once, and the tests that it names are there."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "groupadmin" / "docs" / "security.md"

# The requirements of ASVS 5.0.0 of levels 1 and 2: sections, and the numbers in them.
REQUIREMENTS = """
1.1: 1-2; 1.2: 1-9; 1.3: 1-11; 1.4: 1-3; 1.5: 1-2; 2.1: 1-3; 2.2: 1-3; 2.3: 1-4; 2.4: 1; 3.2: 1-2; 3.3:
1-4; 3.4: 1-6; 3.5: 1-5; 3.7: 1-2; 4.1: 1-3; 4.2: 1; 4.3: 1-2; 4.4: 1-4; 5.1: 1; 5.2: 1-3; 5.3: 1-2; 5.4:
1-3; 6.1: 1-3; 6.2: 1-12; 6.3: 1-4; 6.4: 1-4; 6.5: 1-5; 6.6: 1-3; 6.8: 1-4; 7.1: 1-3; 7.2: 1-4; 7.3: 1-2;
7.4: 1-5; 7.5: 1-2; 7.6: 1-2; 8.1: 1-2; 8.2: 1-3; 8.3: 1; 8.4: 1; 9.1: 1-3; 9.2: 1-4; 10.1: 1-2; 10.2:
1-2; 10.3: 1-4; 10.4: 1-11; 10.5: 1-5; 10.6: 1-2; 10.7: 1-3; 11.1: 1-2; 11.2: 1-3; 11.3: 1-3; 11.4: 1-4;
11.5: 1; 11.6: 1; 12.1: 1-3; 12.2: 1-2; 12.3: 1-4; 13.1: 1; 13.2: 1-5; 13.3: 1-2; 13.4: 1-5; 14.1: 1-2;
14.2: 1-4; 14.3: 1-3; 15.1: 1-3; 15.2: 1-3; 15.3: 1-7; 16.1: 1; 16.2: 1-5; 16.3: 1-4; 16.4: 1-3; 16.5:
1-3; 17.1: 1; 17.2: 1-4; 17.3: 1-2
"""
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# What else may show that something is met: our own documents, and files that are read as they stand.
FILE = re.compile(r"\]\([a-z.]*#?[\w-]*\)|`(?:groupadmin/deploy/[\w.-]+|\.ci/run)`")
STATES = {"met", "not met", "not applicable"}


@cache
def rows() -> list[tuple[str, ...]]:
    """Each requirement: its number, what it asks for, its state, and how it is met or why not."""
    return [found.groups() for found in ROW.finditer(BOOK.read_text(encoding="utf-8"))]


def requirements() -> list[str]:
    numbers = []
    for section in " ".join(REQUIREMENTS.split()).split("; "):
        name, _colon, ranges = section.partition(": ")
        for one in ranges.split(", "):
            first, _dash, last = one.partition("-")
            numbers += [f"{name}.{number}" for number in range(int(first), int(last or first) + 1)]
    return numbers


@cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))


def test_each_requirement_is_there_once_and_in_order() -> None:
    assert len(requirements()) == 253
    assert [number for number, *_rest in rows()] == requirements()


def test_each_has_a_state_and_a_reason() -> None:
    wrong = [number for number, _what, state, how in rows() if state not in STATES or not how]
    assert not wrong


def test_what_is_met_is_shown_by_a_test_or_stands_in_a_document() -> None:
    unproven = [
        number
        for number, _what, state, how in rows()
        if state == "met" and not TEST.search(how) and not FILE.search(how)
    ]
    assert not unproven


def test_the_tests_that_it_names_are_there() -> None:
    named = TEST.findall(BOOK.read_text(encoding="utf-8"))
    assert len(named) > 100
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or name not in functions_of(ROOT / path)
    ]
    assert not missing


@pytest.mark.parametrize("state", sorted(STATES))
def test_it_counts_right(state: str) -> None:
    words = {"met": "are met", "not met": "are not,", "not applicable": "do not apply"}
    counted = re.search(rf"(\d+) {words[state]}", BOOK.read_text(encoding="utf-8"))
    assert counted
    assert int(counted[1]) == sum(one == state for _number, _what, one, _how in rows())
