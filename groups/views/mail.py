"""A group's mailing list on its page: own mail, who gets it, and new mail as the list (rule 4)."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actor import Actor, Refused
from accounts.models import Member
from accounts.permissions import is_foreign
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.files import needs_space
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.partials import fills, render_partial
from groups import permissions
from groups.actions.mail import in_turn, send_as_list
from groups.actions.subscriptions import get_mail, stop_mail
from groups.forms.delivery_check import DeliveryCheckForm
from groups.forms.new_mail import NewMailForm, attachments_limit
from groups.mail import delivery_check
from groups.mail.outgoing.failing import paused_of_group
from groups.mail.outgoing.own_mail import OwnMail, why_not_received
from groups.mail.outgoing.recipients import Receiving, receiving
from groups.membership import designated
from groups.models import Group, Mail, MailingList
from groups.permissions import Act

from .group import frame_of

SENT_SHOWN = 10
NAMED_AT_MOST = 50


@require_safe
def mail_of(request: MemberRequest, pk: int) -> HttpResponse:
    """The list's page: whether the viewer gets its mail, and what those who run the group manage."""
    actor, viewer = Actor.of(request), request.user
    group = permissions.get_group_for(actor, pk, Act.SEE)
    context = frame_of(request, group, "mail")
    mailing_list = group.mailing_list if group.uses_mailing_list else None
    if mailing_list is not None:
        context |= _asked(request, actor, group, mailing_list, runs=context["may_edit"])
        if not fills(request, "answer"):
            context |= _of_viewer(group, mailing_list, viewer, context["may_send_as"])
            if context["may_edit"]:
                context |= _of_those_who_run_it(actor, group, mailing_list)
    return render_partial(request, "groups/mail.html", context, target="answer", partial="answer")


def _of_viewer(group: Group, mailing_list: MailingList, viewer: Member, may_send_as: bool) -> dict[str, Any]:
    sent = Mail.objects.filter(mailing_list=mailing_list, is_as_list=True, member_id=viewer.pk)
    return {
        "own_mail": OwnMail.of(mailing_list, viewer),
        "sent": list(sent.order_by("-at", "-pk")[:SENT_SHOWN]) if may_send_as else [],
    }


def _of_those_who_run_it(actor: Actor, group: Group, mailing_list: MailingList) -> dict[str, Any]:
    opted_out = mailing_list.opt_outs.select_related("member").order_by("member__name_sort__collated", "pk")
    found = list(opted_out[: NAMED_AT_MOST + 1])
    failing = paused_of_group(group, NAMED_AT_MOST + 1)
    return {
        "opted_out": found[:NAMED_AT_MOST],
        "more_opted_out": len(found) > NAMED_AT_MOST,
        "failing": failing[:NAMED_AT_MOST],
        "more_failing": len(failing) > NAMED_AT_MOST,
        "is_closed": designated.is_closed(mailing_list),
        "contact_count": mailing_list.external_contacts.count(),
        "may_set_rules": bool(permissions.may(actor, Act.SET_LIST_RULES, group)),
    }


def _asked(
    request: MemberRequest, actor: Actor, group: Group, mailing_list: MailingList, *, runs: bool
) -> dict[str, Any]:
    """Would this person get mail to this list now, and may they send to it? Members: only themselves."""
    if not runs:
        viewer = request.user
        is_own = not is_foreign(viewer, group.company_id)
        return {"reach": delivery_check.of_member(group, mailing_list, viewer, viewer) if is_own else None}
    form = DeliveryCheckForm(request.GET if "who" in request.GET else None, actor=actor, group=group)
    context: dict[str, Any] = {"reach_form": form}
    if form.is_bound and form.is_valid():
        context["reach"] = form.answer(request.user)
    return context


@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: MemberRequest, pk: int) -> HttpResponse:
    """Where List-Unsubscribe leads a member: asks, and stops the list's mail to them."""
    actor, viewer = Actor.of(request), request.user
    group = permissions.get_group_for(actor, pk, Act.SEE)
    if request.method == "POST":
        stop_mail(group, actor=actor)
        messages.success(request, _("You no longer get emails from this list."))
        return redirect("groups:mail_of", group.pk)
    mailing_list = group.mailing_list if group.uses_mailing_list else None
    context = frame_of(request, group, "mail")
    state = receiving(mailing_list, viewer) if mailing_list is not None else None
    context |= {"is_received": state is Receiving.YES, "why_not_received": why_not_received(state)}
    return render(request, "groups/unsubscribe.html", context)


@require_POST
def resubscribe(request: MemberRequest, pk: int) -> HttpResponse:
    """Resumes the list's mail to the viewer."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.SEE)
    get_mail(group, actor=actor)
    messages.success(request, _("You get emails from this list again."))
    return redirect("groups:mail_of", group.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def new_mail(request: MemberRequest, pk: int) -> HttpResponse:
    """ "New mail", sent as the list, for designated members (rule 4.6)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.SEE)
    if not (verdict := permissions.may_send_as(actor, group)):
        raise Refused("group.send_as", verdict.reason, target=group)
    form = NewMailForm(request.POST, request.FILES) if request.method == "POST" else NewMailForm()
    if form.is_bound and form.is_valid():
        try:
            with needs_space("attachments"), in_turn(form.size):
                typed = form.mail()
                typed = replace(typed, form_key=actor.form_key or typed.form_key)
                mail = send_as_list(group, typed, actor=actor)
        except Invalid as problem:
            show_invalid(form, problem)
        else:
            messages.success(request, _sent(mail))
            return redirect("groups:mail_of", group.pk)
    context = {"form": form, "limit": attachments_limit(), **frame_of(request, group, "mail")}
    return render(request, "groups/new_mail.html", context, status=422 if form.errors else 200)


def _sent(mail: Mail) -> str:
    count = mail.recipient_count
    return ngettext(
        "Your email is on its way to %(count)s person.",
        "Your email is on its way to %(count)s people.",
        count,
    ) % {"count": f"{count:,}"}
