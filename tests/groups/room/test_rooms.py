"""A person's rooms, in the menu and in the list, and the way in from a group's page (rules 2.12, 5.5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Member
from groups.models import Event, Feature, Group, Message, Room, RoomVisit
from groups.room.messages.announcements import announce
from groups.room.unread import IN_MENU, rooms_of
from tests.factories import GroupFactory, MessageFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms(member: Member) -> list[Group]:
    """Seven, the first one used last."""
    made = [
        GroupFactory.create(company=member.company, name=f"Room {n}", members=[member], message=True)
        for n in range(7)
    ]
    for n, group in enumerate(made):
        MessageFactory.create(group=group)
        Room.objects.filter(group=group).update(last_activity_at=timezone.now() - timedelta(hours=n))
    return made


def menu(client: Client) -> str:
    """The lines of the rooms in the menu; their heading says so too while it is folded."""
    page = client.get(reverse("accounts:profile")).content.decode()
    return page.partition('data-fold="rooms"')[2].partition("<ul>")[2].partition("</ul>")[0]


def test_by_their_last_activity(
    member: Member, rooms: list[Group], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Unread ones may be from before their time (rule 3.7).
    with django_assert_num_queries(2):
        found = rooms_of(member, IN_MENU)
    assert [room.group for room in found] == rooms[:IN_MENU]


def test_unread_until_seen(member: Member, rooms: list[Group], client_of: ClientOf) -> None:
    client = client_of(member)
    assert menu(client).count("unread-dot") == IN_MENU
    newest = Message.objects.get(group=rooms[0])
    client.post(reverse("room:messages_seen", args=[rooms[0].pk]), {"newest": newest.pk})
    assert menu(client).count("unread-dot") == IN_MENU - 1
    listed = client.get(reverse("room:list")).content.decode()
    assert listed.count("room-unread") == 6
    assert "Room 6" in listed


def test_neither_those_without_message_nor_deleted_ones_nor_others(
    member: Member, rooms: list[Group], group: Group
) -> None:
    Group.objects.filter(pk=rooms[0].pk).update(message=False)
    Group.objects.filter(pk=rooms[1].pk).update(deleted_at=timezone.now())
    rooms[2].entries.all().delete()
    found = [room.group for room in rooms_of(member, 50)]
    assert found == [*rooms[3:], group]


def test_what_one_did_oneself_is_no_news(group: Group, member: Member, teammate: Member) -> None:
    first = MessageFactory.create(group=group, author=teammate)
    for person in (member, teammate):
        RoomVisit.objects.create(group=group, member=person, feature=Feature.MESSAGE, seen_id=first.pk)
    announce(group, member, "note.added", 1, "Minutes")
    assert [room.is_unread for room in rooms_of(member, 1)] == [False]
    assert [room.is_unread for room in rooms_of(teammate, 1)] == [True]


def test_news_does_not_make_seen_what_one_has_not_seen(group: Group, member: Member) -> None:
    MessageFactory.create(group=group)
    announce(group, member, "note.added", 1, "Minutes")
    assert [room.is_unread for room in rooms_of(member, 1)] == [True]


def test_the_way_in_is_there_for_who_may_go_in(
    group: Group, external_group: Group, member: Member, master: Member, client_of: ClientOf
) -> None:
    """Rule 2.12: a master who is no member is told so instead; without Message there is no room."""

    def page(person: Member, of: Group) -> str:
        return client_of(person).get(reverse("groups:detail", args=[of.pk])).content.decode()

    way_in = f'href="{reverse("room:room", args=[group.pk])}">'
    assert "Open room" in page(member, group)
    assert way_in in page(member, group)
    assert "Open room" not in page(master, group)
    assert "Open room" not in page(member, external_group)


def test_what_one_added_oneself_is_not_new(
    add_event: Callable[..., Event],
    event_room: Group,
    member: Member,
    teammate: Member,
    client_of: ClientOf,
) -> None:
    """Neither on the tab nor in the list, even if it is the first thing in the room (rule 5.5)."""
    add_event()
    messages = reverse("room:messages", args=[event_room.pk])
    assert "(new)" not in client_of(member).get(messages).content.decode()
    assert "(new)" in client_of(teammate).get(messages).content.decode()


@pytest.mark.parametrize("who", ["member", "master", "outsider"])
def test_a_room_that_is_off_says_so(who: str, group: Group, request: pytest.FixtureRequest) -> None:
    """Rule 3.3: whoever may see the group, whether or not they could enter it."""
    Group.objects.filter(pk=group.pk).update(message=False)
    client = request.getfixturevalue("client_of")(request.getfixturevalue(who))
    for name in ("room", "messages", "notes"):
        answer = client.get(reverse(f"room:{name}", args=[group.pk]))
        assert answer.status_code == 403
        assert "The message room of this group is switched off." in answer.content.decode()
        assert (
            f'href="{reverse("groups:detail", args=[group.pk])}">Back to the group' in answer.content.decode()
        )
    assert not AuditEntry.objects.filter(action="group.use_room").exists()


def test_nothing_is_said_about_a_room_where_there_is_none(
    group: Group, master: Member, administrator: Member, client_of: ClientOf
) -> None:
    """Rules 2.12, 3.3."""
    Group.objects.filter(pk=group.pk).update(message=False)
    page = reverse("groups:detail", args=[group.pk])
    for client in (client_of(master), client_of(administrator)):
        for address in (page, f"{page}?show=masters", reverse("groups:name_master", args=[group.pk])):
            assert "enter the message room" not in client.get(address).content.decode()
    data = {"member": master.pk}
    answer = client_of(master).post(reverse("groups:add_me", args=[group.pk]), data, follow=True)
    assert "is now a member." in answer.content.decode()
