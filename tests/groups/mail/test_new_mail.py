""" "New mail": a designated member writes as the list (rule 4.6)."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Member
from groups.actions import mail as mail_actions
from groups.mail.outgoing.compose import BLOCK, Attachment, NewMail, clean_file_name, compose
from groups.models import Designation, Envelope, Group, Mail
from tests.factories import DesignationFactory, ExternalContactFactory, MailFactory, OptOutFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(group: Group, outsider: Member) -> Member:
    """Designated to send as the list, and not in the group."""
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=outsider, purpose=Designation.Purpose.SEND_AS
    )
    return outsider


def url(group: Group) -> str:
    return reverse("groups:new_mail", args=[group.pk])


def form(**changes: Any) -> dict[str, Any]:
    filled = {
        "to": "Kim <kim@outside.example>",
        "cc": "",
        "subject": "Hello",
        "text": "We are open again.",
        "form_key": str(uuid4()),
    }
    return filled | changes


def sent(client_of: ClientOf, writer: Member, group: Group, **changes: Any) -> tuple[Mail, EmailMessage]:
    answer = client_of(writer).post(url(group), form(**changes))
    assert answer.status_code == 302, answer.content.decode()
    mail = Mail.objects.get()
    assert mail.content is not None
    message = message_from_bytes(bytes(mail.content.data), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return mail, message


def refused(client_of: ClientOf, writer: Member, group: Group, **changes: Any) -> str:
    answer = client_of(writer).post(url(group), form(**changes))
    assert answer.status_code == 422
    assert not Mail.objects.exists()
    return answer.content.decode()


def test_it_goes_from_the_list_to_whom_it_is_addressed_and_to_the_members(
    client_of: ClientOf, writer: Member, group: Group, member: Member, teammate: Member
) -> None:
    """Rule 4.6: From is the list with the group's name; the members get it as Bcc, contacts do not."""
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example")
    mail, message = sent(client_of, writer, group, cc="lee@outside.example; kim@outside.example")
    assert message["From"] == "Platform guild <platform@hanbit.example>"
    assert message["To"] == "kim@outside.example"
    assert message["Cc"] == "lee@outside.example"
    assert message["Bcc"] is None
    assert str(message["Message-ID"]).endswith("@hanbit.example>")
    assert message["Date"] is not None
    assert message.get_content().splitlines() == ["We are open again."]
    assert (mail.door, mail.is_as_list, mail.member_id, mail.rule) == ("web", True, writer.pk, "4.6")
    got = {address for envelope in Envelope.objects.all() for address in envelope.recipients}
    assert got == {"kim@outside.example", "lee@outside.example", member.email, teammate.email}
    assert member.email not in bytes(mail.content.data).decode()  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action="group.send_as", actor_id=writer.pk).exists()


def test_what_is_written_in_any_script_arrives_as_written(
    client_of: ClientOf, writer: Member, group: Group
) -> None:
    """Rule 4.12: subject, the group's name, names of files; also in the audit."""
    subject, name = (
        "정기 회의 4월 für Märkte & Müller final 2028년 정기 회의",
        "회의록 final für Zürich (최종).txt",
    )
    Group.objects.filter(pk=group.pk).update(name="플랫폼 길드 für Café")
    files = [SimpleUploadedFile(name, b"x")]
    mail, message = sent(client_of, writer, group, subject=subject, attachments=files)
    assert mail.subject == message["Subject"] == subject
    assert message["From"].addresses[0].display_name == "플랫폼 길드 für Café"
    assert [part.get_filename() for part in message.iter_attachments()] == [name]
    assert mail.content is not None
    head = bytes(mail.content.data).partition(b"\r\n\r\n")[0].decode("ascii")
    assert "?==?" not in head
    assert max(len(line) for line in head.split("\r\n")) <= 78


def test_members_who_opted_out_get_none(
    client_of: ClientOf, writer: Member, group: Group, member: Member
) -> None:
    """Rule 4.3."""
    OptOutFactory.create(mailing_list=group.mailing_list, member=member)
    sent(client_of, writer, group)
    got = {address for envelope in Envelope.objects.all() for address in envelope.recipients}
    assert member.email not in got


