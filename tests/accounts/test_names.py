"""Names and descriptions are refused in the same words, whoever's they are (rules 1.3, 2.4, 2.5)."""

import pytest
from django.core.exceptions import ValidationError

from accounts.actions.names import clean_description, clean_name
from accounts.forms.name_field import NameField
from groupadmin.base.errors import Invalid


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "Enter a name."),
        (" \r\n\t", "Enter a name."),
        ("\u200b\u2800", "Enter a name."),
        ("x" * 101, "Use at most 100 characters (now 101)."),
        (
            "e" + "\u0301" * 1000,
            "These characters are too complex. Use at most 1,000 Unicode code points.",
        ),
    ],
)
def test_names(raw: str, problem: str) -> None:
    with pytest.raises(Invalid) as invalid:
        clean_name(raw)
    assert (invalid.value.field, invalid.value.message) == ("name", problem)


@pytest.mark.parametrize("raw", ["", "x" * 101, "e" + "\u0301" * 1000])
def test_the_field_says_the_same(raw: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NameField(label="Name").clean(raw)
    with pytest.raises(Invalid) as invalid:
        clean_name(raw)
    assert refused.value.messages == [invalid.value.message]


def test_descriptions() -> None:
    assert clean_description(" two\r\nlines ") == "two\nlines"
    with pytest.raises(Invalid) as invalid:
        clean_description("x" * 301)
    assert invalid.value.message == "Use at most 300 characters (now 301)."
    assert invalid.value.field == "description"
