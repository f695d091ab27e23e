"""What headers say, however programs encode them."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.mail.header_text import declared_charset, decode_header, header_text

pytestmark = pytest.mark.one_database


def word(data: bytes, label: str = "utf-8") -> bytes:
    return b"=?%s?B?%s?=" % (label.encode(), b64encode(data))


KOREAN = "정례 회의".encode("euc-kr")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"Re: " + word(KOREAN, "ks_c_5601-1987") + b" (2)", "Re: 정례 회의 (2)"),
        (word("가".encode()) + b"\t  " + word("나".encode()), "가나"),
        # Cut in the middle of a character, in labels that are written in two ways.
        (word(KOREAN[:3], "euc-kr") + b" " + word(KOREAN[3:], "EUC-KR"), "정례 회의"),
        # Each in another charset; each with its own shift, and without the one back.
        (word(KOREAN, "euc-kr") + b" " + word("髙".encode("cp932"), "shift_jis"), "정례 회의髙"),
        (word(b"\x1b$B2q", "iso-2022-jp") + b" " + word(b"\x1b$B5D", "iso-2022-jp"), "会議"),
        # Cut after a shift, or in shifted text; each with a shift back.
        (word(b"\x1b$B", "iso-2022-jp") + b" " + word(b"2q5D\x1b(B", "iso-2022-jp"), "会議"),
        (word(b"\x1b$B2q", "iso-2022-jp") + b" " + word(b"5D\x1b(B", "iso-2022-jp"), "会議"),
        (word(b"\x1b$B2q\x1b(B", "iso-2022-jp") + b" " + word(b"\x1b$B5D\x1b(B", "iso-2022-jp"), "会議"),
        (b"=?utf-8?b?6rCA6rCB?=", "가각"),
        (b"=?UTF-8?B?6rCA6rCBx?=", "가각"),
        (b"=?utf-8?B?6rCA==6rCB?=", "가각"),
        (b"=?utf-8?B?6rCA 6rCB?=", "가각"),
        (b"=?iso-8859-1?q?Caf=e9 du_Nord=3F?=", "Café du Nord?"),
        (b"=?utf-8?Q?100=xy?=", "100=xy"),
        (b"=?iso-8859-1?Q?Fr\xf6hlich?=", "Fröhlich"),
        (b"=?iso-8859-2*sl?Q?=BEje?=", "žje"),
        (b'"' + word("가".encode()) + b'" <ga@x.example>', '"가" <ga@x.example>'),
        (b"\x1b$B2q5D\x1b(B (2)", "会議 (2)"),
        ("회의".encode(), "회의"),
    ],
)
def test_words_are_read(value: bytes, text: str) -> None:
    assert decode_header(value).text == text
    assert decode_header(value).is_whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?x-nobody-knows?Q?=C8=AB?= (2)", "=?x-nobody-knows?Q?=C8=AB?= (2)"),
        (word(b"\x1b$B2q\x1b(B", "x-nobody-knows") + b" (2)", "会 (2)"),
        (b"=?x-nobody-knows?Q?=C8=AB?= " + word("가".encode()), "=?x-nobody-knows?Q?=C8=AB?= 가"),
        (word(b"\xff\xff\xff\xff\xff", "euc-kr"), "=?euc-kr?B?//////8=?="),
        (word("가나".encode()[:-1]), "가\\xeb\\x82"),
        (KOREAN, "".join(f"\\x{byte:02x}" if byte > 127 else chr(byte) for byte in KOREAN)),
        ("회의".encode()[:-1], "회\\xec\\x9d"),
    ],
)
def test_what_nobody_can_read_stays_as_it_came(value: bytes, text: str) -> None:
    assert decode_header(value).text == text
    assert not decode_header(value).is_whole


@pytest.mark.parametrize(
    ("value", "charset", "text"),
    [
        (KOREAN, "euc-kr", "정례 회의"),
        # These bytes could be UTF-8 too, of a letter that nobody uses.
        ("홍".encode("euc-kr"), "euc-kr", "홍"),
        ("회의".encode(), "euc-kr", "회의"),
        ("é".encode("latin-1"), "iso-8859-1", "é"),
        ("é".encode(), "iso-8859-1", "é"),
    ],
)
def test_raw_bytes_are_in_the_charset_that_the_mail_declares(value: bytes, charset: str, text: str) -> None:
    assert header_text(value, charset) == text


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        (b"Content-Type: text/plain; charset=EUC-KR\r\n\r\n", "EUC-KR"),
        (b"Content-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/plain; charset='koi8-r'", "koi8-r"),
        (b"Subject: =?gb2312?B?1tA=?=\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n", "gb2312"),
        (b"Content-Type: text/plain; charset=x-nobody-knows\r\n\r\n", ""),
    ],
)
def test_the_charset_that_a_mail_declares(raw: bytes, charset: str) -> None:
    assert declared_charset(raw) == charset


LABELS = st.sampled_from(
    [b"utf-8", b"EUC-KR", b"iso-2022-jp", b"iso-2022-kr", b"utf-7", b"utf-16", b"x", b""]
)
WORDS = st.builds(
    b"=?%b?%b?%b?=".__mod__,
    st.tuples(
        LABELS, st.sampled_from([b"B", b"q"]), st.binary(max_size=20).map(b64encode) | st.binary(max_size=20)
    ),
)


@given(st.lists(WORDS | st.binary(max_size=20) | st.just(b" ")).map(b"".join), LABELS)
def test_anything_can_be_read(value: bytes, charset: bytes) -> None:
    text = header_text(value, charset.decode())
    text.encode()
    assert "\ufffd" not in text or decode_header(value, charset.decode()).is_whole
