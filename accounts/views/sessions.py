"""The devices on which people are signed in (rule 9.3)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.sessions import end_other_sessions, end_session, end_sessions_of
from accounts.actor import Actor
from accounts.request import MemberRequest
from accounts.sessions import shown_sessions
from groupadmin.base.session_mark import mark_of
from groupadmin.base.text import isolated

from .lookups import member_of, page, require_administrator


@login_not_required
@require_safe
def session_mark(request: HttpRequest) -> HttpResponse:
    """The mark of the session that goes on; empty if none does. Pages from a browser's memory ask for it."""
    return HttpResponse(mark_of(request), content_type="text/plain; charset=utf-8")


@require_safe
def sessions(request: MemberRequest) -> HttpResponse:
    """One's own, the last used first."""
    found = shown_sessions(request.user, request.session.session_key)
    others = sum(not session.is_current for session in found)
    return page(request, "accounts/sessions.html", {"sessions": found, "others": others})


@require_POST
def session_end(request: MemberRequest, pk: int) -> HttpResponse:
    """Ends one of one's own."""
    if not end_session(request.user, pk, actor=Actor.of(request)):
        raise Http404
    messages.success(request, _("That device is signed out."))
    return redirect("accounts:sessions")


@require_POST
def sessions_end_others(request: MemberRequest) -> HttpResponse:
    """Ends all but the one that asks."""
    ended = end_other_sessions(request.user, request.session.session_key, actor=Actor.of(request))
    messages.success(request, _ended(ended))
    return redirect("accounts:sessions")


@require_POST
def member_sign_out(request: MemberRequest, pk: int) -> HttpResponse:
    """An administrator ends all sessions of a member."""
    actor, company = require_administrator(request, "session.end_of_member")
    member = member_of(company, pk)
    end_sessions_of(member, actor=actor)
    messages.success(request, _("%(name)s is signed out on all devices.") % {"name": isolated(member.name)})
    # One's own session has ended too, if one is the member; the page then leads to the sign-in page.
    return redirect("accounts:member_edit", pk)


def _ended(count: int) -> str:
    return ngettext("%(count)d device is signed out.", "%(count)d devices are signed out.", count) % {
        "count": count
    }
