"""External contacts from a file or pasted: looked at, then added (rules 4.8, 4.13)."""

import base64
import re
import zlib
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry, Member
from groupadmin.base.spreadsheets import BYTES_LIMIT
from groups.forms.contacts_import import _unpacked
from groups.models import ExternalContact, Group
from tests.factories import ExternalContactFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db


def url(group: Group, name: str = "contacts_import") -> str:
    return reverse(f"groups:{name}", args=[group.pk])


def upload(data: bytes, name: str = "c.csv") -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, data)}


def hidden(page: str, name: str) -> str:
    """What the page keeps for the next step."""
    value = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert value is not None
    return unescape(value[1])


def test_looked_at_first_then_added(client_of: ClientOf, group: Group, master: Member) -> None:
    """What would be added, what is there, which rows are wrong; nothing is added before "Add"."""
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="there@x.example", name="Kept")
    client = client_of(master)
    data = b'name,email\nNew <b>,new@x.example\nOther,THERE@x.example\nBad,bad@\n"=1+1",formula@x.example\n'
    page = client.post(url(group), upload(data)).content.decode()
    for text in (
        "2 new contacts",
        "1 already added",
        "1 row that cannot be imported",
        "New &lt;b&gt;",
        "bad@",
    ):
        assert text in page, text
    assert ExternalContact.objects.count() == 1
    answer = client.post(url(group, "contacts_add"), {"contacts": hidden(page, "contacts")})
    assert answer.status_code == 302
    contacts = dict(ExternalContact.objects.values_list("email", "name"))
    assert contacts == {"there@x.example": "Kept", "new@x.example": "New <b>", "formula@x.example": "=1+1"}
    entry = AuditEntry.objects.get(action="group.edit", target_id=group.pk)
    assert "New <b> <new@x.example>" in entry.changes["contacts"][1]


def test_the_encoding_found_is_shown_for_choice(client_of: ClientOf, group: Group, master: Member) -> None:
    """Rule 4.13: two characters of Chinese are two syllables of Korean too, so the reader says what it is."""
    client = client_of(master)
    data = "李娜,lina@x.example\n".encode("gb18030")
    korean = {"Accept-Language": "en, ko-KR;q=0.8"}
    page = client.post(url(group), upload(data), headers=korean).content.decode()
    assert "Read as Korean" in page
    assert "쟀컹" in page
    again = {name: hidden(page, name) for name in ("kept", "was_read_as")}
    page = client.post(url(group), again | {"encoding": "gb18030"}).content.decode()
    assert "Read as Chinese, simplified" in page
    assert "李娜" in page
    assert "李娜" in client.post(url(group), upload(data)).content.decode()
    assert not ExternalContact.objects.exists()


def test_columns_can_be_chosen(client_of: ClientOf, group: Group, master: Member) -> None:
    client = client_of(master)
    page = client.post(url(group), upload(b"Code,Carer,Email\nX1,Ann,a@x.example\n")).content.decode()
    again = {name: hidden(page, name) for name in ("kept", "was_read_as")}
    page = client.post(url(group), again | {"encoding": "utf-8", "name": "1"}).content.decode()
    assert hidden(page, "contacts") == "Ann <a@x.example>"


def test_pasted(client_of: ClientOf, group: Group, master: Member) -> None:
    """Rule 1.11: lines, lists and rows of a table."""
    text = "Ann <a@x.example>; 벤(b＠x.example)\r\nCho\tc@x.example\r\n"
    page = client_of(master).post(url(group), {"pasted": text}).content.decode()
    assert hidden(page, "contacts").split("\n") == [
        "Ann <a@x.example>",
        "벤 <b@x.example>",
        "Cho <c@x.example>",
    ]
    assert "Read again" not in page
    answer = client_of(master).post(url(group), {"pasted": "nobody"})
    assert (answer.status_code, "no email addresses in this text" in answer.content.decode()) == (422, True)


