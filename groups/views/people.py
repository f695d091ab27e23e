"""Changes to a group's people from its page: entries, masters, and "Edit Members" (rule 2.18)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import connecting
from accounts.actor import Actor, Refused
from accounts.models import Member
from accounts.request import MemberRequest
from accounts.views.undo import say_done
from groupadmin.base.asking import Question, Touched, ask
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.partials import fills, render_dialog, render_partial
from groupadmin.base.text import isolated
from groups import actions, limits, permissions
from groups.actions import Entries
from groups.actions.people import check_gives_up
from groups.forms.help import entries_help
from groups.forms.members import AddExternalMembersForm, EditMembersForm, NameMasterForm
from groups.history import changes_since
from groups.models import Feature, Group, Membership
from groups.permissions import Act
from groups.undo import people as undo

from .group import frame_of, people_address


@require_http_methods(["GET", "HEAD", "POST"])
def edit_members(request: MemberRequest, pk: int) -> HttpResponse:
    """ "Edit Members": the entries only (rule 2.18)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    form = EditMembersForm(request.POST if request.method == "POST" else None, actor=actor, group=group)
    if form.is_bound and form.is_valid():
        try:
            undoable = form.save()
        except Invalid as problem:
            form.add_error("members" if problem.field == "members" else None, problem.message)
        except Conflict:
            return _show_conflict(request, form)
        else:
            say_done(request, _("The members were saved."), undoable)
            return redirect(people_address(group))
    return _edit_members_page(request, form, status=422 if form.errors else 200)


def _show_conflict(request: MemberRequest, form: EditMembersForm) -> HttpResponse:
    """Says what others changed, keeps what was typed, and offers to save anyway."""
    group = permissions.get_group_for(form.actor, form.group.pk, Act.EDIT)
    changes = changes_since(group, form.cleaned_data["version"], viewer=request.user)
    again = request.POST.copy()
    again["version"] = str(group.version)
    fresh = EditMembersForm(again, actor=form.actor, group=group)
    context = {"changes": changes, "is_conflict": True}
    if fresh.is_valid():
        context["difference"] = fresh.difference()
    return _edit_members_page(request, fresh, status=409, **context)


