"""Who comes later sees nothing of what was said before, unless the room shares it (rule 3.7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions.teams import move_team, set_team_people
from accounts.models import Member
from groups.models import Group, Membership, Message, Room, StoredFile
from groups.room.messages import actions
from tests.factories import (
    GroupFactory,
    MemberFactory,
    MembershipFactory,
    MessageFactory,
    NoteFactory,
    StoredFileFactory,
    TeamFactory,
)
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def before(group: Group, member: Member) -> Message:
    """What the member has said in the group before, with a picture, and a note's news."""
    group.note = True
    group.save()
    message = MessageFactory.create(
        group=group,
        author=member,
        author_name=member.name,
        text="Secret of before",
        text_folded="secret of before",
    )
    StoredFileFactory.create(group=group, author=member, message=message, name="before.png")
    NoteFactory.create(group=group, author=member, title="For all")
    details = {"what": "note.added", "id": 1, "title": "News of before"}
    MessageFactory.create(
        group=group, author=member, text="", kind=Message.Kind.ANNOUNCEMENT, details=details
    )
    return message


def directly(group: Group, person: Member, actor: Any) -> None:
    MembershipFactory.create(group=group, member=person)


def through_a_team(group: Group, person: Member, actor: Any) -> None:
    """The team has been in the group for long; they come into a team below it."""
    top = TeamFactory.create(company=group.company)
    below = TeamFactory.create(company=group.company, parent=top)
    MembershipFactory.create(group=group, team=top)
    long_ago(group)
    set_team_people(below, frozenset({person.pk}), frozenset(), actor=actor)


def by_a_team_that_is_moved(group: Group, person: Member, actor: Any) -> None:
    """They have been in their team for long, and that comes below one which is in the group."""
    top, own = (
        TeamFactory.create(company=group.company),
        TeamFactory.create(company=group.company, people=[person]),
    )
    own.memberships.update(since=timezone.now() - timedelta(days=9))
    MembershipFactory.create(group=group, team=top)
    long_ago(group)
    move_team(own, top, actor=actor)


def through_another_group(group: Group, person: Member, actor: Any) -> None:
    inner = GroupFactory.create(company=group.company)
    MembershipFactory.create(group=group, subgroup=inner)
    long_ago(group)
    MembershipFactory.create(group=inner, member=person)


def by_a_group_that_is_put_in(group: Group, person: Member, actor: Any) -> None:
    """They have been in that group for long."""
    inner = GroupFactory.create(company=group.company)
    MembershipFactory.create(group=inner, member=person)
    long_ago(inner)
    MembershipFactory.create(group=group, subgroup=inner)


def long_ago(group: Group) -> None:
    Membership.objects.filter(group=group).update(added_at=timezone.now() - timedelta(days=9))


WAYS = (directly, through_a_team, by_a_team_that_is_moved, through_another_group, by_a_group_that_is_put_in)


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def late(
    request: pytest.FixtureRequest, group: Group, before: Message, administrator: Member, actor_of: ActorOf
) -> Member:
    """Somebody who comes after it was said."""
    person = MemberFactory.create(company=group.company, name="Lou Late")
    way: Callable[[Group, Member, Any], None] = request.param
    way(group, person, actor_of(administrator))
    return person


def url(name: str, *args: Any) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def shown(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def everything_read(client: Client, group: Group, before: Message) -> str:
    """All pages and answers on which messages stand."""
    room = url("messages", group)
    return "".join(
        [
            shown(client, room),
            shown(client, room, before=before.pk + 100),
            shown(client, room, after=before.pk - 1),
            shown(client, room, at=before.pk),
            shown(client, room, reply=before.pk),
            client.get(room, {"reply": before.pk}, headers=HTMX | {"HX-Target": "reply"}).content.decode(),
            shown(client, url("message_changes", group), after=0),
            shown(client, room, q="secret").replace('value="secret"', ""),
        ]
    )


def is_unread(client: Client, group: Group) -> list[bool]:
    """In the menu, in the list of rooms, and at the tab of another feature."""
    page = shown(client, url("list"))
    tabs = client.get(url("notes", group)).context["tabs"]
    return [
        "unread-dot" in page,
        "room-unread" in page,
        any(tab["is_unread"] for tab in tabs if tab["feature"] == "message"),
    ]


def test_nothing_of_before(
    group: Group, before: Message, late: Member, member: Member, client_of: ClientOf, actor_of: ActorOf
) -> None:
    """Neither by the page, the search, addresses of messages and files, nor as something unread."""
    client = client_of(late)
    assert is_unread(client, group) == [False, False, False]
    read = everything_read(client, group, before)
    for word in ("Secret", "before.png", "News of before"):
        assert word not in read, word
    stored = StoredFile.objects.get()
    for name in ("file", "preview"):
        assert client.get(url(name, group, stored)).status_code == 404
    for name in ("message_edit", "message_recall"):
        assert client.post(url(name, group, before), {"text": "x"}).status_code == 404
    assert client.post(url("messages", group), {"text": "Reply", "reply_to": before.pk}).status_code == 404
    # Notes are seen by all.
    assert "For all" in shown(client, url("notes", group))


def test_what_is_said_from_then_on(
    group: Group, before: Message, late: Member, member: Member, client_of: ClientOf, actor_of: ActorOf
) -> None:
    """It is seen and unread; what it quotes of before is not, and a change of before stays unseen."""
    client = client_of(late)
    actions.send(group, "@Lou Late, welcome", actor=actor_of(member), reply_to=before.pk)
    assert is_unread(client, group) == [True, True, True]
    actions.edit(group, before.pk, "Secret of before, edited", actor=actor_of(member))
    read = everything_read(client, group, before)
    assert "welcome" in read
    assert "Secret" not in read
    newest = Message.objects.latest("pk")
    client.post(url("messages_seen", group), {"newest": newest.pk})
    assert is_unread(client, group) == [False, False, False]


def test_all_of_it_where_the_room_shares_it(
    group: Group, before: Message, late: Member, client_of: ClientOf
) -> None:
    Room.objects.filter(group=group).update(shares_history=True)
    client = client_of(late)
    assert is_unread(client, group) == [True, True, True]
    read = everything_read(client, group, before)
    for word in ("Secret", "before.png", "News of before"):
        assert word in read, word
    assert client.get(url("file", group, StoredFile.objects.get())).status_code == 200


def test_who_was_there_sees_it_also_when_a_second_way_comes_later(
    group: Group, before: Message, member: Member, client_of: ClientOf
) -> None:
    long_ago(group)
    team = TeamFactory.create(company=group.company, people=[member])
    MembershipFactory.create(group=group, team=team)
    assert "Secret" in everything_read(client_of(member), group, before)


def test_who_was_away_in_between_begins_anew(
    group: Group, before: Message, member: Member, client_of: ClientOf
) -> None:
    long_ago(group)
    group.entries.filter(member=member).delete()
    MembershipFactory.create(group=group, member=member)
    assert "Secret" not in everything_read(client_of(member), group, before)
