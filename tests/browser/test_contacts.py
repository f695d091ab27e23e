"""Two companies get to know each other, both sides in Chromium (rule 6)."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts import audit
from accounts.models import Company, ContactBlock, ContactRequest, Member
from groups.models import Group
from tests.factories import ContactFactory, MemberFactory
from tests.helpers import actor_of

from .dialogs import choose, fits, open_from_list, send, settled
from .helpers import PageOf, assert_accessible

# The answer to a mistake: Chromium logs each, whatever the page makes of it.
MISTAKES = (r"status of 422", r"status of 429")


@pytest.fixture(autouse=True)
def creators(company: Company) -> None:
    """Members add groups."""
    company.group_creators = Company.Creators.EVERYBODY
    company.save()


def ask(page: Page, address: str) -> None:
    page.goto("/contacts/")
    page.get_by_role("link", name="Add contact").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("textbox", name="Email address").fill(address)
    send(page, "Send request")


def test_both_sides(page_of: PageOf, master: Member, guest: Member) -> None:
    """One asks, the other accepts; a group is made, the other added, made a master, and edits it."""
    mira, greta = page_of(master), page_of(guest)
    ask(mira, "greta@nordlicht.example")
    expect(mira).to_have_url(re.compile(r"show=asked"))
    expect(mira.get_by_role("cell", name="greta@nordlicht.example", exact=True)).to_be_visible()
    expect(mira.get_by_text("Greta Guest")).to_have_count(0)

    greta.goto("/")
    greta.get_by_role("link", name="People from other companies").click()
    expect(greta.get_by_role("heading", name="Received requests")).to_be_visible()
    expect(greta.get_by_text("Hanbit")).to_be_visible()
    assert_accessible(greta)
    greta.get_by_role("button", name=re.compile("^Accept.*Mira Master")).click()
    expect(greta.get_by_role("row", name=re.compile("Mira Master"))).to_be_visible()

    open_from_list(mira, "External group")
    mira.get_by_role("textbox", name="Group Name").fill("Harbour")
    send(mira)
    mira.get_by_role("link", name="Harbour").first.click()
    mira.get_by_role("link", name="Add external members").click()
    expect(mira.get_by_role("dialog")).to_be_visible()
    choose(mira, "People from your Contacts", "nord", "Greta Guest")
    assert_accessible(mira)
    send(mira)
    expect(mira.locator("#messages").get_by_text("1 person was added")).to_be_visible()
    expect(mira.get_by_role("cell", name="Nordlicht", exact=True)).to_be_visible()

    greta.get_by_role("link", name="Groups I belong to").click()
    row = greta.get_by_role("row", name=re.compile("Harbour"))
    expect(row).to_contain_text("Hanbit")
    row.get_by_role("link", name="Harbour").click()
    expect(greta.get_by_role("link", name="Edit Group/Master")).to_have_count(0)

    group = Group.objects.get(name="Harbour")
    mira.goto(f"/groups/{group.pk}/masters/add/")
    choose(mira, "Master(s)", "greta", "Greta Guest")
    send(mira, "Save")
    expect(mira.locator("#messages").get_by_text("The masters were saved.")).to_be_visible()

    greta.reload()
    greta.get_by_role("link", name="Edit Group/Master").click()
    expect(greta.get_by_role("dialog")).to_be_visible()
    greta.get_by_role("textbox", name="Group Name").fill("Harbour and ships")
    settled(greta)
    send(greta, "Save")
    expect(greta.get_by_role("heading", name="Harbour and ships")).to_be_visible()
    expect(greta.get_by_role("link", name="Delete group")).to_have_count(0)


def test_a_mistake_is_said_in_the_dialog(page_of: PageOf, member: Member, teammate: Member) -> None:
    """What was typed stays, the field has the focus, and the right address goes through."""
    page = page_of(member, expected=MISTAKES)
    ask(page, "tae@hanbit.example")
    field = page.get_by_role("textbox", name="Email address")
    expect(page.get_by_text("do not need to add colleagues")).to_be_visible()
    expect(field).to_have_value("tae@hanbit.example")
    expect(field).to_be_focused()
    assert_accessible(page)

    field.fill("somebody@nordlicht.example")
    send(page, "Send request")

    expect(page.get_by_text("Request sent to somebody@nordlicht.example.")).to_be_visible()
    assert ContactRequest.objects.get().address == "somebody@nordlicht.example"


def test_too_many_requests_are_said_in_the_dialog(page_of: PageOf, member: Member) -> None:
    audit.record_each(actor_of(member), "contact.ask", [member] * 20)
    page = page_of(member, expected=MISTAKES)

    ask(page, "somebody@nordlicht.example")

    expect(page.get_by_text("Try again later")).to_be_visible()
    expect(page.get_by_role("textbox", name="Email address")).to_have_value("somebody@nordlicht.example")


def test_removing_and_blocking_ask_first(page_of: PageOf, member: Member, guest: Member) -> None:
    ContactFactory.create(owner=member, person=guest)
    page = page_of(member)
    page.goto("/contacts/")
    page.get_by_role("button", name="Block ⁨Greta Guest⁩").click()
    expect(page.locator("#messages")).to_contain_text("is blocked. They are not notified.")
    page.locator("#messages").get_by_role("button", name="Undo").click()
    expect(page.locator("#messages")).to_contain_text("as before in your Contacts")
    assert not ContactBlock.objects.exists()

    page.get_by_role("button", name="Block ⁨Greta Guest⁩").click()
    expect(page.locator("#messages")).to_contain_text("is blocked")
    page.get_by_role("link", name="Blocked").click()
    page.get_by_role("button", name=re.compile("^Unblock.*Greta Guest")).click()
    expect(page.locator("#messages").get_by_text("can send you requests again")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lists_fit(
    page_of: PageOf, member: Member, guest: Member, other_company: Company, width: int, scheme: str
) -> None:
    """Long names and addresses too; nothing breaks axe's rules."""
    long_name = MemberFactory.create(company=other_company, name="Wilhelmine " * 9)
    for person in (guest, long_name):
        ContactFactory.create(owner=member, person=person)
    asker = MemberFactory.create(company=other_company)
    ContactRequest.objects.create(asker=asker, person=member, address="momo@hanbit.example")
    ContactRequest.objects.create(asker=member, address=f"{'x' * 60}@{'y' * 60}.example")
    ContactBlock.objects.create(owner=member, person=MemberFactory.create(company=other_company))
    page = page_of(member, width=width, color_scheme=scheme)
    for show in ("contacts", "requests", "asked", "blocked"):
        page.goto(f"/contacts/?show={show}")
        assert fits(page), show
        assert_accessible(page)


