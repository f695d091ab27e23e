"""The pages for machines (rule 11.6)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from . import access, readiness
from .exposition import exposition

PLAIN = "text/plain; charset=utf-8"


def alive(request: HttpRequest) -> HttpResponse:
    """This process answers. Asks nothing of anything else: nobody must restart us for a database."""
    return HttpResponse("ok\n", content_type=PLAIN)


def ready(request: HttpRequest) -> HttpResponse:
    """Whether pages can be answered, 503 if not; `?exclude=worker` leaves a check out.

    Strangers hear which check fails, and not why.
    """
    left_out = set(request.GET.getlist("exclude"))
    checks = [check for check in readiness.checks() if check.name not in left_out]
    is_ready = all(check.is_good for check in checks)
    is_known = access.may_look(request) or access.is_doctor(request)
    shown: dict[str, Any] = {"ready": is_ready, "checks": {}}
    for check in checks:
        shown["checks"][check.name] = {"ok": check.is_good} | ({"detail": check.detail} if is_known else {})
    if access.is_doctor(request):
        shown["seen"] = _seen(request)
    return JsonResponse(shown, status=200 if is_ready else 503)


def _seen(request: HttpRequest) -> dict[str, Any]:
    """How a request arrives here, for the doctor, who has sent it."""
    return {
        "client": request.META.get("REMOTE_ADDR", ""),
        "forwarded": request.headers.get("X-Forwarded-For", ""),
        "is_secure": request.is_secure(),
        "trusted_proxies": settings.TRUSTED_PROXIES,
    }


def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus. 404 if nobody may have them, 403 for whoever may not."""
    if not access.is_open_to_anybody_known():
        return HttpResponse("Not found\n", status=404, content_type=PLAIN)
    if not access.may_look(request):
        return HttpResponse("Forbidden\n", status=403, content_type=PLAIN)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
