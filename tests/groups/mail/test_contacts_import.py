"""External contacts from a CSV file: looked at, then added (rule 4.8)."""

import re
from contextlib import suppress
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry, Member
from groupadmin.base.errors import Invalid
from groups.actions import settings as group_settings
from groups.mail import contacts_csv
from groups.models import ExternalContact, Group
from tests.factories import ExternalContactFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db


def url(group: Group, name: str = "contacts_import") -> str:
    return reverse(f"groups:{name}", args=[group.pk])


def found(text: str | bytes) -> dict[str, str]:
    data = text.encode() if isinstance(text, str) else text
    return {email: contact.name for email, contact in contacts_csv.read(data).contacts.items()}


KIM = {"kim@outside.example": "Kim, Minsu", "lee@outside.example": "이영희"}
TABLE = '"Kim, Minsu",kim@outside.example\r\n이영희,LEE@outside.example\r\n'


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        ("name,email\r\n" + TABLE).encode(),
        (
            "Full Name;E-Mail\n" + TABLE.replace('"Kim, Minsu",', '"Kim, Minsu";').replace("희,", "희;")
        ).encode(),
        ("email\tname\nkim@outside.example\tKim, Minsu\nlee@outside.example\t이영희\n").encode(),
        ("이름,이메일\n" + TABLE).encode(),
        ("\n\n" + TABLE.replace("\r\n", "\n") + "\n,\n").encode(),
    ],
)
def test_tables_as_spreadsheets_write_them(data: bytes) -> None:
    assert found(data) == KIM


def test_windows_in_the_west() -> None:
    assert found("Jürgen Müller;jm@outside.example\n".encode("cp1252")) == {
        "jm@outside.example": "Jürgen Müller"
    }


def test_utf_16_without_a_mark() -> None:
    assert found("Kim,kim@outside.example\r\n".encode("utf-16-le")) == {"kim@outside.example": "Kim"}


def test_addresses_alone() -> None:
    assert found("a@outside.example\nb@outside.example\n") == {
        "a@outside.example": "",
        "b@outside.example": "",
    }


def test_an_address_that_comes_twice_counts_once() -> None:
    sheet = contacts_csv.read(b"A,a@x.example\nB,A@X.example\n")
    assert [one.name for one in sheet.contacts.values()] == ["A"]
    assert sheet.repeated == 1


def test_wrong_rows_are_named_by_their_lines() -> None:
    text = 'name,email\nGood,good@x.example\nNo address,\n"Two\nlines",two@x.example\nBad,bad@\n' + (
        f"{'x' * 101},long@x.example\n"
    )
    sheet = contacts_csv.read(text.encode())
    assert sheet.wrong[0].reason == "The email address is missing."
    assert [one.line for one in sheet.wrong] == [3, 6, 7]
    assert "at most 100 characters" in sheet.wrong[2].reason
    assert list(sheet.contacts) == ["good@x.example", "two@x.example"]
    assert sheet.contacts["two@x.example"].name == "Two lines"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\n\n", "no email addresses"),
        (b"name,email\n", "no email addresses"),
        (b'a@x.example\n"' + b"x" * 200_000, "Line 2 cannot be read"),
        (b"a@x.example\n" * 10_002, "at most 10,000 rows"),
    ],
)
def test_files_that_are_no_table(data: bytes, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        contacts_csv.read(data)


@pytest.mark.parametrize(
    "data",
    [b"\x00" * 5_000, bytes(range(256)) * 20, b"\xff\xfe\x00", b"@,@;@\t@" * 500, b"\x89PNG\r\n\x1a\n"],
)
def test_rubbish_is_survived(data: bytes) -> None:
    with suppress(Invalid):
        assert not contacts_csv.read(data).contacts


def test_looked_at_first_then_added(client_of: ClientOf, group: Group, master: Member) -> None:
    """What would be added, what is there, which rows are wrong; nothing is added before "Add"."""
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="there@x.example", name="Kept")
    client = client_of(master)
    data = b'name,email\nNew <b>,new@x.example\nOther,THERE@x.example\nBad,bad@\n"=1+1",formula@x.example\n'
    page = client.post(url(group), {"file": SimpleUploadedFile("c.csv", data)}).content.decode()
    for text in (
        "2 new contacts",
        "1 already added",
        "1 row that cannot be imported",
        "New &lt;b&gt;",
        "bad@",
    ):
        assert text in page, text
    assert ExternalContact.objects.count() == 1
    value = re.search(r'name="contacts" value="([^"]*)"', page)
    assert value is not None
    answer = client.post(url(group, "contacts_add"), {"contacts": unescape(value[1])})
    assert answer.status_code == 302
    contacts = dict(ExternalContact.objects.values_list("email", "name"))
    assert contacts == {"there@x.example": "Kept", "new@x.example": "New <b>", "formula@x.example": "=1+1"}
    entry = AuditEntry.objects.get(action="group.edit", target_id=group.pk)
    assert "New <b> <new@x.example>" in entry.changes["contacts"][1]


def test_adding_what_is_there_changes_nothing(client_of: ClientOf, group: Group, master: Member) -> None:
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="there@x.example", name="Kept")
    client_of(master).post(url(group, "contacts_add"), {"contacts": "Other <there@x.example>"})
    assert ExternalContact.objects.get().name == "Kept"
    assert not AuditEntry.objects.filter(action="group.edit").exists()


def test_the_limit_of_a_list(
    client_of: ClientOf, group: Group, master: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.actions.subscriptions.CONTACTS_LIMIT", 2)
    ExternalContactFactory.create_batch(2, mailing_list=group.mailing_list)
    answer = client_of(master).post(url(group, "contacts_add"), {"contacts": "new@x.example"})
    assert answer.status_code == 422
    assert "at most 2 contacts" in answer.content.decode()
    assert ExternalContact.objects.count() == 2
    assert group_settings.CONTACTS_LIMIT == contacts_csv.ROWS_LIMIT


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (None, "Choose a file."),
        (SimpleUploadedFile("c.csv", b""), "This file is empty. Choose another one."),
        (SimpleUploadedFile("c.csv", b"x" * (2 * 1024 * 1024 + 1)), "at most 2.0"),
        (
            SimpleUploadedFile("c.csv", b"name,email\n"),
            "This file has no email addresses. Choose another one.",
        ),
    ],
)
def test_mistakes(
    client_of: ClientOf, group: Group, master: Member, file: SimpleUploadedFile | None, problem: str
) -> None:
    answer = client_of(master).post(url(group), {"file": file} if file else {})
    assert answer.status_code == 422
    assert problem in answer.content.decode()


def test_only_who_sets_the_lists_rules(
    client_of: ClientOf, group: Group, master: Member, member: Member, stranger: Member
) -> None:
    """Rules 5.2, 7: masters only where the grant is on."""
    for person, expected in ((master, 200), (member, 403), (stranger, 404)):
        assert client_of(person).get(url(group)).status_code == expected
    Group.objects.filter(pk=group.pk).update(grants_features=False)
    assert client_of(master).get(url(group)).status_code == 403
    assert client_of(master).post(url(group, "contacts_add"), {"contacts": "n@x.example"}).status_code == 403
    assert not ExternalContact.objects.exists()
