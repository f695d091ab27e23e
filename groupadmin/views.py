import logging
import sys

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base import unavailable, way_back
from groupadmin.base.request_log import request_id
from groups import permissions
from groups.permissions import Act, DeletedGroup

from .refusing import say_no

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
    """A form from before its sender signed in again, such as in another tab, or from another site."""
    back = _("Back to the form")
    came_from = way_back.came_from(request)
    return say_no(request, "403_csrf.html", {"back": (came_from, back) if came_from else None}, status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. It is the same for what is not there and for what one may not know of (rule 7)."""
    context = {}
    if isinstance(exception, DeletedGroup) and permissions.may(
        Actor.of(request), Act.RESTORE, exception.group
    ):
        context["deleted"] = exception.group
    return say_no(request, "404.html", context, status=404)


@login_not_required
def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, where a library refuses; what we refuse says why (groupadmin.middleware.RefusalMiddleware)."""
    return say_no(request, "403.html", status=403)


TOO_MUCH: dict[type[Exception], Promise] = {
    TooManyFieldsSent: gettext_lazy("This form has too many fields. Send less at once."),
    TooManyFilesSent: gettext_lazy("These are too many files at once. Send fewer."),
    RequestDataTooBig: gettext_lazy("This form holds too much text. Send less at once."),
}


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read, or is more than any form of ours sends."""
    reason = TOO_MUCH.get(type(exception)) or _("Your browser sent something that cannot be read.")
    if isinstance(getattr(request, "user", None), Member):
        return say_no(request, "400.html", {"reason": reason}, status=400)
    # Asks nothing of the request: not even its host may be one that can be asked for.
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
