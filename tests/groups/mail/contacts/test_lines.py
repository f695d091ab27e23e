"""External contacts as lines of text (rules 1.11, 4.8)."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from groupadmin.base.text import clean_line
from groups.actions import Contact
from groups.forms.mailing_list import ContactsField
from groups.mail.contacts.lines import read_contacts, write_contact


@pytest.mark.parametrize(
    ("line", "contacts"),
    [
        ("윤지우(jiwoo@client.example)", {"jiwoo@client.example": "윤지우"}),
        ("Kim, Minsu <MINSU@client.example>", {"minsu@client.example": "Kim, Minsu"}),
        ("Kim, Minsu, minsu@client.example", {"minsu@client.example": "Kim, Minsu"}),
        ("윤지우\tjiwoo＠client.example\u200b", {"jiwoo@client.example": "윤지우"}),
        ("a@x.example; Ben <b@x.example>", {"a@x.example": "", "b@x.example": "Ben"}),
        ("Ann <a@x.example>, Ben <b@x.example>", {"a@x.example": "Ann", "b@x.example": "Ben"}),
        ("New <b> <new@x.example>", {"new@x.example": "New <b>"}),
        ('"Kim "K" Minsu" <k@x.example>', {"k@x.example": 'Kim "K" Minsu'}),
    ],
)
def test_a_line_as_it_is_pasted(line: str, contacts: dict[str, str]) -> None:
    assert {one.email: one.name for one in ContactsField().clean(line)} == contacts


@pytest.mark.parametrize(
    "line", ["nonsense", "a@x.example, nonsense, b@x.example", "ab@", "müller@x.example"]
)
def test_a_line_that_is_no_contact(line: str) -> None:
    with pytest.raises(ValidationError, match="Not a valid email address"):
        ContactsField().clean(line)


@given(st.text(max_size=40))
@example('Ann <a@x.example>, "Ben')
@example('"Kim" Minsu')
@example('\\"')
@example("a@x.example")
def test_what_is_written_reads_the_same(name: str) -> None:
    """Or saving the dialog would change contacts that nobody has touched."""
    contact = Contact("kim@x.example", clean_line(name))
    assert read_contacts(write_contact(contact)) == [contact]
