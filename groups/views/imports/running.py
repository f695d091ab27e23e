"""What an administrator does with an import: go, cancel, discard (rule 10.2)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groups.directory.imports import lifecycle

from .lookups import import_for
from .overview import page_of_import


@require_POST
def start(request: MemberRequest, pk: int) -> HttpResponse:
    """Brings all rows in, or only the good ones."""
    actor, _company, directory_import = import_for(request, pk)
    try:
        lifecycle.start_run(directory_import, only_good=bool(request.POST.get("only_good")), actor=actor)
    except Invalid as invalid:
        directory_import.refresh_from_db()
        return page_of_import(request, directory_import, [invalid.message])
    return redirect("groups:import", pk)


@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Stops what goes on. What has been brought in stays, and can be undone."""
    actor, _company, directory_import = import_for(request, pk)
    try:
        lifecycle.cancel(directory_import, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    return redirect("groups:import", pk)


@require_POST
def discard(request: MemberRequest, pk: int) -> HttpResponse:
    """Forgets an import that was only looked at, with its files."""
    actor, _company, directory_import = import_for(request, pk)
    try:
        lifecycle.discard(directory_import, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect("groups:import", pk)
    messages.success(request, _("The import was discarded. Nothing was changed."))
    return redirect("groups:imports")
