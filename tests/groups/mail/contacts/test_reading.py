"""External contacts from what programs export, in the languages of their users (rule 4.13)."""

from contextlib import suppress

import pytest

from groupadmin.base.errors import Invalid
from groups.actions.settings import CONTACTS_LIMIT
from groups.mail.contacts import reading
from groups.mail.contacts.names import full_name
from groups.mail.contacts.titles import kind_of

from ....groupadmin.spreadsheets.workbooks import table, workbook

pytestmark = pytest.mark.one_database


def found(text: str, encoding: str = "utf-8") -> dict[str, str]:
    sheet = reading.read(text.encode(encoding))
    assert not sheet.wrong
    return {email.partition("@")[0]: contact.name for email, contact in sheet.contacts.items()}


@pytest.mark.parametrize(
    ("text", "encoding", "contacts"),
    [
        # Excel in Korea, Japan, China, Taiwan, Germany; "Unicode text"; a Mac.
        ("이름,이메일\n윤지우,j@c.example\n", "cp949", {"j": "윤지우"}),
        ("氏名,メールアドレス\n鈴木一郎,j@c.example\n", "cp932", {"j": "鈴木一郎"}),
        ("姓名,电子邮件\n张伟,j@c.example\n", "gb18030", {"j": "张伟"}),
        ("姓名,電子郵件\n陳怡君,j@c.example\n", "cp950", {"j": "陳怡君"}),
        ("Name;E-Mail-Adresse\r\nJörg Weiß;j@c.example\r\n", "cp1252", {"j": "Jörg Weiß"}),
        ("Name;Email\rJörg;j@c.example\r", "mac_roman", {"j": "Jörg"}),
        ("이름\t메일\r\n윤지우\tj@c.example\r\n", "utf-16", {"j": "윤지우"}),
        ("이름,이메일\n윤지우,j@c.example\n", "utf-8-sig", {"j": "윤지우"}),
        # Google, before 2024 and since.
        (
            "Name,Given Name,Family Name,Notes,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Value\n"
            "Ann Lee,Ann,Lee,see a@fair.example,* Work,a@c.example ::: b@c.example,d@c.example\n",
            "utf-8",
            {"a": "Ann Lee", "b": "Ann Lee", "d": "Ann Lee"},
        ),
        (
            "First Name,Middle Name,Last Name,Phonetic Last Name,File As,Labels,"
            "E-mail 1 - Label,E-mail 1 - Value\n지우,,윤,Yoon,,* myContacts,* Work,j@c.example\n"
            "Ann,B,Lee,,,,,a@c.example\n",
            "utf-8",
            {"j": "윤지우", "a": "Ann B Lee"},
        ),
        # Outlook.
        (
            '"First Name","Last Name","E-mail Address","E-mail Type","E-mail Display Name",'
            '"E-mail 2 Address"\n'
            '"Ann","Lee","a@c.example","SMTP","Ann Lee (a@c.example)","b@c.example"\n'
            '"","","d@c.example","SMTP","Dan Fox (d@c.example)",""\n',
            "utf-8",
            {"a": "Ann Lee", "b": "Ann Lee", "d": "Dan Fox"},
        ),
        (
            "이름,성,회사,전자 메일 주소,전자 메일 유형,전자 메일 표시 이름,전자 메일 2 주소\n"
            "지우,윤,고객사,j@c.example,SMTP,윤지우 (j@c.example),\n",
            "cp949",
            {"j": "윤지우"},
        ),
        (
            "名,姓,会社名,電子メール アドレス,電子メールの種類,電子メール表示名\n"
            "一郎,鈴木,客,j@c.example,SMTP,鈴木 一郎 (j@c.example)\n",
            "cp932",
            {"j": "鈴木一郎"},
        ),
        (
            "名,姓,单位,电子邮件地址,电子邮件类型,电子邮件显示名称\n"
            "伟,张,X,j@c.example,SMTP,张伟 (j@c.example)\n",
            "gb18030",
            {"j": "张伟"},
        ),
        (
            "Anrede;Vorname;Nachname;E-Mail-Adresse;E-Mail-Typ;E-Mail: Angezeigter Name\n"
            ";Jörg;Weiß;j@c.example;SMTP;Jörg Weiß (j@c.example)\n",
            "cp1252",
            {"j": "Jörg Weiß"},
        ),
        # Thunderbird, LINE WORKS, NAVER, and what people write themselves.
        (
            "Vorname,Nachname,Anzeigename,Primäre E-Mail\nJörg,Weiß,,j@c.example\n",
            "utf-8",
            {"j": "Jörg Weiß"},
        ),
        ("성,이름,닉네임,이메일,휴대폰\n윤,지우,,j@c.example,010\n", "utf-8-sig", {"j": "윤지우"}),
        ("姓,名,姓（ふりがな）,メールアドレス\n鈴木,一郎,すずき,j@c.example\n", "utf-8", {"j": "鈴木一郎"}),
        ("이름,이메일 주소,전화번호\n윤지우,j@c.example,010\n", "cp949", {"j": "윤지우"}),
        (
            "담당자명(필수),회사 이메일,개인 이메일\n윤지우,j@c.example,k@c.example\n",
            "utf-8",
            {"j": "윤지우", "k": "윤지우"},
        ),
        ("2026년 고객,,\n이름,메일,비고\n윤지우,j@c.example,\n", "cp949", {"j": "윤지우"}),
        ("Vorname;Name;E-Mail\nJörg;Weiß;j@c.example\n", "utf-8", {"j": "Jörg Weiß"}),
        ("Nimi;Sähköposti\nPekka;p@c.example\nJussi;j@c.example\n", "utf-8", {"p": "Pekka", "j": "Jussi"}),
        ("윤지우,010-1,j@c.example,회의 a@b\n", "utf-8", {"j": "윤지우"}),
        # Addresses with names, as in a mail.
        ("Ann <a@c.example>; Ben <b@c.example>, d@c.example", "utf-8", {"a": "Ann", "b": "Ben", "d": ""}),
        ("Ann Lee <a@c.example>\n윤지우(j@c.example)\n", "utf-8", {"a": "Ann Lee", "j": "윤지우"}),
        (
            'Name,Email\nAnn,Ann Lee <A@C.example>\nBen,"b@c.example; d@c.example"\n'
            "Cho,\u00a0ｅ＠c.example\u200b\n",
            "utf-8",
            {"a": "Ann", "b": "Ben", "d": "Ben", "e": "Cho"},
        ),
        ('Name,Email\n="Ann","=""a@c.example"""\n=1+1,b@c.example\n', "utf-8", {"a": "Ann", "b": "=1+1"}),
        # Business cards of Apple and telephones.
        (
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:윤;지우;;;\r\n"
            "item1.EMAIL;type=INTERNET:j@c.\r\n example\r\nEND:VCARD\r\n"
            "BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=EC=9C=A4=\r\n=EC=84=9C\r\n"
            "EMAIL:s@c.example\r\nEND:VCARD\r\n",
            "utf-8",
            {"j": "윤지우", "s": "윤서"},
        ),
    ],
)
def test_what_programs_export(text: str, encoding: str, contacts: dict[str, str]) -> None:
    """Names in the order of their script, each address, and no row that cannot be taken."""
    assert found(text, encoding) == contacts