def test_who_is_not_designated_is_told_what_is_needed(
    client_of: ClientOf, group: Group, master: Member, member: Member, stranger: Member
) -> None:
    """Rules 4.6, 7: 403 with what would be needed; 404 for whoever may not know of the group."""
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_TO
    )
    for person in (master, member):
        for answer in (client_of(person).get(url(group)), client_of(person).post(url(group), form())):
            assert answer.status_code == 403
            assert "designated to send as the list" in answer.content.decode()
    assert client_of(stranger).post(url(group), form()).status_code == 404
    assert not Mail.objects.exists()
    assert AuditEntry.objects.filter(action="group.send_as", result="refused", actor_id=member.pk).exists()


def test_not_while_the_list_is_off(client_of: ClientOf, writer: Member, group: Group) -> None:
    """Rule 3.3: a designation is kept, but serves nothing while the switch is off."""
    Group.objects.filter(pk=group.pk).update(uses_mailing_list=False)
    assert client_of(writer).post(url(group), form()).status_code == 403
    assert not Mail.objects.exists()


def test_the_button_is_there_for_whom_it_serves(
    client_of: ClientOf, writer: Member, group: Group, member: Member
) -> None:
    page = reverse("groups:detail", args=[group.pk])
    assert url(group) in client_of(writer).get(page).content.decode()
    assert url(group) not in client_of(member).get(page).content.decode()


def test_a_form_posted_twice_sends_one_mail(client_of: ClientOf, writer: Member, group: Group) -> None:
    filled = form()
    for _time in range(2):
        assert client_of(writer).post(url(group), filled).status_code == 302
    assert Mail.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"to": ""}, "Enter at least one email address."),
        ({"to": "kim@outside.example, nonsense"}, "Not a valid email address"),
        ({"to": "a@b"}, "Not a valid email address"),
        ({"to": "member:12"}, "Not a valid email address"),
        ({"to": "\n".join(f"p{n}@x.example" for n in range(501))}, "at most 500 addresses"),
        ({"cc": "<>"}, "Not a valid email address"),
        ({"subject": " \x00 "}, "Enter a subject."),
        ({"subject": "x" * 201}, "at most 200 characters"),
        ({"text": "\r\n"}, "Write something."),
        ({"form_key": "nonsense"}, "Enter a valid UUID."),
    ],
)
def test_mistakes_are_said_and_what_was_typed_stays(
    client_of: ClientOf, writer: Member, group: Group, changes: dict[str, Any], problem: str
) -> None:
    page = refused(client_of, writer, group, **{"text": "Typed by hand"} | changes)
    assert problem in page.replace("\u2068", "").replace("\u2069", "")
    assert "Typed by hand" in page or "text" in changes


def test_nothing_typed_gets_into_the_headers(client_of: ClientOf, writer: Member, group: Group) -> None:
    """Rule 2.4: line breaks in names and subjects add no header; any script is shown as typed."""
    Group.objects.filter(pk=group.pk).update(name='Gro"up, <x@y>\u202e 한국')
    mail, message = sent(client_of, writer, group, subject="Hé\r\nBcc: evil@x.example")
    assert message["Bcc"] is None
    assert message["Subject"] == "Hé  Bcc: evil@x.example"
    assert message["From"].addresses[0].addr_spec == "platform@hanbit.example"
    assert message["From"].addresses[0].display_name == 'Gro"up, <x@y>\u202e 한국\u202c'
    assert mail.subject == "Hé  Bcc: evil@x.example"


def test_recipients_as_they_are_pasted(client_of: ClientOf, writer: Member, group: Group) -> None:
    """Rule 1.11."""
    to = "윤지우(jiwoo＠outside.example)、'lee@outside.example'\nKim, Minsu <kim\u200b@outside.example>."
    _mail, message = sent(client_of, writer, group, to=to)
    assert message["To"] == "jiwoo@outside.example, lee@outside.example, kim@outside.example"


def test_domains_in_any_script(client_of: ClientOf, writer: Member, group: Group) -> None:
    _mail, message = sent(client_of, writer, group, to="kim@bücher.example")
    assert message["To"] == "kim@xn--bcher-kva.example"


