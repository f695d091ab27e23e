"""What the files of an import can have: tables and columns of our form, for who fills them (rule 10.1)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.request import MemberRequest
from accounts.views.lookups import require_administrator
from groups.directory.form.columns import TABLES

from .lookups import ACT


@require_safe
def import_form(request: MemberRequest) -> HttpResponse:
    """Each table with its columns."""
    require_administrator(request, ACT)
    return render(request, "groups/imports/form.html", {"tables": TABLES.values()})
