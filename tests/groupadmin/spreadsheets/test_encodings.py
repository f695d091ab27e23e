"""The encoding of a text file is found; the reader's language decides what bytes do not (rule 4.13)."""

import pytest

from groupadmin.base.spreadsheets.encodings import ENCODINGS, decode, detect, label_of

pytestmark = pytest.mark.one_database

KOREAN = "이름,이메일\n윤지우,jiwoo@client.example\n서하늘,haneul@client.example\n"
JAPANESE = "氏名,メールアドレス\n鈴木一郎,ichiro@client.example\n"
CHINESE = "姓名,电子邮件\n张伟,zhang@client.example\n刘洋,liu@client.example\n"
TAIWANESE = "姓名,電子郵件\n陳怡君,chen@client.example\n林志明,lin@client.example\n"
GERMAN = "Name;E-Mail\nJörg Weiß;joerg@client.example\nÄnne Groß;aenne@client.example\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (KOREAN, "cp949"),
        ("똠방각하,ttom@client.example\n윤지우,jiwoo@client.example\n", "cp949"),
        (JAPANESE, "cp932"),
        ("髙橋①,takahashi@client.example\n山﨑,y@client.example\n鈴木,s@client.example\n", "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (TAIWANESE, "cp950"),
        (GERMAN, "cp1252"),
        (GERMAN, "mac_roman"),
        ("Åsa;asa@client.example\n", "cp1252"),
        ("Imię;E-mail\nŁukasz Wójcik;l@client.example\n", "cp1250"),
        ("Имя;Почта\nИван Петров;i@client.example\n", "cp1251"),
        ("Ad;E-posta\nİsmail Yıldız;i@client.example\n", "cp1254"),
        *((text, "utf-8") for text in (KOREAN, JAPANESE, CHINESE, GERMAN, "plain,p@client.example\n")),
        *((KOREAN, name) for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
    ],
)
def test_what_programs_write_is_read(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert decode(data, detect(data)) == text


@pytest.mark.parametrize(
    ("languages", "name"),
    [((), "李娜"), (("zh-cn", "en"), "李娜"), (("ko",), "쟀컹"), (("en", "ko-kr"), "쟀컹")],
)
def test_the_readers_language_decides_what_the_bytes_do_not(languages: tuple[str, ...], name: str) -> None:
    """Two characters of Chinese are two syllables of Korean too."""
    data = "李娜,lina@client.example\n".encode("gb18030")
    assert decode(data, detect(data, languages=languages)).startswith(name)


def test_expected_words_decide() -> None:
    data = "姓名,\n李娜,lina@client.example\n".encode("gb18030")
    assert detect(data, languages=["ko"]) == "cp949"
    assert detect(data, languages=["ko"], words={"姓名"}) == "gb18030"


def test_the_library_decides_what_is_chaos() -> None:
    """Chinese characters as good as these, but no text."""
    text = "山下　悠真,y@client.example\n松本一郎,i@client.example\n"
    assert decode(text.encode("euc_jp"), detect(text.encode("euc_jp"))) == text


@pytest.mark.parametrize("data", [b"", b"\x00" * 99, bytes(range(256)), b"\xff\xfe\x00", b"\x80" * 999])
def test_any_bytes_have_an_encoding_with_a_name(data: bytes) -> None:
    encoding = detect(data)
    assert encoding in ENCODINGS
    assert label_of(encoding)
    decode(data, encoding)
