"""What people set for themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.profile import FIELDS, answer_zone, set_photo, update_profile
from accounts.actor import Actor
from accounts.forms.profile import ProfileForm
from accounts.models import Member
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid

from .lookups import page

TEMPLATE = "accounts/profile.html"


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest) -> HttpResponse:
    """One's own language and time zone, how one is notified, light or dark, and the password."""
    actor, member = Actor.of(request), request.user
    if request.method != "POST":
        return page(request, TEMPLATE, {"form": _form(member)})
    form = ProfileForm(request.POST, member=member)
    if form.is_valid():
        try:
            update_profile(member, actor=actor, **form.cleaned_data)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("Your profile was saved."))
            return redirect("accounts:profile")
    return page(request, TEMPLATE, {"form": form}, invalid=True)


@require_POST
def zone(request: MemberRequest) -> HttpResponse:
    """Answers whether times are shown in the zone where the browser is now (rule 12.3)."""
    actor, member = Actor.of(request), request.user
    wanted = request.POST.get("answer") == "yes"
    try:
        answer_zone(member, request.POST.get("zone", ""), wanted=wanted, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    if request.htmx and not wanted:
        return HttpResponse()
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "accounts:profile")


@require_POST
def photo(request: MemberRequest) -> HttpResponse:
    """Sets one's own photo; errors are shown next to the file field."""
    actor, member = Actor.of(request), request.user
    upload = request.FILES.get("photo")
    problem = "" if upload else _("Choose a photo first.")
    if upload is not None:
        try:
            set_photo(member, upload, upload.size or 0, actor=actor)
        except Invalid as invalid:
            problem = invalid.message
    if problem:
        context = {"form": _form(member), "photo_problem": problem}
        return page(request, TEMPLATE, context, invalid=True)
    messages.success(request, _("Your photo was saved."))
    return redirect("accounts:profile")


@require_POST
def photo_remove(request: MemberRequest) -> HttpResponse:
    """Removes one's own photo."""
    actor, member = Actor.of(request), request.user
    set_photo(member, None, actor=actor)
    messages.success(request, _("Your photo was removed."))
    return redirect("accounts:profile")


def _form(member: Member) -> ProfileForm:
    return ProfileForm(initial={name: getattr(member, name) for name in FIELDS}, member=member)
