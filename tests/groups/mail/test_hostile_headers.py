"""No header whatever stops a mail: it is refused for a reason, or goes out as a mail (rule 4.3)."""

from email import message_from_bytes
from email.policy import default

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Member
from groups.mail.incoming import receive
from groups.mail.outgoing import delivery
from groups.models import Group, Mail
from tests.groups.mail.outgoing.test_headers import as_sent

LIST = "platform@hanbit.example"

NAMES = st.sampled_from(
    [
        *("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Message-ID", "References", "In-Reply-To"),
        *("Date", "Received", "List-Id", "X-Groupadmin-List", "Precedence", "Auto-Submitted", "Content-Type"),
        *("DKIM-Signature", "Authentication-Results", "Disposition-Notification-To", "X"),
    ]
)
# What means something somewhere, and what means nothing anywhere.
PIECES = st.sampled_from(
    [
        *(
            b"a@x.example",
            b'"a b"@x.example',
            b"<a@x.example>",
            b"<@r.example:a@x.example>",
            b"Team:",
            b";",
            b",",
        ),
        *(b"<", b">", b'"', b"(", b")", b"\\", b"@", b"[", b" ", b"\t", b"\r\n ", b"=?utf-8?q?=0D=0AX:_y?="),
        *(
            b"=?euc-kr?B?lO6woQ==?=",
            b"=?x-no?B?lO4=?=",
            b"=?utf-16?B?2AA=?=",
            b"\x1b$B2q",
            b"charset=hz",
            b"\0",
        ),
        *("회의".encode(), "회의".encode("euc-kr"), b"d=x.example; h=from:", b"b@\xff.example", b"x" * 300),
    ]
)
VALUES = st.lists(
    PIECES | st.binary(max_size=3).filter(lambda one: b"\n" not in one and b"\r" not in one), max_size=8
)
HEADERS = st.lists(st.tuples(NAMES, VALUES.map(b"".join)), max_size=5)


@pytest.mark.django_db
@given(HEADERS)
@settings(max_examples=25)
def test_it_is_refused_for_a_reason_or_goes_out_as_a_mail(
    group: Group, monkeypatch: pytest.MonkeyPatch, headers: list[tuple[str, bytes]]
) -> None:
    monkeypatch.setattr(delivery, "wake", lambda: None)
    Mail.objects.all().delete()  # or some are known again
    raw = b"From: Eva <eva@x.example>\r\n" + b"".join(
        b"%s: %s\r\n" % (name.encode(), value) for name, value in headers
    )
    (decision,) = receive.take(raw + b"\r\nHi\r\n", "lmtp", "eva@x.example", (LIST,), None, None)
    assert decision.code in (250, 550, 554)
    if not decision.accepted:
        return
    mail = Mail.objects.get()
    assert "\ufffd" not in mail.subject + mail.sender
    sent = as_sent(mail, "momo@hanbit.example")
    message = message_from_bytes(sent, policy=default)
    assert message["List-Id"].endswith("<platform.hanbit.example>")
    assert len(message["From"].addresses) == 1
    assert "Disposition-Notification-To" not in message
    assert sent.endswith(b"\r\n\r\nHi\r\n")
    for name, value in headers:
        if name in ("Subject", "To", "Date", "X") and value:
            assert b"%s: %s\r\n" % (name.encode(), value) in sent


@pytest.mark.django_db
def test_the_audit_shows_what_it_can(group: Group, administrator: Member, client: Client) -> None:
    """Rule 8.2: in the page, in Django's own list and in the file."""
    raw = (
        b"From: =?euc-kr?B?lO6woQ==?= <eva@x.example>\r\nSubject: \xff\xfe =?gbk?B?iNI=?=\r\n"
        b"To: \xff <%s>\r\nCc: =?shift_jis?B?+/w=?= <c@x.example>\r\n\r\nHi\r\n" % LIST.encode()
    )
    receive.take(raw, "lmtp", "eva@x.example", (LIST,), None, None)
    client.force_login(administrator)
    mail = Mail.objects.get()
    page = client.get(reverse("groups:mail_record", args=[mail.pk])).content.decode()
    for shown in ("뷁가", "\\xff\\xfe 堃", "\\xff &lt;", "髙"):
        assert shown in page
    assert "\ufffd" not in page
