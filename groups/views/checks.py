"""Live checks while a dialog is filled in: fragments that change nothing (rules 3.2, 4.2)."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.addresses import list_address_problem, taken_message
from accounts.actions.names import clean_name
from accounts.actor import Actor, Refused
from accounts.models import Company, Domain
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.pasted_addresses import folded
from groupadmin.base.text import clean_line
from groups import permissions
from groups.actions.create import check_name
from groups.forms import AddExternalGroupForm, AddGroupForm, EditGroupForm, GroupForm
from groups.limits import is_of
from groups.models import FEATURES, Feature, Group
from groups.permissions import Act


@require_safe
def features(request: MemberRequest, kind: str) -> HttpResponse:
    """The switches of the message room as they depend on each other (rule 3.2)."""
    if kind not in FEATURES:
        raise Http404
    actor, company, group = _asker(request)
    form: GroupForm
    if group is not None:
        kind = group.kind
        form = EditGroupForm(actor=actor, company=company, instance=group)
    else:
        form_class = AddGroupForm if kind == Group.Kind.INTERNAL else AddExternalGroupForm
        form = form_class(actor=actor, company=company)
    on = Feature.MESSAGE.value in request.GET
    for name in form.room_features:
        form.initial[name] = on and name in request.GET
    context = {"form": form, "group": group, "message_is_on": on}
    return render(request, "groups/dialog.html#features", context)


@require_POST
def name(request: MemberRequest) -> HttpResponse:
    """Whether the name is free (rule 2.4). Posted, as the longest names do not fit into a URL."""
    actor, company, group = _asker(request)
    typed = request.POST.get("name", "")
    problem = ""
    # Masters from another company learn no more of the names there than by saving (rule 1.1).
    if clean_line(typed) and is_of(actor, company):
        try:
            check_name(company, clean_name(typed), group)
        except Invalid as invalid:
            problem = invalid.message
    return render(request, "groups/_field_check.html", {"problem": problem})


@require_safe
def address(request: MemberRequest) -> HttpResponse:
    """Whether the address can be used, naming only the kind of its owner (rules 4.1, 4.2)."""
    _actor, company, group = _asker(request)
    if group is not None and group.is_external:
        # It has no list (rule 4.9), and masters from other companies learn nothing (rule 1.1).
        return render(request, "groups/_field_check.html")
    local_part = folded(request.GET.get("list-local_part", ""))
    domain = _domain(company, request.GET.get("list-domain", ""))
    problem, fine = "", ""
    if local_part and domain is not None:
        own = group.mailing_list.addresses if group and group.mailing_list else ()
        is_own = f"{local_part}@{domain.name}" in own
        problem = list_address_problem(local_part) or ("" if is_own else taken_message(local_part, domain))
        said = _("This is the group's address.") if is_own else _("%(address)s is available.")
        fine = said % {"address": f"{local_part}@{domain.name}"} if not problem else ""
    return render(request, "groups/_field_check.html", {"problem": problem, "fine": fine})


def _domain(company: Company, chosen: str) -> Domain | None:
    domains = company.domains.usable()
    if not chosen:
        return domains.first()
    return domains.filter(pk=parse_id(chosen) or 0).first()


def _asker(request: MemberRequest) -> tuple[Actor, Company, Group | None]:
    """The requester, and the company and group in question: only for those who may add or edit."""
    actor = Actor.of(request)
    number = request.GET.get("group", "")
    if number:
        pk = parse_id(number)
        if pk is None:
            raise Http404
        group = permissions.get_group_for(actor, pk, Act.EDIT)
        return actor, group.company, group
    company = request.user.company
    verdict = permissions.may_create_groups(actor, company)
    if company is None or not verdict:
        raise Refused("group.create", verdict.reason, company=company)
    return actor, company, None
