"""The many forms in which servers say that an address is dead, or something else (rule 4.10)."""

import pytest

from groupadmin.base.mail_headers import encoded
from groups.mail.outgoing import bounce_texts, bounces
from groups.mail.outgoing.dead_addresses import why_dead

pytestmark = pytest.mark.one_database

KIM, LEE = "kim@client.example", "lee@client.example"


def mail(body: str, **headers: str) -> bytes:
    """A mail with these headers (dashes for underscores); from a server, if they say nothing else."""
    shown = {"From": "MAILER-DAEMON@mx.example", "To": "bounce@hanbit.example", "Subject": "failure notice"}
    shown |= {"MIME-Version": "1.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
    top = "".join(f"{name}: {value}\n" for name, value in shown.items())
    return f"{top}\n{body}".replace("\n", "\r\n").encode()


def report(*parts: str, kind: str = "delivery-status", boundary: str = "b") -> bytes:
    """A mail in parts, each with its own headers."""
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return mail(body, Content_Type=f'multipart/report; report-type={kind}; boundary="{boundary}"')


def about(*blocks: str) -> str:
    """The part with the fields about each recipient."""
    return STATUS + "\n".join(blocks)


def block(address: str, status: str = "5.1.1", said: str = "", action: str = "failed") -> str:
    """The fields about one recipient."""
    diagnostic = f"Diagnostic-Code: smtp; {said}\n" if said else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n{diagnostic}"


def dead(raw: bytes) -> set[str]:
    """The addresses that a bounce calls dead."""
    return {address for address, words in bounces._failures(raw)[1].items() if why_dead(words)}


STATUS = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"
UNKNOWN = f"550 5.1.1 <{KIM}>: Recipient address rejected: User unknown"
FULL = f"552 5.2.2 <{LEE}>: Recipient address rejected: Mailbox full"

WRONG_PART = f"""\
{PLAIN}Technical report:

Action: failed
Final-Recipient: rfc822; {KIM}
Diagnostic-Code: smtp; {UNKNOWN}
Status: 5.1.1
"""
CARRIED = f"""\
--o
{PLAIN}See below.

--o
Content-Type: message/rfc822

From: MAILER-DAEMON@inner.example
Content-Type: multipart/report; boundary=i

--i
{STATUS}{block(KIM)}
--i--
--o--
"""
SMTPD = f"""\
{PLAIN}    Hi!

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

{KIM}: {UNKNOWN}
{LEE}: {FULL}

    Below is a copy of the original message:
"""
OLD_SMTPD = f"""\

    Hi!

    the following list of recipients:

{KIM}: 550 5.1.1 See https://mx.example/answer
"""
DRAGONFLY = f"""\
This is the DragonFly Mail Agent v0.13 at df.example.

There was an error delivering your mail to <{KIM}>.

%s

Message headers follow.

Received: from x
"""
YAHOO = f"""\
Sorry, we were unable to deliver your message to the following address.

<{KIM}>:
Remote host said: 550 5.1.1 <{KIM}>... User Unknown [RCPT_TO]

--- Below this line is a copy of the message.

X-Other: x@y.example
"""
EXCHANGE = f"""\
{PLAIN}{KIM}<mailto:{KIM}>
The email address wasn't found. Try retyping it.

Diagnostic information for administrators:

Generating server: EX2.example

{KIM}
Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'
"""
OLD_EXCHANGE = f"""\
Your message

  To:      {KIM}
  Subject: News

did not reach the following recipient(s):

{KIM} on Thu, 9 May 2025 10:00:00 +0900
    The recipient name is not recognized
"""
DOMINO = f"""\
Your message

was not delivered to:

  {KIM}

because:

  User kim ({KIM}) not listed in Domino Directory
"""
HTML = f"""\
Content-Type: text/html

<html><style>a@b.example {{ user unknown }}</style><p>** Address not found **</p>
<p>Your message wasn&#39;t delivered to <b>{KIM}</b> because the address couldn&#39;t be found.
Check for typos and try again.</p></html>
"""
EXIM = f"""\
This message was created automatically by mail delivery software.

  {LEE}
    SMTP error from remote mail server after RCPT TO:<{LEE}>:
    host mx [192.0.2.1]: {FULL}
  {KIM}
    SMTP error from remote mail server after RCPT TO:<{KIM}>:
    host mx [192.0.2.1]: {UNKNOWN}
"""
SENDMAIL = f"""\
   ----- Transcript of session follows -----
While talking to mx.example:
>>> DATA
554 <{LEE}>... Remote protocol error
550 gone.example (smtp)... 550 Host unknown
>>> RCPT To:<{KIM}>
550 <{KIM}>... User unknown

   ----- Unsent message follows -----
From: x@y.example
"""
MOBILE = f"""\
Message could not be delivered to mobile.
Error: No valid recipients for this MM

Original Message:
To: {KIM}
"""
KOREAN = """\
Content-Type: text/html; charset=utf-8

<html><head><title>메일 발송 실패</title></head><body><h1>메일이 전송되지 못했습니다.</h1>
<table><tr><td>실패 사유</td><td>존재하지 않는 메일 주소입니다.</td></tr></table></body></html>
"""
ACCESS = "550 5.4.1 Recipient address rejected: Access denied. [X.prod.outlook.com]"

OF_KIM = {
    "Postfix, whose parts a gateway took apart": report(
        PLAIN + "Sorry.", about(block(KIM)), boundary="other"
    ),
    "a report in the wrong part": report(WRONG_PART, kind="x"),
    "no empty lines": report(about(block(LEE, "5.2.2") + block(KIM))),
    "no kind of address": report(
        f"{STATUS}Original-Recipient: <{KIM}>\nDiagnostic-Code: smtp; 550 Unknown user"
    ),
    "a reply without a code": report(
        about(block(KIM, "5.7.1", f"553 Invalid recipient {KIM} (Mode: normal)"))
    ),
    "a gateway that sends reports on": mail(CARRIED, Content_Type="multipart/mixed; boundary=o"),
    "OpenSMTPD": report(SMTPD, about(block(KIM, "5.0.0"), block(LEE, "5.0.0")), kind="x"),
    "OpenSMTPD of old": mail(OLD_SMTPD, Subject="Delivery status notification: error"),
    "DragonFly, a domain": mail(DRAGONFLY % "DNS lookup failure: host client.example not found"),
    "DragonFly, a mailbox": mail(DRAGONFLY % f"mx [192.0.2.25] did not like our RCPT TO:\n{UNKNOWN}"),
    "Yahoo Japan": mail(YAHOO),
    "Exchange without a status": report(EXCHANGE),
    "Exchange of old": mail(OLD_EXCHANGE, From="Administrator <postmaster@client.example>"),
    "Domino": mail(DOMINO),
    "Gmail, to people only": report(HTML, about(block(KIM, "5.0.0"))),
    "Exim": mail(EXIM, X_Failed_Recipients=f"{LEE},\n  {KIM}"),
    "Sendmail of old": mail(SENDMAIL, Subject="Returned mail: User unknown"),
    "nobody named but in the mail that came back": mail(MOBILE, Subject="Undeliverable Message"),
    "Korean webmail, named in the subject only": mail(
        f"--b\n{KOREAN}\n--b--\n",
        From="no_reply@works.example",
        Subject=encoded(f"[발송실패 안내] {KIM}으로 메일이 전송되지 못했습니다."),
        Content_Type="multipart/alternative; boundary=b",
    ),
    "Exchange Online, where the domain knows its people": report(about(block(KIM, "5.4.1", ACCESS))),
}


@pytest.mark.parametrize("raw", OF_KIM.values(), ids=OF_KIM)
def test_that_kim_is_gone_is_understood(raw: bytes) -> None:
    """And that Lee, who is named beside Kim, is not."""
    assert dead(raw) == {KIM}


@pytest.mark.parametrize("kind", ["message/global-delivery-status", "message/delivery-status"])
@pytest.mark.parametrize("name", ["Original-Recipient", "Final-Recipient"])
@pytest.mark.parametrize(
    "written", ["jürgen@client.example", r"j\x{FC}rgen@client.example", r"J\x{fc}rgen@CLIENT.example"]
)
def test_addresses_in_any_script_are_read(kind: str, name: str, written: str) -> None:
    """RFC 6533, in UTF-8 and in ASCII."""
    part = f"Content-Type: {kind}\n\n{name}: utf-8; {written}\nAction: failed\nStatus: 5.1.1"
    assert dead(report(part, kind="global-delivery-status")) == {"jürgen@client.example"}


@pytest.mark.parametrize(
    ("sender", "subject", "charset"),
    [
        ("우체국 <no-reply@mx.example>", "반송: 회의", "euc-kr"),
        ("우체국 <mailer-daemon@mx.example>", "x", "utf-8"),
        ("no-reply@mx.example", "配信エラー: 会議", "shift_jis"),
    ],
)
def test_headers_in_raw_bytes_are_read(sender: str, subject: str, charset: str) -> None:
    """By the charset that the bounce names: who wrote it counts, and no detector stumbles over it."""
    kind = f"text/plain; charset={charset}"
    words = "宛先が見つかりません" if charset == "shift_jis" else "존재하지 않는 사용자"
    raw = mail(f"{KIM}\n{words}\n", From=sender, Subject=subject, Content_Type=kind)
    assert dead(raw.decode().encode(charset)) == {KIM}


def test_words_are_read_by_the_charset_that_windows_means() -> None:
    """What Audit › Mail shows of them too (rule 8.2)."""
    words = f"<{KIM}>:\n뷁회사에 존재하지 않는 사용자\n"
    raw = mail(words, Content_Type="text/plain; charset=ks_c_5601-1987").decode().encode("cp949")
    assert "뷁회사" in bounces._failures(raw)[1][KIM]


def test_reports_may_be_encoded() -> None:
    """RFC 6533 allows it for those that are not in ASCII."""
    part = "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: quoted-printable\n\n"
    part += "Final-Recipient: utf-8; j=C3=BCrgen@cli=\nent.example\nAction: failed\nStatus: 5.1.1\n"
    assert dead(report(part, kind="global-delivery-status")) == {"jürgen@client.example"}


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822;kim+2Bnews@client.example", "kim+news@client.example"),
        (r"rfc822; kim@b\x{FC}cher.example", "kim@xn--bcher-kva.example"),
        ("rfc822; kim@xn--bcher-kva.example", "kim@bücher.example"),
        ('rfc822; "kim.."@client.example', '"kim.."@client.example'),
        (f"rfc822; {KIM} (forwarded)", KIM),
    ],
)
def test_an_address_is_known_however_it_is_written(field: str, address: str) -> None:
    assert address in dead(report(f"{STATUS}Original-Recipient: {field}\nAction: failed\nStatus: 5.1.1\n"))


