"""Answers what machines ask of the installation, before anything asks who they are (rule 11.6)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from . import pages

PAGES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": pages.alive,
    "/readyz": pages.ready,
    "/metrics": pages.metrics,
}


class HealthMiddleware:
    """In front of all that needs a host name, https or a session: probes ask by IP address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (page := PAGES.get(request.path_info)) is None:
            return self.get_response(request)
        response = (
            page(request) if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
