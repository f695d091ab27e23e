"""Two people at one note at the same moment, on PostgreSQL with real threads (rule 3.5)."""

import pytest
from django.db import connection  # noqa: F401  (for the condition below)
from django.utils import timezone

from accounts.models import Member
from groupadmin.base.errors import Conflict, Invalid
from groups.models import Group, Message, Note, NoteComment
from groups.room.notes import actions
from groups.room.notes.reading import PINNED_AT_MOST
from tests.factories import NoteFactory
from tests.groups import test_concurrency as groups
from tests.groups.test_concurrency import AtOnce
from tests.helpers import actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]
at_once = groups.at_once


def test_two_changes(at_once: AtOnce, room: Group, member: Member, master: Member) -> None:
    """One is saved, the other is told."""
    note = NoteFactory.create(group=room, author=member)

    def change(person: Member) -> Note:
        return actions.change(room, note.pk, person.name, "", version=1, actor=actor_of(person))

    first, second = at_once(lambda: change(member), lambda: change(master))
    assert isinstance(first, Note)
    assert isinstance(second, Conflict)
    note.refresh_from_db()
    assert (note.title, note.version) == ("Momo Member", 2)


def test_one_form_twice(at_once: AtOnce, room: Group, member: Member) -> None:
    at_once(*[lambda: actions.add(room, "Minutes", "", actor=actor_of(member))] * 2)
    assert Note.objects.count() == 1
    note = Note.objects.get()
    at_once(*[lambda: actions.add_comment(room, note.pk, "Hello", actor=actor_of(member))] * 2)
    assert NoteComment.objects.count() == 1
    assert Message.objects.count() == 2


def test_the_last_place_at_the_top(at_once: AtOnce, room: Group, member: Member, master: Member) -> None:
    for _number in range(PINNED_AT_MOST - 1):
        NoteFactory.create(group=room, pinned_at=timezone.now())
    one, other = NoteFactory.create_batch(2, group=room)
    first, second = at_once(
        lambda: actions.pin(room, one.pk, True, actor=actor_of(member)),
        lambda: actions.pin(room, other.pk, True, actor=actor_of(master)),
    )
    assert first is None
    assert isinstance(second, Invalid)
    assert Note.objects.filter(pinned_at__isnull=False).count() == PINNED_AT_MOST
