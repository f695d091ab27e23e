"""The Folder page and its actions (rule 3.5)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import is_foreign
from accounts.request import MemberRequest
from accounts.views.undo import say_done
from groupadmin.base.asking import COUNTED_AT_MOST, Question, Touched, ask, counted
from groupadmin.base.errors import Invalid
from groupadmin.base.partials import render_partial
from groupadmin.base.text import clean_line, isolated
from groups.models import Feature, Folder, FolderFile, Group
from groups.room.access import Entered, entered
from groups.room.frame import frame_of
from groups.room.permissions import RoomAct, check, may
from groups.room.unread import mark_seen, newest_id
from groups.room.uploads import files

from . import actions, reading, undoing, zips

TYPED_AT_MOST = 200


def enter(request: MemberRequest, pk: int) -> Entered:
    """Lets a member into the folders of a group."""
    return entered(request, pk, Feature.FOLDER)


@require_safe
def top(request: MemberRequest, pk: int) -> HttpResponse:
    """The top of the group's folders."""
    return show(request, enter(request, pk), None)


@require_safe
def inside(request: MemberRequest, pk: int, folder_pk: int) -> HttpResponse:
    """One folder."""
    here = enter(request, pk)
    return show(request, here, reading.live_folder(here.group, folder_pk))


def show(
    request: MemberRequest, here: Entered, folder: Folder | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a folder, or of the top; after a mistake with the entered name and the problem."""
    query = clean_line(request.GET.get("q", ""))[:TYPED_AT_MOST]
    page = reading.listing(here.group, folder, request.GET, query)
    context = (
        frame_of(here)
        | space_of(here)
        | {
            "folder": folder,
            "path": reading.path_of(folder),
            "here": address_of(here.group, folder),
            "page": page,
            "query": query,
            "pieces": settings.ROOM_PIECE_BYTES,
            "file_most": settings.ROOM_FILE_MAX_BYTES,
            "is_new": newest_id(here.group, Feature.FOLDER),
            **more,
        }
    )
    return render_partial(
        request, "room/folder.html", context, target="results", partial="results", status=status
    )


def address_of(group: Group, folder: Folder | int | None) -> str:
    """The page of a folder, or of the top."""
    if folder is None:
        return reverse("room:folder", args=[group.pk])
    return reverse("room:folder_in", args=[group.pk, folder.pk if isinstance(folder, Folder) else folder])


def space_of(here: Entered) -> dict[str, Any]:
    """The group's share of its space; only the company's own people see the company's."""
    room = here.group.room if hasattr(here.group, "room") else None
    used = room.bytes_used if room else 0
    space: dict[str, Any] = {
        "used": used,
        "most": settings.ROOM_GROUP_MAX_BYTES,
        "percent": min(100, used * 100 // max(1, settings.ROOM_GROUP_MAX_BYTES)),
    }
    if not is_foreign(here.member, here.group.company_id):
        # Counted a minute ago, it may be less than the group uses now.
        space["company_used"] = max(used, files.company_bytes(here.group.company_id))
        space["company_most"] = settings.ROOM_COMPANY_MAX_BYTES
    return space


@require_POST
def seen(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks the files as seen."""
    here = enter(request, pk)
    mark_seen(here, newest_id(here.group, Feature.FOLDER))
    return HttpResponse(status=204)


@require_POST
def add(request: MemberRequest, pk: int) -> HttpResponse:
    """Adds a folder."""
    here = enter(request, pk)
    parent = reading.live_folder(here.group, request.POST.get("folder", ""))
    name = clean_line(request.POST.get("name", ""))
    try:
        made = actions.add_folder(here.group, parent.pk if parent else None, name, actor=here.actor)
    except Invalid as invalid:
        problem = {"new_name": name, "new_name_error": invalid.message}
        return show(request, here, parent, status=422, **problem)
    messages.success(request, _("%(name)s was added.") % {"name": isolated(made.name)})
    return redirect(address_of(here.group, parent))


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: MemberRequest, pk: int, token: str) -> HttpResponse:
    """Renames a folder or a file."""
    here = enter(request, pk)
    (item,) = reading.chosen(here.group, [token]).items
    context: dict[str, Any] = {"item": item, "token": token, "name": item.name, "back": _place(item)}
    if request.method == "POST":
        context["name"] = name = clean_line(request.POST.get("name", ""))
        try:
            renamed = actions.rename(here.group, token, name, actor=here.actor)
        except Invalid as invalid:
            context["error"] = invalid.message
        else:
            messages.success(request, _("It is now called %(name)s.") % {"name": isolated(renamed.name)})
            return redirect(_place(item))
    status = 422 if "error" in context else 200
    return render(request, "room/folder_rename.html", frame_of(here) | context, status=status)


def _place(item: Folder | FolderFile) -> str:
    """The page of the folder that an item is in."""
    return address_of(item.group, item.parent_id if isinstance(item, Folder) else item.folder_id)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: MemberRequest, pk: int) -> HttpResponse:
    """GET shows the folders of a folder, to choose the target; POST moves the selected items there."""
    here = enter(request, pk)
    sent = request.POST if request.method == "POST" else request.GET
    chosen = reading.chosen(here.group, sent.getlist("item"))
    target = reading.live_folder(here.group, sent.get("to", ""))
    error = "" if chosen.items else _("Select what you want to move.")
    if request.method == "POST" and "to" in sent and not error:
        try:
            count = actions.move(here.group, chosen.tokens, target.pk if target else None, actor=here.actor)
        except Invalid as invalid:
            error = invalid.message
        else:
            text = ngettext("%(count)d item was moved.", "%(count)d items were moved.", count)
            messages.success(request, text % {"count": count})
            return redirect(address_of(here.group, target))
    context = frame_of(here) | {
        "chosen": chosen,
        "moved": {folder.pk for folder in chosen.folders},
        "target": target,
        "path": reading.path_of(target),
        "page": reading.folders_in(here.group, target, _only_get(request)),
        "query": _query(chosen),
        "cancel": _place(chosen.items[0]) if chosen.items else address_of(here.group, None),
        "error": error,
    }
    status = 422 if error and request.method == "POST" and "to" in sent else 200
    return render(request, "room/folder_move.html", context, status=status)


def _only_get(request: MemberRequest) -> QueryDict:
    return request.GET if request.method != "POST" else QueryDict()


def _query(chosen: reading.Chosen) -> str:
    query = QueryDict(mutable=True)
    query.setlist("item", chosen.tokens)
    return query.urlencode()


@require_POST
def put_in_bin(request: MemberRequest, pk: int) -> HttpResponse:
    """Moves the selected items to the bin for 30 days."""
    here = enter(request, pk)
    chosen = reading.chosen(here.group, request.POST.getlist("item"))
    back = _place(chosen.items[0]) if chosen.items else address_of(here.group, None)
    if not chosen.items:
        messages.error(request, _("Select what you want to delete."))
        return redirect(back)
    count, undoable = undoing.put_in_bin(here.group, chosen.tokens, actor=here.actor)
    text = ngettext("%(count)d item was moved to the bin.", "%(count)d items were moved to the bin.", count)
    say_done(request, text % {"count": count}, undoable)
    return redirect(back)


@require_safe
def bin(request: MemberRequest, pk: int) -> HttpResponse:
    """The deleted items, which can be restored."""
    here = enter(request, pk)
    page = reading.bin_listing(here.group, request.GET)
    context = frame_of(here) | {
        "page": page,
        "deletable": {row.token for row in page.rows if may(here, RoomAct.DELETE_FILE, row.item)},
        "days": settings.ROOM_BIN_DAYS,
    }
    return render_partial(request, "room/bin.html", context, target="results", partial="results")


@require_POST
def restore(request: MemberRequest, pk: int, token: str) -> HttpResponse:
    """Restores an item from the bin."""
    here = enter(request, pk)
    try:
        item = actions.restore(here.group, token, actor=here.actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        messages.success(request, _("%(name)s was restored.") % {"name": isolated(item.name)})
    return redirect("room:bin", here.group.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_for_good(request: MemberRequest, pk: int, token: str) -> HttpResponse:
    """Deletes an item in the bin permanently, after asking (rule 10.12)."""
    here = enter(request, pk)
    if request.method != "POST":
        return ask(request, _deleting_for_good(here, token))
    actions.delete_for_good(here.group, token, actor=here.actor)
    messages.success(request, _("It was permanently deleted."))
    return redirect("room:bin", here.group.pk)


def _deleting_for_good(here: Entered, token: str) -> Question:
    (item,) = reading.chosen(here.group, [token], binned=True).items
    check(here, RoomAct.DELETE_FILE, item)
    lines = []
    if isinstance(item, Folder):
        inside = FolderFile.objects.filter(folder__in=list(reading.below(item)), binned_at=item.binned_at)
        count = inside[: COUNTED_AT_MOST + 1].count()
        said = ngettext(
            "%(count)s file in it is deleted too.", "%(count)s files in it are deleted too.", count
        )
        lines.append(Touched("file", said % {"count": counted(count)}))
    lines.append(Touched("triangle-alert", _("This cannot be undone.")))
    return Question(
        heading=_("Delete %(name)s permanently?") % {"name": isolated(item.name)},
        answer=_("Delete permanently"),
        back=reverse("room:bin", args=[here.group.pk]),
        lines=lines,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def download_zip(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The selected items, or one folder, as a zip file."""
    here = enter(request, pk)
    sent = request.POST if request.method == "POST" else request.GET
    chosen = reading.chosen(here.group, sent.getlist("item"))
    if not chosen.items:
        messages.error(request, _("Select what you want to download."))
        return redirect("room:folder", here.group.pk)
    name = chosen.items[0].name if len(chosen.items) == 1 else here.group.name
    try:
        return zips.answer(here.group, chosen, name)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect(_place(chosen.items[0]))
