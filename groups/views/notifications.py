"""The bell and the page of what one was told (spec 5.1)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from groupadmin.base.paging import LARGEST, page_of
from groupadmin.base.partials import render_partial
from groups import notices
from groups.notices import texts

from .group import viewer_of

PAGE = 25
NEWEST_FIRST = {"-pk": int}
TEMPLATE = "groups/notifications.html"


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """All that one was told, newest first. Looking does not write: the page then says what it has shown."""
    viewer = viewer_of(request)
    rows = notices.bell_of(viewer).select_related("notice__by")
    page = page_of(rows, NEWEST_FIRST, request.GET, PAGE)
    context = {
        "page": page,
        "told": texts.in_words(page.rows, viewer),
        "has_unread": bool(notices.count_unread(viewer)),
        "shows_unread": any(row.read_at is None for row in page.rows),
    }
    return render_partial(request, TEMPLATE, context, target="notifications", partial="list")


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with the number of unread notifications, as each page asks for it again and again."""
    return render(request, "includes/bell.html")


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Marks as read: what a page has shown, by its newest and oldest, or everything."""
    newest, oldest = _number(request, "newest"), _number(request, "oldest")
    notices.mark_read(viewer_of(request), newest, oldest)
    if getattr(request, "htmx", False) and newest is not None:
        return render(request, "includes/bell.html")
    return redirect("groups:notifications")


def _number(request: HttpRequest, name: str) -> int | None:
    """An id that was posted; what is none, or none that a database has, is nothing."""
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(LARGEST)):
        return None
    return int(text) if int(text) <= LARGEST else None
