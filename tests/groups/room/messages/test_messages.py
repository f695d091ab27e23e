"""What people say to each other in a room (rule 3.5): sent, edited, taken back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.actor import Refused
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups.models import Group, Message, Room, RoomVisit
from groups.room.access import Gone, SwitchedOff
from groups.room.messages.actions import edit, recall, send
from tests.factories import GroupFactory, MasterFactory, MessageFactory
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db


class TestSending:
    def test_it_is_kept_with_the_authors_name(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        """Rule 2.16: the name stays when the person is gone."""
        message = send(group, "  Hello\r\nthere ", actor=actor_of(member))
        assert (message.text, message.author_name) == ("Hello\nthere", "Momo Member")
        assert Room.objects.get(group=group).changes == message.change == 1
        assert Room.objects.get(group=group).last_activity_at is not None
        assert RoomVisit.objects.get(member=member).seen_id == message.pk

    def test_each_change_has_a_number_of_its_own(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        numbers = [
            send(group, "One", actor=actor_of(member)).change,
            send(group, "Two", actor=actor_of(teammate)).change,
        ]
        assert numbers == [1, 2]

    def test_the_same_form_twice_is_one_message(
        self, group: Group, member: Member, actor_of: ActorOf
    ) -> None:
        key = uuid4()
        first = send(group, "Hello", actor=actor_of(member), form_key=key)
        assert send(group, "Hello", actor=actor_of(member), form_key=key) == first
        assert Message.objects.count() == 1

    def test_somebody_elses_form_key_is_no_door_to_their_message(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        key = uuid4()
        first = send(group, "Secret", actor=actor_of(member), form_key=key)
        assert send(group, "Guess", actor=actor_of(teammate), form_key=key) != first

    @pytest.mark.parametrize("text", ["", "  \n\t ", "\u200b\u2060", "\0", "\ud800"])
    def test_nothing_to_see_is_refused(
        self, group: Group, member: Member, actor_of: ActorOf, text: str
    ) -> None:
        with pytest.raises(Invalid) as problem:
            send(group, text, actor=actor_of(member))
        assert problem.value.field == "text"
        assert not Message.objects.exists()

    @pytest.mark.parametrize(
        ("text", "fits"),
        [("x" * 10_000, True), ("x" * 10_001, False), ("👨‍👩‍👧‍👦" * 5_000, True), ("x" * 1_000_000, False)],
    )
    def test_the_longest(
        self, group: Group, member: Member, actor_of: ActorOf, text: str, fits: bool
    ) -> None:
        """10,000 characters as a person counts them."""
        if fits:
            assert send(group, text, actor=actor_of(member)).text == text
            return
        with pytest.raises(Invalid, match="10,000"):
            send(group, text, actor=actor_of(member))

    def test_who_runs_the_group_but_is_no_member_does_not_talk_in_it(
        self, group: Group, master: Member, administrator: Member, actor_of: ActorOf
    ) -> None:
        """Rules 2.12, 3.6."""
        for person in (master, administrator):
            with pytest.raises(Refused):
                send(group, "Hello", actor=actor_of(person))
        assert not Message.objects.exists()

    def test_who_has_just_been_removed(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        """Rule 2.16."""
        group.entries.filter(member=member).delete()
        with pytest.raises(Refused):
            send(group, "Hello", actor=actor_of(member))

    def test_message_just_switched_off(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        """Rule 3.3: a page that is open still sends, and is refused."""
        Group.objects.filter(pk=group.pk).update(message=False)
        with pytest.raises(SwitchedOff):
            send(group, "Hello", actor=actor_of(member))

    def test_an_answer_names_what_it_answers(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        first = send(group, "Lunch?", actor=actor_of(member))
        answer = send(group, "Yes", actor=actor_of(teammate), reply_to=first.pk)
        assert answer.reply_to == first

    def test_no_answer_to_a_message_of_another_room(
        self, group: Group, member: Member, actor_of: ActorOf
    ) -> None:
        other = MessageFactory.create(group=GroupFactory.create(company=group.company, message=True))
        with pytest.raises(Http404):
            send(group, "Yes", actor=actor_of(member), reply_to=other.pk)


class TestEditing:
    def test_ones_own(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        message = send(group, "Helo", actor=actor_of(member))
        edited = edit(group, message.pk, "Hello", actor=actor_of(member))
        assert (edited.text, edited.text_folded, edited.change) == ("Hello", "hello", 2)
        assert edited.edited_at is not None

    def test_without_a_change_nothing_happens(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        message = send(group, "Hello", actor=actor_of(member))
        edit(group, message.pk, "Hello", actor=actor_of(member))
        message.refresh_from_db()
        assert (message.change, message.edited_at) == (1, None)

    def test_nobody_elses_not_even_as_master(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        MasterFactory.create(group=group, member=teammate)
        message = send(group, "Hello", actor=actor_of(member))
        with pytest.raises(Refused):
            edit(group, message.pk, "Bye", actor=actor_of(teammate))

    def test_not_with_the_address_of_another_room(
        self, group: Group, member: Member, actor_of: ActorOf
    ) -> None:
        other = GroupFactory.create(company=group.company, members=[member], message=True)
        message = send(other, "Hello", actor=actor_of(member))
        with pytest.raises(Http404):
            edit(group, message.pk, "Bye", actor=actor_of(member))
        with pytest.raises(Http404):
            recall(group, message.pk, actor=actor_of(member))

    def test_empty(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        message = send(group, "Hello", actor=actor_of(member))
        with pytest.raises(Invalid):
            edit(group, message.pk, " ", actor=actor_of(member))


class TestTakingBack:
    @pytest.fixture
    def running(self, group: Group, teammate: Member) -> Member:
        """A master who is a member too."""
        MasterFactory.create(group=group, member=teammate)
        return teammate

    def test_the_text_is_gone_and_the_line_stays(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        message = send(group, "Oh @Tae Teammate", actor=actor_of(member))
        recall(group, message.pk, actor=actor_of(member))
        message.refresh_from_db()
        assert (message.text, message.text_folded, message.recalled_by_name) == ("", "", "Momo Member")
        assert not message.mentions.exists()
        assert message.change == 2
        assert not AuditEntry.objects.exists()  # rule 3.6: what one says and takes back is nobody's business

    def test_ones_own_at_any_time(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        message = send(group, "Old", actor=actor_of(member))
        group.entries.filter(member=member).update(added_at=timezone.now() - timedelta(days=900))
        Message.objects.update(created_at=timezone.now() - timedelta(days=400))
        assert recall(group, message.pk, actor=actor_of(member)).recalled_at

    @pytest.mark.parametrize("hours", [1, 24])
    def test_masters_within_the_companys_limit(
        self, group: Group, member: Member, running: Member, actor_of: ActorOf, hours: int
    ) -> None:
        Company.objects.filter(pk=group.company_id).update(recall_hours=hours)
        Room.objects.get_or_create(group=group)
        Room.objects.update(shares_history=True)
        message = send(group, "Hello", actor=actor_of(member))
        late = send(group, "Hello", actor=actor_of(member))
        now = timezone.now()
        Message.objects.filter(pk=message.pk).update(created_at=now - timedelta(hours=hours, minutes=-1))
        Message.objects.filter(pk=late.pk).update(created_at=now - timedelta(hours=hours, minutes=1))
        recall(group, message.pk, actor=actor_of(running))
        with pytest.raises(Refused, match=f"{hours} hour"):
            recall(group, late.pk, actor=actor_of(running))
        message.refresh_from_db()
        assert (message.text, message.recalled_by_name) == ("", "Tae Teammate")
        entry = AuditEntry.objects.get(action="message.recall", result="done")
        assert entry.target_id == group.pk
        assert "Hello" not in str(entry.changes)

    def test_not_others(self, group: Group, member: Member, teammate: Member, actor_of: ActorOf) -> None:
        message = send(group, "Hello", actor=actor_of(member))
        with pytest.raises(Refused):
            recall(group, message.pk, actor=actor_of(teammate))

    def test_twice_is_once(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        message = send(group, "Hello", actor=actor_of(member))
        recall(group, message.pk, actor=actor_of(member))
        recall(group, message.pk, actor=actor_of(member))
        assert Room.objects.get(group=group).changes == 2

    def test_it_cannot_be_edited_again(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        message = send(group, "Hello", actor=actor_of(member))
        recall(group, message.pk, actor=actor_of(member))
        with pytest.raises(Gone):
            edit(group, message.pk, "Back", actor=actor_of(member))
