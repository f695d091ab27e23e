"""One template per page; htmx gets the fragment that it asks for."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .request import HtmxRequest


def fills(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for content for the element with that id."""
    htmx = cast(HtmxRequest, request).htmx
    return bool(htmx) and htmx.target == target and not htmx.history_restore_request


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
    wanted = f"{template}#{partial}" if fills(request, target) else template
    return render(request, wanted, context, status=status)


def render_dialog(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A dialog: only its form after a mistake, a modal over a page, or a page of its own."""
    target, partial = ("group-form", "form") if fills(request, "group-form") else ("dialog", "modal")
    return render_partial(request, template, context, target=target, partial=partial, status=status)
