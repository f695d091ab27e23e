"""Who reads and changes notes, and what is left while Note is off (rules 2.16, 3.3, 3.6, 6.4)."""

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Member
from groups.models import Feature, Group, Membership, Note, NoteComment, StoredFile
from groups.room.access import SwitchedOff
from groups.room.notes import actions
from tests.factories import GroupFactory, MasterFactory, NoteCommentFactory, NoteFactory, StoredFileFactory
from tests.helpers import ActorOf, client_of

from .pages import add, picture, text_of, url

pytestmark = pytest.mark.django_db


# Who may


def test_the_author_and_masters_change_it(
    room: Group, member: Member, teammate: Member, master: Member
) -> None:
    note = add(client_of(member), room)
    for name in ("note_edit", "note_delete"):
        assert client_of(teammate).get(url(name, room, note)).status_code == 403
        data = {"title": "Stolen", "version": 1}
        assert client_of(teammate).post(url(name, room, note), data).status_code == 403
        for person in (member, master):
            assert client_of(person).get(url(name, room, note)).status_code == 200
    note.refresh_from_db()
    assert note.title == "Minutes"
    shown = text_of(client_of(teammate).get(url("note", room, note)))
    assert url("note_edit", room, note) not in shown
    assert url("note_delete", room, note) not in shown
    refused = AuditEntry.objects.filter(result=AuditEntry.Result.REFUSED, actor_id=teammate.pk)
    assert set(refused.values_list("action", flat=True)) == {"room.edit_note", "room.delete_note"}


def test_an_administrator_who_is_no_member_reads_nothing(
    room: Group, administrator: Member, member: Member
) -> None:
    """Rule 3.6."""
    note = add(client_of(member), room)
    for address in (url("notes", room), url("note", room, note), url("note_add", room)):
        assert client_of(administrator).get(address).status_code == 403


def test_whoever_has_left_loses_it_at_once(room: Group, member: Member, teammate: Member) -> None:
    """Rule 2.16: what they wrote stays, with their name."""
    note = add(client_of(member), room, files=[picture()])
    stored = note.files.get()
    client = client_of(member)
    Membership.objects.filter(group=room, member=member).delete()
    for address in (url("note", room, note), url("file", room, stored), url("preview", room, stored)):
        assert client.get(address).status_code == 403
    data = {"title": "New", "version": 1}
    assert client.post(url("note_edit", room, note), data).status_code == 403
    assert client.post(url("note_add", room), data).status_code == 403
    assert "Momo Member" in text_of(client_of(teammate).get(url("note", room, note)))
    member.delete()
    assert "Momo Member" in text_of(client_of(teammate).get(url("note", room, note)))
    assert "Momo Member" in text_of(client_of(teammate).get(url("notes", room)))


def test_people_of_other_companies(external_group: Group, guest: Member, member: Member) -> None:
    """Rule 6.4: name, company and photo, as long as they are in the group."""
    Group.objects.filter(pk=external_group.pk).update(message=True, note=True)
    type(guest).objects.filter(pk=guest.pk).update(photo="people/greta.webp")
    note = add(client_of(guest), external_group)
    NoteCommentFactory.create(note=note, author=guest)
    photo = reverse("accounts:member_photo", args=[guest.pk])
    for address in (url("notes", external_group), url("note", external_group, note)):
        page = text_of(client_of(member).get(address))
        assert "Greta Guest" in page
        assert "Nordlicht" in page
        assert photo in page
        assert guest.email not in page
    Membership.objects.filter(group=external_group, member=guest).delete()
    page = text_of(client_of(member).get(url("note", external_group, note)))
    assert "Greta Guest" in page
    assert photo not in page


# Ids of others, and features that are off


def test_ids_of_another_room(room: Group, member: Member) -> None:
    """Whoever is in both rooms does not mix them up either."""
    other = GroupFactory.create(company=room.company, message=True, note=True, members=[member])
    MasterFactory.create(group=other, member=member)
    note = NoteFactory.create(group=room, author=member)
    foreign = NoteFactory.create(group=other, author=member)
    comment = NoteCommentFactory.create(note=foreign, author=member)
    stored = StoredFileFactory.create(group=other, feature=Feature.NOTE, note=foreign)
    client = client_of(member)
    data = {"title": "Stolen", "text": "Stolen", "version": 1, "pinned": "1"}
    for name in ("note", "note_edit", "note_delete", "note_pin", "note_comment_add"):
        assert client.get(url(name, room, foreign)).status_code in (404, 405)
        # As if they were gone: what was typed comes back.
        assert client.post(url(name, room, foreign), data).status_code in (404, 405, 409)
    for on in (note, foreign):
        for name in ("note_comment_edit", "note_comment_delete"):
            assert client.post(url(name, room, on, comment), data).status_code in (404, 409)
    for name in ("file", "preview"):
        assert client.get(url(name, room, stored)).status_code == 404
    client.post(url("note_edit", room, note), data | {"taken_off": [stored.pk]})
    foreign.refresh_from_db()
    comment.refresh_from_db()
    assert (foreign.title, foreign.pinned_at) == (foreign.title.replace("Stolen", ""), None)
    assert comment.text != "Stolen"
    assert StoredFile.objects.filter(pk=stored.pk).exists()


def everything(room: Group, note: Note, comment: NoteComment, stored: StoredFile) -> list[str]:
    return [
        *(url(name, room) for name in ("notes", "note_add", "note_preview", "notes_seen")),
        *(url(name, room, note) for name in ("note", "note_edit", "note_delete", "note_pin")),
        url("note_comment_add", room, note),
        *(url(f"note_comment_{verb}", room, note, comment) for verb in ("edit", "delete")),
        *(url(name, room, stored) for name in ("file", "preview")),
    ]


def test_switched_off_it_is_gone_and_switched_on_it_is_back(room: Group, member: Member) -> None:
    """Rule 3.3."""
    client = client_of(member)
    note = add(client, room, "Minutes", "We met", files=[picture()])
    comment = NoteCommentFactory.create(note=note, author=member)
    stored = note.files.get()
    Group.objects.filter(pk=room.pk).update(note=False)
    data = {"title": "New", "text": "New", "version": 1, "pinned": "1", "newest": "1"}
    for address in everything(room, note, comment, stored):
        assert client.get(address).status_code in (403, 405), address
        assert client.post(address, data).status_code in (403, 405), address
    assert "Note is switched off in this group." in text_of(client.get(url("note", room, note)))
    assert client.post(url("note_add", room), data).status_code == 403
    page = text_of(client.get(url("messages", room)))
    assert url("notes", room) not in page
    assert "Minutes" not in page
    assert Note.objects.count() == 1
    Group.objects.filter(pk=room.pk).update(note=True)
    assert "We met" in text_of(client.get(url("note", room, note)))
    assert client.get(url("preview", room, stored)).status_code == 200
    assert "Minutes" in text_of(client.get(url("messages", room)))
    comment.refresh_from_db()
    note.refresh_from_db()
    assert (note.title, note.pinned_at) == ("Minutes", None)


def test_switched_off_between_page_and_action(room: Group, member: Member, actor_of: ActorOf) -> None:
    """The action asks again, under the room's lock."""
    Group.objects.filter(pk=room.pk).update(note=False)
    with pytest.raises(SwitchedOff):
        actions.add(room, "Minutes", "", actor=actor_of(member))
