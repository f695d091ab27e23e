"""What one sees in a room of the people of another company: name, company and photo, nothing else (rule 6.4).

The company is named to whoever is not of it, whichever company owns the group.
"""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from groups.models import Attendance, Event, Group, Note
from groups.room.folder.reading import token_of
from tests.factories import (
    EventFactory,
    FolderFileFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
)
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

NAMES_COMPANY = ["messages", "found", "notes", "note", "event", "mentions"]
NAMES_NONE = ["folder", "file", "bin"]


@pytest.fixture
def joint_room(external_group: Group, member: Member, guest: Member) -> Group:
    """The external group with something of both companies' people in each feature."""
    switches = dict.fromkeys(("message", "note", "event", "folder"), True)
    Group.objects.filter(pk=external_group.pk).update(**switches)
    group = Group.objects.get(pk=external_group.pk)
    note = NoteFactory.create(group=group, author=member)
    NoteFactory.create(group=group, author=guest)
    event = EventFactory.create(group=group, author=guest)
    for person in (member, guest):
        MessageFactory.create(group=group, author=person)
        NoteCommentFactory.create(note=note, author=person)
        Attendance.objects.create(
            event=event, member=person, starts_at=event.starts_at, answer=Attendance.Answer.YES
        )
        FolderFileFactory.create(group=group, author=person)
    return group


def _page(client: Client, room: Group, name: str) -> str:
    """What a page says, without its markup."""
    file = room.folderfiles.earliest("pk")
    if name == "bin":
        client.post(reverse("room:folder_delete", args=[room.pk]), {"item": token_of(file)})
    addresses = {
        "messages": reverse("room:messages", args=[room.pk]),
        "found": reverse("room:messages", args=[room.pk], query={"q": "Message"}),
        "notes": reverse("room:notes", args=[room.pk]),
        "note": reverse("room:note", args=[room.pk, Note.objects.earliest("pk").pk]),
        "event": reverse("room:event", args=[room.pk, Event.objects.get().pk]),
        "mentions": reverse("room:message_people", args=[room.pk]),
        "folder": reverse("room:folder", args=[room.pk]),
        "file": reverse("room:file_versions", args=[room.pk, file.pk]),
        "bin": reverse("room:bin", args=[room.pk]),
    }
    answer = client.get(addresses[name])
    assert answer.status_code == 200
    # The menu names the reader's own company.
    content = answer.content.decode().rpartition("<main")[2]
    text = unescape(re.sub(r"<[^>]*>", " ", content))
    return " ".join(re.sub(r"[·\u2066-\u2069]", " ", text).split())


def _is_beside(company: str, person: Member, page: str) -> bool:
    """Whether the company's name stands right after the person's, somewhere on the page."""
    return f"{person.name} {company}" in page


@pytest.mark.parametrize("name", NAMES_COMPANY)
def test_own_people_read_of_guests_from_which_company_they_are(
    joint_room: Group, member: Member, guest: Member, client_of: ClientOf, name: str
) -> None:
    page = _page(client_of(member), joint_room, name)
    assert _is_beside("Nordlicht", guest, page)
    assert not _is_beside("Hanbit", member, page)
    assert guest.email not in page


@pytest.mark.parametrize("name", NAMES_COMPANY)
def test_guests_read_of_the_others_from_which_company_they_are(
    joint_room: Group, member: Member, guest: Member, client_of: ClientOf, name: str
) -> None:
    page = _page(client_of(guest), joint_room, name)
    assert _is_beside("Hanbit", member, page)
    assert not _is_beside("Nordlicht", guest, page)
    assert member.email not in page


@pytest.mark.parametrize("name", NAMES_NONE)
@pytest.mark.parametrize("side", ["own", "guest"])
def test_files_have_their_authors_name_alone(
    joint_room: Group, member: Member, guest: Member, client_of: ClientOf, name: str, side: str
) -> None:
    viewer = member if side == "own" else guest
    page = _page(client_of(viewer), joint_room, name)
    assert member.name in page or guest.name in page
    assert not re.search(r"@(hanbit|nordlicht)\.example", page)
