import logging
import sys

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Member
from groupadmin.base import unavailable
from groupadmin.base.request_log import request_id

logger = logging.getLogger(__name__)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Redirects after sign-in: to the groups, or to Django admin without a company."""
    member = request.user
    if isinstance(member, Member) and member.company_id is None:
        return redirect("admin:index")
    return redirect("groups:list")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from an expired page or from another site."""
    return render(request, "403_csrf.html", status=403)


TOO_MUCH: dict[type[Exception], Promise] = {
    TooManyFieldsSent: gettext_lazy("This form has too many fields. Send less at once."),
    TooManyFilesSent: gettext_lazy("These are too many files at once. Send fewer."),
    RequestDataTooBig: gettext_lazy("This form holds too much text. Send less at once."),
}


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read, or is more than any form of ours sends. Asks nothing of the request."""
    reason = TOO_MUCH.get(type(exception)) or _("Your browser sent something that cannot be read.")
    return HttpResponse(get_template("400.html").render({"reason": reason}), status=400)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """What no view could answer, also from middleware: trouble is said as such, the rest is our fault."""
    return unavailable.answer(request, sys.exception()) or _fault()


def _fault() -> HttpResponse:
    """The page for a fault; in plain text if what is broken is what every page needs."""
    try:
        return HttpResponse(get_template("500.html").render({"request_id": request_id()}), status=500)
    except Exception:
        logger.exception("The page for faults cannot be shown")
        text = _("Something went wrong. Nothing was saved.")
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")
