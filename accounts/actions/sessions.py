"""Ends sessions (rule 9.3), recorded in the audit (rule 9.1): each function is one transaction."""

from allauth.usersessions.models import UserSession
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import Member
from accounts.sessions import cut, cut_sessions
from accounts.tasks import WayIn, tell_way_in
from groupadmin.base.devices import device_name

from .members import lock_member


@audit.action
def end_session(member: Member, pk: int, *, actor: Actor) -> bool:
    """Ends one of one's own sessions. Returns whether it was there. Raises Refused."""
    _check_own(member, actor)
    rows = UserSession.objects.filter(user=member, pk=pk)
    row = rows.first()
    if row is None:
        return False
    cut(rows)
    audit.record(actor, "session.end", member, _device(row.user_agent))
    return True


@audit.action
def end_other_sessions(member: Member, current_key: str | None, *, actor: Actor) -> int:
    """Ends all of one's own sessions but the one with this key. Returns how many. Raises Refused."""
    _check_own(member, actor)
    ended = cut_sessions(member, but=current_key)
    if ended:
        audit.record(actor, "session.end", member, {"sessions": [ended, 0]})
    return ended


@audit.action
def end_sessions_of(member: Member, *, actor: Actor) -> int:
    """An administrator ends all sessions of a member, who is told. Returns how many. Raises Refused."""
    _company, member = lock_member(member, actor, "session.end_of_member")
    ended = cut_sessions(member)
    if ended:
        audit.record(actor, "session.end_of_member", member, {"sessions": [ended, 0]})
        tell_way_in(member, WayIn.SIGNED_OUT)
    return ended


@audit.action
def expire_session(member: Member, session_key: str | None, reason: Promise, *, actor: Actor) -> None:
    """Ends a session that has become too old, or was not used for too long."""
    rows = UserSession.objects.filter(user=member, session_key=session_key)
    row = rows.first()
    cut(rows)
    audit.record(actor, "session.expire", member, _device(row.user_agent if row else ""), reason=reason)


def _check_own(member: Member, actor: Actor) -> None:
    if actor.member != member:
        raise Refused("session.end", gettext_lazy("People can only do this for themselves."), target=member)


def _device(user_agent: str) -> audit.Changes:
    device = device_name(user_agent)
    return {"device": [device, None]} if device else {}
