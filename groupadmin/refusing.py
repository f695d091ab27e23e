"""The pages for what is not answered as it was asked: in the frame, with the way on, for who is signed in."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Refused
from accounts.models import Company, Member
from groupadmin.base.way_back import came_from
from groups import permissions
from groups.models import Group

logger = logging.getLogger(__name__)

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class Whom:
    """Whom to ask for what one may not do oneself."""

    title: str | Promise
    people: Sequence[Member]


def say_no(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int
) -> HttpResponse:
    """The page in the frame, or alone: for strangers, and if what the frame needs is what is broken."""
    context = {"came_from": _came_from(request)} | (context or {})
    try:
        return render(request, template, context, status=status)
    except Exception:
        logger.exception("The frame cannot be drawn around the page for %s", status)
        return HttpResponse(get_template(template).render(context), status=status)


def say_refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    """403, with what would be needed (rule 7) and whom to ask."""
    context: dict[str, Any] = {"heading": refused.heading, "reason": refused.reason, "back": refused.back}
    viewer = request.user
    if isinstance(viewer, Member):
        group = _group_known_to(viewer, refused.target)
        context["whom"] = _whom_to_ask(viewer, group)
        if group is not None and refused.back is None:
            context["back"] = reverse("groups:detail", args=[group.pk]), _("Open the group")
    return say_no(request, "403.html", context, status=403)


def _came_from(request: HttpRequest) -> str:
    """Not what was just refused, which would be refused again."""
    path = came_from(request)
    return "" if path == request.get_full_path() else path


def _group_known_to(viewer: Member, target: object) -> Group | None:
    if not isinstance(target, Group) or target.pk is None:
        return None
    return permissions.visible_groups(viewer).filter(pk=target.pk).first()


def _whom_to_ask(viewer: Member, group: Group | None) -> list[Whom]:
    """The masters of a group, unless one is one of them; else the administrators of one's company."""
    if group is not None and not permissions.is_master_of(viewer, group):
        masters = Member.objects.active().filter(pk__in=group.masters.values("member"))
        if found := _first(masters.exclude(pk=viewer.pk)):
            return [Whom(_("Masters of this group"), found)]
    return _administrators(viewer, viewer.company)


def _administrators(viewer: Member, company: Company | None) -> list[Whom]:
    if company is None or viewer.is_administrator:
        return []
    administrators = Member.objects.active().filter(company=company, is_administrator=True)
    found = _first(administrators)
    return [Whom(_("Administrators of your company"), found)] if found else []


def _first(people: Any) -> list[Member]:
    return list(people.order_by("name_sort__collated", "pk")[:NAMED_AT_MOST])
