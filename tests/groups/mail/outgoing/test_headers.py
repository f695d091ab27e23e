"""What receivers read on top of a list's mail, and what is left as it was."""

import base64
import shutil
import subprocess
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP, default
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company
from groups.mail.header_fields import fields
from groups.mail.incoming import acceptance, reading
from groups.mail.outgoing import delivery, headers, letters
from groups.mail.outgoing.parcels import Parcel, dot_stuffed, with_crlf
from groups.models import Group, Mail
from tests.factories import ExternalContactFactory, GroupFactory
from tests.groups.mail.lists import AS_LIST, RAW, TO_LIST, accepted, arrival, envelope_of, list_of

LIST = "platform@hanbit.example"
OWN = frozenset({"hanbit.example"})
SIGNED = b"DKIM-Signature: v=1; a=rsa-sha256; d=%s;\r\n s=k; h=from; bh=x; b=y\r\n"


@pytest.fixture(autouse=True)
def _nothing_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "wake", lambda: None)


def as_sent(mail: Mail, address: str) -> bytes:
    """The mail as it would go out to somebody, without what the wire needs."""
    envelope = envelope_of(mail, address)
    parcel: Parcel = letters.parcel(envelope, letters.load(mail.pk))
    return b"".join(parcel.parts).replace(b"\r\n..", b"\r\n.")


def sent_by(group: Group, raw: bytes) -> bytes:
    """What goes out of a mail that is read as it came, and whose author's servers tell to reject others."""
    read = reading.read(raw, door="lmtp", envelope_sender="eva@x.example", recipients=[LIST])
    mail = acceptance.accept(replace(read, dmarc_policy="reject"), list_of(group), TO_LIST).mail
    return as_sent(mail, "momo@hanbit.example")


