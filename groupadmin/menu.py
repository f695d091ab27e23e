from functools import partial
from typing import Any

from django.http import HttpRequest

from accounts.actor import Actor
from accounts.models import Member
from groups import permissions
from groups.notices import count_unread
from groups.room.rooms import IN_MENU, rooms_of


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page needs: the menu depends on who reads."""
    member = getattr(request, "user", None)
    if not isinstance(member, Member):
        return {}
    return {
        "company": member.company,
        "administers": bool(permissions.may_administer(Actor.of(request), member.company))
        and member.company is not None,
        # Asked only where the bell is drawn.
        "unread_notifications": partial(count_unread, member),
        # Asked only where the menu is drawn.
        "menu_rooms": partial(rooms_of, member, IN_MENU),
        "creates_groups": bool(permissions.may_create_groups(Actor.of(request), member.company)),
    }
