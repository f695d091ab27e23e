"""Every page and state of the tour: what the matrix answers with 200, and what leads further from there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page

from tests.matrix import MATRIX, Cast, Row

from .entering import send_emptied
from .states import MORE, STATES

VISITORS = (
    "administrator",
    "member",
    "master",
    "outsider",
    "guest",
    "superuser",
    "newcomer",
    "anonymous",
)
"""As whom the tour is made. A page is seen by the first of them who may, and by those in ALSO.

The guest is of another company; the newcomer administers one in which there is nothing yet.
"""

NO_PAGES = {
    # Files, pictures, and answers to scripts and programs.
    *("icons", "session_mark", "mfa_download_recovery_codes", "accounts:bulk_csv", "accounts:member_photo"),
    *("groups:photo", "groups:photo_draft", "groups:import_template", "groups:import_report"),
    *("groups:import_effects", "room:file", "room:preview", "room:feed", "room:folder_file"),
    *("room:message_upload_piece", "room:note_upload_piece", "room:upload_piece", "api:openapi"),
    # Parts of pages, which are seen in the states of those.
    *("accounts:pick", "accounts:pick_teams", "groups:pick", "groups:pick_teams", "groups:features"),
    *("groups:check_address", "groups:notifications_bell", "room:message_changes", "room:message_people"),
}
"""What answers GET with 200 and yet is no page."""

FIRST_HERE = {"account_": "anonymous", "sso": "anonymous", "groups:unsubscribe_contact": "anonymous"}
"""Pages, by how their names begin, that are made for somebody else than VISITORS says."""

ALSO = {
    "home": (),
    "mfa_index": ("outsider",),
    "accounts:member_list": ("newcomer",),
    "accounts:team_list": ("newcomer",),
    "accounts:settings": ("newcomer",),
    "accounts:connection": ("newcomer",),
    "accounts:audit": ("newcomer",),
    "accounts:bulk_list": ("newcomer",),
    "accounts:providers": ("newcomer",),
    "accounts:company_tokens": ("newcomer",),
    "accounts:webhooks": ("newcomer",),
    "accounts:profile": ("member", "superuser"),
    "accounts:contacts": ("member", "outsider", "newcomer"),
    "groups:list": ("member", "master", "guest", "superuser", "newcomer"),
    "groups:managed": ("member", "master"),
    "groups:belonging": ("member", "guest"),
    "groups:deleted": ("newcomer",),
    "groups:exports": ("newcomer",),
    "groups:imports": ("newcomer",),
    "groups:failing_addresses": ("newcomer",),
    "groups:mail_signing": ("newcomer",),
    "groups:mail_audit": ("newcomer",),
    "groups:in_other_companies": ("newcomer",),
    "groups:notifications": ("member",),
    "groups:own_address": ("member",),
    "groups:detail": ("member", "master", "outsider", "superuser"),
    "groups:detail external_group": ("guest", "master"),
    "groups:settings_of": ("member", "master"),
    "groups:part_of": ("member",),
    "groups:history": ("master",),
    "groups:mail_of": ("member", "master", "outsider"),
    "groups:unsubscribe": ("member",),
    "groups:edit": ("master",),
    "groups:member member": ("outsider", "guest"),
    "groups:member guest": ("member",),
    "room:list": ("member",),
    "room:my_tasks": ("member",),
}
"""Who else sees a page differently, by the name of the URL and, where not the first, the row's label."""


@dataclass(frozen=True)
class Place:
    """A page as somebody sees it, perhaps after something was done there."""

    visitor: str
    name: str
    address: Callable[[Cast], str]
    state: str = ""
    enter: Callable[[Page], Any] | None = None
    status: int = 200

    def __str__(self) -> str:
        return "/".join(part.replace(" ", "-") for part in (self.visitor, self.name, self.state) if part)


def _address(name: str, row: Row) -> Callable[[Cast], str]:
    """Found once for a company: some rows make what they lead to."""

    def address(cast: Cast) -> str:
        known = cast.__dict__.setdefault("addresses", {})
        key = (name, row.label)
        if key not in known:
            known[key] = reverse(name, args=list(row.args(cast)), query=row.query(cast) or None)
        return str(known[key])

    return address


def _pages() -> Iterator[Place]:
    """The first row of each page that anybody may see, and the other rows that ALSO names."""
    for name, rows in MATRIX.items():
        if name in NO_PAGES:
            continue
        first = next((row for row in rows if row.get and 200 in row.get.values()), None)
        for row in rows:
            key = name if row is first else f"{name} {row.label}"
            if row is first or key in ALSO:
                yield from _visits(name, key, row)


def _visits(name: str, key: str, row: Row) -> Iterator[Place]:
    for visitor in _visitors(key, row):
        address = _address(name, row)
        yield Place(visitor, key, address)
        if row.post and row.post.get(_in_matrix(visitor)) == 422 and visitor == _first(key, row):
            yield Place(visitor, key, address, "sent empty", send_emptied)
        for state in STATES.get(key, ()):
            if visitor in state.visitors or (not state.visitors and visitor == _first(key, row)):
                yield Place(visitor, key, address, state.name, state.enter)


def _in_matrix(visitor: str) -> str:
    return "other_administrator" if visitor == "newcomer" else visitor


def _may(visitor: str, row: Row) -> bool:
    return bool(row.get and row.get[_in_matrix(visitor)] == 200)


def _first(key: str, row: Row) -> str:
    for begin, visitor in FIRST_HERE.items():
        if key.startswith(begin) and _may(visitor, row):
            return visitor
    return next((visitor for visitor in VISITORS if visitor != "newcomer" and _may(visitor, row)), "")


def _visitors(key: str, row: Row) -> Iterable[str]:
    first = _first(key, row)
    return [visitor for visitor in VISITORS if visitor == first or visitor in ALSO.get(key, ())]


def _besides() -> Iterator[Place]:
    """What the matrix has no answer of 200 for: errors, and things in a state that its cast has none of."""
    for more in MORE:
        for visitor in more.visitors:
            yield Place(visitor, more.name, more.address, more.state, more.enter, more.status)


PLACES = [*_pages(), *_besides()]
