"""A group's settings: to read, and panel by panel to edit (rules 5.10, 7)."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actor import Actor
from accounts.pickers.describing import describe
from accounts.pickers.tokens import tokens_of
from accounts.request import MemberRequest
from accounts.views.undo import say_done
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.paging import page_of
from groupadmin.base.partials import fills, render_partial
from groupadmin.base.text import isolated
from groups import permissions
from groups.entries import present_designated
from groups.forms.panels import PANELS, AnyPanel, panels_of
from groups.history import changes_since
from groups.membership import designated
from groups.models import Designation, Feature, Group, Room
from groups.models.switches import ADVANCED_SWITCHES, switches_of
from groups.permissions import Act
from groups.pickers import GroupScope, Purpose
from groups.room.delete_data.counts import deletable_data

from .group import PAGE, frame_of

TEMPLATE = "groups/settings.html"


@require_safe
def settings_of(request: MemberRequest, pk: int) -> HttpResponse:
    """The group's settings. The list's rules are shown to those who run the group."""
    group = permissions.get_group_for(Actor.of(request), pk, Act.SEE)
    context = _panels(request, group)
    return render_partial(request, TEMPLATE, context, target="list-contacts", partial="contacts")


@require_http_methods(["GET", "HEAD", "POST"])
def edit_panel(request: MemberRequest, pk: int, panel: str) -> HttpResponse:
    """A panel as a form: in its place on the page, or without htmx on a page of its own."""
    if (form_class := PANELS.get(panel)) is None:
        raise Http404
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, form_class.act)
    if not form_class.is_of(group):
        raise Http404
    if request.method != "POST":
        return _show(request, form_class(actor=actor, group=group), group)
    form = form_class(request.POST, actor=actor, group=group)
    if form.is_valid():
        try:
            form.save()
        except Invalid as invalid:
            form.show(invalid)
        except Conflict:
            return _show_conflict(request, form, pk)
        else:
            said = _("“%(name)s” was saved.") % {"name": isolated(str(form.title))}
            say_done(request, said, form.undoable)
            return redirect(f"{reverse('groups:settings_of', args=[pk])}#panel-{panel}")
    return _show(request, form, _as_it_is(pk), status=422)


def _show_conflict(request: MemberRequest, form: AnyPanel, pk: int) -> HttpResponse:
    """Says what others changed, keeps what was typed, and offers to save anyway (rule 2.18)."""
    group = permissions.get_group_for(form.actor, pk, form.act)
    again = request.POST.copy()
    again["version"] = str(group.version)
    fresh = type(form)(again, actor=form.actor, group=group)
    fresh.is_valid()
    changes = changes_since(group, form.cleaned_data["version"], viewer=request.user)
    return _show(request, fresh, _as_it_is(pk), changes=changes, is_conflict=True, status=409)


def _as_it_is(pk: int) -> Group:
    """As it is stored: a form has written into the one that it was given."""
    return Group.objects.select_related("company", "mailing_list__address__domain").get(pk=pk)


def _show(
    request: MemberRequest, form: AnyPanel, group: Group, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {
        "form": form,
        "editing": form.panel,
        "group": group,
        "list_form": form.list_form,
        "message_is_on": "message" in form.fields and bool(form["message"].value()),
    }
    target = f"panel-{form.panel}"
    if not fills(request, target):
        context = _panels(request, group) | context
    return render_partial(request, TEMPLATE, context, target=target, partial="form", status=status)


def _panels(request: MemberRequest, group: Group) -> dict[str, Any]:
    """The context of the whole page."""
    actor = Actor.of(request)
    context = frame_of(request, group, "settings")
    context["features"] = [(feature, group.has(feature)) for feature in group.features]
    # Whether it is visible is shown above, to everybody.
    context["advanced"] = [
        (switch.verbose_name, switch.name in group.switched_on)
        for switch in ADVANCED_SWITCHES
        if switch in switches_of(group.kind) and switch.name != "is_visible"
    ]
    context |= deletable_data(actor, group)
    if group.address and group.mailing_list is not None:
        context["aliases"] = group.mailing_list.aliases.select_related("address")
    context["shares_history"] = Room.objects.filter(group=group, shares_history=True).exists()
    if context["may_edit"]:
        context["refusals"] = refusals = panels_of(actor, group)
        context["may_have_list"] = Feature.MAILING_LIST in group.features and not refusals["list"]
        if group.mailing_list is not None:
            context |= _list_rules(request, actor, group)
    return context


def _list_rules(request: MemberRequest, actor: Actor, group: Group) -> dict[str, Any]:
    """Who is designated for the list, the first of them, and a page of its contacts (rules 4.5, 4.6, 4.8)."""
    mailing_list = group.mailing_list
    assert mailing_list is not None  # noqa: S101  (the caller has looked)
    scope = GroupScope.of(group, Purpose.DESIGNATED, actor)
    to, as_list = (
        describe(scope, tokens_of(present_designated(mailing_list, purpose))[: PAGE + 1])
        for purpose in (Designation.Purpose.SEND_TO, Designation.Purpose.SEND_AS)
    )
    contacts = mailing_list.external_contacts.all()
    return {
        "list_rules": mailing_list,
        "is_closed": designated.is_closed(mailing_list),
        "may_send": to,
        "may_send_as": as_list,
        "contacts": page_of(contacts, {"email": str, "pk": int}, request.GET, PAGE),
        "shown_at_most": PAGE,
    }
