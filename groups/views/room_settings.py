"""Message room settings for those who run a group (rule 3.7)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.actor import Actor
from accounts.request import MemberRequest
from groups import permissions
from groups.actions.update import share_history as set_sharing
from groups.permissions import Act


@require_POST
def share_history(request: MemberRequest, pk: int) -> HttpResponse:
    """Whether people who join later see previous messages."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    shares = request.POST.get("shares") == "on"
    set_sharing(group, shares, actor=actor)
    if shares:
        messages.success(request, _("People who join later see earlier messages."))
    else:
        messages.success(request, _("People see messages since they joined."))
    return redirect("groups:settings_of", pk=group.pk)
