"""Where a finger points, letters in fields are large enough that an iPhone does not zoom into them."""

from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Member
from groups.models import Group

from .helpers import PageOf

TOO_SMALL = """() => [...document.querySelectorAll("input, select, textarea, [contenteditable]")]
    .filter((field) => !["checkbox", "radio", "hidden", "file", "submit"].includes(field.type))
    .filter((field) => parseFloat(getComputedStyle(field).fontSize) < 16)
    .map((field) => field.outerHTML.slice(0, 120))"""


def assert_large(page: Page, address: str) -> None:
    page.goto(address)
    assert page.evaluate("matchMedia('(pointer: coarse)').matches"), "else this tests nothing"
    assert page.locator("input, select, textarea").count(), address
    assert page.evaluate(TOO_SMALL) == [], address


def test_fields_are_large_on_pages_of_members(group: Group, member: Member, page_of: PageOf) -> None:
    Group.objects.filter(pk=group.pk).update(note=True, event=True, folder=True)
    page = page_of(member, width=390, has_touch=True, is_mobile=True)
    for name in ("room:messages", "room:note_add", "room:events", "room:folder"):
        assert_large(page, reverse(name, args=[group.pk]))
    assert_large(page, reverse("accounts:profile"))


def test_and_of_administrators(group: Group, administrator: Member, page_of: PageOf) -> None:
    page = page_of(administrator, width=390, has_touch=True, is_mobile=True)
    for name in ("groups:list", "groups:add", "accounts:audit", "accounts:member_list"):
        assert_large(page, reverse(name))


def test_and_in_django_admin(superuser: Member, page_of: PageOf) -> None:
    page = page_of(superuser, width=390, has_touch=True, is_mobile=True)
    assert_large(page, reverse("admin:accounts_company_add"))