def test_a_workbook() -> None:
    sheet = reading.read(workbook(table(["고객 명단"], ["이름", "이메일"], ["윤지우", "j@c.example"])))
    assert [(one.name, one.email) for one in sheet.contacts.values()] == [("윤지우", "j@c.example")]


def test_what_cannot_be_taken_has_its_line_and_a_reason() -> None:
    text = 'name,email\nGood,good@x.example\nNo address,\n"Two\nlines",two@x.example\nBad,bad@\n' + (
        f"{'x' * 101},long@x.example\nAgain,GOOD@x.example\nBoth,both@x.example;bad@\n"
    )
    sheet = reading.read(text.encode())
    assert [
        (row.line, row.reason.replace("\u2068", "").replace("\u2069", "")[:34]) for row in sheet.wrong
    ] == [
        (3, "The email address is missing."),
        (6, "Not a valid email address: bad@"),
        (7, "long@x.example: Use at most 100 ch"),
        (9, "Not a valid email address: bad@"),
    ]
    assert [(row.line, row.reason) for row in sheet.repeated] == [(8, "Line 2 has the same address.")]
    assert list(sheet.contacts) == ["good@x.example", "two@x.example", "both@x.example"]
    assert sheet.contacts["two@x.example"].name == "Two lines"


def test_columns_and_encoding_can_be_chosen() -> None:
    data = "Kürzel,Betreuer,Email\nX1,Ann,a@c.example\n".encode()
    sheet = reading.read(data, chosen={"name": 1})
    assert sheet.contacts["a@c.example"].name == "Ann"
    data = "李娜,l@c.example\n".encode("gb18030")
    assert reading.read(data, encoding="gb18030").contacts["l@c.example"].name == "李娜"


@pytest.mark.parametrize(
    "title",
    [
        "商务地址 - 邮箱",
        "이메일 수신 메일",
        "E-mail 1 - Label",
        "姓（ふりがな）",
        "Organization Name",
        "전화번호",
    ],
)
def test_titles_of_something_else(title: str) -> None:
    assert kind_of(title) == ""


@pytest.mark.parametrize(
    ("given", "middle", "family", "name"),
    [
        ("지우", "", "윤", "윤지우"),
        ("一郎", "", "鈴木", "鈴木一郎"),
        ("Ann", "B", "Lee", "Ann B Lee"),
        ("지우", "", "Yoon", "Yoon 지우"),
        ("", "", "윤", "윤"),
        ("Ann", "", "", "Ann"),
        ("", "", "", ""),
    ],
)
def test_full_names(given: str, middle: str, family: str, name: str) -> None:
    assert full_name(given, middle, family) == name


@pytest.mark.parametrize(
    "data",
    [b"\x00" * 5_000, bytes(range(256)) * 20, b"\xff\xfe\x00", b"@,@;@\t@" * 500, b"BEGIN:VCARD\r\nEMAIL"],
)
def test_rubbish_is_survived(data: bytes) -> None:
    with suppress(Invalid):
        assert not reading.read(data).contacts


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "punycode"])
def test_cards_in_charsets_of_no_card(charset: str) -> None:
    """Python's own would make halves of characters, which no database takes."""
    name = f"FN;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:Kim =5Cud800+2AA-"
    card = f"BEGIN:VCARD\n{name}\nEMAIL:kim@x.example\nEND:VCARD\n"
    sheet = reading.read(card.encode())
    assert sheet.contacts["kim@x.example"].name.encode().startswith(b"Kim")
    assert [cell.encode() for row in sheet.table.rows for cell in row.cells]


def test_more_addresses_than_a_list_could_take_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes its time, whether it is new or not (rule 4.13)."""
    assert CONTACTS_LIMIT < reading.ADDRESSES_LIMIT <= 5 * CONTACTS_LIMIT
    monkeypatch.setattr(reading, "ADDRESSES_LIMIT", 3)
    assert len(reading.read(b"a@x.example\nb@x.example\na@x.example\n").contacts) == 2
    with pytest.raises(Invalid, match="at most 3 addresses"):
        reading.read(b"a@x.example\nb@x.example\na@x.example\na@x.example\n")
