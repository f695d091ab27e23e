"""The look into the outgoing folder, for superusers."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Member
from groups.mail.outgoing.parcels import Parcel
from groups.mail.outgoing.transports import FolderTransport, names_in
from tests.factories import MailFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

RAW = (
    b"From: Kim <kim@outside.example>\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script>H\xc3\xa9llo\r\n"
)


def put(folder: Path, raw: bytes = RAW, recipients: tuple[str, ...] = ("momo@hanbit.example",)) -> str:
    FolderTransport(folder).hand_over(Parcel("bounce@hanbit.example", list(recipients), [raw]))
    return names_in(folder)[0]


def read(client_of: ClientOf, superuser: Member, name: str) -> str:
    answer = client_of(superuser).get(reverse("admin:outgoing_mail", args=[name]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_would_have_been_sent(client_of: ClientOf, superuser: Member, outgoing: Path) -> None:
    """Headers, recipients and the text, as text: nothing of it is rendered."""
    name = put(outgoing)
    page = client_of(superuser).get(reverse("admin:outgoing")).content.decode()
    assert "Hé" in page
    assert "momo@hanbit.example" in page
    text = read(client_of, superuser, name)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;Héllo" in text
    assert "<script>alert" not in text
    assert "bounce@hanbit.example" in text
    assert "Kim &lt;kim@outside.example&gt;" in text


def test_texts_and_names_in_the_charsets_that_the_mail_names(
    client_of: ClientOf, superuser: Member, outgoing: Path
) -> None:
    """As the WHATWG encoding table means them; what is in none is shown as bytes."""
    part = b"--x\r\nContent-Type: application/pdf; name=%b\r\nContent-Disposition: attachment%b\r\n\r\nx\r\n"
    raw = (
        b"Subject: \x94\xee\r\nX-Odd: \xff\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain; charset=ks_c_5601-1987\r\n\r\n\x94\xee text\r\n\xff\r\n"
        + part % (b"x.pdf", b"; filename*0*=shift_jis''%87%40-2231; filename*1=.pdf")
        + part % (b"x.pdf", b'; filename="=?Shift_JIS?B?h0A=?=-word.pdf"')
        + part % (b'"\x94\xee-raw.pdf"', b"")
        + part % (b"x.pdf", b"; filename*=nobody-knows''%ff-byte.pdf")
        + b"--x--\r\n"
    )
    text = read(client_of, superuser, put(outgoing, raw))
    for shown in ("뷁 text", "①-2231.pdf", "①-word.pdf", "뷁-raw.pdf", "\\xff-byte.pdf", "\\xff</bdi>"):
        assert shown in text
    assert "\ufffd" not in text
    assert "뷁" in client_of(superuser).get(reverse("admin:outgoing")).content.decode()


def test_the_newest_first_and_in_pages(client_of: ClientOf, superuser: Member, outgoing: Path) -> None:
    names = [put(outgoing, b"Subject: %d\r\n\r\n" % n) for n in range(52)]
    url = reverse("admin:outgoing")
    client = client_of(superuser)
    first = [written.name for written, _subject in client.get(url).context["rows"]]
    assert first == names[::-1][:50]
    second = client.get(url, {"page": "2"}).context["rows"]
    assert [subject for _written, subject in second] == ["1", "0"]
    for nonsense in ("0", "-1", "x", "9" * 50, "\x00"):
        assert client.get(url, {"page": nonsense}).status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/x; charset=no\r\n\r\n",
        b"Subject: =?nonsense?q?x?=\r\nFrom: =?utf-8?b?!!!?=\r\n\r\nhi",
        b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n!",
    ],
)
def test_malformed_mail_is_survived(
    client_of: ClientOf, superuser: Member, outgoing: Path, raw: bytes
) -> None:
    read(client_of, superuser, put(outgoing, raw))
    assert client_of(superuser).get(reverse("admin:outgoing")).status_code == 200


def test_nobody_else_looks(
    client_of: ClientOf, superuser: Member, administrator: Member, outgoing: Path, settings: Any
) -> None:
    name = put(outgoing)
    for url in (reverse("admin:outgoing"), reverse("admin:outgoing_mail", args=[name])):
        assert client_of(administrator).get(url).status_code == 302
        assert client_of(superuser).post(url).status_code == 405
        settings.MAIL_OUT = "smtp://localhost:25"
        assert client_of(superuser).get(url).status_code == 404
        settings.MAIL_OUT = f"folder://{outgoing}"
    for other in ("nonsense", "..", "1" * 16 + "-1-1", "%2e%2e"):
        assert client_of(superuser).get(f"/admin/groups/mail/outgoing/{other}/").status_code == 404


def test_mails_in_django_admin(client_of: ClientOf, superuser: Member, outgoing: Path) -> None:
    mail = MailFactory.create(subject="Looked at")
    page = client_of(superuser).get(reverse("admin:groups_mail_changelist"), {"q": mail.list_address})
    assert "Looked at" in page.content.decode()
    assert reverse("admin:outgoing") in page.content.decode()
    assert client_of(superuser).get(reverse("admin:groups_mail_change", args=[mail.pk])).status_code == 200
