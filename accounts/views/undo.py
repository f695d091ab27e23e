""" "Undo" in a message: offered where something is taken away, and done here (rule 10.13)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts import undo as undoing
from accounts.actor import Actor
from accounts.models import Undoable
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.templatetags.groupadmin import UNDO


def say_done(request: HttpRequest, said: str | SafeString, undoable: Undoable | None) -> None:
    """The message about what was done, with "Undo" if it can be."""
    messages.success(request, said, extra_tags=f"{UNDO}{undoable.key}" if undoable is not None else "")


@require_POST
def undo(request: MemberRequest, key: UUID) -> HttpResponse:
    """Undoes it, and leads back to where it was offered."""
    try:
        said = undoing.undo(key, actor=Actor.of(request))
    except Invalid as invalid:
        messages.warning(request, invalid.message)
    else:
        messages.success(request, said)
    back = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(back if is_here else reverse("home"))
