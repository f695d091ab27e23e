"""Errors in SCIM's form (rule 11.2; RFC 7644, 3.12): whatever goes wrong, no client ever gets a page."""

import logging

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from accounts.actor import Refused
from accounts.confirmation import Unconfirmed
from accounts.losses import LosesMany
from groupadmin.base import outage, unavailable
from groupadmin.base.errors import Conflict, Invalid, Taken

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/scim+json"
MOUNTED_AT = "/scim"


class Failure(Exception):  # noqa: N818  (an answer, not a fault)
    """A request is refused: with a status, a keyword of SCIM if there is one for it, and words."""

    def __init__(self, status: int, detail: str, scim_type: str = "", **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def document(self) -> dict[str, object]:
        error = Error(status=self.status, scim_type=self.scim_type or None, detail=self.detail)
        return error.model_dump()

    def response(self) -> HttpResponse:
        response = JsonResponse(
            self.document, status=self.status, content_type=CONTENT_TYPE, headers=self.headers
        )
        # What is our fault is logged with its cause; the rest is none.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


def not_found() -> Failure:
    """The same for what does not exist and for what another company has (rule 7)."""
    return Failure(404, _("There is no such resource."))


def invalid(detail: str, scim_type: str = "invalidValue") -> Failure:
    return Failure(400, detail, scim_type)


def taken(detail: str) -> Failure:
    """Something else has a value that is there once."""
    return Failure(409, detail, "uniqueness")


WORDS = {
    404: gettext_lazy("There is no such resource."),
    405: gettext_lazy("This cannot be done here."),
    413: gettext_lazy("The request is too large."),
    503: gettext_lazy("The server cannot do this right now. Nothing was saved. Try again in a moment."),
}


def of_status(status: int) -> HttpResponse:
    """For what went wrong outside of the door's own code."""
    return Failure(status, str(WORDS.get(status, gettext_lazy("This could not be done.")))).response()


def is_for_us(request: HttpRequest) -> bool:
    """Whether a client of this door asks."""
    return request.path_info == MOUNTED_AT or request.path_info.startswith(f"{MOUNTED_AT}/")


def failure_of(error: Exception) -> Failure:
    """What a client is told of an exception; a fault of ours is logged."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, SCIMException) and isinstance(error.__cause__, ValidationError):
        # Which says for programmers what does not fit, over several lines.
        error = error.__cause__
    if isinstance(error, ValidationError):
        first = Error.from_validation_errors(error)[0]
        return Failure(first.status or 400, first.detail or "", first.scim_type or "")
    if isinstance(error, SCIMException):
        return Failure(error.status, str(error), error.scim_type)
    return _of_action(error) or _of_trouble(error) or _fault(error)


def _of_action(error: Exception) -> Failure | None:
    """How actions refuse."""
    if isinstance(error, Http404):
        return not_found()
    if isinstance(error, Taken):
        return taken(error.message)
    if isinstance(error, Invalid):
        return invalid(error.message)
    if isinstance(error, Refused):
        return Failure(403, error.reason)
    if isinstance(error, Conflict):
        return Failure(409, _("Somebody else changed this in the meantime."))
    if isinstance(error, Unconfirmed):
        return Failure(403, _("This needs a token that may make delicate changes (the scope “delicate”)."))
    if isinstance(error, LosesMany):
        how = _("Allow it for the token, or send the header “X-Accept-Loss: yes”.")
        return Failure(403, f"{error.message} {how}", "tooMany")
    return None


def _of_trouble(error: Exception) -> Failure | None:
    if (trouble := outage.notice(error)) is not None:
        return Failure(503, str(WORDS[503]), Retry_After=str(unavailable.SHOWN[trouble].seconds))
    if isinstance(error, IntegrityError):
        return taken(_("Somebody else was faster: this name, address or ID is taken now."))
    return None


def _fault(error: Exception) -> Failure:
    logger.error("A SCIM request failed", exc_info=error)
    return Failure(500, _("Something went wrong. Nothing was saved."))
