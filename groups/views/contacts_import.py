"""External contacts of a list from a CSV file (rule 4.8)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actor import Actor, Refused
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.actions.subscriptions import NO_LIST, add_contacts
from groups.forms.contacts_import import ContactsAddForm, ContactsFileForm
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
    """Takes a file and previews what it would add."""
    group, mailing_list = _list_of(Actor.of(request), pk)
    form = ContactsFileForm(request.POST, request.FILES) if request.method == "POST" else ContactsFileForm()
    context = {"form": form, **frame_of(request, group, "mail")}
    if form.is_bound and form.is_valid():
        context |= {"is_preview": True, **form.preview(mailing_list)}
    return render(request, "groups/contacts_import.html", context, status=422 if form.errors else 200)


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
    context = {"form": ContactsFileForm(), "problems": form.errors, **frame_of(request, group, "mail")}
    return render(request, "groups/contacts_import.html", context, status=422)