def test_pasted_rows_with_titles_have_columns_to_choose(
    client_of: ClientOf, group: Group, master: Member
) -> None:
    """Rule 4.13: what was pasted has no encoding, also when it is read again."""
    client = client_of(master)
    page = client.post(url(group), {"pasted": "Boss\tEmail\n김부장\ta@x.example"}).content.decode()
    for _again in range(2):
        assert "Read again" in page
        assert "Encoding" not in page
        names = ("kept", "was_read_as", "was_pasted")
        page = client.post(
            url(group), {name: hidden(page, name) for name in names} | {"name": "0"}
        ).content.decode()
        assert hidden(page, "contacts") == "김부장 <a@x.example>"


def test_names_without_titles_are_taken_only_if_nobody_says_where_they_are(
    client_of: ClientOf, group: Group, master: Member
) -> None:
    """Rule 4.13: what the page shows as chosen is what was done."""
    client = client_of(master)
    page = client.post(url(group), upload(b"Ann,a@x.example\nBob,b@x.example\n")).content.decode()
    assert '<option value="" selected>The first text in the row</option>' in page
    assert "Ann &lt;a@x.example&gt;" in page
    data = {name: hidden(page, name) for name in ("kept", "was_read_as")} | {"encoding": "utf-8", "name": "-"}
    page = client.post(url(group), data).content.decode()
    assert hidden(page, "contacts") == "a@x.example\nb@x.example"


def test_a_card_has_no_columns_but_an_encoding(client_of: ClientOf, group: Group, master: Member) -> None:
    client = client_of(master)
    card = "BEGIN:VCARD\r\nFN:김민준\r\nEMAIL:k@x.example\r\nEND:VCARD\r\n".encode("cp949")
    page = client.post(url(group), upload(card, "c.vcf")).content.decode()
    assert "Full name" not in page
    data = {name: hidden(page, name) for name in ("kept", "was_read_as")} | {"encoding": "cp949"}
    page = client.post(url(group), data).content.decode()
    assert hidden(page, "contacts") == "김민준 <k@x.example>"


def test_addresses_of_the_own_company(
    client_of: ClientOf, group: Group, master: Member, member: Member
) -> None:
    """Rule 4.8: each row with the kind of its owner, and nothing else; nobody gets around the preview."""
    text = f"name,email\nAnn,a@x.example\nMomo,{member.email.upper()}\nList,{group.address}\n"
    page = client_of(master).post(url(group), upload(text.encode())).content.decode()
    assert "2 rows that cannot be imported" in page
    assert "A member of your company has this address." in page
    assert "A group of your company has this address." in page
    assert hidden(page, "contacts") == "Ann <a@x.example>"
    answer = client_of(master).post(url(group, "contacts_add"), {"contacts": f"a@x.example\n{member.email}"})
    assert answer.status_code == 422
    assert not ExternalContact.objects.exists()


@pytest.mark.parametrize("kept", ["", "rubbish", "eJw=", "é", "A" * 1000, 3 * 10**6 * "A"])
def test_what_a_page_never_kept_is_not_read(
    client_of: ClientOf, group: Group, master: Member, kept: str
) -> None:
    assert client_of(master).post(url(group), {"kept": kept}).status_code == 422


def test_what_unpacks_to_more_than_a_file_is_cut() -> None:
    packed = base64.b64encode(zlib.compress(b"a" * (BYTES_LIMIT + 1_000))).decode()
    assert len(_unpacked(packed)) == BYTES_LIMIT


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


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (None, "Choose a file, or paste addresses."),
        (SimpleUploadedFile("c.csv", b""), "This file is empty. Choose another one."),
        (SimpleUploadedFile("c.csv", b"x" * (10 * 1024 * 1024 + 1)), "at most 10.0"),
        (SimpleUploadedFile("c.png", b"\x89PNG\r\n\x1a\n"), "This is no spreadsheet."),
        (SimpleUploadedFile("c.xls", b"\r\n<TABLE><tr><td>a@x.example"), "This file is a web page inside."),
        (
            SimpleUploadedFile("c.csv", b"name,email\n"),
            "There are no email addresses in it. Choose another file.",
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
