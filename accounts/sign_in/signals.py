"""Hears from Django and allauth who signs in and out, by whatever door (rules 9.1, 9.3)."""

from typing import Any

from allauth.account.signals import user_logged_in as signed_in_by_allauth
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from accounts.actions.identities import SignedInBy, note_session
from accounts.actions.profile import note_browser_zone
from accounts.actions.sign_in import record_sign_in, record_sign_out
from accounts.models import Member
from accounts.source import Source
from accounts.zones import said_by_browser

from . import ages


def connect() -> None:
    """Called once, at start-up."""
    user_logged_in.connect(_begin, dispatch_uid="accounts.sign_in.begin")
    signed_in_by_allauth.connect(_record, dispatch_uid="accounts.sign_in.record")
    user_logged_out.connect(_end, dispatch_uid="accounts.sign_in.end")


def _begin(sender: object, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if isinstance(user, Member):
        ages.begin(request, user)


def _record(sender: object, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if isinstance(user, Member):
        source = Source.of(request)
        by: SignedInBy | None = kwargs.get("provider")
        record_sign_in(user, source, by["name"] if by else "", actor=source.actor(user))
        note_browser_zone(user, said_by_browser(request), actor=source.actor(user))
        if by is not None:
            note_session(by, request.session.session_key)


def _end(sender: object, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if isinstance(user, Member):
        source = Source.of(request)
        UserSession.objects.filter(user=user, session_key=request.session.session_key).delete()
        record_sign_out(user, source, actor=source.actor(user))
