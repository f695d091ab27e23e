"""The states of pages: dialogs, menus, errors, and what the cast of the matrix has none of."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from groups.forms.panels import PANELS
from tests.matrix import Cast

from .entering import (
    Enter,
    click,
    dialog,
    filled,
    in_place_of_it,
    menu,
    narrow,
    pressed,
    second_step,
    send_too_late,
    settled,
    tick_two,
    typed,
    unfold,
    without_token,
)


@dataclass(frozen=True)
class State:
    """A state of a page of the matrix, entered by those visitors, or by the first one of the page."""

    name: str
    enter: Enter
    visitors: tuple[str, ...] = ()


@dataclass(frozen=True)
class More:
    """A page that the matrix does not lead to by itself."""

    name: str
    address: Callable[[Cast], str]
    visitors: tuple[str, ...] = ("administrator",)
    state: str = ""
    enter: Enter | None = None
    status: int = 200


DROPDOWN = "main [data-bs-toggle=dropdown]"
ADD_GROUP = ".add-group > [data-bs-toggle=dropdown]"


def _add_group(page: Page) -> None:
    page.locator(ADD_GROUP).click()
    page.locator(".add-group .dropdown-item").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    settled(page)


def _add_group_all_shown(page: Page) -> None:
    _add_group(page)
    page.get_by_role("switch", name="Message", exact=True).click()
    page.get_by_role("switch", name="Mailing list", exact=True).click()
    page.get_by_role("radio", name="Designate members").check()
    settled(page)


def _discarding(page: Page) -> None:
    _add_group(page)
    page.get_by_role("textbox", name="Group Name").fill("Begun")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_be_visible()


def _mentioning(page: Page) -> None:
    page.locator("#message-text").press_sequentially("@t")
    expect(page.get_by_role("option").first).to_be_visible()


def _attached(page: Page) -> None:
    page.locator("#message-files").set_input_files(FilePayload(name="plan.txt", mimeType="", buffer=b"plan"))
    expect(page.locator("#chosen-files li").first).to_be_visible()


def _bulk_question(page: Page) -> None:
    tick_two(page)
    with page.expect_navigation():
        page.locator("#bulk [name=action]").first.click()


STATES: dict[str, tuple[State, ...]] = {
    "groups:list": (
        State("Add Group open", menu(ADD_GROUP)),
        State("dialog open", _add_group),
        State("dialog with all fields", _add_group_all_shown),
        State("discarding", _discarding),
        State("rows ticked", tick_two),
        State("bulk question", _bulk_question),
        State("shortcuts", pressed("?", "#shortcut-help[open]")),
        State("menu on a phone", narrow(click(".titleline [data-bs-target='#menu']", "#menu.show"))),
        State("feature menu", menu(".filters .dropdown > .pill, nav .dropdown > .pill")),
        State("download menu", menu(".download [data-bs-toggle=dropdown]")),
    ),
    "groups:detail": (
        State("more actions", menu(DROPDOWN + ".btn-icon")),
        State("dialog open", dialog("main [hx-target='#dialog']")),
        State("unfolded", unfold),
    ),
    "groups:edit": (State("conflict", send_too_late),),
    "groups:add": (
        State("picker open", typed("Member(s)", "mo")),
        State("nobody found", typed("Member(s)", "zzzz", shows=".picker-popup.show")),
    ),
    "groups:imports": (
        State("unfolded", unfold),
        State("nothing chosen", filled(".invalid-feedback, .alert", "Preview")),
    ),
    "groups:mail_signing": (State("unfolded", unfold),),
    "accounts:member_list": (State("rows ticked", tick_two), State("bulk question", _bulk_question)),
    "accounts:member_add": (State("unfolded", unfold),),
    "accounts:team_list": (State("unfolded", unfold), State("rows ticked", tick_two)),
    "accounts:contacts": (State("dialog open", dialog("main [hx-target='#dialog']"), ("member",)),),
    "accounts:company_token_add": (
        State("made", filled("[data-copies]", "Add token", name="Robot", scopes="tick")),
    ),
    "mfa_activate_totp": (State("unfolded", unfold),),
    "account_login": (
        State(
            "wrong",
            filled(".alert, .invalid-feedback", "Sign in", login="nobody@hanbit.example", password="no"),
        ),
        State("second step", second_step),
    ),
    "room:messages": (
        State("replying", click(".line-actions a >> nth=0", ".replying")),
        State("editing", click(".line-own .line-actions a[href$='/edit/']", ".line-edit")),
        State("mentioning", _mentioning),
        State("file attached", _attached),
    ),
    "room:events": (State("more", menu(DROPDOWN)),),
    "room:event_add": (State("repeats", lambda page: page.locator("#id_repeat").select_option("weekly")),),
    "room:event_edit": (State("conflict", send_too_late),),
    "room:folder": (State("new folder", unfold),),
    "room:note_edit": (State("conflict", send_too_late),),
    "room:task_edit": (State("conflict", send_too_late),),
}


def _of(name: str, *attributes: str, query: str = "") -> Callable[[Cast], str]:
    """The address of a URL about these things of the cast."""

    def address(cast: Cast) -> str:
        return reverse(name, args=[getattr(cast, one).pk for one in attributes]) + query

    return address


def _panel(name: str) -> Callable[[Cast], str]:
    """A panel of the group's settings, as a form."""
    return lambda cast: reverse("groups:edit_panel", args=[cast.group.pk, name])


