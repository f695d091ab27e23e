"""To whom a mail goes, and what the audit keeps of it (rules 4.3, 4.6, 4.8, 8.2)."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Address, Company, Member, Team
from groups.mail.arrival import Decision
from groups.mail.incoming import acceptance
from groups.mail.outgoing import delivery, recipients
from groups.mail.outgoing.recipients import Receiving
from groups.models import FailingAddress, Group, Mail, MailContent, Membership, OptOut
from tests.factories import AddressFactory, ExternalContactFactory, GroupFactory, MemberFactory, TeamFactory
from tests.groups.mail.lists import AS_LIST, RAW, accepted, addresses, arrival, envelope_of, list_of, names_of

LIST = "platform@hanbit.example"


@pytest.fixture(autouse=True)
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Nothing is delivered here; counts how often somebody was woken to do it."""
    calls: list[int] = []
    monkeypatch.setattr(delivery, "wake", lambda: calls.append(1))
    return calls


@pytest.mark.django_db
class TestWhoGetsIt:
    def test_every_effective_member_once_however_often_they_are_in_the_group(
        self, company: Company, group: Group, member: Member, teammate: Member, team: Team
    ) -> None:
        """Rule 4.3: directly, by a team, a team below it, a group inside a group."""
        below = TeamFactory.create(company=company, parent=team, people=[member, teammate])
        deep = MemberFactory.create(company=company, email="deep@hanbit.example")
        inner = GroupFactory.create(company=company, members=[deep, member], teams=[below])
        middle = GroupFactory.create(company=company, subgroups=[inner], members=[member])
        Membership.objects.create(group=group, subgroup=middle)

        kept = accepted(group)

        assert addresses(kept.mail) == ["deep@hanbit.example", "momo@hanbit.example", "tae@hanbit.example"]
        assert kept.recipients == kept.mail.recipient_count == 3

    def test_an_alias_gets_no_copy_of_its_own(self, group: Group, member: Member, company: Company) -> None:
        """Rule 4.3: one person, one copy, at their primary address."""
        AddressFactory.create(company=company, local_part="m", kind=Address.Kind.ALIAS, member=member)
        assert "m@hanbit.example" not in addresses(accepted(group).mail)

    def test_a_members_further_address_as_a_contact_gets_no_second_copy(
        self, group: Group, member: Member, outsider: Member, company: Company
    ) -> None:
        """Rules 4.3, 4.8: nor where a mail sent as the list is addressed to it (rule 4.6). Others' count."""
        for local_part, owner in (("m", member), ("o", outsider)):
            AddressFactory.create(
                company=company, local_part=local_part, kind=Address.Kind.ALIAS, member=owner
            )
            ExternalContactFactory.create(mailing_list=list_of(group), email=f"{local_part}@hanbit.example")
        both = {"momo@hanbit.example", "tae@hanbit.example", "o@hanbit.example"}
        assert set(addresses(accepted(group).mail)) == both
        to = ("M@hanbit.example", "o@hanbit.example")
        assert set(addresses(accepted(group, AS_LIST, recipients=to).mail)) == both

    def test_new_members_need_no_change_to_the_list(self, company: Company, group: Group, team: Team) -> None:
        """Rule 4.3."""
        new = MemberFactory.create(company=company, email="new@hanbit.example")
        assert new.email not in addresses(accepted(group).mail)
        team.members.add(new)
        assert new.email in addresses(accepted(group).mail)

    def test_deactivated_people_get_none(self, group: Group, member: Member) -> None:
        Member.objects.filter(pk=member.pk).update(is_active=False)
        assert addresses(accepted(group).mail) == ["tae@hanbit.example"]

    def test_the_sender_gets_a_copy_like_everybody_else(self, group: Group, member: Member) -> None:
        kept = accepted(group, from_addresses=(member.email,), envelope_sender=member.email)
        assert member.email in addresses(kept.mail)

    def test_a_master_who_is_no_member_gets_none(self, group: Group, master: Member) -> None:
        """Rule 2.12."""
        assert master.email not in addresses(accepted(group).mail)

    def test_who_wants_none_gets_none(self, group: Group, member: Member) -> None:
        """A personal opt-out, also of somebody who is in the group by a team."""
        OptOut.objects.create(mailing_list=list_of(group), member=member)
        assert addresses(accepted(group).mail) == ["tae@hanbit.example"]

    def test_an_opt_out_of_another_list_counts_there_only(
        self, company: Company, group: Group, member: Member
    ) -> None:
        other = GroupFactory.create(company=company, listed=True)
        OptOut.objects.create(mailing_list=list_of(other), member=member)
        assert member.email in addresses(accepted(group).mail)

    @pytest.mark.parametrize("few", [0, 1_000])
    def test_paused_addresses_get_none(
        self, group: Group, member: Member, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recipients, "FEW", few)
        contact = ExternalContactFactory.create(mailing_list=list_of(group))
        for address in (member.email, contact.email):
            FailingAddress.objects.create(address=address, failures=5, paused_at=timezone.now())
        FailingAddress.objects.create(address="tae@hanbit.example", failures=4)
        assert addresses(accepted(group).mail) == ["tae@hanbit.example"]

    def test_outside_contacts_get_it_each_once(self, group: Group, member: Member) -> None:
        """Rule 4.8: also one with a member's address, who gets it once."""
        for email in ("client@outside.example", member.email):
            ExternalContactFactory.create(mailing_list=list_of(group), email=email)
        assert addresses(accepted(group).mail) == [
            "momo@hanbit.example", "tae@hanbit.example", "client@outside.example",
        ]  # fmt: skip

    def test_somebody_who_left_the_list_but_is_its_contact_gets_it(
        self, group: Group, member: Member
    ) -> None:
        OptOut.objects.create(mailing_list=list_of(group), member=member)
        ExternalContactFactory.create(mailing_list=list_of(group), email=member.email)
        assert addresses(accepted(group).mail) == ["tae@hanbit.example", "momo@hanbit.example"]

    def test_a_group_without_members_accepts_and_is_done(self, company: Company, wakes: list[int]) -> None:
        """Rule 2.22: a group may have nobody left."""
        kept = accepted(GroupFactory.create(company=company, listed=True))
        assert (kept.recipients, kept.mail.result, wakes) == (0, Mail.Result.DELIVERED, [])
        assert kept.mail.finished_at is not None

    def test_who_leaves_afterwards_still_gets_it(self, group: Group, member: Member) -> None:
        mail = accepted(group).mail
        group.entries.all().delete()
        assert member.email in addresses(mail)

    def test_receiving_says_the_same_of_one_person(
        self, group: Group, member: Member, outsider: Member, teammate: Member, master: Member
    ) -> None:
        mailing_list = list_of(group)
        assert recipients.receiving(mailing_list, member) == Receiving.YES
        assert recipients.receiving(mailing_list, outsider) == Receiving.NOT_IN_GROUP
        OptOut.objects.create(mailing_list=mailing_list, member=member)
        assert recipients.receiving(mailing_list, member) == Receiving.OPTED_OUT
        FailingAddress.objects.create(address=teammate.email, failures=5, paused_at=timezone.now())
        assert recipients.receiving(mailing_list, teammate) == Receiving.PAUSED
        ExternalContactFactory.create(mailing_list=mailing_list, email=outsider.email)
        assert recipients.receiving(mailing_list, outsider) == Receiving.AS_CONTACT
        master.is_active = False
        assert recipients.receiving(mailing_list, master) == Receiving.INACTIVE


