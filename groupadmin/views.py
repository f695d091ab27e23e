import sys

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import defaults
from django.views.decorators.http import require_safe

from accounts.models import Member
from groupadmin.base import unavailable


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


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """What no view could answer, also from middleware: trouble is said as such, the rest is our fault."""
    return unavailable.answer(request, sys.exception()) or defaults.server_error(request)