@pytest.mark.django_db
class TestOnTop:
    def test_what_mail_programs_look_for(self, group: Group, settings: Any) -> None:
        """RFC 2369, 2919; our own mark against loops."""
        settings.SITE_URL = "https://groups.hanbit.example/"
        message = message_from_bytes(as_sent(accepted(group).mail, "momo@hanbit.example"), policy=default)
        page = f"<https://groups.hanbit.example/groups/{group.pk}/>"
        assert message["List-Id"] == '"Platform guild" <platform.hanbit.example>'
        assert message["List-Post"] == f"<mailto:{LIST}>"
        assert (message["List-Help"], message["List-Owner"]) == (page, page)
        assert message["List-Unsubscribe"].startswith(f"<https://groups.hanbit.example/groups/{group.pk}/")
        assert message["Precedence"] == "list"
        assert message["X-Groupadmin-List"] == LIST
        assert "List-Archive" not in message
        assert "List-Unsubscribe-Post" not in message

    def test_an_outside_contact_leaves_by_one_click(self, group: Group) -> None:
        """RFC 8058."""
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        message = message_from_bytes(as_sent(accepted(group).mail, "client@outside.example"), policy=default)
        assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
        assert message.keys().count("List-Unsubscribe") == 1

    def test_the_original_stays_byte_by_byte(self, group: Group) -> None:
        """Only our headers are on top; 8-bit bodies and odd headers are nobody's business."""
        raw = b"X-Odd:\xff\xfe\t folded\r\n  twice\r\nno header at all\r\n" + RAW + bytes(range(32, 256))
        sent = as_sent(accepted(group, raw=raw).mail, "momo@hanbit.example")
        assert sent.endswith(raw + b"\r\n")

    def test_another_lists_headers_go_and_nothing_else(self, group: Group) -> None:
        other = (
            b"List-Id: <other.example>\r\nReturn-Path: <x@y.example>\r\nLIST-Unsubscribe: <a>,\r\n <b>\r\n"
        )
        kept = b"Listing: x\r\nPrecedence: bulk\r\n"
        mail = accepted(group, raw=other + kept + RAW).mail
        sent = as_sent(mail, "momo@hanbit.example")
        message = message_from_bytes(sent)
        assert sent.endswith(kept + RAW)
        assert [len(message.get_all(name, [])) for name in ("List-Id", "List-Unsubscribe", "Precedence")] == [
            1
        ] * 3
        assert message["Return-Path"] is None

    def test_marks_of_lists_on_the_way_stay(self, group: Group) -> None:
        raw = b"X-Groupadmin-List: first@hanbit.example\r\n" + RAW
        mail = accepted(group, raw=raw, loops=("first@hanbit.example",)).mail
        message = message_from_bytes(as_sent(mail, "momo@hanbit.example"))
        assert message.get_all("X-Groupadmin-List") == [LIST, "first@hanbit.example"]

    def test_the_way_gets_longer_by_one(self, group: Group) -> None:
        """RFC 5321 4.4: else servers that send it round in circles never notice."""
        mail = accepted(group, raw=b"Received: by first.example; x\r\n" + RAW).mail
        message = message_from_bytes(as_sent(mail, "momo@hanbit.example"), policy=default)
        ours, first = message.get_all("Received", [])
        assert message.keys()[0] == "Received"
        assert ours.startswith("from [192.0.2.7] by hanbit.example with LMTP for <platform@hanbit.example>;")
        assert first == "by first.example; x"

    def test_what_every_mail_must_have_is_added(self, group: Group) -> None:
        message = message_from_bytes(
            as_sent(
                accepted(group, raw=b"From: a@b.example\r\n\r\nx", message_id="").mail, "momo@hanbit.example"
            )
        )
        assert message["Message-ID"].endswith("@hanbit.example>")
        assert message["Message-ID"] == Mail.objects.get().message_id
        assert message["Date"]

    @pytest.mark.parametrize(
        "name",
        [
            "Robert\r\nBcc: all@hanbit.example",
            'Say "hi" \\ <platform@evil.example>, (comment)',
            "=?utf-8?q?not_encoded?=",
            "플랫폼 길드 " * 30,
            "שלום \u202eevil",
            "👩‍👩‍👧‍👦" * 20,
            "x" * 1000,
            "a  b",
        ],
    )
    def test_no_name_gets_out_of_its_header(self, company: Company, name: str, member: Any) -> None:
        """Rule 2.4: harmless in mail headers, and readable as entered."""
        group = GroupFactory.create(
            company=company, name=name, members=[member], listed=True,
            mailing_list__address__local_part="platform",
        )  # fmt: skip
        mail = accepted(group, dmarc_policy="reject").mail
        sent = as_sent(mail, "momo@hanbit.example")
        message = message_from_bytes(sent)
        assert message["Bcc"] is None
        assert all(len(line) <= 998 for line in sent.split(b"\r\n"))
        for header, address in (("List-Id", "platform.hanbit.example"), ("From", LIST)):
            shown, found = getaddresses([message[header].replace("\r\n", "")])[0]
            assert found == address
            read = str(make_header(decode_header(shown)))
            plain = "".join(mark for mark in read if mark not in "\u2066\u2067\u2068\u2069\u202c\u202e")
            wanted = " ".join(name.replace("\r", " ").replace("\n", " ").split()).replace("\u202e", "")
            assert " ".join(plain.split()).endswith(wanted)

    @given(st.text(max_size=200))
    def test_whatever_the_name_it_is_one_line(self, name: str) -> None:
        top = headers.on_top([("List-Id", f"{headers.phrase(name)} <a.example>"), ("X-Next", "1")])
        message = message_from_bytes(top)
        assert message.keys() == ["List-Id", "X-Next"]
        assert message["List-Id"].endswith("<a.example>")


