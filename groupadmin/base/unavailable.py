"""The answer to a request that trouble has kept from being done: a page, a fragment's reason, or JSON.

It needs neither database nor session nor disk. What was typed stays in the page, to be sent again.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import outage
from .outage import CommitLost, Trouble

FIELDS_KEPT = 500
BYTES_KEPT = 1024 * 1024
# In the names of fields that are never written into a page: a recovery code is as good as a password.
SECRETS = ("password", "code", "credential")


@dataclass(frozen=True)
class Words:
    """What is said about a kind of trouble, and after how many seconds scripts and proxies may come again."""

    status: int
    seconds: int
    heading: str | Promise
    reason: str | Promise


SHOWN = {
    Trouble.AWAY: Words(
        503,
        10,
        _("Back in a moment"),
        _("The database cannot be reached just now. Nothing was saved. Try again in a minute."),
    ),
    Trouble.BUSY: Words(
        503,
        2,
        _("Busy right now"),
        _("Others are changing the same thing right now. Nothing was saved. Try again in a moment."),
    ),
    Trouble.FULL: Words(
        503,
        120,
        _("The server has no space left"),
        _("The database cannot store anything more. Nothing was saved. Tell your administrator."),
    ),
    Trouble.NO_SPACE: Words(
        507,
        120,
        _("The server has no space left"),
        _("The disk for files is full. Nothing was saved. Tell your administrator."),
    ),
    Trouble.NO_FILES: Words(
        503,
        10,
        _("Back in a moment"),
        _("The files cannot be reached just now. Nothing was saved. Try again in a minute."),
    ),
}
UNSURE = Words(
    503,
    10,
    _("Was it saved?"),
    _("The database went away while it was saving. Look whether it was saved before you try again."),
)


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The answer if trouble has led to the error, which is logged once an outage; None for a fault."""
    trouble = outage.notice(error)
    if trouble is None:
        return None
    words = UNSURE if isinstance(error, CommitLost) else SHOWN[trouble]
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse({"message": f"{words.reason}"}, status=words.status)
    else:
        response = HttpResponse(_page(request, words), status=words.status)
    response["Retry-After"] = str(words.seconds)
    response["Cache-Control"] = "no-store"
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, and reads JSON only."""
    return "application/json" in request.headers.get("Accept", "")


def _page(request: HttpRequest, words: Words) -> str:
    kept = _kept(request)
    context = {
        "heading": words.heading,
        "reason": words.reason,
        "address": request.get_full_path(),
        "kept": kept,
        "is_lost": request.method == "POST" and kept is None,
        # Who does not know whether it was saved must not send it again with a click.
        "may_repeat": words is not UNSURE,
    }
    return get_template("unavailable.html").render(context)


def _kept(request: HttpRequest) -> list[tuple[str, str]] | None:
    """The fields of the form that was sent; None if they cannot, or should not, stand in the page."""
    if request.method != "POST" or request.headers.get("HX-Request"):
        return None
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
        has_files = bool(request.FILES)
    except Exception:
        # The disk is full, or the sender is gone: the body cannot be read.
        return None
    is_secret = any(secret in name for name, value in fields for secret in SECRETS if value)
    size = sum(len(name) + len(value) for name, value in fields)
    is_large = len(fields) > FIELDS_KEPT or size > BYTES_KEPT
    return None if has_files or is_secret or is_large else fields
