"""Signatures of our own on what lists send, as others verify them (DKIM, RFC 6376; rule 4.16)."""

import re
from typing import Any

import listunsub
import pytest

from accounts.models import Domain, Member
from groups.mail.header_fields import fields, value_of
from groups.mail.outgoing import canonical, delivery, signing_keys
from groups.models import Group, SigningKey
from tests.factories import CompanyFactory, DomainFactory, ExternalContactFactory
from tests.groups.mail.lists import AS_LIST, RAW, accepted, list_of

from .signed import as_received, key_for, verifies
from .transport import MOMO, FakeTransport

pytestmark = pytest.mark.django_db

STRANGER = "eva@outside.example"


@pytest.fixture(autouse=True)
def signs(settings: Any, wakes: list[str]) -> None:
    settings.MAIL_SIGN = True
    settings.SITE_URL = "https://groups.hanbit.example"


@pytest.fixture
def key(group: Group) -> SigningKey:
    return key_for(Domain.objects.get(name="hanbit.example"))


def sent(transport: FakeTransport) -> list[bytes]:
    delivery.run()
    return [as_received(parcel) for parcel in transport.parcels]


def signatures(mail: bytes) -> list[str]:
    return [value_of(field, 9_000).decode() for name, field in fields(mail)[0] if name == b"dkim-signature"]


def tag(signature: str, name: str) -> str:
    found = re.search(rf"(?:^|;)\s*{name}=([^;]*)", signature)
    assert found
    return "".join(found[1].split())


def from_member(raw: bytes = RAW) -> dict[str, Any]:
    return {
        "raw": raw.replace(b"eva@outside.example", b"momo@hanbit.example"),
        "from_addresses": (MOMO,),
        "is_genuine": True,
    }


class TestSignatures:
    def test_are_good_and_break_by_any_change(
        self, group: Group, key: SigningKey, transport: FakeTransport
    ) -> None:
        """Headers and body cannot be changed, nor headers that readers see be set a second time."""
        accepted(group)
        (mail,) = sent(transport)
        assert verifies(mail)
        (signature,) = signatures(mail)
        assert (tag(signature, "d"), tag(signature, "s")) == ("hanbit.example", key.selector)
        changes = [
            (b"Subject: News", b"Subject: Money"),
            (b"Hello all", b"Hello  you"),
            (b"Date:", b"From: Boss <boss@hanbit.example>\r\nDate:"),
            (b"Date:", b"Subject: Another\r\nDate:"),
            (b"Date:", b"Cc: more@x.example\r\nDate:"),
            (b"Date:", b"Reply-To: more@x.example\r\nDate:"),
            (b"List-Unsubscribe: <https://groups", b"List-Unsubscribe: <https://elsewhere"),
            (b"List-Id: ", b"List-Id: x"),
        ]
        for before, after in changes:
            assert before in mail
            assert not verifies(mail.replace(before, after, 1)), after

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\r\n",
            b"no end",
            b"  a\t b  \r\n\r\n \t\r\n\r\n",
            b"\r\n\r\n\r\na\r\n.\r\n..\r\n.b\r\n",
            b"\xff\xfe gr\xc3\xbc\xc3\x9fe \t \r\n" * 50,
            b"lone\nlines\rof\r\nall\n\nkinds\r\r",
        ],
    )
    def test_cover_any_content_as_it_goes_out(
        self, group: Group, key: SigningKey, transport: FakeTransport, content: bytes
    ) -> None:
        """Dots at the start of lines, blanks, and lines that end in any way."""
        accepted(group, raw=RAW.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + content)
        (mail,) = sent(transport)
        assert verifies(mail)

    def test_survive_what_servers_do_on_the_way(
        self, group: Group, key: SigningKey, transport: FakeTransport
    ) -> None:
        accepted(group)
        (mail,) = sent(transport)
        refolded = mail.replace(b"Subject: News", b"SUBJECT:\r\n\t News ")
        assert verifies(b"Received: from a by b; now\r\n" + refolded + b"\r\n\r\n")

    def test_of_personal_letters_cover_how_to_unsubscribe(
        self, group: Group, key: SigningKey, transport: FakeTransport, settings: Any
    ) -> None:
        """Rule 4.15; RFC 8058, 4: mail programs offer one click only then."""
        settings.MAIL_PERSONAL = True
        ExternalContactFactory.create(mailing_list=list_of(group), email="client@outside.example")
        accepted(group)
        mails = sent(transport)
        assert len(mails) == 3
        for mail in mails:
            found: dict[bytes, list[str]] = {}
            for name, field in fields(mail)[0]:
                found.setdefault(name, []).append(value_of(field, 9_000).decode())
            assert verifies(mail)
            problems = listunsub.audit(
                found[b"list-unsubscribe"],
                found[b"list-unsubscribe-post"],
                dkim_signatures=found[b"dkim-signature"],
            )
            assert problems == []
        one, two = (re.search(rb"List-Unsubscribe: .*\r\n", mail) for mail in mails[:2])
        assert one
        assert two
        assert not verifies(mails[0].replace(one[0], two[0]))
        assert not verifies(mails[0].replace(one[0], one[0] * 2))

    def test_of_role_addresses_and_lists_answers_need_no_unsubscribing(
        self, group: Group, key: SigningKey, transport: FakeTransport, settings: Any
    ) -> None:
        """Rule 4.6: to addressees a mail as the list is an ordinary one."""
        settings.MAIL_PERSONAL = True
        accepted(group, AS_LIST, recipients=("platform@hanbit.example", "someone@outside.example"))
        assert all(map(verifies, sent(transport)))

    def test_leave_the_authors_own_in_place(
        self, group: Group, key: SigningKey, transport: FakeTransport
    ) -> None:
        theirs = b"DKIM-Signature: v=1; a=rsa-sha256; d=outside.example; s=x; h=from; bh=eA==; b=eA==\r\n"
        accepted(group, raw=theirs + RAW)
        (mail,) = sent(transport)
        assert [tag(one, "d") for one in signatures(mail)] == ["hanbit.example", "outside.example"]
        assert verifies(mail)


