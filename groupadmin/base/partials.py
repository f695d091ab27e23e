"""One template a page; htmx gets the fragment that it asks for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_partial(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    target: str,
    partial: str,
    status: int = 200,
) -> HttpResponse:
    """Renders the named partial if htmx fills the element with id `target`, else the whole page."""
    htmx = getattr(request, "htmx", None)
    wanted = htmx and htmx.target == target and not htmx.history_restore_request
    return render(request, f"{template}#{partial}" if wanted else template, context, status=status)
