"""Two people and a room's notes in a real browser (rule 3.5)."""

import io
import re

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from accounts.models import Member
from groups.models import Group, Note
from tests.factories import MembershipFactory, NoteCommentFactory, NoteFactory

from .helpers import PageOf, assert_accessible

REFUSED = ("status of 4(09|22)",)
"""What the browser logs of an answer that shows what is wrong."""


@pytest.fixture
def room(group: Group, master: Member) -> Group:
    """The group with Note on; its master is in it too."""
    group.note = True
    group.save()
    MembershipFactory.create(group=group, member=master)
    return group


def url(name: str, *args: object) -> str:
    return reverse(f"room:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def picture() -> FilePayload:
    buffer = io.BytesIO()
    Image.new("RGB", (900, 500), "teal").save(buffer, "PNG")
    return {"name": "beach.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_one_writes_and_another_answers(
    page_of: PageOf, room: Group, member: Member, teammate: Member
) -> None:
    writer = page_of(member, expected=REFUSED)
    writer.goto(url("notes", room))
    expect(writer.get_by_text("No notes yet")).to_be_visible()
    assert_accessible(writer)
    writer.get_by_role("link", name="Write a note").click()
    writer.get_by_role("textbox", name="Text").fill("We **met**.\n\n|a|b|\n|-|-:|\n|1|2|")
    writer.get_by_label("Photos and files").set_input_files(
        [picture(), FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"the plan")]
    )
    writer.get_by_role("button", name="Preview").click()
    expect(writer.locator("#note-preview strong")).to_have_text("met")
    # Only visible characters make a title; what was typed and chosen stays.
    writer.get_by_label("Title").fill("\u3164")
    writer.get_by_role("button", name="Save").click()
    expect(writer.locator("#title-problem")).to_have_text("Enter a title.")
    expect(writer.get_by_label("Title")).to_be_focused()
    assert_accessible(writer)
    writer.get_by_label("Title").fill("Minutes of May")
    writer.get_by_role("button", name="Save").click()
    expect(writer.get_by_role("heading", name="Minutes of May")).to_be_visible()
    shown = writer.get_by_role("img", name="beach.png")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    expect(writer.get_by_role("link", name="plan.txt")).to_be_visible()
    assert_accessible(writer)

    reader = page_of(teammate)
    reader.goto(url("messages", room))
    expect(reader.get_by_text("added the note")).to_be_visible()
    expect(reader.get_by_role("link", name=re.compile("Note.*new"))).to_be_visible()
    with reader.expect_response(re.compile("/notes/seen/")):
        reader.get_by_role("link", name=re.compile("Note.*new")).click()
    expect(reader.get_by_role("listitem").filter(has_text="Minutes of May")).to_contain_text("2 files")
    assert_accessible(reader)
    reader.get_by_role("link", name="Minutes of May").click()
    reader.get_by_label("Comment", exact=True).fill("Well said,\nthank you.")
    reader.get_by_role("button", name="Comment", exact=True).click()
    expect(reader.locator(".comment")).to_contain_text("Well said")
    assert_accessible(reader)
    reader.goto(url("messages", room))
    expect(reader.get_by_role("link", name=re.compile("Note.*new"))).to_have_count(0)

    writer.reload()
    expect(writer.locator(".comment")).to_contain_text("Tae Teammate")
    expect(writer.locator(".comment").get_by_role("link", name="Edit comment")).to_have_count(0)


def test_two_people_change_one_note_at_once(
    page_of: PageOf, room: Group, member: Member, master: Member
) -> None:
    note = NoteFactory.create(group=room, author=member, title="Plan", text="one\ntwo\nthree")
    first, second = page_of(member, expected=REFUSED), page_of(master)
    for page in (first, second):
        page.goto(url("note_edit", room, note))
    second.get_by_role("textbox", name="Text").fill("one\nTWO\nthree")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_text("edited by")).to_be_visible()

    first.get_by_role("textbox", name="Text").fill("one\ntwo\nthree and four")
    first.get_by_label("Photos and files").set_input_files([picture()])
    first.get_by_role("button", name="Save").click()
    conflict = first.locator(".conflict")
    expect(conflict).to_contain_text("Mira Master")
    expect(conflict.locator(".diff-current").first).to_contain_text("TWO")
    expect(conflict.locator(".diff-submitted").last).to_contain_text("three and four")
    assert_accessible(first)
    first.get_by_role("textbox", name="Text").fill("one\nTWO\nthree and four")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("img", name="beach.png")).to_be_visible()
    note.refresh_from_db()
    assert (note.text, note.version) == ("one\nTWO\nthree and four", 3)
    assert note.files.count() == 1