def test_boxes_without_javascript(
    page_of: PageOf, external_group: Group, master: Member, stranger: Member
) -> None:
    ContactFactory.create(owner=master, person=stranger)
    page = page_of(master, java_script_enabled=False)
    page.goto(f"/groups/{external_group.pk}/members/external/")

    page.get_by_role("checkbox", name=re.compile("Sten Stranger")).check()
    send(page)

    expect(page.get_by_text("1 person was added")).to_be_visible()
    assert external_group.entries.filter(member=stranger).exists()


def test_what_cannot_be_added_any_more_can_be_taken_out(
    page_of: PageOf, external_group: Group, master: Member, stranger: Member, other_company: Company
) -> None:
    """A permission withdrawn between opening the dialog and saving; the chips are what is sent."""
    fine = MemberFactory.create(name="Fine Person", company__domain="fine.example")
    for person in (stranger, fine):
        ContactFactory.create(owner=master, person=person)
    page = page_of(master, expected=MISTAKES)
    page.goto(f"/groups/{external_group.pk}/")
    page.get_by_role("link", name="Add external members").click()
    choose(page, "People from your Contacts", "sten", "Sten Stranger")
    choose(page, "People from your Contacts", "fine", "Fine Person")
    Company.objects.filter(pk=other_company.pk).update(connecting=Company.Connecting.NOBODY)
    send(page)
    expect(page.get_by_text("Cannot be reached right now")).to_be_visible()
    settled(page)

    page.get_by_role("button", name="Remove ⁨Sten Stranger⁩").click()
    send(page)

    expect(page.locator("#messages").get_by_text("1 person was added")).to_be_visible()
    assert external_group.entries.filter(member=fine).exists()
    assert not external_group.entries.filter(member=stranger).exists()


def test_ones_own_photo(page_of: PageOf, member: Member, guest: Member) -> None:
    """Set on the profile page, and seen by a contact (rule 6.4)."""
    file = BytesIO()
    Image.new("RGB", (400, 300), "teal").save(file, "PNG")
    page = page_of(member)
    page.goto("/profile/")
    page.get_by_label("Photo").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    page.get_by_role("button", name="Set photo").click()
    expect(page.get_by_text("Your photo was saved.")).to_be_visible()
    assert_accessible(page)

    ContactFactory.create(owner=guest, person=member)
    other = page_of(guest)
    other.goto("/contacts/")
    photo = other.get_by_role("row", name=re.compile("Momo Member")).locator("img")
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 192
