"""What the files of an import can have: tables and columns of our form, and a template (rule 10.1)."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.request import MemberRequest
from accounts.views.lookups import require_administrator
from groups.directory.form.columns import TABLES
from groups.directory.form.template import template_archive, template_workbook

from .lookups import ACT

TEMPLATES = {
    "xlsx": (template_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "csv": (template_archive, "application/zip", "zip"),
}


@require_safe
def import_form(request: MemberRequest) -> HttpResponse:
    """Each table with its columns."""
    require_administrator(request, ACT)
    return render(
        request, "groups/imports/form.html", {"tables": TABLES.values(), "templates": template_links()}
    )


@require_safe
def import_template(request: MemberRequest, kind: str) -> HttpResponse:
    """The template, as a workbook or as CSV files in a zip."""
    require_administrator(request, ACT)
    if kind not in TEMPLATES:
        raise Http404
    make, content_type, ending = TEMPLATES[kind]
    response = HttpResponse(make(), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="groupadmin-directory.{ending}"'
    return response


def template_links() -> list[tuple[str, str]]:
    """Where the templates are, and what they are called."""
    return [
        (reverse("groups:import_template", args=["xlsx"]), _("Template for Excel")),
        (reverse("groups:import_template", args=["csv"]), _("Template as CSV files")),
    ]
