"""What people set for themselves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.profile import update_profile
from accounts.actor import Actor, Invalid
from accounts.forms import ProfileForm
from groups.forms.fields import show_invalid

from .lookups import page

TEMPLATE = "accounts/profile.html"


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own language and time zone, light or dark, and the password."""
    actor = Actor.of(request)
    member = actor.member
    assert member is not None  # noqa: S101  (a request's actor is a person)
    if request.method != "POST":
        form = ProfileForm(initial={"language": member.language, "time_zone": member.time_zone})
        return page(request, TEMPLATE, {"form": form})
    form = ProfileForm(request.POST)
    if form.is_valid():
        try:
            update_profile(member, actor=actor, **form.cleaned_data)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("Your profile was saved."))
            return redirect("accounts:profile")
    return page(request, TEMPLATE, {"form": form}, invalid=True)