@pytest.mark.django_db
class TestFrom:
    @pytest.mark.parametrize(
        ("sender", "policy", "is_aligned", "signer", "is_rewritten"),
        [
            ("eva@outside.example", "none", False, None, False),
            ("eva@outside.example", "quarantine", False, None, True),
            ("eva@outside.example", "reject", False, None, True),
            ("eva@outside.example", "reject", True, None, False),
            ("ada@hanbit.example", "reject", False, None, False),
            ("ada@hanbit.example", "", False, None, False),
            # Nobody has told us the policy: a signature in the sender's name decides.
            ("eva@outside.example", "", False, None, True),
            ("eva@outside.example", "", True, None, False),
            ("eva@outside.example", "", False, b"outside.example", False),
            ("eva@mail.outside.example", "", False, b"outside.example", False),
            ("eva@outside.example", "", False, b"service.example", True),
            ("eva@outside.example", "", False, b"side.example", True),
        ],
    )
    def test_is_the_lists_only_where_receivers_would_throw_the_mail_away(
        self, sender: str, policy: str, is_aligned: bool, signer: bytes | None, is_rewritten: bool
    ) -> None:
        mail = arrival(
            from_addresses=(sender,),
            dmarc_policy=policy,
            dkim_aligned=is_aligned,
            raw=(SIGNED % signer if signer else b"") + RAW,
        )
        assert headers.breaks_dmarc(mail, OWN) is is_rewritten

    def test_keeps_the_author_readable_and_answerable(self, group: Group) -> None:
        message = message_from_bytes(
            as_sent(accepted(group, dmarc_policy="reject").mail, "momo@hanbit.example")
        )
        assert message.get_all("From") == [f'"Eva Extern via Platform guild" <{LIST}>']
        assert message.get_all("Reply-To") == ['"Eva Extern" <eva@outside.example>']
        assert message["X-Original-From"] == '"Eva Extern" <eva@outside.example>'

    def test_leaves_the_authors_own_reply_to(self, group: Group) -> None:
        raw = b"Reply-To: office@outside.example\r\n" + RAW
        mail = accepted(group, dmarc_policy="reject", raw=raw).mail
        message = message_from_bytes(as_sent(mail, "momo@hanbit.example"))
        assert message.get_all("Reply-To") == ["office@outside.example"]

    @pytest.mark.parametrize(
        ("sender", "shown", "answered"),
        [
            # Names mean what their charsets mean to browsers.
            (
                b"=?ks_c_5601-1987?B?lO6woQ==?= <eva@x.example>",
                "뷁가 via Platform guild",
                "뷁가 <eva@x.example>",
            ),
            (b"=?Shift_JIS?B?+/yHQA==?= <eva@x.example>", "髙① via Platform guild", "髙① <eva@x.example>"),
            (b'"Eva \\"E\\" Lee" <Eva.Lee@X.example>', 'Eva "E" Lee via Platform guild', "Eva.Lee@X.example"),
            (b'Eva <"eva lee"@x.example>', "Eva via Platform guild", 'Eva <"eva lee"@x.example>'),
            (b"eva(work)@x.example (Eva)", "Eva via Platform guild", "Eva <eva@x.example>"),
            (b"\xb0\xa1\xb3\xaa <eva@x.example>", "eva@x.example via Platform guild", "eva@x.example"),
        ],
    )
    def test_the_author_as_they_wrote_it(
        self, group: Group, sender: bytes, shown: str, answered: str
    ) -> None:
        message = message_from_bytes(sent_by(group, b"From: " + sender + b"\r\n\r\nHi"), policy=default)
        assert message["From"].addresses[0].display_name == shown
        assert answered in str(message["Reply-To"])
        assert answered in str(message["X-Original-From"]).replace('"Eva"', "Eva")

    def test_a_name_that_nobody_can_decode_goes_on_as_it_came(self, group: Group) -> None:
        word = b"=?x-nobody-knows?B?yKu55g==?="
        sent = sent_by(group, b"From: " + word + b" <eva@x.example>\r\n\r\nHi").replace(b"\r\n ", b" ")
        assert b"\r\nFrom: " + word + b' via "Platform guild" <platform@hanbit.example>\r\n' in sent
        assert b"\r\nReply-To: " + word + b" <eva@x.example>\r\n" in sent

    @pytest.mark.parametrize("empty", [b"Reply-To:", b"Reply-To: <>", b"Reply-To: nobody:;"])
    def test_an_empty_reply_to_leads_to_the_author(self, group: Group, empty: bytes) -> None:
        sent = sent_by(group, b"From: Eva <eva@x.example>\r\n" + empty + b"\r\n\r\nHi")
        assert message_from_bytes(sent).get_all("Reply-To") == ['"Eva" <eva@x.example>']

    @pytest.mark.parametrize("pair", [b"Reply-To:\r\n%s", b"%sReply-To: <>\r\n"])
    def test_an_empty_reply_to_beside_another_goes(self, group: Group, pair: bytes) -> None:
        named = b"Reply-To: office@x.example\r\n"
        sent = sent_by(group, b"From: Eva <eva@x.example>\r\n" + pair % named + b"\r\nHi")
        assert message_from_bytes(sent).get_all("Reply-To") == ["office@x.example"]

    def test_of_several_authors_all_can_be_answered(self, group: Group) -> None:
        both = ("eva@outside.example", "ben@outside.example")
        mail = accepted(group, dmarc_policy="reject", from_addresses=both, shown_sender=", ".join(both)).mail
        message = message_from_bytes(as_sent(mail, "momo@hanbit.example"))
        assert [address for _name, address in getaddresses([message["Reply-To"]])] == [*both]

    def test_of_a_mail_sent_as_the_list_is_the_list(self, group: Group) -> None:
        """Rules 4.6, 4.7: nothing tells who wrote it, answers go to the list, nobody sees the Bcc."""
        raw = (
            b"From: Somebody <platform@hanbit.example>\r\nSender: momo@hanbit.example\r\n"
            b"Reply-To: momo@hanbit.example\r\nTo: client@outside.example\r\nCc: x@outside.example\r\n"
            b"Bcc: boss@hanbit.example\r\nSubject: Offer\r\n\r\nDear client\r\n"
        )
        mail = accepted(group, AS_LIST, raw=raw, recipients=("client@outside.example",)).mail
        sent = as_sent(mail, "client@outside.example")
        message = message_from_bytes(sent)
        assert message.get_all("From") == [f'"Platform guild" <{LIST}>']
        assert (message["To"], message["Cc"]) == ("client@outside.example", "x@outside.example")
        assert not {"Bcc", "Sender", "Reply-To", "List-Id", "List-Unsubscribe"} & {*message.keys()}
        assert message["X-Groupadmin-List"] == LIST
        assert b"momo" not in sent


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        *("Disposition-Notification-To", "disposition-notification-options", "Return-Receipt-To", "X-Pmrqc"),
        *("X-Confirm-Reading-To", "Generate-Delivery-Report", "Return-Receipt-Requested", "Read-Receipt-To"),
        *("X-Delivery-Notification-To", "X-Acknowledge-To"),
    ],
)
def test_nobody_is_asked_for_a_receipt(group: Group, name: str) -> None:
    """A hundred people's programs would answer, or ask them whether to. What only sounds like it stays."""
    kept = b"X-Receipt-Number: 7\r\nDisposition: x\r\n"
    raw = f"{name}: eva@outside.example,\r\n ben@outside.example\r\n".encode() + kept + RAW
    sent = as_sent(accepted(group, raw=raw).mail, "momo@hanbit.example")
    assert sent.endswith(kept + RAW)
    assert name.lower() not in sent.decode().lower()


