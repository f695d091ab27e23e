from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import Member


def home(request: HttpRequest) -> HttpResponse:
    """Where one lands after signing in: superusers without a company in Django admin, all others at the groups."""
    member = request.user
    if isinstance(member, Member) and member.company_id is None:
        return redirect("admin:index")
    return redirect("groups:list")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came from a page too old, or from elsewhere."""
    return render(request, "403_csrf.html", status=403)
