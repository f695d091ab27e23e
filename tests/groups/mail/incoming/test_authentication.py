"""How far From is believed, by what the front server wrote into Authentication-Results (RFC 8601)."""

from typing import Any

import pytest

from groups.mail.arrival import Arrival
from groups.mail.incoming.authentication import Judgement, judge
from groups.mail.incoming.reading import read

FRONT = "mx.hanbit.example"
ADA = "ada@hanbit.example"
DKIM_PASS = "dkim=pass (2048-bit key) header.d=hanbit.example header.s=x"


def judged(*results: str, address: str = ADA, envelope_sender: str = ADA) -> Judgement:
    return judge([f"{FRONT}; {result}" for result in results], FRONT, address, envelope_sender)


@pytest.mark.parametrize(
    ("results", "is_genuine"),
    [
        # DMARC decides where it has an opinion.
        ("dmarc=pass header.from=hanbit.example", True),
        ("dmarc=fail header.from=hanbit.example", False),
        ("DMARC=Pass header.from=HANBIT.example", True),
        ("dmarc=pass", True),
        ("dmarc=fail; " + DKIM_PASS, False),
        # It judged another address than the one that we read.
        ("dmarc=pass header.from=outside.example", False),
        ("dmarc=none; dkim=pass header.d=hanbit.example", True),
        ("dmarc=temperror; spf=pass smtp.mailfrom=ada@hanbit.example", True),
        # Else DKIM and SPF, where they speak of the domain in From.
        (DKIM_PASS, True),
        ("dkim=pass header.d=mail.hanbit.example", True),
        ("dkim=pass header.d=outside.example", None),
        ("dkim=pass header.d=evilhanbit.example", None),
        ("dkim=pass header.d=example", None),
        ("dkim=fail header.d=hanbit.example", False),
        ("dkim=fail header.d=outside.example", None),
        ("dkim=fail header.d=hanbit.example; dkim=pass header.d=hanbit.example", True),
        ("dkim=none", None),
        ("spf=pass smtp.mailfrom=bounces@hanbit.example", True),
        ("spf=pass smtp.mailfrom=hanbit.example", True),
        ("spf=pass smtp.mailfrom=outside.example", None),
        ("spf=fail smtp.mailfrom=hanbit.example", False),
        ("spf=softfail smtp.mailfrom=hanbit.example", None),
        ("spf=fail smtp.mailfrom=hanbit.example; " + DKIM_PASS, True),
        # The front server's own people, under the address that they signed in with and no other.
        ("auth=pass smtp.auth=ada@hanbit.example", True),
        ("AUTH=Pass smtp.auth=Ada@HANBIT.example", True),
        ("auth=pass (PLAIN) smtp.auth=ada@hanbit.example smtp.mailfrom=x@outside.example", True),
        ("auth=pass smtp.auth=momo@hanbit.example", None),
        ("auth=pass smtp.auth=ada", None),
        ("auth=pass", None),
        ("auth=fail smtp.auth=ada@hanbit.example", None),
        # The envelope sender beside it is what the client has chosen.
        ("auth=pass smtp.mailfrom=ada@hanbit.example", None),
        ("auth=pass smtp.auth=momo@hanbit.example smtp.mailfrom=ada@hanbit.example", None),
        ("auth=pass smtp.auth=momo@hanbit.example (smtp.auth=ada@hanbit.example)", None),
        # That it comes from the domain says nothing about the person, once somebody has signed in.
        (f"{DKIM_PASS}; auth=pass smtp.auth=momo@hanbit.example", None),
        ("dmarc=pass header.from=hanbit.example; auth=pass smtp.auth=momo@hanbit.example", None),
        ("spf=pass smtp.mailfrom=ada@hanbit.example; auth=pass smtp.mailfrom=ada@hanbit.example", None),
        # DMARC's failure beats everything else, wherever it stands.
        ("auth=pass smtp.auth=ada@hanbit.example; dmarc=fail header.from=hanbit.example", False),
        ("dmarc=fail (p=none) header.from=hanbit.example; auth=pass smtp.auth=ada@hanbit.example", False),
        ("dmarc=pass header.from=hanbit.example; dmarc=fail", False),
        # Named twice, or in a version that nobody knows.
        ("auth=pass smtp.auth=momo@hanbit.example smtp.auth=ada@hanbit.example", None),
        ("auth=pass smtp.auth=momo@hanbit.example; auth=pass smtp.auth=ada@hanbit.example", None),
        ("dkim=pass header.d=outside.example header.s=x header.d=hanbit.example", None),
        ("auth/2=pass smtp.auth=ada@hanbit.example", None),
        ("auth/1=pass smtp.auth=ada@hanbit.example", True),
        ("arc=pass smtp.auth=ada@hanbit.example", None),
        # Nothing, and nothing that can be read.
        ("none", None),
        ("arc=pass", None),
        (";;;", None),
        ("dmarc", None),
    ],
)
def test_verdicts(results: str, is_genuine: bool | None) -> None:
    assert judged(results).is_genuine is is_genuine