def test_attachments(client_of: ClientOf, writer: Member, group: Group) -> None:
    """Several, with names that are safe wherever they are saved."""
    files = [
        SimpleUploadedFile("보고서.pdf", b"%PDF-1.4", content_type="application/pdf"),
        SimpleUploadedFile("notes.txt", "naïve".encode()),
        SimpleUploadedFile("mail.eml", b"Subject: not ours\r\n\r\n"),
    ]
    _mail, message = sent(client_of, writer, group, attachments=files)
    found = {part.get_filename(): part for part in message.iter_attachments()}
    assert list(found) == ["보고서.pdf", "notes.txt", "mail.eml"]
    assert found["보고서.pdf"].get_content() == b"%PDF-1.4"
    assert found["notes.txt"].get_payload(decode=True) == "naïve".encode()
    assert found["mail.eml"].get_content_type() == "application/octet-stream"


@pytest.mark.parametrize("size", [0, 1, 57, 58, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 100])
def test_attachments_arrive_as_they_were_sent(size: int) -> None:
    """They are encoded block by block, in lines as any mail server takes them."""
    files = [Attachment("a.bin", bytes(range(256)) * (size // 256 + 1)), Attachment("b.txt", b"b\n" * 99)]
    files[0] = Attachment("a.bin", files[0].data[:size])
    mail = NewMail(("a@b.example",), (), "Subject", "Text", uuid4(), files)
    raw = compose(mail, name="Group", address="list@hanbit.example", at=timezone.now())
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert raw.count(b"\n") == raw.count(b"\r\n")
    message = message_from_bytes(raw, policy=policy.default)
    found = [part.get_payload(decode=True) for part in message.iter_attachments()]
    assert found == [file.data for file in files]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\x.exe", "_x.exe"),
        (".hidden", "hidden"),
        ("a\r\nb\x00.txt", "a  b .txt"),
        ("x" * 300 + ".docx", "x" * 250 + ".docx"),
        ("", "file"),
    ],
)
def test_file_names(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


def test_it_is_put_together_before_the_transaction(
    client_of: ClientOf, writer: Member, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encoding megabytes takes a while, in which the list's row is not locked."""
    inside: list[bool] = []

    def watched(*args: Any, **more: Any) -> bytes:
        # The test itself is a transaction; those inside it have savepoints.
        inside.append(bool(connection.savepoint_ids))
        return compose(*args, **more)

    monkeypatch.setattr(mail_actions, "compose", watched)
    _mail, message = sent(client_of, writer, group)
    assert message["From"].addresses[0].addr_spec == "platform@hanbit.example"
    assert inside == [False]


def test_attachments_beyond_the_limit(
    client_of: ClientOf, writer: Member, group: Group, settings: Any
) -> None:
    """Together below what a mail may be; the page says that files have to be chosen again."""
    settings.MAIL_MAX_BYTES = 2 * 1024 * 1024
    files = [SimpleUploadedFile(f"{n}.bin", b"x" * 300_000) for n in range(2)]
    page = refused(client_of, writer, group, attachments=files)
    assert "larger than" in page
    assert "Choose your files again" in page


def test_a_mail_that_is_too_large_as_a_whole(
    client_of: ClientOf, writer: Member, group: Group, settings: Any
) -> None:
    settings.MAIL_MAX_BYTES = 1_000
    assert "larger than allowed" in refused(client_of, writer, group, text="x" * 5_000)


def test_sent_as_the_list_shows_ones_own(
    client_of: ClientOf, writer: Member, group: Group, master: Member
) -> None:
    MailFactory.create(group=group, is_as_list=True, member_id=master.pk, subject="Somebody else's")
    MailFactory.create(
        group=group, is_as_list=True, member_id=writer.pk, subject="Mine", addressed=["kim@outside.example"]
    )
    page = client_of(writer).get(reverse("groups:mail_of", args=[group.pk])).content.decode()
    assert "Mine" in page
    assert "kim@outside.example" in page
    assert "Somebody else" not in page
