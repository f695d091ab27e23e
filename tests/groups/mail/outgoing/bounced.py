"""Bounces for the tests, and other mail that comes to the address for them."""

from groups.mail.outgoing import bounce_addresses, bounces
from groups.models import Envelope
from tests.groups.mail.lists import arrival

STANDARD = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

I'm sorry.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

{blocks}
--x
Content-Type: message/rfc822

Subject: News

Hello
--x--
"""

BLOCK = """\
Final-Recipient: rfc822; {about}
Original-Recipient: rfc822;{about}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.hanbit.example
Diagnostic-Code: smtp; {said}
"""
UNKNOWN = "550 5.1.1 <{about}>: User unknown\n    in virtual mailbox table"

QMAIL = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{about}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
"""

VACATION = """\
From: {about}
To: {to}
Subject: I am away
Auto-Submitted: auto-replied

Back on Monday. Until then {about} is not read: no such user is in the office, 550 5.1.1.
"""

# What they quote may be a bounce itself, of another mail.
QUOTED = """\
Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{about}>:
Sorry, no mailbox here by that name. (#5.1.1)
"""

COMPLAINT = (
    """\
From: staff@provider.example
To: {to}
Subject: FW: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: text/plain

This is an email abuse report for {about}.

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: {about}
Removal-Recipient: {about}

--x
Content-Type: message/rfc822

Subject: News

"""
    + QUOTED
    + """--x--
"""
)

READ = (
    """\
From: {about}
To: {to}
Subject: Read: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="x"

--x
Content-Type: text/plain

Your message to {about} was deleted unread.

"""
    + QUOTED
    + """
--x
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {about}
Disposition: automatic-action/MDN-sent-automatically; deleted
--x--
"""
)


def block(about: str, *, action: str = "failed", status: str = "5.1.1", said: str = UNKNOWN) -> str:
    """What a standard bounce says about one recipient."""
    return BLOCK.format(about=about, action=action, status=status, said=said.format(about=about))


def bounce(*abouts: str, to: str = "bounce@hanbit.example") -> bytes:
    """A standard bounce about these recipients."""
    blocks = "\n".join(block(about) for about in abouts)
    return STANDARD.format(to=to, blocks=blocks).replace("\n", "\r\n").encode()


def come_back(
    envelope: Envelope,
    about: str,
    text: str = STANDARD,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = UNKNOWN,
    blocks: str = "",
) -> bool:
    """A bounce of the envelope arrives. Tells whether it was taken."""
    address = bounce_addresses.bounce_address(envelope.pk, "hanbit.example")
    blocks = blocks or block(about, action=action, status=status, said=said)
    raw = text.format(to=address, about=about, blocks=blocks).replace("\n", "\r\n").encode()
    token = bounce_addresses.bounce_token(address)
    assert token is not None
    return bounces.take_in(arrival(raw=raw, envelope_sender="", recipients=(address,)), token).accepted
