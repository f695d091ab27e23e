"""The dialogs: "Add Group", "Add external group" and "Edit Group/Master" (rules 2.13, 2.18)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor, Refused
from accounts.models import Company
from accounts.permissions import may_administer
from accounts.pickers import PickerField
from accounts.request import MemberRequest
from accounts.views.undo import say_done
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import field_of
from groupadmin.base.ids import parse_number
from groupadmin.base.partials import render_dialog
from groupadmin.base.text import isolated
from groups import permissions
from groups.forms import AddExternalGroupForm, AddGroupForm, EditGroupForm, GroupForm
from groups.forms.group import AddForm
from groups.forms.help import masters_hint, members_hint
from groups.history import changes_since
from groups.models import Group
from groups.permissions import Act
from groups.pickers import GroupScope
from groups.room.delete_data.counts import deletable_data


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """ "Add Group": an internal group."""
    return _add(request, AddGroupForm)


@require_http_methods(["GET", "HEAD", "POST"])
def add_external(request: MemberRequest) -> HttpResponse:
    """ "Add external group"."""
    return _add(request, AddExternalGroupForm)


def _add(request: MemberRequest, form_class: type[AddForm]) -> HttpResponse:
    actor = Actor.of(request)
    company = _company_to_add_to(actor, request.user.company, form_class.kind)
    if request.method != "POST":
        form = form_class(actor=actor, company=company)
        so_far = _number(request.GET.get("so_far"))
        form.initial["continues"] = so_far > 0
        return _show(request, form, so_far=so_far)
    form = form_class(request.POST, request.FILES, actor=actor, company=company)
    so_far = _number(request.POST.get("so_far"))
    if form.is_valid():
        try:
            group = form.save()
        except Invalid as invalid:
            form.show(invalid)
        else:
            return _added(request, form, group, so_far + 1)
    return _show(request, form, so_far=so_far, status=422)


def _company_to_add_to(actor: Actor, company: Company | None, kind: str) -> Company:
    """The person's own company, if they may add such a group there. Raises Refused."""
    external = kind == Group.Kind.EXTERNAL
    may = permissions.may_create_external_groups if external else permissions.may_create_groups
    verdict = may(actor, company)
    if company is None or not verdict:
        raise Refused("group.create", verdict.reason, company=company)
    return company


def _number(text: str | None) -> int:
    """How many groups were added so far; anything invalid counts as none."""
    return min(parse_number(text) or 0, 100_000)


def _added(request: MemberRequest, form: AddForm, group: Group, so_far: int) -> HttpResponse:
    """To the list, or to an empty dialog that says what was added (rule 2.13)."""
    said = _("“%(name)s” was added.") % {"name": isolated(group.name)}
    if not form.cleaned_data["continues"]:
        messages.success(request, said)
        return redirect(f"{reverse('groups:list')}?new={group.pk}")
    if not request.htmx:
        messages.success(request, said)
        return redirect(f"{request.path}?so_far={so_far}")
    fresh = type(form)(actor=form.actor, company=form.company)
    fresh.initial["continues"] = True
    return _show(request, fresh, so_far=so_far, added=said)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """ "Edit Group/Master": all fields of the dialog (rule 2.18)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    if request.method != "POST":
        return _show(request, EditGroupForm(actor=actor, company=group.company, instance=group), group=group)
    form = EditGroupForm(request.POST, request.FILES, actor=actor, company=group.company, instance=group)
    if form.is_valid():
        try:
            group = form.save()
        except Invalid as invalid:
            form.show(invalid)
        except Conflict:
            return _show_conflict(request, form)
        else:
            said = _("“%(name)s” was saved.") % {"name": isolated(group.name)}
            say_done(request, said, form.undoable)
            return redirect("groups:detail", group.pk)
    return _show(request, form, group=Group.objects.get(pk=pk), status=422)


def _show_conflict(request: MemberRequest, form: EditGroupForm) -> HttpResponse:
    """Says what others changed, keeps what was typed, and offers to save anyway (rule 2.18)."""
    group = permissions.get_group_for(form.actor, form.instance.pk, Act.EDIT)
    changes = changes_since(group, form.cleaned_data["version"], viewer=request.user)
    again = request.POST.copy()
    again["version"] = str(group.version)
    if form.draft is not None:
        again["photo_draft"] = str(form.draft.pk)
    fresh = EditGroupForm(again, actor=form.actor, company=group.company, instance=group)
    fresh.is_valid()
    shown = Group.objects.get(pk=group.pk)
    return _show(request, fresh, group=shown, changes=changes, is_conflict=True, status=409)


def _show(
    request: MemberRequest, form: GroupForm, *, status: int = 200, so_far: int = 0, **context: Any
) -> HttpResponse:
    """The dialog: as a page of its own, as a modal over a page, or only its form after an error."""
    group: Group | None = context.get("group")
    context |= {
        "form": form,
        "list_form": form.list_form,
        "so_far": so_far,
        "so_far_text": ngettext("%(count)d group added so far", "%(count)d groups added so far", so_far)
        % {"count": so_far},
        "is_external": form.kind == Group.Kind.EXTERNAL,
        "heading": _heading(form),
        "cancel_url": reverse("groups:detail", args=[group.pk]) if group else reverse("groups:list"),
        "message_is_on": bool(form["message"].value()),
        "masters_hint": masters_hint(is_own=_is_own(form), is_external=form.kind == Group.Kind.EXTERNAL),
        "members_hint": members_hint(
            is_own=_is_own(form), is_external=form.kind == Group.Kind.EXTERNAL, is_new=group is None
        ),
    }
    if group is not None:
        # Where it comes from is for those who administer its company (rule 10.4).
        context["origin"] = group.origin if may_administer(form.actor, group.company) else ""
        context |= deletable_data(form.actor, group)
    template = "groups/dialog.html"
    return render_dialog(request, template, context, status=status)


def _is_own(form: GroupForm) -> bool:
    """Whether the viewer is in the group's company."""
    scope = field_of(form, "masters", PickerField).scope
    return isinstance(scope, GroupScope) and scope.is_own


def _heading(form: GroupForm) -> str:
    if isinstance(form, EditGroupForm):
        return _("Edit Group/Master")
    return _("Add external group") if form.kind == Group.Kind.EXTERNAL else _("Add Group")
