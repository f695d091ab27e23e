"""The addresses of the API. They ask for a token instead of a session, whatever the browser brings along."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from groupadmin.base.uploads import takes_large_files

from . import problems
from .problems import Problem
from .reference import described
from .rest import api

app_name = "api"

# Where files larger than other requests arrive, and the setting that says how large; as in deploy/nginx.conf.
LARGE_FILES = {"imports/files": "IMPORT_MAX_BYTES"}

View = Callable[..., HttpResponse]


def door(view: View) -> View:
    """A view of the API: no session, no CSRF token, times in UTC, HEAD as GET, and errors as problems."""

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked
        with timezone.override("UTC"):
            try:
                return problems.in_place_of(view(request, *args, **kwargs))
            except Exception as error:
                return problems.answer(request, error)
            finally:
                request.method = asked

    # The middleware leaves the body alone: it is read once it is known who sends it.
    inside.asks_for_token = True  # type: ignore[attr-defined]
    return login_not_required(csrf_exempt(inside))


def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the API, which anybody may read."""
    if request.method != "GET":
        return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET"})
    return JsonResponse(described())


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Every other address."""
    return Problem("not-found").response()


def _operations() -> list[URLPattern]:
    """ninja's addresses behind our door: one for each path, whatever is done there."""
    patterns: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and str(pattern.pattern) and pattern.name != "api-root":
            patterns.setdefault(str(pattern.pattern), pattern)
    for pattern in patterns.values():
        view = door(pattern.callback)
        if (limit := LARGE_FILES.get(str(pattern.pattern))) is not None:
            view = takes_large_files(limit)(view)
        pattern.callback = view
    return list(patterns.values())


nowhere = door(nothing_here)
"""Also for addresses above these."""

urlpatterns = [
    path("openapi.json", door(openapi), name="openapi"),
    *_operations(),
    re_path("", nowhere, name="nothing_here"),
]