LOOKUP = "Name service error for client.example: Host not found, try again"
LATE = f"THIS IS A WARNING MESSAGE ONLY\n\n{KIM}:\n550 5.1.1 User unknown\n\nWill keep trying until Monday\n"
QUOTING = f"<{KIM}>: 552 5.2.2 Full\n\n--- Below this line is a copy of the message.\n\n<{LEE}>: {UNKNOWN}\n"

OTHERS = {
    "too large": report(about(block(KIM, "5.3.4", "552 5.3.4 Message size exceeds fixed limit"))),
    "policy": mail(
        DRAGONFLY % "mx did not like our DATA:\n550-5.7.26 Unauthenticated by the domain's DMARC policy"
    ),
    "quota by another code": report(about(block(KIM, said=f"552 sorry, {KIM} is over quota (#5.1.1)"))),
    "a list of senders": report(
        about(block(KIM, said="553 5.1.1 https://www.spamhaus.org/query?ip=192.0.2.1"))
    ),
    "the sender": mail(f"<{KIM}>:\nRemote host said: 550 Sender address does not exist\n"),
    "the name server": mail(f"<{KIM}>: {LOOKUP}\n"),
    "locked for a while": mail(f"<{KIM}>: 550 Recipient address rejected: User {KIM} temporary locked\n"),
    "too late at last": report(about(block(KIM, "4.4.7", "550 5.1.1 User unknown"))),
    "delayed": report(about(block(KIM, action="delayed"))),
    "delayed, in words": mail(LATE),
    "relayed": report(about(block(KIM, "2.1.5", action="relayed"))),
    "what the mail that came back says": mail(QUOTING),
}


