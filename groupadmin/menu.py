from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.actor import Actor
from accounts.models import Member
from accounts.permissions import may_administer
from groups import permissions
from groups.notices import count_unread
from groups.room.unread import IN_MENU, rooms_of


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of the frame around every page: the menu depends on the viewer."""
    member = getattr(request, "user", None)
    if not isinstance(member, Member):
        return {}
    return {
        "company": member.company,
        "administers": bool(may_administer(Actor.of(request), member.company)) and member.company is not None,
        # Queried only if the bell is drawn.
        "unread_notifications": partial(count_unread, member),
        # Queried only if the menu is drawn.
        "menu_rooms": partial(rooms_of, member, IN_MENU),
        "creates_groups": bool(permissions.may_create_groups(Actor.of(request), member.company)),
        "signs_mail": settings.MAIL_SIGN,
        "menu_place": menu_place(_view_name(request)),
        "open_room": _open_room(request),
    }


# Which menu entry a page belongs to, by the name of its view. The first matching prefix counts.
MENU_PLACES = {
    "room:list": "rooms",
    "room:my_tasks": "my_tasks",
    "accounts:member": "members",
    "accounts:team": "teams",
    "accounts:settings": "settings",
    "accounts:company_token": "tokens",
    "accounts:provider": "providers",
    "scim_page": "scim",
    "api_": "api",
    "accounts:webhook": "webhooks",
    "accounts:domain": "settings",
    "accounts:connection": "connection",
    "accounts:contact": "contacts",
    "accounts:audit": "audit",
    "groups:member": "members",
    "groups:give_back": "members",
    "groups:belonging": "belonging",
    "groups:managed": "managed",
    "groups:in_other_companies": "connection",
    "groups:take_out": "connection",
    "groups:mail_audit": "mail_audit",
    "groups:mail_record": "mail_audit",
    "groups:failing_addresses": "mail_audit",
    "groups:mail_signing": "mail_signing",
    "groups:export": "directory",
    "groups:import": "directory",
    "groups:notifications": "",
    "groups:list": "group_list",
    "groups:": "groups",
}


def menu_place(view_name: str) -> str:
    """The menu entry to mark as current; empty if none."""
    return next((place for start, place in MENU_PLACES.items() if view_name.startswith(start)), "")


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _open_room(request: HttpRequest) -> int | None:
    """The group whose room the page belongs to."""
    if not _view_name(request).startswith("room:") or request.resolver_match is None:
        return None
    return request.resolver_match.kwargs.get("pk")
