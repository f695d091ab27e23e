"""What the log says of a request: an id that the answer has too, and whose it was, by number (rule 11.6).

The path of a request may hold a secret (links by mail, private addresses of calendars) and its query what
somebody has typed. So neither is logged: only which page it was, and the numbers in its path.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

logger = logging.getLogger("groupadmin.requests")

HEADER = "X-Request-ID"
# What proxies and cloud services write, and nothing else.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=-]{7,99}")
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLogMiddleware:
    """Gives each request an id, for the lines that it causes in the log and for whoever was answered.

    A proxy of ours may have given it one. Others cannot: theirs could be anybody's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Threads serve one request after the other.
        clear_contextvars()
        begun = time.monotonic()
        bind_contextvars(request=_id_of(request))
        response = self.get_response(request)
        response.headers[HEADER] = request_id()
        if settings.LOG_REQUESTS:
            _log(request, response, time.monotonic() - begun)
        clear_contextvars()
        return response


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return str(get_contextvars().get("request", ""))


def say_who(**who: Any) -> None:
    """Has further lines say whose request or task it is: ids, never names."""
    bind_contextvars(**{key: value for key, value in who.items() if value is not None})


def _id_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    return given if _came_by_proxies(request) and _ID.fullmatch(given) else uuid.uuid4().hex


def _came_by_proxies(request: HttpRequest) -> bool:
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = request.headers.get("X-Forwarded-For", "")
    return 0 < proxies <= len(forwarded.split(",")) and bool(forwarded)


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    facts = {
        "method": request.method if request.method in _METHODS else "other",
        "page": page_of(request),
        "status": response.status_code,
        "ms": round(seconds * 1000),
    }
    with bound_contextvars(**facts):
        logger.info("answered")


def page_of(request: HttpRequest) -> str:
    """The page's address with the names of what stands in its places, but for numbers."""
    match = request.resolver_match
    if match is None:
        return "(no page)"

    def filled(place: "re.Match[str]") -> str:
        value = match.kwargs.get(place[1])
        return str(value) if isinstance(value, int) else f"<{place[1]}>"

    return "/" + _PLACE.sub(filled, match.route)


class Private(logging.Filter):
    """Keeps the paths of requests out of what Django logs about them."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            paths = {request.path, request.path_info, request.get_full_path()}
            record.args = tuple(
                page_of(request) if isinstance(arg, str) and arg in paths else arg for arg in record.args
            )
        return True
