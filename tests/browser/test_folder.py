"""Folders and "Delete data" in Chromium (rules 3.4, 3.5)."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, Route, expect

from accounts.models import Job, Member
from groups.models import FolderFile, Group, Upload
from tests.factories import FolderFactory, FolderFileFactory

from .helpers import PageOf, assert_accessible

PIECE = 1024 * 1024


@pytest.fixture
def room(group: Group, settings: object) -> Group:
    """The group with Folder on; files are sent in pieces of a megabyte."""
    settings.ROOM_PIECE_BYTES = PIECE  # type: ignore[attr-defined]
    Group.objects.filter(pk=group.pk).update(folder=True)
    return Group.objects.get(pk=group.pk)


def files(*contents: tuple[str, bytes]) -> list[FilePayload]:
    return [FilePayload(name=name, mimeType="text/plain", buffer=content) for name, content in contents]


def open_folder(page: Page, room: Group) -> None:
    page.goto(reverse("room:folder", args=[room.pk]))


@pytest.mark.parametrize("width", [1280, 390])
def test_uploads_several_with_a_bar_each(room: Group, member: Member, page_of: PageOf, width: int) -> None:
    page = page_of(member, width=width)
    open_folder(page, room)
    page.set_input_files(
        "#files", files(("a.txt", b"a"), ("empty.txt", b""), ("large.bin", b"x" * (3 * PIECE)))
    )
    rows = page.locator(".upload-row")
    expect(rows).to_have_count(3)
    for row in rows.all():
        expect(row.get_by_text("Uploaded", exact=True)).to_be_visible()
        expect(row.get_by_role("progressbar")).to_have_js_property("value", 100)
    expect(page.get_by_role("link", name="large.bin", exact=True)).to_be_visible()
    expect(page.get_by_text("3.0\xa0MB of 10.0\xa0GB used")).to_be_visible()
    assert_accessible(page)
    assert FolderFile.objects.get(name="large.bin").versions.get().stored.file.read() == b"x" * (3 * PIECE)
    assert not Upload.objects.exists()


def test_who_is_removed_is_told_why_nothing_is_uploaded(room: Group, member: Member, page_of: PageOf) -> None:
    """Rule 2.16."""
    page = page_of(member, expected=(r"403",))
    open_folder(page, room)
    room.entries.filter(member=member).delete()
    page.set_input_files("#files", files(("late.txt", b"late")))
    expect(page.locator(".upload-row")).to_contain_text("You can no longer upload here")
    assert not FolderFile.objects.exists()


def test_a_broken_upload_goes_on_where_it_stopped(room: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member, expected=(r"ERR_FAILED",))
    open_folder(page, room)
    sent: list[int] = []

    def break_the_second(route: Route) -> None:
        sent.append(1)
        if len(sent) == 2:
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/upload/[0-9a-f-]{36}/$"), break_the_second)
    content = bytes(range(256)) * (PIECE // 256) + b"the rest" * 100_000
    page.set_input_files("#files", files(("large.bin", content)))
    row = page.locator(".upload-row")
    expect(row).to_contain_text("Connection lost")
    assert Upload.objects.get().file.size == PIECE
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text("Uploaded")
    assert len(sent) == 3, "what had arrived was not sent again"
    assert FolderFile.objects.get().versions.get().stored.file.read() == content


def test_says_beside_the_file_what_is_wrong(
    room: Group, member: Member, page_of: PageOf, settings: object
) -> None:
    settings.ROOM_FILE_MAX_BYTES = PIECE  # type: ignore[attr-defined]
    FolderFactory.create(group=room, name="plans.txt")
    page = page_of(member, expected=(r"422",))
    open_folder(page, room)
    wrong = files(("large.bin", b"x" * (PIECE + 1)), ("plans.txt", b"x"), ("fine.txt", b"x"))
    page.set_input_files("#files", wrong)
    expect(page.locator(".upload-row", has_text="large.bin")).to_contain_text("Larger than 1.0")
    expect(page.locator(".upload-row", has_text="plans.txt")).to_contain_text("already has an item named")
    expect(page.locator(".upload-row", has_text="fine.txt")).to_contain_text("Uploaded")
    expect(page.get_by_role("button", name="Retry")).to_have_count(2)
    assert_accessible(page)


def test_two_in_a_folder(room: Group, member: Member, teammate: Member, page_of: PageOf) -> None:
    """One makes a folder and a file; the other sees them, renames, moves, deletes; it comes back."""
    mine, theirs = page_of(member), page_of(teammate)
    open_folder(mine, room)
    mine.get_by_text("New folder", exact=True).click()
    mine.get_by_label("Folder name").fill("Plans <b>2027</b>")
    mine.get_by_role("button", name="Add").click()
    mine.set_input_files("#files", files(("first.txt", b"first")))
    expect(mine.locator(".upload-row")).to_contain_text("Uploaded")

    open_folder(theirs, room)
    theirs.get_by_role("link", name="Rename \u2068first.txt\u2069").click()
    theirs.get_by_label("Name").fill("second.txt")
    assert_accessible(theirs)
    theirs.get_by_role("button", name="Rename").click()
    theirs.get_by_role("checkbox", name="Select \u2068second.txt\u2069").check()
    theirs.get_by_role("button", name="Move").click()
    assert_accessible(theirs)
    theirs.get_by_role("link", name=re.compile("Plans")).click()
    theirs.get_by_role("button", name="Move here").click()
    expect(theirs.get_by_role("link", name="second.txt", exact=True)).to_be_visible()

    mine.reload()
    expect(mine.get_by_role("link", name="second.txt", exact=True)).to_have_count(0)
    mine.get_by_label("Select all on this page").check()
    expect(mine.get_by_text("1 selected")).to_be_visible()
    mine.get_by_role("button", name="Delete selected items").click()
    expect(mine.locator("#messages").get_by_text("1 item was moved to the bin")).to_be_visible()
    mine.get_by_role("link", name="Bin").click()
    assert_accessible(mine)
    mine.get_by_role("button", name="Restore").click()
    expect(mine.get_by_text("The bin is empty")).to_be_visible()
    theirs.reload()
    expect(theirs.get_by_role("link", name="second.txt", exact=True)).to_be_visible()


def test_downloads_as_a_zip_file(room: Group, member: Member, page_of: PageOf) -> None:
    folder = FolderFactory.create(group=room, name="Plans")
    FolderFileFactory.create(group=room, folder=folder, name="a.txt", content=b"A")
    FolderFileFactory.create(group=room, name="b.txt", content=b"B")
    page = page_of(member)
    open_folder(page, room)
    expect(page.get_by_role("button", name="Download selected items")).to_be_disabled()
    page.get_by_label("Select all on this page").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download selected items").click()
    assert download.value.suggested_filename == "Platform guild.zip"
    packed = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert packed.read("Plans/a.txt") + packed.read("b.txt") == b"AB"


def test_versions_of_a_file(room: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member)
    FolderFileFactory.create(group=room, name="plan.txt", content=b"first")
    open_folder(page, room)
    page.set_input_files("#files", files(("plan.txt", b"second")))
    expect(page.locator(".upload-row")).to_contain_text("Uploaded as version 2")
    page.get_by_role("link", name="plan.txt", exact=True).click()
    assert_accessible(page)
    page.get_by_role("button", name="Restore 1").click()
    expect(page.locator("#messages").get_by_text("The earlier version of")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()
    assert Path(download.value.path()).read_bytes() == b"first"


def test_without_a_script(room: Group, member: Member, page_of: PageOf) -> None:
    page = page_of(member, java_script_enabled=False)
    open_folder(page, room)
    page.set_input_files("#files", files(("a.txt", b"a"), ("b.txt", b"b")))
    page.locator(".upload-send").click()
    expect(page.get_by_text("2 files were uploaded")).to_be_visible()
    page.get_by_role("checkbox", name="Select \u2068a.txt\u2069").check()
    page.get_by_role("button", name="Delete selected items").click()
    expect(page.get_by_text("1 item was moved to the bin")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_deletes_the_data_once_the_name_is_typed(
    room: Group, member: Member, master: Member, page_of: PageOf, width: int
) -> None:
    FolderFileFactory.create(group=room)
    page = page_of(master, width=width, expected=(r"422",))
    page.goto(reverse("groups:settings_of", args=[room.pk]))
    page.get_by_role("link", name="Delete data Folder").click()
    expect(page.get_by_text("1 file")).to_be_visible()
    page.get_by_label("Type the name").fill("Platform")
    page.get_by_role("button", name="Delete data").click()
    expect(page.get_by_text("This is not the name of the group")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Type the name").fill("platform guild")
    page.get_by_role("button", name="Delete data").click()
    expect(page.get_by_text("Deleted: 1 file.")).to_be_visible()
    assert not FolderFile.objects.exists()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("link", name="Delete data Folder")).to_have_count(0)


def test_the_bar_shows_how_far_it_is(room: Group, master: Member, page_of: PageOf) -> None:
    arguments = {"group": room.pk, "feature": "folder", "what": "900 files", "upto": {}}
    job = Job.objects.create(
        company=room.company, kind="group.delete_data", started_by=master, door="web", arguments=arguments
    )
    page = page_of(master)
    page.goto(reverse("accounts:job", args=[job.pk]))
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, done=300, total=900)
    expect(page.get_by_text("300 of 900", exact=True)).to_be_visible()
    expect(page.get_by_role("progressbar", name="Delete data")).to_have_attribute("aria-valuenow", "33")
    assert_accessible(page)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, message="Deleted: 900 files.")
    expect(page.get_by_text("Deleted: 900 files.")).to_be_visible()


def test_a_name_survives_the_browser(room: Group, member: Member, page_of: PageOf) -> None:
    """With joiners, quotes and signs, there and back (rule 3.9)."""
    page = page_of(member)
    open_folder(page, room)
    names = [
        "نامه\u200cها 👩\u200d🚀.txt",
        'the "plan" 50%.txt',
        "가나" * 100 + ".txt",
        "①최종 (최종) 50%25 🎈.txt",
    ]
    page.set_input_files("#files", files(*[(name, b"a") for name in names]))
    expect(page.get_by_text("Uploaded", exact=True)).to_have_count(len(names))
    assert list(FolderFile.objects.order_by("name").values_list("name", flat=True)) == sorted(names)
    with page.expect_download() as downloaded:
        page.locator("#items li, #items tr").filter(has_text="🎈").get_by_title("Download").click()
    # Chromium saves some signs as "_", such as joiners and quotes.
    assert downloaded.value.suggested_filename == names[-1]
