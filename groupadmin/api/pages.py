"""The pages about the API, with a try-out that sends what one's own token may send (rule 11.3).

They use no session for calls: whoever tries something pastes a token, which stays in the page.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .reference import operations, sections


@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    """What there is."""
    return render(request, "api/list.html", {"sections": sections(), "root": _root(request)})


@require_safe
def api_operation(request: HttpRequest, name: str) -> HttpResponse:
    """One operation: what it takes, and a form that sends it."""
    operation = operations().get(name)
    if operation is None:
        raise Http404
    site = request.build_absolute_uri("/").rstrip("/")
    return render(request, "api/operation.html", {"operation": operation, "curl": operation.curl(site)})


def _root(request: HttpRequest) -> str:
    return request.build_absolute_uri("/api/v1")
