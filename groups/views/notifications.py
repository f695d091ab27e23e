"""The bell and the page of notifications (rule 5.1)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.request import MemberRequest
from groupadmin.base.ids import parse_id
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groups import notices
from groups.notices import texts

PAGE = 25
NEWEST_FIRST = {"-pk": int}
TEMPLATE = "groups/notifications.html"


@require_safe
def notifications(request: MemberRequest) -> HttpResponse:
    """All notifications, newest first. Viewing writes nothing: the page then reports what it has shown."""
    viewer = request.user
    rows = notices.bell_of(viewer).select_related("notice__by")
    page = page_of(rows, NEWEST_FIRST, request.GET, PAGE)
    context = {
        "page": page,
        "told": texts.describe(page.rows, viewer),
        "has_unread": bool(notices.count_unread(viewer)),
        "shows_unread": any(row.read_at is None for row in page.rows),
    }
    return render_partial(request, TEMPLATE, context, target="notifications", partial="list")


@require_safe
def bell(request: MemberRequest) -> HttpResponse:
    """The bell with the number of unread notifications, which each page polls."""
    return render(request, "includes/bell.html")


@require_POST
def read(request: MemberRequest) -> HttpResponse:
    """Marks as read: what a page has shown, from oldest to newest, or all."""
    newest, oldest = (parse_id(request.POST.get(name)) for name in ("newest", "oldest"))
    notices.mark_read(request.user, newest, oldest)
    if request.htmx and newest is not None:
        return render(request, "includes/bell.html")
    return redirect("groups:notifications")
