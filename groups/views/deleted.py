"""Recently deleted groups, and restoring them (rule 2.17)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actor import Actor
from accounts.bulk.bar import bar_of
from accounts.models import Company
from accounts.permissions import check_administers
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.paging import page_of
from groupadmin.base.partials import render_partial
from groupadmin.base.text import isolated
from groups import actions, permissions
from groups.bulk.deleted import DELETED
from groups.forms.restore import RestoreForm
from groups.membership import effective
from groups.models import Group
from groups.permissions import Act

PAGE_SIZE = 25
LATEST_FIRST = {"-deleted_at": datetime, "-pk": int}


@dataclass(frozen=True)
class Row:
    """A deleted group, and how long it can still be restored."""

    group: Group
    days_left: int


@require_safe
def deleted(request: MemberRequest) -> HttpResponse:
    """The company's deleted groups, the latest first; for administrators."""
    actor = Actor.of(request)
    company = request.user.company
    check_administers(actor, company, "group.list_deleted")
    page = page_of(deleted_groups(company), LATEST_FIRST, request.GET, PAGE_SIZE)
    context = {
        "rows": [Row(group, days_left(group)) for group in page.rows],
        "page": page,
        "bulk": bar_of(DELETED, page),
        "kept_days": settings.DELETED_GROUPS_KEPT_DAYS,
    }
    return render_partial(request, "groups/deleted.html", context, target="results", partial="results")


def deleted_groups(company: Company | None) -> QuerySet[Group]:
    """The company's deleted groups, with what is shown of them."""
    return Group.objects.deleted().filter(company=company).select_related("deleted_by", "mailing_list")


def days_left(group: Group) -> int:
    """How many days, the current one included, a deleted group can still be restored."""
    if group.deleted_at is None:
        return 0
    left = group.deleted_at + timedelta(days=settings.DELETED_GROUPS_KEPT_DAYS) - timezone.now()
    return max(0, -(-left // timedelta(days=1)))


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: MemberRequest, pk: int) -> HttpResponse:
    """GET says what comes back and asks to replace what is taken; POST restores."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.RESTORE)
    if group.deleted_at is None:
        return redirect("groups:detail", pk)
    obstacles = actions.restore_obstacles(group)
    form = RestoreForm(request.POST if request.method == "POST" else None, initial=_old(group))
    if request.method == "POST" and form.is_valid():
        if (problem := _restore(actor, group, form)) is None:
            messages.success(request, _("%(name)s was restored.") % {"name": isolated(group.name)})
            return redirect("groups:detail", pk)
        obstacles = {problem.field or "": problem.message}
    context = {
        "group": group,
        "form": form,
        "obstacles": obstacles,
        "asks_name": "name" in obstacles or "name" in form.data,
        "asks_address": "address" in obstacles or "address" in form.data,
        "address_domain": group.mailing_list.kept_address.rpartition("@")[2] if group.mailing_list else "",
        "problem": obstacles.get(""),
        "lost_aliases": actions.lost_aliases(group),
        "days_left": days_left(group),
        "people_count": effective.count_people([group])[group.pk],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "groups/restore.html", context, status=status)


def _old(group: Group) -> dict[str, str]:
    kept = group.mailing_list.kept_address if group.mailing_list else ""
    return {"name": group.name, "address": kept.rpartition("@")[0]}


def _restore(actor: Actor, group: Group, form: RestoreForm) -> Invalid | None:
    """Tries it; returns what prevents it, if any."""
    typed = form.cleaned_data
    try:
        restored = actions.restore_group(
            group, actor=actor, name=typed["name"] or None, local_part=typed["address"] or None
        )
    except Invalid as invalid:
        return invalid
    group.name = restored.name
    return None
