"""A shortcut for open pages that poll for news (rule 3.5).

Everybody who has Message open asks every moment, and nearly always the answer is no. Members who were let in
get a ticket for a minute: with it, "no" takes one query, and reads neither session nor person. Every other
answer comes from the view. Still, people who are removed learn nothing new from that moment on.
"""

from collections.abc import Callable

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from accounts.models import Member

from .changes import change_count

HEADER = "Room-Ticket"
GOOD_FOR = 60
"""In seconds. Then the session is checked again: the member may have signed out on another device."""

GetResponse = Callable[[HttpRequest], HttpResponse]


def ticket(member: Member, group_pk: int) -> str:
    """The value for the request header HEADER in the next polls."""
    return _signer().sign(f"{member.pk}.{group_pk}")


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="groups.room.messages.polling")


class PollingMiddleware:
    """Answers 204 to a good ticket where nothing is new."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        shown = request.headers.get(HEADER)
        if shown and _is_nothing_new(request, shown):
            return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
        return self.get_response(request)


def _is_nothing_new(request: HttpRequest, shown: str) -> bool:
    try:
        asked = resolve(request.path_info)
        member_pk, _dot, group_pk = _signer().unsign(shown, max_age=GOOD_FOR).partition(".")
    except (Resolver404, BadSignature):
        return False
    if asked.view_name != "room:message_changes" or str(asked.kwargs["pk"]) != group_pk:
        return False
    changes = change_count(int(member_pk), int(group_pk))
    return changes is not None and request.GET.get("after") == str(changes)
