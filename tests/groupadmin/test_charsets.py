"""What bytes say in the charset that somebody names: as in the WHATWG encoding table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupadmin.base.charsets import decoded, decoded_if_cut, readable

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        # Characters that Windows added, and the standards of these names lack.
        (b"\x94\xee\xb0\xa1", "euc-kr", "뷁가"),
        (b"\x94\xee", "KS_C_5601-1987", "뷁"),
        (b"\x94\xee", "ksc5601", "뷁"),
        (b"\xfb\xfc\x87\x54\x81\x60", "shift_jis", "髙Ⅰ～"),
        (b"\xfb\xfc", "X-SJIS", "髙"),
        (b"\xfb\xfc", "windows-31j", "髙"),
        (b"\x1b$B-5\x1b(B", "ISO-2022-JP", "Ⅰ"),
        (b"\x1b$B|b\x1b(B", "csISO2022JP", "髙"),
        (b"\xad\xb5\xfc\xe2", "euc-jp", "Ⅰ髙"),
        (b"\x88\xd2\xd4\xaa", "gb2312", "堃元"),
        (b"\x95\x32\x82\x36", "gbk", "𠀀"),
        (b"\x87\x40", "big5", "䏰"),
        (b"\x80\x93", "iso-8859-1", "€“"),
        (b"\x80", "us-ascii", "€"),
        (b"\xf7", "x-user-defined", "\uf7f7"),
        (b"\xef\xbb\xbfa", "utf-8", "a"),
        # As programs spell them.
        (b"\xb0\xa1", "EUC_KR", "가"),
        (b"\x1b$B-5\x1b(B", "iso_2022_jp", "Ⅰ"),
        (b"\xb0\xa1", " 'euc-kr' ", "가"),
        (b"\xe9", "iso-8859-1*fr", "é"),
        (b"\x94\xee", "x-windows-949", "뷁"),
        (b"\x94\xee", "cp-949", "뷁"),
        (b"\xfb\xfc", "SJIS-win", "髙"),
        (b"\xfb\xfc", "cp-932", "髙"),
        (b"\xa4\xa2", "eucJP-ms", "あ"),
        (b"\x1b$B-5\x1b(B", "CP50221", "Ⅰ"),
        (b"\xc6W", "windows-950", "灣"),
        (b"\xcf", "win-1251", "П"),
        (b"\xb0", "x-mac-greek", "Α"),
        # Text that is called ASCII, and is UTF-8.
        ("가é".encode(), "us-ascii", "가é"),
        # What browsers refuse, or never knew, and old mail programs wrote.
        (b"\x1b$)C\x0e0!\x0f", "iso-2022-kr", "가"),
        (b"~{VPND~}", "hz-gb-2312", "中文"),
        (b"+rAA-", "unicode-1-1-utf-7", "가"),
        (b"\x81", "cp850", "ü"),
        (b"\x94\xee", "cp949", "뷁"),
    ],
)
def test_a_label_means_what_it_means_to_browsers(data: bytes, label: str, text: str) -> None:
    assert decoded(data, label) == text


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b"a", "x-nobody-knows"),
        (b"a", ""),
        (b"a", "é"),
        (b"a", "utf-8" * 50),
        (b"a", "rot13"),
        (b"\\u0041", "unicode_escape"),
        (b"\xff", "utf-8"),
        (b"\xb0", "euc-kr"),
        (b"+2AA-", "unicode-1-1-utf-7"),
    ],
)
def test_what_cannot_be_decoded_is_not(data: bytes, label: str) -> None:
    assert decoded(data, label) is None


def test_a_character_that_was_cut_off_is_told_apart() -> None:
    assert decoded_if_cut("가나".encode("euc-kr")[:-1], "euc-kr") == ("가", b"\xb3")
    assert decoded_if_cut(b"\xff\xff\xff\xff\xff", "euc-kr") is None


def test_a_wrong_line_spoils_no_other() -> None:
    text = "가나\n".encode("euc-kr")
    assert readable(text + b"\xff\n" + text, "euc-kr") == "가나\n\\xff\n가나\n"
    assert readable("가나".encode(), "euc-kr-or-so") == "가나"


@given(st.binary(max_size=60), st.text(max_size=12) | st.sampled_from(["euc-kr", "utf-7", "utf-16", "hz"]))
def test_anything_can_be_read(data: bytes, label: str) -> None:
    text = readable(data, label)
    text.encode()
    assert "\ufffd" not in text or "\ufffd" in (decoded(data, label) or data.decode("utf-8"))
