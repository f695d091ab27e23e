from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Member


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
