"""How far somebody has seen each feature of a room: what came later is new (rule 3.5)."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Member
from groups.models import Feature, Group, RoomVisit
from tests.factories import EventFactory, FolderFileFactory, MessageFactory, NoteFactory, TaskFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

SEEN: dict[Feature, tuple[str, Any]] = {
    Feature.MESSAGE: ("messages_seen", MessageFactory),
    Feature.NOTE: ("notes_seen", NoteFactory),
    Feature.EVENT: ("events_seen", EventFactory),
    Feature.TASK: ("tasks_seen", TaskFactory),
    Feature.FOLDER: ("folder_seen", FolderFileFactory),
}


@pytest.fixture
def room(group: Group) -> Group:
    """The group with everything on."""
    group.note = group.event = group.task = group.folder = True
    group.save()
    return group


@pytest.mark.parametrize("feature", SEEN)
def test_it_never_goes_back_nor_beyond_the_newest(
    room: Group, member: Member, client_of: ClientOf, feature: Feature
) -> None:
    """A page that stood open for long, or somebody who types numbers, makes nothing new again."""
    name, factory = SEEN[feature]
    client, address = client_of(member), reverse(f"room:{name}", args=[room.pk])
    first = factory.create(group=room)

    def seen_after(newest: object) -> int:
        assert client.post(address, {"newest": str(newest)}).status_code < 500
        return RoomVisit.objects.get(group=room, member=member, feature=feature).seen_id

    assert seen_after(2**63 - 1) == first.pk
    second = factory.create(group=room)
    assert seen_after(second.pk) == second.pk
    for earlier in (first.pk, 0, -1, "x", "9" * 40):
        assert seen_after(earlier) == second.pk, earlier
    newest = second.pk
    second.delete()
    assert seen_after(first.pk) == newest, "what was seen stays seen when the newest goes"
