"""Whatever comes: a clear reply, no crash, and the next connection is answered as ever."""

import contextlib
import itertools
import socket

import pytest

from groups.mail.incoming import dialogue
from groups.mail.incoming.reading import MOST_HEADER_BYTES
from groups.models import Group, Mail, MailContent
from tests.factories import GroupFactory
from tests.groups.mail.servers import LmtpTalk, Ports, Talk, still_answers, stuffed

LIST = "platform@hanbit.example"
FROM = b"From: Momo <momo@hanbit.example>\r\n"
LONG = "a" * 5000
_numbers = itertools.count()

OK, REFUSED, NO_FROM = "250 2.0.0 ", "550 5.7.1 ", "554 5.6.0 "

MAILS = {
    "nothing at all": (b"", NO_FROM),
    "a lone dot": (b".", NO_FROM),
    "no headers": (b"\r\nHello", NO_FROM),
    "no body": (FROM, OK),
    "missing From": (b"Subject: Hello\r\n\r\nHi", NO_FROM),
    "empty From": (b"From:\r\n\r\nHi", NO_FROM),
    "From without an address": (b"From: Momo\r\n\r\nHi", NO_FROM),
    "From of nobody": (b"From: undisclosed-recipients:;\r\n\r\nHi", NO_FROM),
    "From at an IP address": (b"From: <momo@[192.0.2.1]>\r\n\r\nHi", NO_FROM),
    "two From": (b"From: a@x.example, b@x.example\r\n\r\nHi", NO_FROM),
    "two headers From": (b"From: a@x.example\r\n" + FROM + b"\r\nHi", NO_FROM),
    "one From that two readers read differently": (b"From: a@x.example <b@x.example>\r\n\r\nHi", NO_FROM),
    "endless From": (b"From: " + b"x" * 100_000 + b" <a@x.example>\r\n\r\nHi", NO_FROM),
    "From of a thousand": (b"From: " + b"a@x.example, " * 1000 + b"b@x.example\r\n\r\nHi", NO_FROM),
    "parentheses": (b"From: " + b"(" * 3900 + b"\r\n\r\nHi", NO_FROM),
    "quotation marks": (b"From: " + b'\\"' * 1900 + b"\r\n\r\nHi", NO_FROM),
    "quoted local part": (b'From: "john doe"@x.example\r\n\r\nHi', OK),
    "quoted local part with a name": (b'From: "john doe" <"john doe"@x.example>\r\n\r\nHi', OK),
    "quoted local part with everything": (b'From: J <"<j\\"@,;(:"@x.example>\r\n\r\nHi', OK),
    "comments in the address": (b"From: J (a (b) c) <john(his)@(the)x.example> (d)\r\n\r\nHi", OK),
    "a group": (b"From: Team: John <john@x.example>;\r\n\r\nHi", OK),
    "a route": (b"From: <@a.example,@b.example:john@x.example>\r\n\r\nHi", OK),
    "an address without end": (b"From: John <john@x.example\r\n\r\nHi", OK),
    "From of 400 characters": (b"From: <" + b"j" * 400 + b"@x.example>\r\n\r\nHi", NO_FROM),
    "bytes in the address": (b"From: John <\xff\xfe@x.example>\r\n\r\nHi", NO_FROM),
    "a name in no charset": (b"From: \xc8\xab\xb1\xe6 <john@x.example>\r\n\r\nHi", OK),
    "a name in an unknown charset": (b"From: =?x-no?B?yKs=?= <john@x.example>\r\n\r\nHi", OK),
    "empty headers": (b"From: <j@x.example>\r\nReply-To:\r\nSender: \r\nCc: <>\r\n\r\nHi", OK),
    "NUL in every header": (
        b"From: J\0 <j@x.example>\r\nMessage-ID: <a\0@b>\r\nReferences: <c\0@d>\r\nReply-To: \0\r\n"
        b"Subject: \0\r\nList-Id: <\0>\r\nX-Groupadmin-List: \0@x\r\nPrecedence: \0\r\n\r\nHi",
        OK,
    ),
    "UTF-8 in the address": ("From: 홍길동 <길동@예시.example>\r\n\r\nHi".encode(), OK),
    "encoded line breaks": (b"From: =?utf-8?q?a=0D=0ABcc:_b=40x.example?= <a@x.example>\r\n\r\nHi", OK),
    "garbage in headers": (FROM + b"Subject: \xff\xfe\x00\x80\xed\xa0\x80\r\nX: \x01\x02\r\n\r\nHi", OK),
    "garbage": (bytes(range(256)) * 40, NO_FROM),
    "garbage below From": (FROM + bytes(range(256)) * 40, OK),
    "a header that is none": (FROM + b"this is no header\r\n: nor this\r\n\r\nHi", OK),
    "malformed MIME": (
        FROM + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n--\r\n--x--\r\n====",
        OK,
    ),
    "nested without end": (
        FROM
        + b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n'
        + b"--a\r\nContent-Type: message/rfc822\r\n\r\n" * 5000,
        OK,
    ),
    "10,000 headers": (FROM + b"X-Header: value\r\n" * 10_000 + b"\r\nHi", OK),
    "a header of 10,000 lines": (FROM + b"Subject: long\r\n" + b" and longer\r\n" * 10_000 + b"\r\nHi", OK),
    "headers without end": (FROM + b"X-Header: value\r\n" * (MOST_HEADER_BYTES // 17), "552 5.3.4 "),
    "a line without end": (FROM + b"\r\n" + b"x" * 3_000_000, OK),
    "short lines": (FROM + b"\r\n" + b"\r\n" * 500_000, OK),
    "10,000 servers": (b"Received: by x\r\n" * 10_000 + FROM + b"\r\nHi", "554 5.4.6 "),
    "through an outside forwarder": (
        b"X-Groupadmin-List: platform@hanbit.example\r\n" + FROM + b"\r\nHi",
        "554 5.4.6 ",
    ),
    "from the list itself": (
        b"List-Id: Guild <platform.hanbit.example>\r\n" + FROM + b"\r\nHi",
        "554 5.4.6 ",
    ),
    "an answer of a machine": (b"Auto-Submitted: auto-replied (vacation)\r\n" + FROM + b"\r\nHi", REFUSED),
    "an answer of an old machine": (b"X-Autoreply: yes\r\n" + FROM + b"\r\nHi", REFUSED),
    "lone line feeds": (FROM.replace(b"\r\n", b"\n") + b"Subject: x\n\nHi\n.\nHi", OK),
    "lone carriage returns": (b"Subject: x\rFrom: Momo <momo@hanbit.example>\r\r\nHi", OK),
}


def another(raw: bytes = FROM + b"\r\nHi") -> bytes:
    """A mail with a Message-ID of its own: the same one again would be known again (rule 4.3)."""
    return f"Message-ID: <{next(_numbers)}@hanbit.example>\r\n".encode() + raw


@pytest.mark.usefixtures("group")
def test_every_mail_has_a_clear_reply(ports: Ports, caplog: pytest.LogCaptureFixture) -> None:
    """By LMTP and SMTP; then the next one is taken on the same connection, and another one is answered."""
    answers = {}
    with LmtpTalk(ports.lmtp) as front, Talk(ports.smtp) as talk:
        for name, (raw, _expected) in MAILS.items():
            (by_lmtp,) = front.mail("momo@hanbit.example", [LIST], raw)
            (by_smtp,) = talk.mail("momo@hanbit.example", [LIST], raw)
            assert by_lmtp[:10] == by_smtp[:10]
            assert by_lmtp.isascii()
            answers[name] = by_lmtp[:10]
            assert still_answers(ports.smtp), name
    assert answers == {name: expected for name, (_raw, expected) in MAILS.items()}
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


COMMANDS: dict[str | bytes, str] = {
    "MAIL FROM:<>": "250 2.1.0 ",
    "MAIL FROM: <momo@hanbit.example>": "250 2.1.0 ",
    "MAIL FROM:momo@hanbit.example": "250 2.1.0 ",
    'MAIL FROM:<"a \\" <>b"@x.example>': "250 2.1.0 ",
    "MAIL FROM:<momo>": "250 2.1.0 ",
    'MAIL FROM:<"momo m"@hanbit.example>': "250 2.1.0 ",
    "MAIL FROM:<momo@[192.0.2.1]>": "250 2.1.0 ",
    "MAIL FROM:<@relay.example,@other.example:momo@hanbit.example>": "250 2.1.0 ",
    "MAIL FROM:<길동@예시.example> SMTPUTF8": "250 2.1.0 ",
    "MAIL FROM:<a@x.example> BODY=8BITMIME SIZE=10 SMTPUTF8": "250 2.1.0 ",
    "MAIL FROM:<a@x.example> BODY=9BIT": "501 5.5.4 ",
    "MAIL FROM:<a@x.example> SIZE=ten": "501 5.5.4 ",
    "MAIL FROM:<a@x.example> SIZE=²": "553 5.1.3 ",
    "MAIL FROM:<a@x.example> SIZE=" + "9" * 500: "552 5.3.4 ",
    "MAIL FROM:<a@x.example> NONSENSE": "555 5.5.4 ",
    "MAIL FROM:<a@x.example> A=B=C %%%": "501 5.5.4 ",
    "MAIL": "501 5.5.4 ",
    "MAIL FROM": "501 5.5.4 ",
    "MAIL FROM:": "553 5.1.3 ",
    "MAIL FROM:<": "553 5.1.3 ",
    "MAIL FROM:<a@x.example": "553 5.1.3 ",
    "MAIL FROM:<a b@x.example>": "553 5.1.3 ",
    "MAIL FROM:<" + "(" * 1900: "553 5.1.3 ",
    "MAIL FROM:<" + "a" * 1001 + ">": "553 5.1.3 ",
    "MAIL FROM:<" + LONG + "@x.example>": "500 5.5.2 ",
    b"MAIL FROM:<\xff\xfe@x.example>": "553 5.1.3 ",
    b"MAIL FROM:<a\x00@x.example>": "553 5.1.3 ",
    b"MAIL FROM:<a\r@x.example>": "553 5.1.3 ",
    "RCPT TO:<platform@hanbit.example>": "503 5.5.1 ",
    "DATA": "503 5.5.1 ",
    "AUTH PLAIN AGEAYg==": "502 5.5.1 ",
    "STARTTLS": "454 ",
    "VRFY <platform@hanbit.example>": "252 2.5.2 ",
    "EXPN <platform@hanbit.example>": "502 5.5.1 ",
    "HELP": "250 ",
    b"\xff\xfe": "500 5.5.2 ",
    "": "500 5.5.2 ",
    "GET / HTTP/1.1": "500 5.5.2 ",
}


RECIPIENTS = {
    "<>": "553 5.1.3 ",
    "<platform>": "553 5.1.3 ",
    "<@hanbit.example>": "553 5.1.3 ",
    '<"platform"@hanbit.example>': "250 2.1.5 ",
    r'<"plat\form"@hanbit.example>': "250 2.1.5 ",
    '<"plat form"@hanbit.example>': "550 5.1.1 ",
    '<"platform."@hanbit.example>': "550 5.1.1 ",
    '<""@hanbit.example>': "550 5.1.1 ",
    "<플랫폼@hanbit.example>": "550 5.1.1 ",
    "<platform@hanbit.example> NOTIFY=NEVER": "555 5.5.4 ",
    "<platform+tag@hanbit.example>": "550 5.1.1 ",
    "<bounce+1-00000000000000000000000000000000@hanbit.example>": "250 2.1.5 ",
}


@pytest.mark.usefixtures("group")
def test_every_command_has_a_clear_reply(ports: Ports) -> None:
    """Then a mail is taken on the same connection."""
    answers = {}
    for line, expected in COMMANDS.items():
        with Talk(ports.smtp) as talk:
            answers[line] = talk.say(line)[: len(expected)]
            assert talk.say("RSET") == "250 2.0.0 OK", line
            assert talk.mail("momo@hanbit.example", [LIST], another()) == ["250 2.0.0 OK"], line
    assert answers == COMMANDS


@pytest.mark.usefixtures("group")
def test_every_recipient_has_a_clear_reply(ports: Ports) -> None:
    answers = {}
    for recipient in RECIPIENTS:
        with Talk(ports.smtp) as talk:
            answers[recipient] = talk.say("MAIL FROM:<momo@hanbit.example>", f"RCPT TO:{recipient}")[:10]
    assert answers == RECIPIENTS
    assert still_answers(ports.smtp)


@pytest.mark.usefixtures("group")
def test_bounces_are_not_distributed(ports: Ports) -> None:
    """The null sender comes as far as the mail: servers in front ask with it whether an address is there."""
    with Talk(ports.smtp) as talk:
        (reply,) = talk.mail("", [LIST], FROM + b"\r\nHi")
        assert reply.startswith(REFUSED)
        (reply,) = talk.mail("", ["bounce+1-00000000000000000000@hanbit.example"], FROM + b"\r\nHi")
        assert reply.startswith("550 5.1.1 ")
    assert Mail.objects.get().rule == "bounce"


def test_names_and_subjects_cannot_inject_headers(ports: Ports, group: Group, outgoing: object) -> None:
    """Neither into what goes out, nor into our replies."""
    Group.objects.update(name='Guild"\r\nBcc: evil@x.example\r\n\r\n<script>')
    with Talk(ports.smtp) as talk:
        subject = b"Subject: =?utf-8?q?Hello=0D=0ABcc:_evil=40x.example?=\r\n"
        assert talk.mail("momo@hanbit.example", [LIST], FROM + subject + b"\r\nHi") == ["250 2.0.0 OK"]
    mail = Mail.objects.get()
    assert mail.subject == "Hello  Bcc: evil@x.example"
    assert not any("\r" in str(value) or "\n" in str(value) for header in mail.headers for value in header)


@pytest.mark.usefixtures("group")
def test_a_pipelined_flood_ends(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Commands that lead to nothing are answered for a while; mails in between count as progress."""
    monkeypatch.setattr(dialogue, "MOST_REPLIES", 100)
    replies = 0
    with Talk(ports.smtp) as flood, Talk(ports.smtp) as other:
        # What is still unread when the server ends the connection makes a reset of it.
        with contextlib.suppress(ConnectionError):
            flood.send(b"NOOP\r\n" * 100_000)
        with contextlib.suppress(ConnectionError):
            while flood.reply():
                replies += 1
        for _number in range(30):
            assert other.mail("momo@hanbit.example", [LIST], another()) == ["250 2.0.0 OK"]
    assert replies <= 101
    assert "commands that lead to nothing" in caplog.text
    assert still_answers(ports.smtp)


@pytest.mark.usefixtures("group")
def test_whoever_guesses_addresses_is_sent_away(ports: Ports) -> None:
    with Talk(ports.smtp) as talk:
        talk.say("MAIL FROM:<momo@hanbit.example>")
        replies = [talk.say(f"RCPT TO:<guess{number}@hanbit.example>") for number in range(51)]
        assert all(reply.startswith("550 5.1.1 ") for reply in replies)
        assert talk.reply().startswith("421 4.7.0 ")
        assert talk.reply() == ""
    assert still_answers(ports.smtp)


@pytest.mark.usefixtures("group")
def test_pipelined_mails_are_taken_one_after_the_other(ports: Ports) -> None:
    """What follows a mail in the same packet is the next command (RFC 2920)."""
    begin = f"MAIL FROM:<momo@hanbit.example>\r\nRCPT TO:<{LIST}>\r\nDATA\r\n".encode()
    with Talk(ports.smtp) as talk:
        talk.send(b"".join(begin + stuffed(another()) for _number in range(3)) + b"QUIT\r\n")
        replies = [talk.reply()[:3] for _number in range(13)]
    assert replies == ["250", "250", "354", "250"] * 3 + ["221"]
    assert Mail.objects.count() == 3


@pytest.mark.usefixtures("group")
def test_half_a_mail_is_no_mail(ports: Ports) -> None:
    whole = FROM + b"\r\nHi\r\n.\r"
    for length in (0, 4, len(FROM), len(whole) - 4, len(whole) - 1, len(whole)):
        with Talk(ports.smtp) as talk:
            talk.envelope("momo@hanbit.example", LIST)
            talk.say("DATA")
            talk.send(whole[:length])
            talk.socket.shutdown(socket.SHUT_WR)
            assert talk.reply() == ""
    assert not Mail.objects.exists()
    assert still_answers(ports.smtp)


@pytest.mark.usefixtures("group")
def test_no_mail_hides_in_another(ports: Ports) -> None:
    """Only CR LF dot CR LF ends a mail; what others might take for an end does not go out as such."""
    ends = (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\n\n.\r\n")
    with Talk(ports.smtp) as talk:
        for end in ends:
            talk.envelope("momo@hanbit.example", LIST)
            talk.say("DATA")
            talk.send(another() + end + b"MAIL FROM:<boss@hanbit.example>\r\n\r\n.\r\n")
            assert talk.reply() == "250 2.0.0 OK"
    contents = [bytes(data) for data in MailContent.objects.values_list("data", flat=True)]
    assert len(contents) == len(ends)
    for raw in contents:
        assert b"MAIL FROM:<boss" in raw
        assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.usefixtures("group")
def test_who_is_silent_for_too_long_is_sent_away(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the middle of a mail."""
    monkeypatch.setattr(dialogue, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(dialogue, "DATA_SECONDS", 0.05)
    with Talk(ports.smtp) as talk:
        assert talk.reply().startswith("421 4.4.2 ")
        assert talk.reply() == ""


def test_twenty_lists_at_once_one_of_them_off(ports: Ports, group: Group) -> None:
    """Each list answers for itself."""
    others = [
        GroupFactory.create(
            company=group.company, listed=True, mailing_list__address__local_part=f"list{number}"
        )
        for number in range(19)
    ]
    Group.objects.filter(pk=others[3].pk).update(uses_mailing_list=False)
    with LmtpTalk(ports.lmtp) as front:
        replies = front.mail(
            "momo@hanbit.example", [f"list{number}@hanbit.example" for number in range(19)] + [LIST], FROM
        )
    assert [reply[:10] for reply in replies] == ["550 5.2.1 "] + [OK] * 19
