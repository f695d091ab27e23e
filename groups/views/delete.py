"""Deleting a group asks first, naming what it touches (rule 2.17)."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor
from accounts.models import Undoable
from accounts.request import MemberRequest
from accounts.views.undo import say_done
from groupadmin.base.asking import typed_in, wrong_name
from groupadmin.base.text import isolated
from groups import permissions
from groups.models import Group
from groups.permissions import Act
from groups.room.delete_data.counts import amounts
from groups.undo import deletion as undo

from .group import frame_of

CONTAINERS_NAMED = 20


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.DELETE)
    context = frame_of(request, group, "settings") | _touched(request, group)
    # Whoever finds nobody and nothing in it loses nothing by it (rule 10.12).
    name = group.name if context["people_count"] or context["room_data"] else ""
    error = wrong_name(request, name) if request.method == "POST" else ""
    if request.method == "POST" and not error:
        undoable = undo.delete_group(group, actor=actor)
        _say_deleted(request, actor, group, undoable)
        return redirect("groups:list")
    context |= {"name": name, "typed": typed_in(request), "error": error}
    return render(request, "groups/delete.html", context, status=422 if error else 200)


def _touched(request: MemberRequest, group: Group) -> dict[str, object]:
    """The groups that contain this one: those the viewer may see by name, the others as a number."""
    containers = Group.objects.live().filter(entries__subgroup=group)
    visible = permissions.visible_groups(request.user)
    seen = visible.filter(pk__in=containers.values("pk")).order_by("name_sort__collated", "pk")
    named = list(seen[:CONTAINERS_NAMED])
    count = seen.count()
    mailing_list = group.mailing_list
    lists = Group.objects.live().filter(mailing_list__designations__group=group).exclude(pk=group.pk)
    room_data = amounts(group)
    return {
        "room_data": room_data,
        "room_bytes": sum(amount.bytes for amount in room_data),
        "containers": named,
        "more_containers": count - len(named),
        "hidden_containers": containers.count() - count,
        "designated_for": lists.distinct().count(),
        "alias_count": mailing_list.aliases.count() if mailing_list and group.address else 0,
        "contact_count": mailing_list.external_contacts.count() if mailing_list and group.address else 0,
        "kept_days": settings.DELETED_GROUPS_KEPT_DAYS,
    }


def _say_deleted(request: MemberRequest, actor: Actor, group: Group, undoable: Undoable | None) -> None:
    name = isolated(group.name)
    said: str
    if permissions.may(actor, Act.RESTORE, group):
        link = format_html('<a href="{}">{}</a>', reverse("groups:deleted"), _("Recently deleted"))
        said = format_html(_("{name} was deleted. You can restore it under {link}."), name=name, link=link)
    else:
        said = _("%(name)s was deleted. Administrators can restore it for %(days)d days.") % {
            "name": name,
            "days": settings.DELETED_GROUPS_KEPT_DAYS,
        }
    say_done(request, said, undoable)