def test_only_the_front_server_is_believed() -> None:
    def of(header: str, authserv_id: str = FRONT) -> Judgement:
        return judge([header], authserv_id, ADA, ADA)

    assert of(f"evil.example; {DKIM_PASS}") == Judgement()
    assert of(f"{FRONT}.evil.example; {DKIM_PASS}") == Judgement()
    assert of(f"{FRONT}; {DKIM_PASS}", "") == Judgement()
    assert of(f"MX.Hanbit.example 1; {DKIM_PASS}").is_genuine is True
    assert of(f"(front) {FRONT} (Postfix); {DKIM_PASS}").is_genuine is True
    assert of(f"{FRONT} 2; {DKIM_PASS}").is_genuine is None


def test_of_several_headers_the_topmost_counts() -> None:
    assert judged("dmarc=fail", "dmarc=pass header.from=hanbit.example").is_genuine is False
    assert judged("garbage", "dmarc=pass").is_genuine is True
    assert judged("dkim=none", DKIM_PASS).is_genuine is None
    # Several milters write one each.
    assert judged("dmarc=none", "spf=none", DKIM_PASS).is_genuine is True


def test_a_failure_counts_in_every_header() -> None:
    assert judged("dmarc=pass", "dmarc=fail").is_genuine is False
    assert judged(DKIM_PASS, "dmarc = fail (nobody (can read this").is_genuine is False
    assert judged("arc=pass (i=1 spf=pass dmarc=fail); dmarc=pass").is_genuine is True


def test_who_signed_in_is_believed_on_top_alone() -> None:
    """A header that a client got past the front server is further down."""
    forged = "auth=pass smtp.auth=ada@hanbit.example"
    assert judged("dkim=none", forged) == Judgement()
    found = judged("auth=pass smtp.auth=momo@hanbit.example", forged)
    assert (found.is_genuine, found.login) == (None, "momo@hanbit.example")


@pytest.mark.parametrize(
    ("results", "login"),
    [
        ("auth=pass smtp.auth=Momo@hanbit.example smtp.mailfrom=ada@hanbit.example", "momo@hanbit.example"),
        ("auth=pass smtp.auth=momo", "momo"),
        ("auth=pass smtp.mailfrom=ada@hanbit.example", ""),
        ("auth=fail smtp.auth=momo@hanbit.example", ""),
        ("auth=pass smtp.auth=momo@hanbit.example; dmarc=fail", "momo@hanbit.example"),
        ("auth=pass smtp.auth=a@hanbit.example smtp.auth=b@hanbit.example", ""),
        (DKIM_PASS, ""),
    ],
)
def test_who_signed_in(results: str, login: str) -> None:
    """Also where From has several addresses, or none."""
    assert judged(results).login == judged(results, address="").login == login


@pytest.mark.parametrize(
    "local_part",
    [
        r'"a) ; auth=pass smtp.auth=ada@hanbit.example (b"',
        r'"a; auth=pass smtp.auth=ada@hanbit.example"',
        r'"a\"; auth=pass smtp.auth=ada@hanbit.example; b=\"c"',
        "a;auth=pass",
        "a(b",
    ],
)
@pytest.mark.parametrize("dmarc", ["none", "fail"])
def test_an_envelope_sender_that_looks_like_results_proves_nothing(local_part: str, dmarc: str) -> None:
    """The front server repeats it in comments, where RFC 8601 knows no quotes."""
    sender = f"{local_part}@evil.example"
    repeated = f"spf=pass (domain of {sender} designates it) smtp.mailfrom={sender}; dmarc={dmarc}"
    found = judged(repeated, envelope_sender=sender)
    assert found == Judgement(is_genuine=False if dmarc == "fail" else None)