@pytest.mark.django_db
class TestEnvelopes:
    def test_so_many_members_share_one_and_domains_stand_together(
        self, company: Company, settings: Any
    ) -> None:
        settings.MAIL_RECIPIENTS_PER_ENVELOPE = 3
        company.domains.create(name="b.example", state="proven")
        people = [
            MemberFactory.create(company=company, email=f"{name}@{domain}")
            for name, domain in [("d", "hanbit.example"), ("a", "b.example"), ("c", "hanbit.example")] * 1
        ]
        people += [MemberFactory.create(company=company, email=f"{n}@b.example") for n in ("e", "f")]
        mail = accepted(GroupFactory.create(company=company, listed=True, members=people)).mail
        assert [envelope.recipients for envelope in mail.envelopes.all()] == [
            ["a@b.example", "e@b.example", "f@b.example"],
            ["c@hanbit.example", "d@hanbit.example"],
        ]

    def test_outside_contacts_have_one_each_with_their_own_way_out(self, group: Group) -> None:
        """RFC 8058: one click; members leave by a page for whoever is signed in."""
        for name in ("client", "partner"):
            ExternalContactFactory.create(mailing_list=list_of(group), email=f"{name}@outside.example")
        mail = accepted(group).mail
        own = [dict(envelope_of(mail, f"{name}@outside.example").headers) for name in ("client", "partner")]
        assert all(headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" for headers in own)
        assert own[0]["List-Unsubscribe"] != own[1]["List-Unsubscribe"]
        assert envelope_of(mail, "momo@hanbit.example").headers == []
        assert "List-Unsubscribe-Post" not in names_of(mail.headers)
        assert "List-Unsubscribe" in names_of(mail.headers)

    def test_bytes_are_kept_once_and_somebody_is_woken(self, group: Group, wakes: list[int]) -> None:
        raw = RAW + bytes(range(256))
        mail = accepted(group, raw=raw).mail
        assert bytes(MailContent.objects.get().data) == raw
        assert (mail.size, wakes) == (len(raw), [1])

    def test_lists_share_the_bytes_of_one_mail(self, company: Company, group: Group) -> None:
        other = GroupFactory.create(company=company, listed=True, members=[])
        first = accepted(group)
        second = acceptance.accept(
            arrival(), list_of(other), Decision(True, "4.3"), content=first.mail.content
        )
        assert second.mail.content == first.mail.content

    def test_the_number_of_queries_does_not_grow(
        self, company: Company, django_assert_max_num_queries: Any
    ) -> None:
        people = [MemberFactory.create(company=company) for _ in range(40)]
        group = GroupFactory.create(company=company, listed=True, members=people)
        mailing_list = list_of(group)
        ExternalContactFactory.create_batch(20, mailing_list=mailing_list)
        with django_assert_max_num_queries(16):
            acceptance.accept(arrival(), mailing_list, Decision(True, "4.3"))


@pytest.mark.django_db
class TestSentAsTheList:
    def test_goes_to_the_addressed_and_to_all_members_each_once(self, group: Group, member: Member) -> None:
        """Rule 4.6: the other members as Bcc; the list's outside contacts are no members."""
        ExternalContactFactory.create(mailing_list=list_of(group), email="contact@outside.example")
        to = ("Client@outside.example", "client@outside.example", member.email, LIST)
        mail = accepted(group, AS_LIST, recipients=to, door=Mail.Door.SUBMISSION).mail
        assert sorted(addresses(mail)) == [
            "client@outside.example", "momo@hanbit.example", "tae@hanbit.example",
        ]  # fmt: skip
        assert mail.is_as_list
        assert sorted(mail.addressed) == ["client@outside.example", "momo@hanbit.example"]

    def test_only_members_see_that_it_came_by_a_list(self, group: Group) -> None:
        mail = accepted(group, AS_LIST, recipients=("client@outside.example",)).mail
        assert envelope_of(mail, "client@outside.example").headers == []
        assert "List-Id" in names_of(envelope_of(mail, "momo@hanbit.example").headers)
        assert "List-Id" not in names_of(mail.headers)

    def test_somebody_addressed_by_name_gets_it_though_opted_out(self, group: Group, member: Member) -> None:
        OptOut.objects.create(mailing_list=list_of(group), member=member)
        mail = accepted(group, AS_LIST, recipients=(member.email,)).mail
        assert sorted(addresses(mail)) == [member.email, "tae@hanbit.example"]


@pytest.mark.django_db
class TestTrace:
    def test_names_all_in_plain_values(self, group: Group) -> None:
        """Rules 8.2, 8.3."""
        mail = Mail.objects.get(pk=accepted(group).mail.pk)
        assert (mail.company_id, mail.group_id, mail.list_name) == (
            group.company_id, group.pk, "Platform guild",
        )  # fmt: skip
        assert (mail.list_address, mail.subject, mail.message_id) == (LIST, "News", "<news@outside.example>")
        assert (mail.sender, mail.ip) == ("Eva Extern <eva@outside.example>", "192.0.2.7")
        assert (mail.member_id, mail.member_name) == (None, "")
        assert (mail.result, mail.rule) == (Mail.Result.WAITING, "4.3")

    def test_who_signed_in_really_sent_it(self, group: Group, member: Member) -> None:
        """Rule 4.7."""
        mail = accepted(group, AS_LIST, signed_in_id=member.pk, from_addresses=(LIST,)).mail
        assert (mail.member_id, mail.member_name, mail.member_email) == (
            member.pk, "Momo Member", "momo@hanbit.example",
        )  # fmt: skip

    @pytest.mark.parametrize(("is_genuine", "is_known"), [(True, True), (False, False), (None, False)])
    def test_an_own_address_counts_only_if_genuine(
        self, group: Group, member: Member, company: Company, is_genuine: bool | None, is_known: bool
    ) -> None:
        AddressFactory.create(company=company, local_part="m", kind=Address.Kind.ALIAS, member=member)
        mail = accepted(group, from_addresses=("m@hanbit.example",), is_genuine=is_genuine).mail
        assert (mail.member_id == member.pk) is is_known

    def test_what_is_too_long_or_odd_is_cut_and_cleaned(self, group: Group) -> None:
        odd = "a\x00b\r\nc" + "x" * 2000
        mail = accepted(group, subject=odd, message_id=odd, envelope_sender=odd, shown_sender=odd).mail
        assert {mail.subject, mail.message_id, mail.envelope_sender, mail.sender} == {
            ("a b  c" + "x" * 2000)[:1000]
        }

    @pytest.mark.parametrize(("rule", "result"), [("4.4", Mail.Result.BLOCKED), ("4.5", Mail.Result.REFUSED)])
    def test_a_refusal_leaves_a_trace_without_content(self, group: Group, rule: str, result: str) -> None:
        """Rule 8.2: refused and why, or blocked."""
        no = Decision(False, rule, 550, "5.7.1", "This list takes no mail from you.")
        mail = acceptance.refuse(arrival(), list_of(group), LIST, no)
        assert mail is not None
        assert (mail.result, mail.rule, mail.reason) == (result, rule, "This list takes no mail from you.")
        assert (mail.content, mail.recipient_count, mail.company_id) == (None, 0, group.company_id)
        assert not MailContent.objects.exists()

    def test_mail_to_no_list_belongs_to_the_domains_company_or_to_nobody(
        self, company: Company, other_company: Company
    ) -> None:
        no = Decision(False, "unknown", 550, "5.1.1", "No such list.")
        mail = acceptance.refuse(arrival(), None, "gone@NORDLICHT.example", no)
        assert mail is not None
        assert (mail.company_id, mail.mailing_list) == (other_company.pk, None)
        assert acceptance.refuse(arrival(), None, "gone@elsewhere.example", no) is None
