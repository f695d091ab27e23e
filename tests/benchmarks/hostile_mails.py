"""Mails and bounces of at most 25 MB that cost more than they look like."""

import base64
from collections.abc import Iterator

MEGABYTE = 1024 * 1024


def mails() -> Iterator[tuple[str, bytes]]:
    body, most = b"\r\n\r\nbody\r\n", 24 * MEGABYTE
    for name, value in {
        "angles": "<" * 10_000,
        "commas": "a@b.example, " * 1000,
        "quotes": '"' * 10_000,
        "comments": "(" * 10_000,
        "nested comments": "(" * 5000 + ")" * 5000,
        "groups": "a:" * 5000,
        "encoded words": "=?utf-8?q?a?= " * 1000,
        "open words": "=?utf-8?q?" * 1000,
        "ats": "a@" * 5000,
        "backslashes": "\\" * 10_000,
        "quoted pairs": '"' + "\\a" * 5000 + '"@b',
        "dots": "a." * 5000 + "@b",
        "base64": "=?utf-8?b?" + base64.b64encode(b"\xff" * 6000).decode() + "?=",
    }.items():
        for field in ("From", "Subject"):
            yield f"{field}: {name}", f"{field}: {value}".encode() + body
        yield f"short From: {name}", f"From: {value[:3900]}".encode() + body
        yield f"Reply-To: {name}", f"From: a@b.example\r\nReply-To: {value * 20}".encode() + body
    yield "fields of one letter", b"a:\r\n" * (most // 4) + body
    yield "one megabyte of From", b"From: a@b.example\r\n" * 50_000 + body
    yield "one megabyte of Received", b"Received: x\r\n" * 80_000 + body
    yield "no fields", b"x" * most
    yield "line feeds", b"a: b\n" + b" \n" * (most // 2)
    yield "folded From", b"From: " + b"\r\n a@b.example," * 60_000 + body
    yield "one line", b"Subject: " + b"a" * most
    yield "references", b"References: " + b"<a@b> " * 150_000 + body
    yield "open reference", b"References: " + b"<a" * 500_000 + body
    yield "list ids", b"List-Id: <a>\r\n" * 70_000 + body
    yield (
        "results of the front",
        b"".join(
            b"Authentication-Results: mx.example; dmarc=pass (" + b"(" * 3900 + b")\r\n" for _ in range(200)
        )
        + b"From: a@b.example"
        + body,
    )
    yield (
        "results, methods",
        b"".join(
            b"Authentication-Results: mx.example" + b"; dkim=pass header.d=b.example" * 120 + b"\r\n"
            for _ in range(200)
        )
        + b"From: a@b.example"
        + body,
    )
    yield "signatures", b"DKIM-Signature: a=b; " + b"d =" * 300_000 + b"\r\nFrom: a@b.example" + body


def nested(depth: int, kind: bytes = b"multipart/mixed") -> bytes:
    return (
        b"".join(b"Content-Type: " + kind + b"; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
        + b"\r\ntext\r\n"
    )


def bounced() -> Iterator[tuple[str, bytes]]:
    most = 25 * MEGABYTE
    text = b"Subject: Undelivered\r\nFrom: mailer-daemon@a.example\r\nContent-Type: text/plain\r\n\r\n"
    yield "text of a million lines", text + b"a\r\n" * (most // 3)
    for name, line in {
        "addresses": b"<a@b.example>\r\n",
        "angles": b"<" * 70 + b"\r\n",
        "one letter": b"\r\n",
        "colons": b"a@b.example: host\r\n",
        "not deliverable": b"The following addresses had permanent fatal errors\r\n",
        "spaces": b" " * 70 + b"\r\n",
        "dots": b"a.a@a.a " * 9 + b"\r\n",
        "wide": b"<" + b"a" * 900 + b"\r\n",
        "delivery failed": b"Delivery to the following recipients failed.\r\n",
        "reply": b"550 5.1.1 <a@b.example>... User unknown\r\n",
        "transcript": b"   ----- The following addresses had permanent fatal errors -----\r\n<a@b.cd>\r\n",
        "postfix": b"This is the Postfix program\r\n<a@b>: x\r\n",
    }.items():
        yield f"lines of {name}", text + line * (most // len(line))
    yield "one line", text + b"a" * most
    yield "one line of addresses", text + b"<a@b.example> " * (most // 14)
    yield "one line of commas", text + b"," * most
    yield "one line of angles", text + b"<" * most
    yield "one line of spaces", text + b" " * most
    yield "headers", b"a: b\r\n" * (most // 6) + b"\r\n"
    yield "headers of one name", b"X-Failed-Recipients: a@b.example, \r\n" * (most // 36) + b"\r\n"
    yield "one failed header", b"X-Failed-Recipients: " + b"a@b.example, " * (most // 13) + b"\r\n\r\n"
    for depth in (100, 900, 3000, 15_000):
        yield f"{depth} parts deep", nested(depth)
    yield "mails in mails", b"Content-Type: message/rfc822\r\n\r\n" * 20_000 + b"x"
    yield "mails in mails, digest", nested(10_000, b"multipart/digest")
    report = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    )
    about = b"Final-Recipient: rfc822; a%d@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    yield "reports", report + b"".join(about % n for n in range(300_000)) + b"\r\n--b--\r\n"
    yield "reports, short", report + b"a: b\r\n\r\n" * 3_000_000 + b"\r\n--b--\r\n"
    yield (
        "report, encoded words",
        report
        + (
            b"Final-Recipient: rfc822; " + b"=?utf-8?q?a?= " * 60_000 + b"\r\nAction: failed\r\n\r\n--b--\r\n"
        ),
    )
    yield (
        "report, brackets",
        report + (b"Final-Recipient: rfc822; " + b"(<" * 400_000 + b"\r\nAction: failed\r\n\r\n--b--\r\n"),
    )
    yield "parts", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * (most // 7)
    yield (
        "boundary in every line",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bb\r\n" * (most // 6),
    )
    yield "parameters", b"Content-Type: multipart/report" + b"; a=b" * 200_000 + b"\r\n\r\n"
    yield "quotes in a parameter", b"Content-Type: multipart/report; a=" + b'"' * 1_000_000 + b"\r\n\r\n"
    yield (
        "continued parameters",
        b"Content-Type: multipart/report"
        + b"".join(b";\r\n a*%d*=b" % n for n in range(60_000))
        + b"\r\n\r\n",
    )
    yield "html", b"Content-Type: text/html\r\n\r\n" + b"<p><a href='mailto:a@b.example'>" * (most // 32)
