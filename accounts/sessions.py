"""A person's sessions: which there are, and how they end (rule 9.3)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from groupadmin.base.devices import device_name

from .models import Member

SHOWN_AT_MOST = 50


@dataclass(frozen=True)
class ShownSession:
    """A session as its person, or an administrator, sees it."""

    row: Any
    device: str
    is_current: bool


def sessions_of(member: Member) -> QuerySet[Any]:
    """The sessions in which the person is signed in, the last used first."""
    used_since = timezone.now() - idle_for(member)
    begun_since = timezone.now() - timedelta(days=settings.SESSION_DAYS_IN_ALL)
    there = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = UserSession.objects.filter(
        user=member, session_key__in=there, last_seen_at__gt=used_since, created_at__gt=begun_since
    )
    return cast("QuerySet[Any]", rows.order_by("-last_seen_at", "-pk"))


def idle_for(member: Member) -> timedelta:
    """How long a session lives without use: administrators' less long."""
    if member.is_administrator or member.is_superuser:
        return timedelta(hours=settings.SESSION_HOURS_WITHOUT_USE_OF_ADMINISTRATORS)
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)


def shown_sessions(member: Member, current_key: str | None = None) -> list[ShownSession]:
    """The sessions to show, with their devices."""
    return [
        ShownSession(row, device_name(row.user_agent), row.session_key == current_key)
        for row in sessions_of(member)[:SHOWN_AT_MOST]
    ]


def cut_sessions(member: Member, *, but: str | None = None) -> int:
    """Ends all sessions of the person, or all but the one with this key. Returns how many there were."""
    rows = UserSession.objects.filter(user=member)
    if but is not None:
        rows = rows.exclude(session_key=but)
    return cut(rows)


def cut(rows: QuerySet[Any]) -> int:
    """Ends these sessions: whoever comes with one of them is nobody. Returns how many there were."""
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def forget_ended_sessions() -> None:
    """Deletes what is noted about sessions that no longer exist."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
