""" "Delete data" in a feature of the message room (rule 3.4)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line
from groups import permissions
from groups.models import Feature
from groups.permissions import Act
from groups.room.delete_data.counts import DELETABLE, amount_of
from groups.room.delete_data.job import start_data_deletion

from .group import frame_of

# A name of 1,000 code points, twice: browsers count emoji as two, and names are shown with marks closed.
TYPED_AT_MOST = 2000


@require_http_methods(["GET", "HEAD", "POST"])
def delete_data(request: MemberRequest, pk: int, feature: str) -> HttpResponse:
    """GET says how much there is and asks for the group's name; POST leaves it to the worker."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, min(pk, 2**63 - 1), Act.DELETE_DATA)
    if feature not in DELETABLE or feature not in group.features:
        raise Http404
    wanted = Feature(feature)
    amount = amount_of(group, wanted)
    if not amount:
        messages.info(request, _("There is nothing to delete."))
        return redirect("groups:settings_of", group.pk)
    context: dict[str, Any] = frame_of(request, group, "settings") | {"amount": amount}
    if request.method == "POST":
        context["typed"] = typed = clean_line(request.POST.get("typed", ""))[:TYPED_AT_MOST]
        try:
            job = start_data_deletion(group, wanted, typed, actor=actor)
        except Invalid as invalid:
            context["error"] = invalid.message
        else:
            return redirect("accounts:job", job.pk)
    status = 422 if "error" in context else 200
    return render(request, "groups/delete_data.html", context, status=status)