def _shown(name: str, *attributes: str, by: str = "administrator", **queries: tuple[str, ...]) -> list[More]:
    """The same page, showing something else each time."""
    return [
        More(name, _of(name, *attributes, query=f"?{parameter}={value}"), (by,), f"{parameter} {value}")
        for parameter, values in queries.items()
        for value in values
    ]


MORE: tuple[More, ...] = (
    More("groups:import", _of("groups:import", "import_done"), state="finished"),
    More("groups:import", _of("groups:import", "import_reading"), state="in progress"),
    More("accounts:job", _of("accounts:job", "running_job"), state="in progress"),
    More("accounts:bulk", _of("accounts:bulk", "bulk_done"), state="with rows"),
    More("accounts:audit_entry", _of("accounts:audit_entry", "long_entry"), state="long values"),
    *_shown("groups:list", page=("2",), q=("nothing-of-that-name",)),
    *_shown("groups:detail", "group", show=("direct", "masters")),
    *_shown("room:events", "group", by="member", view=("month", "week", "list")),
    *_shown("room:tasks", "group", by="member", show=("done", "mine")),
    *_shown("room:messages", "group", by="member", q=("ten",)),
    *(More("groups:edit_panel", _panel(name), state=name) for name in PANELS if name != "information"),
    More(
        "account_login", lambda cast: "/sign-in/?next=/groups/%3Fnot-saved%3D1", ("anonymous",), "signed out"
    ),
    More("404", _of("groups:detail", "deleted_group"), state="deleted", status=404),
    More("account_set_password", _of("account_set_password"), ("newcomer",)),
    More("403", _of("groups:edit", "group"), ("member",), status=403),
    More("403", _of("accounts:profile"), state="no token", enter=without_token),
    More("404", lambda cast: "/nowhere/", ("administrator", "anonymous"), status=404),
    More("405", lambda cast: "/notifications/read/", status=405),
    *(
        More(name, _of("account_inactive"), ("anonymous",), "shown", in_place_of_it(name))
        for name in ("400.html", "413.html", "429.html", "500.html")
    ),
    More(
        "unavailable.html",
        _of("account_inactive"),
        ("anonymous",),
        "shown",
        in_place_of_it("unavailable.html", heading="Back in a moment", reason="Nothing was saved.", kept={}),
    ),
)
