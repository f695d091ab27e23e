"""Whom messages speak to: "@" and a name (rule 3.5)."""

import pytest

from accounts.models import Member
from groups.models import Group, Notification
from groups.room.messages.actions import edit, send
from groups.room.text import html_of
from tests.factories import MemberFactory, MembershipFactory
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db


class TestSpeakingTo:
    def test_who_is_spoken_to_is_told_by_the_bell(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        message = send(group, "Well done, (@tae teammate!)", actor=actor_of(member))
        assert [mention.member for mention in message.mentions.all()] == [teammate]
        told = Notification.objects.get()
        assert (told.member, told.notice.kind) == (teammate, "mentioned")
        assert "done" not in str(told.notice.details)

    def test_the_longest_name_counts(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        short, long = (
            MemberFactory.create(company=group.company, name=name) for name in ("Kim", "Kim Minji")
        )
        for person in (short, long):
            MembershipFactory.create(group=group, member=person)
        message = send(group, "@Kim Minji and nobody else", actor=actor_of(member))
        assert [mention.member for mention in message.mentions.all()] == [long]

    def test_of_namesakes_the_chosen_one(self, group: Group, member: Member, actor_of: ActorOf) -> None:
        people = [MemberFactory.create(company=group.company, name="Kim Minji") for _ in range(2)]
        for person in people:
            MembershipFactory.create(group=group, member=person)
        message = send(group, "@Kim Minji", actor=actor_of(member), chosen=[people[1].pk])
        assert [mention.member for mention in message.mentions.all()] == [people[1]]
        both = send(group, "@Kim Minji", actor=actor_of(member))
        assert {mention.member for mention in both.mentions.all()} == set(people)

    def test_nobody_outside_is_reached(
        self, group: Group, member: Member, outsider: Member, actor_of: ActorOf
    ) -> None:
        message = send(group, "@Otto Outsider otto@tae.example", actor=actor_of(member), chosen=[outsider.pk])
        assert not message.mentions.exists()
        assert not Notification.objects.exists()

    def test_an_edit_tells_only_the_new_ones(
        self, group: Group, member: Member, teammate: Member, actor_of: ActorOf
    ) -> None:
        other = MemberFactory.create(company=group.company, name="Nia New")
        MembershipFactory.create(group=group, member=other)
        message = send(group, "@Tae Teammate", actor=actor_of(member))
        edit(group, message.pk, "@Tae Teammate @Nia New", actor=actor_of(member))
        assert list(Notification.objects.order_by("pk").values_list("member", flat=True)) == [
            teammate.pk,
            other.pk,
        ]
        edit(group, message.pk, "@Nia New", actor=actor_of(member))
        assert [mention.member for mention in message.mentions.all()] == [other]


@pytest.mark.parametrize(
    "text",
    [
        "@김지우님 부탁드립니다",
        "부탁@김지우",
        "「@김지우」さんへ",
        "＠김지우, 확인해 주세요",
        "@김지우씨에게",
        "@김지우、お願いします",
        "안녕하세요.@김지우",
        "@김지우/@박서준",
        "회의록 (@김지우)",
    ],
)
def test_a_name_typed_by_hand_in_korean_and_japanese(
    group: Group, member: Member, actor_of: ActorOf, text: str
) -> None:
    """Rule 3.5: titles and particles follow a name without a space, and an @ follows a word."""
    jiu = MemberFactory.create(company=group.company, name="김지우")
    MembershipFactory.create(group=group, member=jiu)
    message = send(group, text, actor=actor_of(member))
    assert [mention.member for mention in message.mentions.all()] == [jiu]
    assert "mention mention-me" in html_of(message.text, [jiu], jiu)


class TestChosen:
    @pytest.fixture
    def jiu(self, group: Group) -> Member:
        jiu = MemberFactory.create(company=group.company, name="지우")
        MembershipFactory.create(group=group, member=jiu)
        return jiu

    @pytest.mark.parametrize("text", ["@지우쌤 감사합니다", "@지우랑나랑", "@지우123", "＠지우네요"])
    def test_counts_whatever_follows(
        self, group: Group, member: Member, jiu: Member, actor_of: ActorOf, text: str
    ) -> None:
        message = send(group, text, actor=actor_of(member), chosen=[jiu.pk])
        assert [mention.member for mention in message.mentions.all()] == [jiu]
        edit(group, message.pk, text + "!", actor=actor_of(member))
        assert [mention.member for mention in message.mentions.all()] == [jiu]

    @pytest.mark.parametrize("text", ["지우", "kim@지우", "https://a.example/@지우", "@지 우"])
    def test_but_not_without_the_name(
        self, group: Group, member: Member, jiu: Member, actor_of: ActorOf, text: str
    ) -> None:
        message = send(group, text, actor=actor_of(member), chosen=[jiu.pk])
        assert not message.mentions.exists()

    def test_somebody_with_a_longer_name_is_meant(
        self, group: Group, member: Member, jiu: Member, actor_of: ActorOf
    ) -> None:
        long = MemberFactory.create(company=group.company, name="지우개")
        MembershipFactory.create(group=group, member=long)
        message = send(group, "@지우개 @지우", actor=actor_of(member), chosen=[jiu.pk])
        assert {mention.member for mention in message.mentions.all()} == {jiu, long}
        message = send(group, "@지우개", actor=actor_of(member), chosen=[jiu.pk])
        assert [mention.member for mention in message.mentions.all()] == [long]
