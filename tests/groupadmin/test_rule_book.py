"""The rule book (groupadmin/docs/rules.md) and the code know each other: homes, numbers, citations, links."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "groupadmin" / "docs"
BOOK = DOCS / "rules.md"
DOCUMENTS = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
CODE = [
    path
    for top in ("accounts", "groups", "groupadmin", "templates", "static", "tests")
    for path in sorted((ROOT / top).rglob("*"))
    if path.suffix in {".py", ".html", ".txt", ".js", ".css"} and path != Path(__file__)
]

SECTION = re.compile(r"^## (\d+) ", re.MULTILINE)
RULE = re.compile(r"^### (\d+)\.(\d+) ", re.MULTILINE)
HOMES = re.compile(r"^- Home: (.+(?:\n  .+)*)|^Home: (.+)", re.MULTILINE)
# "rule 2.15", "rules 2.7, 2.9", "rules 4.3 to 4.6", "rules 2, 3, 5", "rules 4.1, 4.4–4.8"
NUMBER = r"\d{1,2}(?:\.\d{1,2})?"
CITATION = re.compile(rf"\b[Rr]ules?\s+({NUMBER}(?:(?:,? and | to |, |–){NUMBER})*)")
RANGE = re.compile(r"(\d+)\.(\d+)(?: to |–)(\d+)\.(\d+)")


@cache
def chapters() -> dict[str, str]:
    """What the book says, by the number of a rule or a section."""
    text = BOOK.read_text(encoding="utf-8")
    heads = sorted([*SECTION.finditer(text), *RULE.finditer(text)], key=lambda head: head.start())
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return {".".join(head.groups()): text[head.end() : end] for head, end in zip(heads, ends, strict=True)}


def rules() -> list[str]:
    return [number for number in chapters() if "." in number]


def homes(number: str) -> list[str]:
    found = HOMES.search(chapters()[number])
    return re.findall(r"`([^`]+)`", found[0]) if found else []


def numbers(citation: str) -> Iterator[str]:
    """Each rule or section that a citation names, those between two ends included."""
    for first, low, last, high in RANGE.findall(citation):
        assert first == last, f"a range over two sections: {citation}"
        assert int(low) < int(high), f"a range that runs backwards: {citation}"
        yield from (f"{first}.{number}" for number in range(int(low), int(high) + 1))
    yield from re.findall(NUMBER, citation)


@cache
def cited(path: Path) -> frozenset[str]:
    """The rules and sections that a file cites."""
    text = path.read_text(encoding="utf-8")
    return frozenset(number for found in CITATION.finditer(text) for number in numbers(found[1]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(rule 2.15)", {"2.15"}),
        ("Rules 1.5, 7:", {"1.5", "7"}),
        ("rules 2.7, 2.9", {"2.7", "2.9"}),
        ("rules 4.3 to 4.6", {"4.3", "4.4", "4.5", "4.6"}),
        ("rules 4.1, 4.4–4.6", {"4.1", "4.4", "4.5", "4.6"}),
        ("rules 1.1 and 6.4", {"1.1", "6.4"}),
        ("by the rules, 30 days; ruler 2", set()),
    ],
)
def test_citations_are_read(tmp_path: Path, text: str, expected: set[str]) -> None:
    path = tmp_path / "code.py"
    path.write_text(text, encoding="utf-8")
    assert cited(path) == expected


def test_each_number_is_there_once_and_in_order() -> None:
    text = BOOK.read_text(encoding="utf-8")
    found = [(int(section), int(rule)) for section, rule in RULE.findall(text)]
    sections = [int(section) for section in SECTION.findall(text)]
    assert sections == list(range(1, len(sections) + 1))
    assert len(found) > 60
    for (section, rule), (next_section, next_rule) in pairwise(found):
        assert (next_section, next_rule) in {(section, rule + 1), *((later, 1) for later in sections)}
        assert next_section >= section
    assert {section for section, _rule in found} == set(sections) - {7}, "section 7 is a table"


@pytest.mark.parametrize("number", [*rules(), "7"])
def test_each_rule_has_a_home_that_cites_it(number: str) -> None:
    """Or is said to be missing."""
    named = homes(number)
    assert named or "Not built yet." in chapters()[number], f"rule {number} names no home"
    assert len(named) == len(set(named))
    for name in named:
        assert (ROOT / name).is_file(), f"the home of rule {number} is not there: {name}"
        assert number in cited(ROOT / name), f"{name} does not cite rule {number}, whose home it is"


def test_code_cites_only_rules_that_there_are() -> None:
    known = chapters().keys()
    unknown = [f"{path.relative_to(ROOT)}: rule {number}" for path in CODE for number in cited(path) - known]
    assert not unknown


def test_nothing_cites_the_rule_book_by_its_old_name() -> None:
    old = re.compile(r"\bspecs?\s+\d", re.IGNORECASE)
    assert not [path for path in CODE if old.search(path.read_text(encoding="utf-8"))]


def test_each_rule_that_is_built_is_cited_by_a_test() -> None:
    by_tests = {number for path in CODE if path.is_relative_to(ROOT / "tests") for number in cited(path)}
    built = [number for number in rules() if "Not built yet" not in chapters()[number]]
    assert not [number for number in built if number not in by_tests]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        linked = document.parent / target if target else document
        assert linked.exists(), f"{document.name} links to {target}, which is not there"
        assert not anchor or anchor in anchors(linked), f"{document.name}: there is no {target}#{anchor}"


def anchors(document: Path) -> set[str]:
    """What headings are called in links, as GitHub and GitLab do it."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_the_files_that_a_document_names_are_there(document: Path) -> None:
    """In backquotes, from the top of the repository; a name in capitals stands for any."""
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:accounts|groups|groupadmin|templates|static|tests|\.ci)/[a-z0-9_./-]*)`", text)
    assert not [name for name in named if not (ROOT / name).exists()]
