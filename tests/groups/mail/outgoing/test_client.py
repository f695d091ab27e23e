"""What goes over the wire to a smart host, and what its answers mean."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.core.exceptions import ImproperlyConfigured

from groups.mail.outgoing.client import connect
from groups.mail.outgoing.parcels import ConnectionLost, Outcome, Parcel, Reply, dot_stuffed
from groups.mail.outgoing.transports import SmartHost
from tests.smtp_sink import DROP, Behaviour, Transaction, running

CONTENT = b"Subject: x\r\n\r\nHello\r\n.\r\n..two\r\nGr\xc3\xbc\xc3\x9fe\r\n"


@dataclass
class Scripted(Behaviour):
    """Answers as a test says: by recipient, to MAIL, to DATA, to the content; each of these lists once."""

    by_recipient: dict[str, bytes] = field(default_factory=dict)
    to_mail: list[bytes] = field(default_factory=list)
    to_data: list[bytes] = field(default_factory=list)
    to_content: list[bytes] = field(default_factory=list)

    def mail(self, sender: str) -> bytes:
        return self.to_mail.pop(0) if self.to_mail else super().mail(sender)

    def rcpt(self, recipient: str) -> bytes:
        return self.by_recipient.get(recipient) or super().rcpt(recipient)

    def data(self) -> bytes:
        return self.to_data.pop(0) if self.to_data else super().data()

    def content(self, transaction: Transaction) -> bytes:
        return self.to_content.pop(0) if self.to_content else super().content(transaction)


@pytest.fixture
def sink() -> Scripted:
    return Scripted()


@pytest.fixture
def host(sink: Scripted) -> Iterator[SmartHost]:
    with running(sink) as url:
        host = SmartHost(url)
        yield host
        host.close()


def parcel(*recipients: str, **flags: bool) -> Parcel:
    return Parcel(
        "bounce+1-x@hanbit.example", recipients, (b"List-Id: <a>\r\n", dot_stuffed(CONTENT)), **flags
    )


def test_many_envelopes_go_over_one_connection(sink: Scripted, host: SmartHost) -> None:
    for n in range(3):
        assert host.hand_over(parcel(f"a{n}@x.example", f"b{n}@x.example")) == Outcome(
            [f"a{n}@x.example", f"b{n}@x.example"]
        )
    assert sink.sessions == 1
    assert [taken.recipients for taken in sink.taken] == [
        [f"a{n}@x.example", f"b{n}@x.example"] for n in range(3)
    ]
    assert sink.taken[0].data == b"List-Id: <a>\r\n" + dot_stuffed(CONTENT)
    assert sink.taken[0].sender == "bounce+1-x@hanbit.example"


@pytest.mark.parametrize("extensions", [("PIPELINING", "8BITMIME"), ()])
def test_hundreds_of_recipients_with_and_without_pipelining(
    sink: Scripted, host: SmartHost, extensions: tuple[str, ...]
) -> None:
    sink.extensions = extensions
    people = [f"person{n}@x.example" for n in range(250)]
    assert host.hand_over(parcel(*people)).accepted == people
    assert sink.taken[0].recipients == people


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_each_recipient_has_an_answer_of_their_own(
    sink: Scripted, host: SmartHost, extensions: tuple[str, ...]
) -> None:
    sink.extensions = extensions
    sink.by_recipient = {"b@x.example": b"550 5.1.1 Unknown", "c@x.example": b"451 4.2.1 Later"}
    outcome = host.hand_over(parcel("a@x.example", "b@x.example", "c@x.example"))
    assert outcome.accepted == ["a@x.example"]
    assert outcome.refused == {
        "b@x.example": Reply(550, "5.1.1 Unknown", True),
        "c@x.example": Reply(451, "4.2.1 Later", True),
    }


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_if_nobody_is_taken_nothing_is_sent(
    sink: Scripted, host: SmartHost, extensions: tuple[str, ...]
) -> None:
    """RFC 2920: a server may say 354 all the same, and gets an empty mail for nobody."""
    sink.extensions = extensions
    sink.by_recipient = {"a@x.example": b"550 5.1.1 Unknown"}
    outcome = host.hand_over(parcel("a@x.example"))
    assert outcome == Outcome([], {"a@x.example": Reply(550, "5.1.1 Unknown", True)})
    assert [taken.data for taken in sink.taken if taken.recipients] == []
    assert host.hand_over(parcel("b@x.example")).accepted == ["b@x.example"]
    assert sink.sessions == 1


@pytest.mark.parametrize("place", ["to_mail", "to_data", "to_content"])
def test_a_refusal_of_the_whole_is_everybodys(sink: Scripted, host: SmartHost, place: str) -> None:
    getattr(sink, place).append(b"552 5.3.4 Too large")
    sink.by_recipient = {"b@x.example": b"550 5.1.1 Unknown"}
    outcome = host.hand_over(parcel("a@x.example", "b@x.example"))
    assert outcome.accepted == []
    reply = outcome.refused["a@x.example"]
    assert reply == Reply(552, "5.3.4 Too large", is_of_server=place != "to_content")
    assert reply.is_permanent
    assert not outcome.refused["a@x.example"].tells_address_is_dead
    assert host.hand_over(parcel("c@x.example")).accepted == ["c@x.example"]


def test_a_connection_that_was_closed_meanwhile_is_opened_again(sink: Scripted, host: SmartHost) -> None:
    host.hand_over(parcel("a@x.example"))
    sink.to_mail = [b"421 4.4.2 Idle for too long"]
    assert host.hand_over(parcel("b@x.example")).accepted == ["b@x.example"]
    assert sink.sessions == 2


def test_a_connection_lost_after_the_content_tells_nothing(sink: Scripted, host: SmartHost) -> None:
    """So it is not repeated here: the envelope is tried again later."""
    host.hand_over(parcel("a@x.example"))
    sink.to_content = [DROP]
    with pytest.raises(ConnectionLost) as lost:
        host.hand_over(parcel("b@x.example"))
    assert not lost.value.before_content
    assert host.hand_over(parcel("c@x.example")).accepted == ["c@x.example"]


def test_nobody_there_is_told_apart(sink: Scripted) -> None:
    with running(sink) as url:
        pass
    with pytest.raises(ConnectionLost) as lost:
        SmartHost(url).hand_over(parcel("a@x.example"))
    assert lost.value.never_connected


def test_encryption_that_is_asked_for_is_not_given_up(sink: Scripted) -> None:
    """A server, or somebody in between, that does not offer STARTTLS gets no mail."""
    with running(sink) as url, pytest.raises(ConnectionLost, match="STARTTLS"):
        connect(url.replace("smtp://", "smtp+tls://"))
    assert sink.taken == []


@pytest.mark.parametrize("url", ["smtp://user:pass@mail.example", "ftp://mail.example", "mail.example"])
def test_a_way_out_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        connect(url)


@pytest.mark.parametrize(
    ("flags", "recipient", "options"),
    [
        ({}, "a@x.example", ""),
        ({"has_8bit": True}, "a@x.example", " BODY=8BITMIME"),
        ({"has_8bit": True, "has_utf8_header": True}, "a@x.example", " BODY=8BITMIME SMTPUTF8"),
        ({}, "grüße@x.example", " SMTPUTF8"),
    ],
)
def test_says_what_the_mail_needs(
    sink: Scripted, host: SmartHost, flags: dict[str, bool], recipient: str, options: str
) -> None:
    item = parcel(recipient, **flags)
    assert host.hand_over(item).accepted == [recipient]
    assert sink.commands[1] == f"MAIL FROM:<bounce+1-x@hanbit.example> SIZE={item.size}{options}"


def test_addresses_that_no_server_takes_stay_here(sink: Scripted, host: SmartHost) -> None:
    sink.extensions = ("PIPELINING",)
    bad = ["grüße@x.example", "a>\r\nDATA\r\n@x.example", "nobody", "a@" + "ü" * 70 + ".example"]
    outcome = host.hand_over(parcel(*bad, "b@bücher.example"))
    assert outcome.accepted == ["b@bücher.example"]
    assert sink.taken[0].recipients == ["b@xn--bcher-kva.example"]
    assert {*outcome.refused} == {*bad}
    assert all(reply.is_permanent for reply in outcome.refused.values())


@pytest.mark.parametrize(
    ("reply", "is_permanent", "is_dead", "is_too_many"),
    [
        (Reply(550, "5.1.1 User unknown", True), True, True, False),
        (Reply(550, "no such user", True), True, True, False),
        (Reply(552, "5.2.2 Mailbox full", True), True, False, False),
        (Reply(550, "5.7.1 We do not like you", True), True, False, False),
        (Reply(554, "5.7.1 Spam"), True, False, False),
        (Reply(452, "4.5.3 Too many recipients", True), False, False, True),
        (Reply(552, "too many recipients", True), False, False, True),
        (Reply(452, "4.3.1 Out of space", True), False, False, False),
        (Reply(530, "5.7.0 Sign in first"), False, False, False),
        (Reply(451, "4.7.1 Greylisted", True), False, False, False),
        (Reply(550, "5.7.1 No mail from you", is_of_server=True), False, False, False),
        (Reply(552, "5.3.4 Too large", is_of_server=True), True, False, False),
        (Reply(554, "5.7.1 <a@x.example>: Relay access denied", True), False, False, False),
        (Reply(550, "5.1.1 <relay@x.example>: Unknown", True), True, True, False),
    ],
)
def test_what_a_reply_means(reply: Reply, is_permanent: bool, is_dead: bool, is_too_many: bool) -> None:
    assert (reply.is_permanent, reply.tells_address_is_dead, reply.is_too_many) == (
        is_permanent, is_dead, is_too_many,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "is_about_us", "is_refusal"),
    [
        (Reply(550, "5.7.1 Sender rejected", is_of_server=True), True, True),
        (Reply(554, "5.5.1 No", is_of_server=True), True, True),
        (Reply(530, "5.7.0 Sign in first", True), True, True),
        (Reply(554, "5.7.1 Relay access denied", True), True, True),
        (Reply(550, "relay not permitted", True), True, True),
        (Reply(550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", True), True, True),
        (Reply(452, "4.3.1 Out of space", is_of_server=True), True, False),
        (Reply(452, "4.3.1 Out of space", True), False, False),
        (Reply(552, "Too large", is_of_server=True), False, False),
        (Reply(554, "5.6.7 Not in these characters", is_of_server=True), False, False),
        (Reply(554, "5.7.1 Spam"), False, False),
        (Reply(550, "5.7.1 Blocked by policy", True), False, False),
    ],
)
def test_which_replies_are_about_us(reply: Reply, is_about_us: bool, is_refusal: bool) -> None:
    """Rule 4.11: whoever the recipient and whichever the mail, somebody has to change something."""
    assert (reply.is_about_us, reply.is_refusal) == (is_about_us, is_refusal)
