"""The main menu, and what else the frame around every page needs (rule 1.13).

What stands in it is SECTIONS, read from top to bottom. `Menu.of` chooses what the viewer sees of it and marks
where they are; templates/includes/menu.html draws that.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.actor import Actor
from accounts.administrators import whom_to_ask
from accounts.installation_steps import installation_steps
from accounts.models import Member
from accounts.permissions import may_administer
from accounts.zones import zone_offer
from groups import permissions
from groups.notices import count_unread
from groups.room.unread import IN_MENU, MyRoom, rooms_of

FOLDED_COOKIE = "menu"
"""What a person has folded or opened, written by static/groupadmin/menu.js: `12.rooms=1.audit=0`."""


@dataclass(frozen=True)
class Viewer:
    """Who looks at the menu."""

    member: Member
    administers: bool
    """Whether they administer the company that they belong to."""

    @property
    def in_company(self) -> bool:
        return self.member.company_id is not None

    @property
    def only_uses(self) -> bool:
        """Whether they belong to a company without administering it."""
        return self.in_company and not self.administers

    @cached_property
    def rooms(self) -> list[MyRoom]:
        """Their rooms of late; queried only if the menu is drawn."""
        return rooms_of(self.member, IN_MENU) if self.in_company else []


Sees = Callable[[Viewer], bool]


def administrators(viewer: Viewer) -> bool:
    """Who administers a company."""
    return viewer.administers


def people(viewer: Viewer) -> bool:
    """Who belongs to a company without administering it."""
    return viewer.only_uses


def company_people(viewer: Viewer) -> bool:
    """Everybody of a company."""
    return viewer.in_company


@dataclass(frozen=True)
class Item:
    """A line of the menu. Its words are the heading and the title of the page that it leads to."""

    label: str | Promise
    view_name: str
    icon: str = ""
    pages: tuple[str, ...] = ()
    """How the names of the other views begin that belong to it. The longest beginning in the menu decides."""
    sees: Sees = company_people


@dataclass(frozen=True)
class Section:
    """Lines under a heading that folds."""

    key: str
    label: str | Promise
    entries: "tuple[Item | Section, ...]"
    icon: str = ""
    sees: Sees = company_people
    shows_rooms: bool = False
    folded_for: Sees = lambda viewer: False
    """For whom it is folded until they open it."""


def _has_rooms(viewer: Viewer) -> bool:
    return viewer.in_company and bool(viewer.rooms)


ROOMS = (
    Item(_("All rooms"), "room:list", "messages-square"),
    Item(_("My tasks"), "room:my_tasks", "list-checks"),
)

BELONGING = Item(_("Groups I belong to"), "groups:belonging", "users-round")
MANAGED = Item(_("Groups I manage"), "groups:managed", "user-star")
CONTACTS = Item(_("People from other companies"), "accounts:contacts", "book-user", ("accounts:contact",))

SHORTCUTS = {
    "groups:list": "g g",
    "accounts:member_list": "g m",
    "accounts:team_list": "g t",
    "room:list": "g r",
    "room:my_tasks": "g k",
    "accounts:contacts": "g c",
}
"""The keys that lead to a line of the menu, one after the other (rule 5.9)."""

NOWHERE = ("groups:notifications", "groups:first_steps")
"""Pages that the menu does not lead to, though their names begin like those of others."""

SECTIONS: tuple[Item | Section, ...] = (
    Section(
        "member",
        _("Member"),
        (
            Item(
                _("Members"),
                "accounts:member_list",
                "users",
                ("accounts:member", "groups:member", "groups:give_back"),
            ),
            Item(_("Teams"), "accounts:team_list", "network", ("accounts:team",)),
            Item(_("Groups"), "groups:list", "text-align-start", ("groups:",)),
            Item(
                _("Import and export"),
                "groups:imports",
                "file-spreadsheet",
                ("groups:import", "groups:export"),
            ),
        ),
        sees=administrators,
    ),
    Section(
        "service",
        _("Service"),
        (
            Section(
                "contacts",
                _("Contacts"),
                (
                    Item(_("General"), "accounts:settings"),
                    Item(
                        _("Connection"),
                        "accounts:connection",
                        pages=("accounts:connection", "groups:in_other_companies", "groups:take_out"),
                    ),
                ),
                "contact",
            ),
            Section(
                "integrations",
                _("Integrations"),
                (
                    Item(_("Single sign-on"), "accounts:providers", pages=("accounts:provider",)),
                    Item(_("Access tokens"), "accounts:company_tokens", pages=("accounts:company_token",)),
                    Item(_("SCIM"), "scim_page"),
                    Item(_("API"), "api_page", pages=("api_",)),
                    Item(_("Webhooks"), "accounts:webhooks", pages=("accounts:webhook",)),
                    Item(
                        _("Mail signing"),
                        "groups:mail_signing",
                        pages=("groups:mail_signing",),
                        sees=lambda viewer: settings.MAIL_SIGN,
                    ),
                ),
                "plug",
            ),
        ),
        sees=administrators,
    ),
    Section(
        "audit",
        _("Audit"),
        (
            Item(pgettext_lazy("menu", "Admin"), "accounts:audit", "shield-check", ("accounts:audit",)),
            Item(
                pgettext_lazy("menu", "Mail"),
                "groups:mail_audit",
                "mail-search",
                ("groups:mail_audit", "groups:mail_record", "groups:failing_addresses"),
            ),
        ),
        sees=administrators,
    ),
    Item(_("Company"), "accounts:company", "building-2", ("accounts:domain",), sees=administrators),
    # Those who administer nothing come for their rooms.
    Section(
        "rooms",
        _("Rooms"),
        ROOMS,
        sees=lambda viewer: people(viewer) and _has_rooms(viewer),
        shows_rooms=True,
    ),
    Section(
        "groups",
        _("Groups"),
        (Item(_("All groups"), "groups:list", "text-align-start", ("groups:",)), BELONGING, MANAGED),
        sees=people,
    ),
    replace(CONTACTS, sees=people),
    Section(
        "personal",
        _("Personal"),
        (BELONGING, MANAGED, CONTACTS),
        sees=administrators,
        folded_for=administrators,
    ),
    Section(
        "rooms",
        _("Rooms"),
        ROOMS,
        sees=lambda viewer: viewer.administers and _has_rooms(viewer),
        shows_rooms=True,
        folded_for=administrators,
    ),
    # Superusers without a company see those of all.
    Item(
        _("All groups"), "groups:list", "text-align-start", ("groups:",), lambda viewer: not viewer.in_company
    ),
    Item(_("Django admin"), "admin:index", "database", sees=lambda viewer: viewer.member.is_staff),
)


@dataclass(frozen=True)
class ShownItem:
    """A line as the viewer sees it."""

    label: str | Promise
    href: str
    icon: str
    current: str
    """For aria-current: "page" on the page itself, "true" on one that belongs to it."""
    shortcut: str = ""
    entries: None = None


@dataclass(frozen=True)
class ShownSection:
    """A section as the viewer sees it."""

    key: str
    label: str | Promise
    icon: str
    is_open: bool
    entries: "list[ShownItem | ShownSection]"
    rooms: list[MyRoom] = field(default_factory=list)
    has_unread: bool = False
    """Whether a room in it has something new, which its heading says while it is folded."""


@dataclass(frozen=True)
class Menu:
    """The menu for one viewer on one page; nothing is queried or chosen until it is drawn."""

    viewer: Viewer
    view_name: str
    open_room: int | None
    remembered: Mapping[str, bool]

    @classmethod
    def of(cls, request: HttpRequest, viewer: Viewer) -> "Menu":
        return cls(viewer, _view_name(request), _open_room(request), _remembered(request, viewer.member))

    @cached_property
    def entries(self) -> list[ShownItem | ShownSection]:
        """What the viewer sees."""
        return [self._shown(entry) for entry in SECTIONS if entry.sees(self.viewer)]

    @cached_property
    def _current(self) -> Item | None:
        """The line that the page belongs to."""
        if self.view_name in NOWHERE:
            return None
        found = [(len(start), item) for item in self._items(SECTIONS) for start in self._starts_of(item)]
        return max(found, key=lambda one: one[0])[1] if found else None

    def _starts_of(self, item: Item) -> Iterator[str]:
        """How the page's name begins, if it belongs to the line."""
        if self.view_name == item.view_name:
            yield self.view_name
        yield from (start for start in item.pages if self.view_name.startswith(start))

    def _items(self, entries: tuple[Item | Section, ...]) -> Iterator[Item]:
        for entry in entries:
            if not entry.sees(self.viewer):
                continue
            if isinstance(entry, Section):
                yield from self._items(entry.entries)
            else:
                yield entry

    def _shown(self, entry: Item | Section) -> ShownItem | ShownSection:
        if isinstance(entry, Item):
            current = ""
            if entry is self._current:
                current = "page" if self.view_name == entry.view_name else "true"
            return ShownItem(
                entry.label, reverse(entry.view_name), entry.icon, current, SHORTCUTS.get(entry.view_name, "")
            )
        rooms = self.viewer.rooms if entry.shows_rooms else []
        return ShownSection(
            entry.key,
            entry.label,
            entry.icon,
            self._is_open(entry),
            [self._shown(one) for one in entry.entries if one.sees(self.viewer)],
            rooms,
            any(room.is_unread and room.group.pk != self.open_room for room in rooms),
        )

    def _is_open(self, section: Section) -> bool:
        """Where the viewer is it is open, else as they left it."""
        if any(item is self._current for item in self._items(section.entries)):
            return True
        if section.shows_rooms and any(room.group.pk == self.open_room for room in self.viewer.rooms):
            return True
        return self.remembered.get(section.key, not section.folded_for(self.viewer))


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of the frame around every page: the menu depends on the viewer."""
    member = getattr(request, "user", None)
    if not isinstance(member, Member):
        return {}
    actor, company = Actor.of(request), member.company
    administers = company is not None and bool(may_administer(actor, company))
    return {
        # Around pages that are shown in place of others; fragments need none (groupadmin.refusing).
        "answer_layout": "" if getattr(request, "htmx", False) else "framed_answer.html",
        "company": company,
        "zone_offer": zone_offer(request, member),
        "administers": administers,
        # Queried only if the bell is drawn.
        "unread_notifications": partial(count_unread, member),
        "menu": Menu.of(request, Viewer(member, administers)),
        # Queried only where they are shown.
        "installation_steps": installation_steps,
        "whom_to_ask": partial(whom_to_ask, company),
        "creates_groups": bool(permissions.may_create_groups(actor, company)),
    }


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _open_room(request: HttpRequest) -> int | None:
    """The group whose room the page belongs to."""
    if not _view_name(request).startswith("room:") or request.resolver_match is None:
        return None
    return request.resolver_match.kwargs.get("pk")


def _remembered(request: HttpRequest, member: Member) -> dict[str, bool]:
    """Which sections the viewer has opened or folded; of somebody else at this browser nothing."""
    person, *folds = request.COOKIES.get(FOLDED_COOKIE, "").split(".")
    if person != str(member.pk):
        return {}
    return {key: is_open == "1" for key, _sign, is_open in (fold.partition("=") for fold in folds)}