@pytest.mark.parametrize(
    ("signed", "more", "is_rewritten"),
    [
        (b"from:subject", b"Return-Receipt-To: a@x.example\r\n", False),
        (b"from:return-receipt-to", b"Return-Receipt-To: a@x.example\r\n", True),
        (b"From : Return-Receipt-To", b"", False),
        (b"from:list-unsubscribe", b"", True),
    ],
)
def test_a_signature_over_what_is_taken_off_is_none(signed: bytes, more: bytes, is_rewritten: bool) -> None:
    """Receivers would reject the mail under the author's name."""
    signature = (SIGNED % b"outside.example").replace(b"h=from", b"h=" + signed)
    for policy in ("reject", ""):
        mail = arrival(raw=signature + more + RAW, dmarc_policy=policy, dkim_aligned=True)
        assert headers.breaks_dmarc(mail, OWN) is is_rewritten


@pytest.mark.django_db
def test_a_mail_does_not_continue_our_headers(group: Group) -> None:
    sent = as_sent(accepted(group, raw=b" , <https://evil.example/>\r\n" + RAW).mail, "momo@hanbit.example")
    assert b"evil" not in sent
    assert sent.endswith(RAW)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A key to sign with, and its public half as it stands in the DNS."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path: Path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", path, "1024"], check=True, capture_output=True
    )
    public = subprocess.run(
        ["openssl", "rsa", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True
    )
    return path.read_bytes(), b"v=DKIM1; k=rsa; p=" + base64.b64encode(public.stdout)


@pytest.mark.django_db
def test_the_authors_signature_stays_good(group: Group, key: tuple[bytes, bytes]) -> None:
    private, public = key
    raw = RAW + "Grüße, 한글\r\n".encode() + b"--\xff\xfe\r\n"
    signature = dkim.sign(
        raw, b"k", b"outside.example", private,
        include_headers=[b"from", b"to", b"subject", b"date", b"message-id"],
    )  # fmt: skip
    mail = accepted(group, raw=signature + raw, dmarc_policy="reject", dkim_aligned=True).mail
    sent = as_sent(mail, "momo@hanbit.example")
    assert dkim.verify(sent, dnsfunc=lambda *_args, **_kwargs: public)
    assert not dkim.verify(sent.replace(b"Hello", b"Hallo"), dnsfunc=lambda *_args, **_kwargs: public)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\nb", b"a\r\nb\r\n"),
        (b"a\r.\r\n\n.\r\nb", b"a\r\n..\r\n\r\n..\r\nb\r\n"),
        (b"\n.\n", b"\r\n..\r\n"),
        (b"", b""),
    ],
)
def test_no_line_ends_the_mail_before_its_end(data: bytes, wanted: bytes) -> None:
    """A bare line feed or carriage return could end the mail for a server behind (SMTP smuggling)."""
    assert dot_stuffed(with_crlf(data)) == wanted


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_apart_and_put_together(raw: bytes) -> None:
    found, end = fields(raw)
    assert b"".join(field for _name, field in found) + raw[end:] == raw
    assert raw[:1] in (b" ", b"\t") or headers.without(raw, set()) == raw
    message_from_bytes(headers.without(raw, {"from", "list-*"}), policy=SMTP)
