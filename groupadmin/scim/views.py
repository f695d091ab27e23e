"""The door: who asks, with what, and errors in SCIM's own form (rule 11.2)."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.actor import NotVisible
from accounts.audit import record_not_visible

from . import bulk, routes
from .bodies import read
from .calls import Call
from .clients import client_of
from .errors import failure_of


@csrf_exempt
@login_not_required
@never_cache
def scim(request: HttpRequest, path: str = "") -> HttpResponse:
    """Everything below /scim/v2/, for programs with a token: no session is looked at."""
    try:
        client = client_of(request)
        call = Call(
            client,
            request.method or "",
            path,
            lambda: read(request),
            request.GET.dict(),
            request.headers.get("If-Match", ""),
            request.headers.get("If-None-Match", ""),
        )
        try:
            return (bulk.answer(call) if path.strip("/") == "Bulk" else routes.answer(call)).response()
        except NotVisible as hidden:
            record_not_visible(client.actor, hidden)
            raise
    except Exception as error:
        return failure_of(error).response()