@pytest.mark.parametrize(
    ("results", "policy"),
    [
        ("dmarc=pass (p=reject dis=none) header.from=hanbit.example", "reject"),
        ("dmarc=fail (p=QUARANTINE sp=none dis=NONE) header.from=hanbit.example", "quarantine"),
        ("dmarc=pass (policy=none) header.from=hanbit.example", "none"),
        ("dmarc=pass header.from=hanbit.example policy.dmarc=reject", "reject"),
        ("dmarc=pass header.from=hanbit.example", ""),
        ("dkim=pass (p=reject) header.d=hanbit.example", ""),
        ("dmarc=pass (sp=reject)", ""),
    ],
)
def test_the_policy_of_the_sender(results: str, policy: str) -> None:
    assert judged(results).dmarc_policy == policy


@pytest.mark.parametrize(
    ("results", "is_aligned"),
    [
        (DKIM_PASS, True),
        ("dmarc=pass; dkim=pass header.d=outside.example", False),
        ("dkim=fail header.d=hanbit.example", False),
        ("spf=pass smtp.mailfrom=hanbit.example", False),
    ],
)
def test_whether_a_signature_speaks_for_the_author(results: str, is_aligned: bool) -> None:
    assert judged(results).dkim_aligned is is_aligned


def arrival(raw: str) -> Arrival:
    return read(raw.encode(), door="lmtp", envelope_sender=ADA, recipients=["platform@hanbit.example"])


class TestInAMail:
    @pytest.fixture(autouse=True)
    def front(self, settings: Any) -> None:
        settings.MAIL_AUTHSERV_ID = FRONT

    def test_the_headers_above_the_second_received_count(self) -> None:
        mail = (
            f"Authentication-Results: {FRONT};\r\n\tdmarc=pass (p=reject)\r\n\theader.from=hanbit.example\r\n"
            "Received: by mx\r\n"
            f"Authentication-Results: {FRONT}; {DKIM_PASS}\r\n"
            f"Received: by evil\r\nFrom: {ADA}\r\n\r\n"
        )
        found = arrival(mail)
        assert (found.is_genuine, found.dkim_aligned, found.dmarc_policy) == (True, True, "reject")

    def test_those_below_were_there_before(self) -> None:
        header = f"Authentication-Results: {FRONT}; {DKIM_PASS}\r\n"
        mail = f"Received: a\r\nReceived: b\r\n{header}From: {ADA}\r\n\r\n"
        assert arrival(mail).is_genuine is None

    def test_of_several_senders_nobody_is_believed(self) -> None:
        mail = f"Authentication-Results: {FRONT}; {DKIM_PASS}\r\nFrom: {ADA}, b@hanbit.example\r\n\r\n"
        assert arrival(mail).is_genuine is None

    @pytest.mark.parametrize(
        "name",
        [
            "Authentication-Results ",
            "Authentication-Results\t",
            "ARC-Authentication-Results",
            "X-Authentication-Results",
        ],
    )
    def test_other_names_are_other_headers(self, name: str) -> None:
        """A filter in front may not know a name with a blank before the colon."""
        assert arrival(f"{name}: {FRONT}; {DKIM_PASS}\r\nFrom: {ADA}\r\n\r\n").is_genuine is None

    def test_sender_and_other_headers_make_no_difference(self) -> None:
        header = f"Authentication-Results: {FRONT}; auth=pass smtp.auth={ADA}\r\n"
        others = f"Sender: {ADA}\r\nResent-From: {ADA}\r\nReply-To: {ADA}\r\n"
        found = arrival(f"{header}{others}From: momo@hanbit.example\r\n\r\n")
        assert (found.is_genuine, found.front_login) == (None, ADA)

    @pytest.mark.parametrize(
        ("door", "ip", "is_genuine"),
        [
            ("lmtp", None, True),
            ("smtp", "127.0.0.1", True),
            ("smtp", "192.0.2.1", None),
            ("smtp", None, None),
            ("submission", "127.0.0.1", None),
        ],
    )
    def test_only_from_the_front_server_itself(self, door: str, ip: str | None, is_genuine: bool) -> None:
        raw = f"Authentication-Results: {FRONT}; {DKIM_PASS}\r\nFrom: {ADA}\r\n\r\n".encode()
        found = read(raw, door=door, envelope_sender=ADA, recipients=["a@hanbit.example"], ip=ip)
        assert found.is_genuine is is_genuine

    def test_many_and_long_ones_do_no_harm(self) -> None:
        header = f"Authentication-Results: {FRONT}; {'(' * 7000}\r\n"
        assert arrival(header * 100 + f"From: {ADA}\r\n\r\n").is_genuine is None