def test_comments_in_their_place(page_of: PageOf, room: Group, member: Member) -> None:
    note = NoteFactory.create(group=room)
    comment = NoteCommentFactory.create(note=note, author=member, text="First words")
    page = page_of(member, expected=REFUSED)
    page.goto(url("note", room, note))
    line = page.locator(f"#comment-{comment.pk}")
    line.hover()
    line.get_by_role("link", name="Edit comment").click()
    field = line.get_by_label("Comment")
    field.fill("")
    line.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("Write something.")
    line.get_by_label("Comment").fill("Other words")
    line.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("Other words")
    expect(line).to_contain_text("edited")
    line.get_by_role("link", name="Delete comment").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete comment").click()
    expect(line).to_have_count(0)
    assert not note.comments.exists()


def test_pin_search_and_delete(page_of: PageOf, room: Group, member: Member) -> None:
    old = NoteFactory.create(group=room, author=member, title="Old rules")
    NoteFactory.create(group=room, title="New things")
    page = page_of(member)
    page.goto(url("notes", room))
    rows = page.locator(".post-row")
    expect(rows.first).to_contain_text("New things")
    page.get_by_role("link", name="Old rules").click()
    page.get_by_role("button", name="Pin to top").click()
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    page.get_by_role("link", name="All notes").click()
    expect(rows.first).to_contain_text("Old rules")
    page.get_by_role("searchbox").press_sequentially("things")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("New things")
    page.get_by_role("searchbox").fill("nothing like that")
    expect(page.get_by_text("No note found")).to_be_visible()
    page.goto(url("note", room, old))
    page.get_by_role("link", name="Delete").click()
    assert_accessible(page)
    page.get_by_role("button", name="Delete note").click()
    expect(page.locator("#messages").get_by_text("was deleted.")).to_be_visible()
    assert list(Note.objects.values_list("title", flat=True)) == ["New things"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_breaks_the_page(page_of: PageOf, room: Group, member: Member, theme: str) -> None:
    """The longest words, wide tables and right-to-left titles, on a phone."""
    text = "\n\n".join(
        ["w" * 2000, "|" + "column|" * 40 + "\n" + "|-" * 40 + "|\n" + "|cell" * 40, "`" + "c" * 500 + "`"]
    )
    note = NoteFactory.create(group=room, author=member, title="\u202e" + "t" * 200, text=text)
    NoteCommentFactory.create(note=note, author=member, text="c" * 2000)
    page = page_of(member, width=390, color_scheme=theme)
    for address in (url("notes", room), url("note", room, note), url("note_edit", room, note)):
        page.goto(address)
        assert no_sideways_scrolling(page), address
        assert_accessible(page)


def test_without_scripts(page_of: PageOf, room: Group, member: Member) -> None:
    page = page_of(member, java_script_enabled=False, expected=REFUSED)
    page.goto(url("note_add", room))
    page.get_by_label("Title").fill("Minutes")
    page.get_by_role("textbox", name="Text").fill("We **met**.")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    expect(opened.value.locator("strong")).to_have_text("met")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Minutes")).to_be_visible()
    page.get_by_label("Comment", exact=True).fill("Yes")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment")).to_contain_text("Yes")
    page.get_by_role("link", name="Edit comment").click()
    page.get_by_label("Comment").fill("No")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".comment")).to_contain_text("No")


def test_a_comment_is_kept_when_the_room_closes_meanwhile(
    page_of: PageOf, room: Group, member: Member
) -> None:
    """Rule 3.3: there is nothing any more to comment on, but what was typed is not lost."""
    note = NoteFactory.create(group=room)
    page = page_of(member, expected=("status of 403", "Status Error Code 403"))
    page.goto(url("note", room, note))
    field = page.locator(".comment-form textarea")
    field.fill("First words")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("First words")).to_be_visible()
    field.fill("Long thought of")
    Group.objects.filter(pk=room.pk).update(note=False)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#failures")).to_contain_text("Note is switched off in this group.")
    expect(field).to_have_value("Long thought of")
    assert note.comments.count() == 1
