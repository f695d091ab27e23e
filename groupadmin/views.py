from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Member


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where one lands after signing in: at the groups, or in Django admin without a company."""
    member = request.user
    if isinstance(member, Member) and member.company_id is None:
        return redirect("admin:index")
    return redirect("groups:list")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came from a page too old, or from elsewhere."""
    return render(request, "403_csrf.html", status=403)
