"""A double click adds one thing, on every page that adds (rule 5.8); tests/test_sent_twice.py finds them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import Locator, Page, Request, expect

from accounts.models import ContactRequest, Domain, Member, PartnerDomain, Team
from groups.models import Event, Folder, Group, Message, Note, NoteComment, Task
from tests.factories import MembershipFactory, NoteFactory

from .dialogs import fill_in
from .helpers import PageOf


@dataclass(frozen=True)
class Form:
    """A page's form that adds: where it stands, what is typed into it, and what it adds."""

    page: str
    fields: dict[str, str] | Callable[[Page], None]
    adds: type[Model]
    to: str = ""

    def open(self, page: Page, args: list[int]) -> None:
        page.goto(reverse(self.page, args=args))
        if callable(self.fields):
            return self.fields(page)
        for field, value in self.fields.items():
            place = page.locator(self.form(args)).locator(f"[name={field}]")
            if not place.is_visible():
                page.locator("details:has(form) > summary").first.click()
            place.fill(value)
        return None

    def form(self, args: list[int]) -> str:
        address = reverse(self.to or self.page, args=args)
        return f'form[action^="{address}"]:has([name=form_key])'


FORMS = {
    "accounts:team_add": Form("accounts:team_add", {"name": "Twins"}, Team),
    "accounts:member_add": Form("accounts:member_add", {"name": "Twin", "local_part": "twin"}, Member),
    "accounts:contact_add": Form("accounts:contact_add", {"address": "twin@outside.example"}, ContactRequest),
    "accounts:connection_company_add": Form(
        "accounts:connection_companies",
        {"name": "twins.example"},
        PartnerDomain,
        to="accounts:connection_company_add",
    ),
    "accounts:domain_add": Form(
        "accounts:company", {"name": "twins.example"}, Domain, to="accounts:domain_add"
    ),
    "groups:add": Form("groups:add", fill_in, Group),
    "room:event_add": Form("room:event_add", {"title": "Twins"}, Event),
    "room:task_add": Form("room:task_add", {"title": "Twins"}, Task),
    "room:tasks": Form("room:tasks", {"title": "Twins"}, Task),
    "room:note_add": Form("room:note_add", {"title": "Twins"}, Note),
    "room:note_comment_add": Form("room:note", {"text": "Twins"}, NoteComment, to="room:note_comment_add"),
    "room:folder_add": Form("room:folder", {"name": "Twins"}, Folder, to="room:folder_add"),
    "room:messages": Form("room:messages", {"text": "Twins"}, Message),
}
PLAIN = ("accounts:team_add", "room:tasks")


@pytest.fixture
def room(group: Group, administrator: Member) -> Group:
    Group.objects.filter(pk=group.pk).update(note=True, event=True, task=True, folder=True)
    MembershipFactory.create(group=group, member=administrator)
    return group


def button_of(page: Page, form: Form, args: list[int]) -> Locator:
    return page.locator(form.form(args)).locator("button:not([type=button]), [type=submit]").last


def arguments(name: str, room: Group) -> list[int]:
    if not name.startswith("room:"):
        return []
    return [room.pk, NoteFactory.create(group=room).pk] if "comment" in name else [room.pk]


@pytest.mark.parametrize("name", FORMS)
def test_a_double_click_sends_once(page_of: PageOf, administrator: Member, room: Group, name: str) -> None:
    form, args = FORMS[name], arguments(name, room)
    page = page_of(administrator)
    before = form.adds._default_manager.count()
    address = reverse(form.to or form.page, args=args)
    posts: list[Request] = []
    page.on("request", lambda request: posts.append(request))
    form.open(page, args)
    with page.expect_response(lambda response: is_post(response.request, address)):
        button_of(page, form, args).dblclick()
    page.wait_for_load_state("networkidle")
    assert [request.url for request in posts if is_post(request, address)][1:] == []
    assert form.adds._default_manager.count() == before + 1


def is_post(request: Request, address: str) -> bool:
    return request.method == "POST" and urlsplit(request.url).path == address


@pytest.mark.parametrize("name", PLAIN)
def test_nor_does_it_without_scripts(page_of: PageOf, administrator: Member, room: Group, name: str) -> None:
    form, args = FORMS[name], arguments(name, room)
    page = page_of(administrator, java_script_enabled=False)
    before = form.adds._default_manager.count()
    form.open(page, args)
    with page.expect_navigation():
        button_of(page, form, args).dblclick()
    assert form.adds._default_manager.count() == before + 1


def test_after_back_the_form_works_again(page_of: PageOf, administrator: Member, room: Group) -> None:
    """The next thing is added, though the browser may show the page as it was left."""
    page = page_of(administrator)
    page.goto(reverse("accounts:team_add"))
    for name in ("One", "Two"):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Add").click()
        expect(page.locator("#messages").get_by_text(re.compile(f"{name}.* was added"))).to_be_visible()
        page.go_back()
    assert set(Team.objects.values_list("name", flat=True)) >= {"One", "Two"}
