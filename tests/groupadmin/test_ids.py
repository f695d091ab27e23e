"""Ids as they come in requests."""

import pytest

from groupadmin.base.ids import LARGEST_ID, IdConverter, is_safe_value, parse_id, parse_number


@pytest.mark.parametrize("raw", ["1", "42", "007", str(LARGEST_ID), 42])
def test_ids(raw: object) -> None:
    assert parse_id(raw) == parse_number(raw) == int(str(raw))


@pytest.mark.parametrize(
    "raw",
    ["", " 1", "1\n", "-1", "+1", "1.0", "1_0", "x", "²", "٣", "\0", "\ud800", str(2**63), "9" * 5000, None],
)
def test_what_is_no_id(raw: object) -> None:
    assert parse_id(raw) is None
    assert parse_number(raw) is None


def test_nought_is_a_number_but_no_id() -> None:
    assert (parse_number("0"), parse_id("0")) == (0, None)


def test_numbers_up_to_a_most() -> None:
    assert [parse_number(raw, 12) for raw in ("12", "13")] == [12, None]


@pytest.mark.parametrize(
    ("written", "pk"),
    [("7", 7), ("007", 7), ("0", 0), ("0" * 30 + "7", 7), (str(2**63), LARGEST_ID), ("9" * 5000, LARGEST_ID)],
)
def test_ids_in_addresses(written: str, pk: int) -> None:
    """An endless one becomes one that nothing has, so that the answer is that of any other such id."""
    assert IdConverter().to_python(written) == pk


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("x", True),
        ("0", True),
        ("7", True),
        ("a\0", False),
        ("9" * 30, False),
        (str(2**63), False),
        ("٣", False),
    ],
)
def test_values_for_a_database(text: str, safe: bool) -> None:
    assert is_safe_value(text) is safe