def _edit_members_page(
    request: MemberRequest, form: EditMembersForm, *, status: int, **context: object
) -> HttpResponse:
    is_own, is_external = form.scope.is_own, form.group.is_external
    context |= {"entries_help": entries_help(is_own=is_own, is_external=is_external)}
    context |= {"form": form, **frame_of(request, form.group, "people")}
    return render(request, "groups/edit_members.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def name_master(request: MemberRequest, pk: int) -> HttpResponse:
    """Adds masters (rules 2.7, 2.15): on a page, or right below the group in the list of groups."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    form = NameMasterForm(request.POST if request.method == "POST" else None, actor=actor, group=group)
    place = f"name-master-{group.pk}"
    is_in_list = fills(request, place)
    if is_in_list:
        form.auto_id = f"id_%s_{group.pk}"  # several can be open at once
    if form.is_bound and form.is_valid():
        try:
            form.save()
        except Invalid as problem:
            form.add_error("masters" if problem.field == "masters" else None, problem.message)
        else:
            done = _("The masters of %(name)s were saved.") % {"name": isolated(group.name)}
            messages.success(request, done if is_in_list else _("The masters were saved."))
            return redirect("groups:list" if is_in_list else people_address(group, "masters"))
    context = {"form": form, "place": place, **frame_of(request, group, "people")}
    status = 422 if form.errors else 200
    return render_partial(
        request, "groups/name_master.html", context, target=place, partial="inline_form", status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_external_members(request: MemberRequest, pk: int) -> HttpResponse:
    """ "Add external members", from one's own Contacts (rule 6.3)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    if not group.is_external:
        raise Refused("group.add_external_members", limits.NOT_EXTERNAL, target=group)
    form = AddExternalMembersForm(
        request.POST if request.method == "POST" else None, actor=actor, group=group
    )
    if form.is_bound and form.is_valid():
        try:
            form.save()
        except Invalid as problem:
            form.add_error("members" if problem.field == "members" else None, problem.message)
        else:
            added = len(form.cleaned_data["members"].members)
            said = ngettext("%(count)s person was added.", "%(count)s people were added.", added)
            messages.success(request, said % {"count": f"{added:,}"})
            return redirect(people_address(group))
    status, template = 422 if form.errors else 200, "groups/add_external_members.html"
    context = {"form": form, "group": group, "obstacle": connecting.obstacle(request.user)}
    return render_dialog(request, template, context, status=status)


@require_POST
def remove_entry(request: MemberRequest, pk: int, entry_pk: int) -> HttpResponse:
    """Removes one entry from the group."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    entries = Membership.objects.select_related("member", "team", "subgroup")
    entry = get_object_or_404(entries, pk=entry_pk, group=group)
    removed = Entries(*(_one(pk) for pk in (entry.member_id, entry.team_id, entry.subgroup_id)))
    try:
        undoable = undo.edit_entries(group, Entries(), removed, actor=actor)
    except Invalid as problem:
        messages.error(request, problem.message)
    else:
        say_done(request, _removed(request, entry), undoable)
    return _back(request, group)


def _removed(request: MemberRequest, entry: Membership) -> str:
    """What was removed, by its name; a group only for who may know of it (rules 2.21, 6.4)."""
    shown = permissions.visible_groups(request.user)
    if entry.subgroup_id is not None and not shown.filter(pk=entry.subgroup_id).exists():
        return _("Removed from the group.")
    what = entry.member or entry.team or entry.subgroup
    return _("%(what)s was removed from the group.") % {"what": isolated(what.name if what else "")}


def _one(pk: int | None) -> frozenset[int]:
    return frozenset() if pk is None else frozenset({pk})


@require_POST
def remove_master(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes the role from a master (rule 2.7)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    master = _posted_master(request, group)
    try:
        undoable = undo.remove_master(group, master, actor=actor)
    except Invalid as problem:
        messages.error(request, problem.message)
    else:
        said = _("%(name)s is no longer a master.") % {"name": isolated(master.name)}
        say_done(request, said, undoable)
    return _back(request, group, "masters")


@require_http_methods(["GET", "HEAD", "POST"])
def give_up_master(request: MemberRequest, pk: int) -> HttpResponse:
    """The viewer gives up being a master (rule 2.7), after being asked (rule 10.12)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.SEE)
    if request.method != "POST":
        check_gives_up(group, actor)
        return ask(request, _giving_up(group))
    actions.give_up_master(group, actor=actor)
    messages.success(request, _("You are no longer a master of %(name)s.") % {"name": isolated(group.name)})
    if permissions.may(actor, Act.SEE, group):
        return redirect(people_address(group))
    return redirect("groups:list")


def _giving_up(group: Group) -> Question:
    others = group.masters.active().count() - 1
    said = ngettext("%(count)d other master stays.", "%(count)d other masters stay.", others)
    kept = _("Only another master or an administrator can give it back.")
    return Question(
        heading=_("Give up your master role in %(name)s?") % {"name": isolated(group.name)},
        answer=_("Give up master role"),
        back=people_address(group),
        lines=[Touched("key-round", said % {"count": max(0, others)}), Touched("triangle-alert", kept)],
    )


@require_POST
def add_me(request: MemberRequest, pk: int) -> HttpResponse:
    """Makes a master a member too: the viewer, or the one named (rule 2.12)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    master = _posted_master(request, group) if "member" in request.POST else request.user
    try:
        actions.add_master_as_member(group, master, actor=actor)
    except Invalid as problem:
        messages.error(request, problem.message)
    else:
        text = _("%(name)s is now a member.")
        if group.has(Feature.MESSAGE):
            text = _("%(name)s is now a member and can enter the message room.")
        messages.success(request, text % {"name": isolated(master.name)})
    return _back(request, group)


def _posted_master(request: MemberRequest, group: Group) -> Member:
    """The master whose id was posted; 404 for anybody else."""
    pk = parse_id(request.POST.get("member"))
    if pk is None:
        raise Http404
    return get_object_or_404(Member, pk=pk, masterships__group=group)


def _back(request: MemberRequest, group: Group, show: str = "") -> HttpResponse:
    """To the list of people that the button was in."""
    return redirect(people_address(group, request.POST.get("show", show)))
