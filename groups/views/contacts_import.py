"""External contacts of a list from files and pasted text (rules 4.8, 4.13)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actor import Actor, Refused
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.actions.subscriptions import NO_LIST, add_contacts
from groups.forms.contacts_import import ContactsAddForm, ContactsFileForm, ReadingForm
from groups.models import Group, MailingList
from groups.permissions import Act

from .group import frame_of


def _list_of(actor: Actor, pk: int) -> tuple[Group, MailingList]:
    """The group and its list, if the actor may change the list's rules. Raises Http404 or Refused."""
    group = permissions.get_group_for(actor, pk, Act.SET_LIST_RULES)
    if group.mailing_list is None or group.mailing_list.address is None:
        raise Refused(Act.SET_LIST_RULES, NO_LIST, target=group)
    return group, group.mailing_list


@require_http_methods(["GET", "HEAD", "POST"])
def contacts_import(request: MemberRequest, pk: int) -> HttpResponse:
    """Takes a file, previews what it would add, and reads it again as somebody chooses."""
    group, mailing_list = _list_of(Actor.of(request), pk)
    if request.method != "POST":
        return _page(request, group, {"form": ContactsFileForm()})
    form = ContactsFileForm(request.POST, request.FILES, languages=_languages(request))
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= {"is_preview": True, **form.preview(group, mailing_list)}
    # Pasted lines leave nothing to choose, unless they are a table with titles.
    if form.sheet is not None and (form.sheet.columns.are_known or not form.is_pasted):
        context["reading_form"] = ReadingForm(form)
    return _page(request, group, context)


def _languages(request: MemberRequest) -> list[str]:
    """The reader's languages, best first: files on their computer are mostly in its encoding."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500].lower())
    return [language for language, _weight in accepted]


@require_POST
def contacts_add(request: MemberRequest, pk: int) -> HttpResponse:
    """Adds the previewed contacts."""
    actor = Actor.of(request)
    group, _mailing_list = _list_of(actor, pk)
    form = ContactsAddForm(request.POST)
    if form.is_valid():
        try:
            count = add_contacts(group, form.cleaned_data["contacts"], actor=actor)
        except Invalid as problem:
            form.add_error(None, problem.message)
        else:
            added = ngettext("%(count)s contact was added.", "%(count)s contacts were added.", count)
            messages.success(request, added % {"count": f"{count:,}"})
            return redirect("groups:mail_of", group.pk)
    return _page(request, group, {"form": ContactsFileForm(), "problems": form.errors}, status=422)


def _page(request: MemberRequest, group: Group, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context |= frame_of(request, group, "mail")
    has_errors = context["form"].is_bound and context["form"].errors
    return render(request, "groups/contacts_import.html", context, status=422 if has_errors else status)
