"""What is read of a mail, and what is known of its list and sender."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Address, Member
from groups.mail.arrival import Arrival
from groups.mail.incoming.lookup import find_list, look_up
from groups.mail.incoming.reading import LONGEST_VALUE, MOST_MARKS, MOST_REFERENCES, mail_bytes, read
from groups.models import Designation, Group, Mail
from tests.factories import AddressFactory, DesignationFactory, DomainFactory, GroupFactory

LIST = "platform@hanbit.example"


def arrival(raw: bytes, door: str = "lmtp", signed_in_id: int | None = None) -> Arrival:
    return read(raw, door=door, envelope_sender="x@x.example", recipients=[LIST], signed_in_id=signed_in_id)


def from_(*addresses: str, more: str = "") -> Arrival:
    return arrival(f"From: {', '.join(addresses)}\r\n{more}\r\nHi".encode())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\nb\rc\r\n", b"a\r\nb\r\nc\r\n"),
        (b"a\r\r\nb\n\n\r", b"a\r\n\r\nb\r\n\r\n\r\n"),
        (b"..a\r\n...\r\n", b".a\r\n..\r\n"),
    ],
)
def test_each_line_ends_in_one_way(sent: bytes, kept: bytes) -> None:
    assert mail_bytes(bytearray(b"\r\n" + sent)) == kept


class TestRead:
    def test_what_a_person_sees(self) -> None:
        mail = arrival(
            b"From: =?utf-8?b?6rmA?= <Momo@Hanbit.example>\r\n"
            b"Subject: =?utf-8?q?caf=C3=A9?=\r\n folded\r\n"
            b"Message-ID: <1@x.example>\r\nIn-Reply-To: <2@x.example>\r\n"
            b"References: <3@x.example>\r\n <2@x.example>\r\n\r\nHi"
        )
        assert mail.from_addresses == ("momo@hanbit.example",)
        assert mail.shown_sender == "김 <Momo@Hanbit.example>"
        assert mail.subject == "café folded"
        assert mail.message_id == "<1@x.example>"
        assert mail.references == ("<3@x.example>", "<2@x.example>")

    def test_marks_of_lists_and_machines(self) -> None:
        mail = arrival(
            b"Received: a\r\nReceived: b\r\n"
            b"X-Groupadmin-List: A@x.example\r\nx-groupadmin-list: b@x.example\r\n"
            b"List-Id: News <News.X.example>\r\nPrecedence: Bulk\r\n"
            b"Auto-Submitted: Auto-Generated; a=b\r\n\r\n"
        )
        assert (mail.hops, mail.loops) == (2, ("a@x.example", "b@x.example"))
        assert (mail.list_ids, mail.precedence) == (("news.x.example",), "bulk")
        assert mail.auto_submitted == "auto-generated"

    def test_nothing_below_the_headers_is_read(self) -> None:
        mail = arrival(
            b"Subject: a\r\n\r\nFrom: momo@hanbit.example\r\nX-Groupadmin-List: x@x.example\r\n\r\n"
        )
        assert (mail.from_addresses, mail.loops) == ((), ())

    def test_there_is_an_end_to_what_is_kept(self) -> None:
        mail = arrival(
            b"Subject: " + b"a" * 100_000 + b"\r\nReferences: " + b"<1@x.example> " * 500
            + b"\r\n" + b"List-Id: <x.example>\r\n" * 500 + b"\r\n"
        )  # fmt: skip
        assert len(mail.subject) == LONGEST_VALUE
        assert len(mail.references) <= MOST_REFERENCES
        assert len(mail.list_ids) == MOST_MARKS

    def test_what_no_database_takes_is_no_message_id(self) -> None:
        mail = arrival(b"Message-ID: <a\0@x.example>\r\nReferences: <b\0@x> <c@\xff> <d@x.example>\r\n\r\n")
        assert mail.message_id == ""
        assert mail.references == ("<c@\\xff>", "<d@x.example>")

    @given(st.binary(max_size=300))
    def test_any_bytes_can_be_read(self, raw: bytes) -> None:
        """And nothing that is kept has line breaks, or what a database cannot take."""
        mail = arrival(b"From: " + raw + b"\r\nSubject: " + raw)
        for value in (*mail.from_addresses, mail.shown_sender, mail.subject, mail.message_id):
            assert value.isprintable() or not any(ord(character) < 32 for character in value)
            value.encode()


@pytest.mark.django_db
class TestFindList:
    @pytest.mark.parametrize("address", [LIST, "Platform@HANBIT.example"])
    def test_without_regard_to_case(self, group: Group, address: str) -> None:
        assert find_list(address) == group.mailing_list

    @pytest.mark.usefixtures("group")
    @pytest.mark.parametrize(
        "address",
        [
            *("platform+tag@hanbit.example", "platform", "@", "", "platform@outside.example"),
            *("plat\x00@hanbit.example", "momo@hanbit.example", "'; DROP TABLE@hanbit.example"),
        ],
    )
    def test_nothing_else_is_one(self, member: Member, address: str) -> None:
        assert find_list(address) is None

    def test_of_a_deleted_group(self, group: Group) -> None:
        """Rule 2.17: its address may be somebody else's by now, whose it then is."""
        mailing_list = group.mailing_list
        assert mailing_list is not None
        old = mailing_list.address
        mailing_list.address, mailing_list.kept_address = None, LIST
        mailing_list.save()
        assert find_list(LIST) == mailing_list
        assert look_up(from_("a@x.example"), LIST)[1].group_deleted
        other = GroupFactory.create(company=group.company, listed=True, mailing_list__address=old)
        assert find_list(LIST) == other.mailing_list


