"""Sessions end when they are not used, and when they are old (rule 9.3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.actions.sessions import expire_session
from accounts.actor import Actor
from accounts.models import Member
from accounts.sessions import idle_for

BEGUN, SEEN = "signed_in_at", "seen_at"
NOTED_EVERY = timedelta(minutes=5)
"""A use is noted no more often, so that reading pages does not write to the database each time."""

UNUSED = gettext_lazy("The session was not used for too long.")
OLD = gettext_lazy("The session was too old.")
NO_ADDRESS = "0.0.0.0"  # noqa: S104  (to store where the web server says none)

GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionAgeMiddleware:
    """Ends sessions in time, and notes from time to time that they are used."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = request.session.session_key
        member = request.user
        if isinstance(member, Member) and (reason := _over(request.session, member)):
            expire_session(member, before, reason, actor=Actor.system())
            request.session.flush()
            request.user = AnonymousUser()
        response = self.get_response(request)
        _follow(request, member, before)
        return response

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        """Notes the use, unless an open page asks by itself."""
        asks = (
            request.resolver_match is not None and request.resolver_match.view_name in settings.SESSION_POLLS
        )
        if isinstance(request.user, Member) and not asks:
            _note(request, request.user)


def begin(request: HttpRequest, member: Member) -> None:
    """Somebody has just signed in."""
    now = int(timezone.now().timestamp())
    request.session[BEGUN] = request.session[SEEN] = now
    if request.session.session_key is None:
        # Django has just flushed the session of somebody else in this browser, such as of a deleted person.
        request.session.save()
    _note_row(request, member)


def _over(session: SessionBase, member: Member) -> Promise | None:
    now = timezone.now().timestamp()
    if now - session.get(SEEN, now) > idle_for(member).total_seconds():
        return UNUSED
    if now - session.get(BEGUN, now) > timedelta(days=settings.SESSION_DAYS_IN_ALL).total_seconds():
        return OLD
    return None


def _note(request: HttpRequest, member: Member) -> None:
    now = int(timezone.now().timestamp())
    # Sessions from before there were such notes begin now.
    begun = request.session.get(BEGUN)
    if begun is not None and now - request.session.get(SEEN, 0) < NOTED_EVERY.total_seconds():
        return
    request.session[SEEN] = now
    request.session[BEGUN] = now if begun is None else begun
    _note_row(request, member)


def _note_row(request: HttpRequest, member: Member) -> None:
    """For the list of the person's sessions."""
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": member,
            "ip": request.META.get("REMOTE_ADDR") or NO_ADDRESS,
            "user_agent": request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:200],
            "last_seen_at": timezone.now(),
        },
    )


def _follow(request: HttpRequest, member: Any, before: str | None) -> None:
    """A changed password gives the session another key; it stays the same one in the list."""
    now = request.session.session_key
    if before and now and before != now and isinstance(member, Member) and request.user == member:
        UserSession.objects.filter(user=member, session_key=before).update(session_key=now)
