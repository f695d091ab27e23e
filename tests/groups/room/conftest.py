"""What tests of rooms share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Member
from groups.models import Event, Group
from groups.room.calendar import actions
from groups.room.calendar import series_actions as series
from groups.room.calendar.checking import EventSettings
from tests.factories import GroupFactory, MembershipFactory
from tests.groups.room.calendar.events import HOUR, NOON
from tests.helpers import ActorOf


@pytest.fixture
def room(group: Group, master: Member) -> Group:
    """The group with Note on; its master is in it too."""
    group.note = True
    group.save()
    MembershipFactory.create(group=group, member=master)
    return group


@pytest.fixture
def event_room(group: Group) -> Group:
    """The group of the cast with Event on."""
    Group.objects.filter(pk=group.pk).update(event=True)
    group.refresh_from_db()
    return group


@pytest.fixture
def add_event(event_room: Group, member: Member, actor_of: ActorOf) -> Callable[..., Event]:
    """Adds an event of the member's, of an hour."""

    def add(title: str = "Lunch", start: datetime = NOON, **more: Any) -> Event:
        settings = EventSettings(title, start, start + HOUR, **more)
        return actions.add_event(event_room, settings, actor=actor_of(member))

    return add


@pytest.fixture
def other_room(event_room: Group, member: Member) -> Group:
    """Another group of the member's with Event on."""
    return GroupFactory.create(company=event_room.company, members=[member], message=True, event=True)


@pytest.fixture
def change_following(event_room: Group, member: Member, actor_of: ActorOf) -> Callable[..., Event]:
    """Changes a series of the member's from an occurrence on."""

    def changed(event: Event, moment: datetime, settings: EventSettings, version: int = 1) -> Event:
        return series.change_following(
            event_room, event.pk, moment, settings, version, actor=actor_of(member)
        )

    return changed


@pytest.fixture
def delete_following(event_room: Group, member: Member, actor_of: ActorOf) -> Callable[..., None]:
    def deleted(event: Event, moment: datetime, version: int = 1) -> None:
        series.delete_following(event_room, event.pk, moment, version, actor=actor_of(member))

    return deleted
