"""The short way for those who wait for what is new in a room (rules 2.16, 3.3, 3.5)."""

import time
from collections.abc import Callable

import pytest
from django.core.signing import TimestampSigner, b62_encode
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Member
from groups.models import Group
from groups.room.messages.actions import send
from groups.room.messages.polling import GOOD_FOR, HEADER, ticket
from tests.factories import GroupFactory, MembershipFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db

Ask = Callable[..., HttpResponse]


def address(group: Group) -> str:
    return reverse("room:message_changes", args=[group.pk])


@pytest.fixture
def ask(group: Group, member: Member, client_of: ClientOf) -> Ask:
    """Asks as the member's page does, with a ticket from the server."""
    client = client_of(member)
    shown = client.get(address(group), {"after": 0})[HEADER]

    def asking(after: object = 0, *, ticket: str = shown, client: Client = client) -> HttpResponse:
        return client.get(address(group), {"after": str(after)}, headers={HEADER: ticket})  # type: ignore[return-value]

    return asking


def was_short(answer: HttpResponse) -> bool:
    """In the short way nobody gets a new ticket."""
    return answer.status_code == 204 and HEADER not in answer


def test_nothing_new_takes_one_query(ask: Ask, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        answer = ask()
    assert was_short(answer)
    assert answer.content == b""
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_new_comes_at_once(ask: Ask, group: Group, member: Member, actor_of: ActorOf) -> None:
    message = send(group, "Something", actor=actor_of(member))
    answer = ask()
    assert answer.status_code == 200
    assert "Something" in answer.content.decode()
    assert was_short(ask(message.change, ticket=answer[HEADER]))


def test_who_is_removed_is_sent_away_at_once(ask: Ask, group: Group, member: Member) -> None:
    """Rule 2.16: a ticket is no right."""
    group.entries.filter(member=member).delete()
    assert ask().status_code == 403


def test_who_is_deactivated_is_sent_away_at_once(ask: Ask, member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(is_active=False)
    assert ask().status_code == 302


def test_message_switched_off_or_the_group_deleted(ask: Ask, group: Group) -> None:
    """Rule 3.3: no count, however it is asked for."""
    Group.objects.filter(pk=group.pk).update(message=False)
    for after in (0, None, ""):
        assert ask(after).status_code == 403
    Group.objects.filter(pk=group.pk).update(message=True, deleted_at=timezone.now())
    assert ask().status_code == 404


def test_a_ticket_is_good_for_a_minute(
    ask: Ask, group: Group, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the session is looked at again, and a new one given."""

    def given(seconds_ago: int) -> str:
        moment = b62_encode(int(time.time()) - seconds_ago)
        with monkeypatch.context() as patched:
            patched.setattr(TimestampSigner, "timestamp", lambda _self: moment)
            return ticket(member, group.pk)

    assert was_short(ask(ticket=given(GOOD_FOR - 10)))
    answer = ask(ticket=given(GOOD_FOR + 10))
    assert answer.status_code == 204
    assert answer[HEADER]


def test_after_signing_out_a_ticket_says_no_more_than_that_nothing_is_new(
    ask: Ask, group: Group, member: Member, actor_of: ActorOf
) -> None:
    stranger = Client()
    assert was_short(ask(client=stranger))
    send(group, "Something", actor=actor_of(member))
    answer = ask(client=stranger)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("shown", ["x", "1.2", "1.2:abc:def", "\x7f", "9" * 5_000])
def test_no_ticket_at_all(ask: Ask, shown: str) -> None:
    answer = ask(ticket=shown)
    assert answer.status_code == 204
    assert HEADER in answer


def test_a_ticket_of_another_room_or_for_another_page(
    ask: Ask, group: Group, member: Member, client_of: ClientOf
) -> None:
    other = GroupFactory.create(company=group.company, message=True)
    MembershipFactory.create(group=other, member=member)
    assert not was_short(ask(ticket=ticket(member, other.pk)))
    page = client_of(member).get(
        reverse("room:messages", args=[group.pk]), {"after": "0"}, headers={HEADER: ticket(member, group.pk)}
    )
    assert page.status_code == 200


def test_a_stranger_gets_no_ticket(group: Group, outsider: Member, client_of: ClientOf) -> None:
    answer = client_of(outsider).get(address(group), {"after": 0})
    assert answer.status_code in (403, 404)
    assert HEADER not in answer