class TestForWhom:
    def test_people_of_another_domain_of_the_company_are_signed_in_its_name(
        self, group: Group, key: SigningKey, transport: FakeTransport
    ) -> None:
        """DMARC asks for the domain in From."""
        key_for(DomainFactory.create(company=group.company, name="hanbit-labs.test"))
        labs = RAW.replace(b"eva@outside.example", b"lee@hanbit-labs.test")
        accepted(group, raw=labs, from_addresses=("lee@hanbit-labs.test",), is_genuine=True)
        (mail,) = sent(transport)
        assert [tag(one, "d") for one in signatures(mail)] == ["hanbit-labs.test"]
        assert verifies(mail)

    @pytest.mark.parametrize(
        ("author", "is_genuine", "signed"),
        [
            (MOMO, True, True),
            (MOMO, None, False),
            ("nobody@mail.hanbit.example", None, False),
            (STRANGER, None, True),
            (STRANGER, False, True),
        ],
    )
    def test_nobody_is_made_genuine_who_is_not(
        self, group: Group, key: SigningKey, transport: FakeTransport, author: str, is_genuine: bool | None,
        signed: bool,
    ) -> None:  # fmt: skip
        """A signature of the domain speaks for From at it, and at all of its organization's."""
        raw = RAW.replace(b"eva@outside.example", author.encode())
        accepted(group, raw=raw, from_addresses=(author,), is_genuine=is_genuine)
        assert [bool(signatures(mail)) for mail in sent(transport)] == [signed]

    @pytest.mark.parametrize(
        "author",
        [
            "boss@bücher.example",
            "boss@bu\u0308cher.example",
            "boss@ｂücher。example",
            "boss@büch\u00ader.example",
            "<boss@xn--bcher-kva . example>",
            "boss@xn--bcher-kva\r\n .example",
            "boss@xn--bcher-kva(a comment).(another)example",
            "boss@xn--bcher-kva.example'",
            "eva@outside.example, \x1b$B boss@xn--bcher-kva.example \x1b(B",
            "a" * 4_000 + " <eva@outside.example>, boss@xn--bcher-kva.example",
        ],
    )
    def test_nor_who_writes_the_domain_in_another_way(
        self, group: Group, transport: FakeTransport, author: str
    ) -> None:
        """As programs of receivers read it: in other characters, with blanks and comments."""
        domain = Domain.objects.get(name="hanbit.example")
        Domain.objects.filter(pk=domain.pk).update(name="xn--bcher-kva.example")
        key_for(domain)
        raw = RAW.replace(b"Eva Extern <eva@outside.example>", author.encode())
        accepted(group, raw=raw, from_addresses=(STRANGER,))
        assert [signatures(mail) for mail in sent(transport)] == [[]]

    def test_who_signed_in_here_is_certain(
        self, group: Group, key: SigningKey, member: Member, transport: FakeTransport
    ) -> None:
        """Of their own address only."""
        colleague: dict[str, Any] = {
            "raw": RAW.replace(b"eva@outside", b"tae@hanbit"),
            "from_addresses": ("tae@hanbit.example",),
        }
        own = {**from_member(), "is_genuine": None}
        assert accepted(group, door="web", signed_in_id=member.pk, **own).mail.is_vouched
        assert not accepted(group, door="web", signed_in_id=member.pk, **colleague).mail.is_vouched

    def test_a_list_that_stands_in_from_is_signed(
        self, group: Group, key: SigningKey, transport: FakeTransport
    ) -> None:
        """Rule 4.3: where receivers would reject the mail under the author's own From."""
        accepted(group, dmarc_policy="reject")
        (mail,) = sent(transport)
        assert b"via" in mail
        assert verifies(mail)

    def test_keys_sign_only_while_they_may(
        self, group: Group, key: SigningKey, transport: FakeTransport, settings: Any
    ) -> None:
        """Not before their record is there, not of a domain that another company has proven (rule 1.9)."""
        for change in (
            lambda: setattr(settings, "MAIL_SIGN", False),
            lambda: SigningKey.objects.update(state=SigningKey.State.NEW),
            lambda: Domain.objects.filter(name="hanbit.example").update(is_primary=False, state="lost"),
        ):
            assert signing_keys.signing_key(group.company_id, ["hanbit.example"])
            change()
            assert signing_keys.signing_key(group.company_id, ["hanbit.example"]) is None
            settings.MAIL_SIGN = True
            SigningKey.objects.update(state=SigningKey.State.IN_USE)
        other = CompanyFactory.create()
        Domain.objects.filter(name="hanbit.example").update(state=Domain.State.PROVEN)
        assert signing_keys.signing_key(other.pk, ["hanbit.example"]) is None

    def test_mail_goes_out_unsigned_if_the_key_cannot_be_read(
        self, group: Group, key: SigningKey, transport: FakeTransport, caplog: pytest.LogCaptureFixture
    ) -> None:
        SigningKey.objects.update(private_key="of another SECRET_KEY")
        accepted(group)
        assert [signatures(mail) for mail in sent(transport)] == [[]]
        assert "SECRET_KEY has changed" in caplog.text

    def test_the_database_holds_no_key_that_can_be_read(self, key: SigningKey) -> None:
        assert "PRIVATE" not in key.private_key
        assert key.private_key.startswith("gAAAA")


def test_canonical_forms_take_time_in_proportion() -> None:
    """Long runs of blanks and empty lines, with something behind them."""
    assert canonical.body(b" " * 3_000_000 + b"x\r\n") == b" x\r\n"
    assert canonical.body(b"\r\n" * 3_000_000 + b"x\r\n").endswith(b"\r\nx\r\n")
    assert canonical.header(b"A:" + b" \t" * 100_000 + b"x\r\n") == b"a:x\r\n"
