"""How the pages of a room look: long and turned names, phones, and files before and after they are sent."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, expect

from accounts.models import Member
from groupadmin.base.file_names import as_written
from groups.models import Event, Feature, Group, Message
from groups.room.folder.reading import token_of
from tests.factories import (
    EventFactory,
    FolderFactory,
    FolderFileFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    TaskFactory,
)

from .helpers import PageOf, assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)

WIDE = "W" * 190
TITLES = [
    WIDE,
    "가정용 로봇 출시 준비 회의 안건 " * 10,
    "شحن الروبوتات: قائمة \u202eالمراجعة",
    "👩‍👩‍👧‍👦🏳️‍🌈 Go!",
]
PAGES: dict[str, Callable[[Group], str]] = {
    "rooms": lambda room: reverse("room:list"),
    "messages": lambda room: reverse("room:messages", args=[room.pk]),
    "found": lambda room: reverse("room:messages", args=[room.pk], query={"q": "W"}),
    "edit": lambda room: reverse("room:message_edit", args=[room.pk, _first(room).pk]),
    "notes": lambda room: reverse("room:notes", args=[room.pk]),
    "note": lambda room: reverse("room:note", args=[room.pk, room.notes.earliest("pk").pk]),
    "note_form": lambda room: reverse("room:note_edit", args=[room.pk, room.notes.earliest("pk").pk]),
    "note_delete": lambda room: reverse("room:note_delete", args=[room.pk, room.notes.earliest("pk").pk]),
    "month": lambda room: reverse("room:events", args=[room.pk], query={"view": "month"}),
    "week": lambda room: reverse("room:events", args=[room.pk], query={"view": "week"}),
    "list": lambda room: reverse("room:events", args=[room.pk], query={"view": "list"}),
    "event": lambda room: reverse("room:event", args=[room.pk, _event(room).pk]),
    "event_form": lambda room: reverse("room:event_edit", args=[room.pk, _event(room).pk]),
    "event_delete": lambda room: reverse("room:event_delete", args=[room.pk, _event(room).pk]),
    "import": lambda room: reverse("room:events_import", args=[room.pk]),
    "feed": lambda room: reverse("room:events_feed", args=[room.pk]),
    "tasks": lambda room: reverse("room:tasks", args=[room.pk]),
    "task": lambda room: reverse("room:task", args=[room.pk, room.tasks.earliest("pk").pk]),
    "task_form": lambda room: reverse("room:task_edit", args=[room.pk, room.tasks.earliest("pk").pk]),
    "task_delete": lambda room: reverse("room:task_delete", args=[room.pk, room.tasks.earliest("pk").pk]),
    "my_tasks": lambda room: reverse("room:my_tasks"),
    "folder": lambda room: reverse("room:folder", args=[room.pk]),
    "file": lambda room: reverse("room:file_versions", args=[room.pk, room.folderfiles.earliest("pk").pk]),
    "rename": lambda room: reverse(
        "room:folder_rename", args=[room.pk, token_of(room.folders.earliest("pk"))]
    ),
    "bin": lambda room: reverse("room:bin", args=[room.pk]),
}


def _first(room: Group) -> Message:
    return Message.objects.filter(group=room).earliest("pk")


def _event(room: Group) -> Event:
    return Event.objects.filter(group=room).earliest("pk")


@pytest.fixture
def lived_in(group: Group, member: Member, teammate: Member) -> Group:
    """A room with everything in it, under names that are as bad as they may be; much of it is new."""
    for feature in Feature:
        setattr(group, feature.value, True)
    group.save()
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for title in TITLES:
        MessageFactory.create(group=group, author=member, text=title * 2)
        note = NoteFactory.create(group=group, author=member, title=title[:200], text=title)
        NoteCommentFactory.create(note=note, author=member, text=title)
        times: dict[str, Any] = {
            "starts_at": now,
            "ends_at": now + timedelta(days=1),
            "time_zone": "Asia/Seoul",
        }
        EventFactory.create(group=group, author=teammate, title=title[:200], place=title[:200], **times)
        TaskFactory.create(group=group, author=teammate, title=title[:200], notes=title, assignees=[member])
        FolderFactory.create(group=group, author=teammate, name=title[:100])
        FolderFileFactory.create(group=group, author=teammate, name=f"{title[:60]}.txt")
    MessageFactory.create(group=group, author=teammate)
    NoteFactory.create(group=group, author=teammate)
    return group


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_a_phone(lived_in: Group, member: Member, page_of: PageOf, theme: str) -> None:
    """Nothing to scroll sideways, no violation of axe's rules, headings in their order."""
    page = page_of(member, width=390, color_scheme=theme)
    for name, address in PAGES.items():
        page.goto(address(lived_in))
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        assert_accessible(page)
        levels = page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4')].filter(one => one.checkVisibility())"
            ".map(one => Number(one.tagName[1]))"
        )
        assert levels[:1] == [1], name
        assert all(below <= above + 1 for above, below in pairwise(levels)), (
            name,
            levels,
        )


def words_of(page: Page, function: str, *values: Any) -> Any:
    """What file-labels.js, as the page has loaded it, says."""
    return page.evaluate(
        """async ([name, values]) => {
            const urls = performance.getEntriesByType("resource").map((one) => one.name);
            const words = await import(urls.find((one) => /file-labels[^/]*\\.js/.test(one)));
            return values.map((value) => words[name](value));
        }""",
        [function, list(values)],
    )


SIZES = [0, 1, 2, 1023, 1024, 1280, 1536, 10_000, 1024**2 - 1, 1024**2, 5_000_000, 1_048_000_000, 3 * 1024**3]
NAMES = [
    "a.txt",
    " ..a. ",
    "..\\up\\a.txt",
    "a\xa0d.txt",
    'a<b>"c"|?.txt',
    "각.txt",
    TITLES[-1],
]


def test_files_have_the_same_words_before_and_after(lived_in: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member)
    page.goto(PAGES["messages"](lived_in))
    assert words_of(page, "sizeOf", *SIZES) == [filesizeformat(size) for size in SIZES]
    shown = words_of(page, "shownName", *[{"name": name} for name in NAMES])
    assert shown == [as_written(name) for name in NAMES]


def test_a_chosen_file_looks_as_it_will_look(lived_in: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member)
    page.goto(PAGES["messages"](lived_in))
    file: FilePayload = {"name": "شحن\u200fgnp.txt", "mimeType": "text/plain", "buffer": b"x" * 1500}
    page.locator("#message-files").set_input_files([file])
    chip = page.locator("#chosen-files li")
    name, size = chip.locator("bdi").first.inner_text(), chip.locator("small").inner_text()
    expect(chip.get_by_role("button", name=f"Remove attachment {name}")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    sent = page.locator(".line-file").last
    expect(sent.locator("bdi")).to_have_text(name)
    expect(sent.locator("small")).to_have_text(size)