@pytest.mark.django_db
class TestFacts:
    def test_of_the_list(self, group: Group, settings: object) -> None:
        DomainFactory.create(company=group.company, name="hanbit.test")
        found, context = look_up(from_("client@x.example"), LIST.upper())
        assert found == group.mailing_list
        assert (context.address, context.exists, context.is_on, context.group_deleted) == (
            LIST,
            True,
            True,
            False,
        )
        assert context.domains == {"hanbit.example", "hanbit.test"}
        assert not (context.blocks_external_domains)
        assert not (context.only_designated)
        assert not (context.has_front)
        assert not (context.sender_is_member_account)
        assert not (context.sender_is_designated)
        assert not (context.sender_may_send_as)

    def test_of_the_sender_by_any_of_their_addresses(self, group: Group, member: Member) -> None:
        AddressFactory.create(
            company=group.company, local_part="m.member", kind=Address.Kind.ALIAS, member=member
        )
        DesignationFactory.create(mailing_list=group.mailing_list, member=member)
        for address in ("momo@hanbit.example", "Momo@Hanbit.example", "m.member@hanbit.example"):
            context = look_up(from_(address), LIST)[1]
            assert (context.sender_is_member_account, context.sender_is_designated) == (True, True)
            assert not context.sender_may_send_as
        assert not look_up(from_("momo@hanbit.example", "mira@hanbit.example"), LIST)[1].sender_is_designated

    def test_whoever_sends_as_the_list_may_send_to_it(self, group: Group, member: Member) -> None:
        """Rules 4.5, 4.6."""
        DesignationFactory.create(
            mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_AS
        )
        context = look_up(from_("momo@hanbit.example"), LIST)[1]
        assert (context.sender_is_designated, context.sender_may_send_as) == (True, True)

    @pytest.mark.parametrize("door", ["submission", "web"])
    def test_signed_in_it_is_not_From_that_counts(self, group: Group, member: Member, door: str) -> None:  # noqa: N802
        DesignationFactory.create(
            mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_AS
        )
        raw = f"From: {LIST}\r\n\r\n".encode()
        assert look_up(arrival(raw, door, member.pk), LIST)[1].sender_may_send_as
        assert not look_up(arrival(raw, door), LIST)[1].sender_may_send_as
        pretended = arrival(b"From: momo@hanbit.example\r\n\r\n", door)
        assert not look_up(pretended, LIST)[1].sender_may_send_as

    def test_deactivated_people_and_strangers_are_designated_for_nothing(
        self, group: Group, member: Member, stranger: Member
    ) -> None:
        for person in (member, stranger):
            DesignationFactory.create(mailing_list=group.mailing_list, member=person)
        member.is_active = False
        member.save()
        for address in ("momo@hanbit.example", "sten@nordlicht.example"):
            context = look_up(from_(address), LIST)[1]
            assert not (context.sender_is_member_account)
            assert not (context.sender_is_designated)

    @pytest.mark.parametrize(
        ("address", "reference", "answers"),
        [
            ("client@x.example", "In-Reply-To: <sent@x.example>", True),
            ("Client@X.example", "References: <0@x.example>\r\n <sent@x.example>", True),
            ("client@x.example", "In-Reply-To: <other@x.example>", False),
            ("other@x.example", "In-Reply-To: <sent@x.example>", False),
            ("client@x.example", "X: <sent@x.example>", False),
        ],
    )
    def test_answers_to_what_was_sent_as_the_list(
        self, group: Group, address: str, reference: str, answers: bool
    ) -> None:
        """Rule 4.6: only of those whom it was addressed to."""
        common = {
            "company_id": group.company_id,
            "message_id": "<sent@x.example>",
            "addressed": ["client@x.example"],
        }
        mail = Mail.objects.create(mailing_list=group.mailing_list, is_as_list=True, **common)
        assert look_up(from_(address, more=f"{reference}\r\n"), LIST)[1].answers_sent_as is answers
        Mail.objects.filter(pk=mail.pk).update(is_as_list=False)
        assert not look_up(from_(address, more=f"{reference}\r\n"), LIST)[1].answers_sent_as

    def test_few_queries_however_large_the_group(self, group: Group) -> None:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            look_up(from_("momo@hanbit.example", more="References: <a@b.example>\r\n"), LIST)
        assert len(queries) <= 6