@pytest.mark.parametrize("raw", OTHERS.values(), ids=OTHERS)
def test_other_failures_say_nothing_about_the_address(raw: bytes) -> None:
    """Size, policy, quota, spam, delays: none pauses anybody."""
    assert dead(raw) == set()


WORDS = f"<{KIM}>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
ABUSE = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
RECEIPT = f"Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; {KIM}\n"
AWAY = "auto-replied (vacation)"

NONE = {
    "away, by a program's own header": mail(WORDS, X_Autoreply="yes"),
    "away, by the standard's": mail(WORDS, From="postmaster@client.example", Auto_Submitted=AWAY),
    "away, a person's": mail(WORDS, From=KIM, Subject="Back soon", Auto_Submitted="auto-replied"),
    "away, by the subject": mail(WORDS, From=KIM, Subject="Automatic reply: undeliverable"),
    "away, in Korean": mail(WORDS, From=KIM, Subject="=?utf-8?b?67aA7J6sIOykkeyeheuLiOuLpA==?="),
    "away, in Korean, in raw bytes": mail(
        WORDS, From=KIM, Subject="부재중", Content_Type="text/plain; charset=euc-kr"
    )
    .decode()
    .encode("euc-kr"),
    "away, a server's mailbox": mail(WORDS, From="postmaster@client.example", Subject="Out of office: News"),
    "away, in Japanese, a server's mailbox": mail(
        WORDS, From="postmaster@client.example", Subject=encoded("【自動返信】不在のお知らせ")
    ),
    "an answer": mail(WORDS, From=KIM, Subject="Re: Undeliverable: News"),
    "a person's letter": mail(f"{KIM} is no longer with us: {UNKNOWN}", From=LEE, Subject="Kim"),
    "a complaint": report(PLAIN + WORDS, ABUSE, about(block(KIM)), kind="x"),
    "a receipt": report(PLAIN + WORDS, RECEIPT, kind="x"),
}


@pytest.mark.parametrize("raw", NONE.values(), ids=NONE)
def test_what_is_no_bounce_means_nothing(raw: bytes) -> None:
    """Notes of absence, complaints and receipts, whatever they quote."""
    assert bounces._failures(raw) == (set(), {})


@pytest.mark.parametrize(
    "line", [f"{KIM}: 550 x", "p%d@client.example: 550 5.1.1 x", "<p%d@client.example>\n550 x\n"]
)
def test_of_hostile_bounces_a_part_is_read(line: str) -> None:
    lines = (line % number if "%" in line else line for number in range(10_000))
    assert len(bounces._failures(mail("\n".join(lines)))[1]) <= bounce_texts.ADDRESSES_AT_MOST
