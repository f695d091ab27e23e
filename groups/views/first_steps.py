"""The first steps of a company, for its administrators (rule 1.14)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.profile import hide_first_steps
from accounts.request import MemberRequest
from accounts.views.lookups import require_administrator
from groups.first_steps import FirstSteps

ACT = "company.see_first_steps"


@require_safe
def first_steps(request: MemberRequest) -> HttpResponse:
    """All steps with what is done, also for who has hidden them."""
    require_administrator(request, ACT)
    return render(request, "groups/first_steps.html", {"first_steps": FirstSteps.of(request.user)})


@require_POST
def hide(request: MemberRequest) -> HttpResponse:
    """Takes them off the administrator's home."""
    require_administrator(request, ACT)
    hide_first_steps(request.user)
    messages.success(request, _("The first steps are hidden. You find them on the page “Company”."))
    return redirect("groups:list")
