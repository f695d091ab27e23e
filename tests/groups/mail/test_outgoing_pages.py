"""The look into the outgoing folder, for superusers."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Member
from groups.mail.outgoing.client import Parcel
from groups.mail.outgoing.transports import Folder, names_written
from tests.factories import MailFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

RAW = (
    b"From: Kim <kim@outside.example>\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script>H\xc3\xa9llo\r\n"
)


def put(folder: Path, raw: bytes = RAW, recipients: tuple[str, ...] = ("momo@hanbit.example",)) -> str:
    Folder(folder).hand_over(Parcel("bounce@hanbit.example", list(recipients), [raw]))
    return names_written(folder)[0]


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
