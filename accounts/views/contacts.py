"""Contacts: people of other companies, and requests to become one (rule 6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import connecting
from accounts.actions import contacts as actions
from accounts.actor import Actor, Refused
from accounts.forms.contact import ContactForm
from accounts.models import Company, Contact, ContactBlock, ContactRequest, Member
from accounts.request import MemberRequest
from accounts.undo import contacts as undoing
from groupadmin.base import finding
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.paging import Key, Page, page_of
from groupadmin.base.partials import render_dialog, render_partial
from groupadmin.base.search_text import typed_words
from groupadmin.base.text import isolated

from .lookups import INVALID, PAGE_SIZE, get_or_404, search_query
from .undo import say_done

LISTS = ("contacts", "requests", "asked", "blocked")
REQUESTS_ON_TOP = 3
TOO_MANY = 429
BY_PERSON: Key = {"sort": str, "pk": int}
BY_TIME: Key = {"-asked_at": datetime, "-pk": int}


def _viewer(request: MemberRequest, action: str) -> tuple[Member, Company]:
    """The signed-in person and their company. Raises Refused for superusers, who have none."""
    if request.user.company is None:
        raise Refused(action, gettext_lazy("You are not a member of any company."))
    return request.user, request.user.company


@require_safe
def contacts(request: MemberRequest) -> HttpResponse:
    """One's own contacts, requests to and from other people, and blocked people."""
    viewer, company = _viewer(request, "contact.see")
    show, typed = request.GET.get("show", ""), search_query(request)
    show = show if show in LISTS else "contacts"
    context: dict[str, Any] = {
        "show": show,
        "q": typed,
        "obstacle": connecting.obstacle(viewer),
        "counts": {name: rows(viewer).count() for name, rows in _ROWS.items()},
    }
    page: Page[Any]
    if show == "contacts":
        page = page_of(_found(_contacts(viewer), typed), BY_PERSON, request.GET, PAGE_SIZE)
        on_top = list(_requests(viewer)[:REQUESTS_ON_TOP]) if not typed else []
        context |= {"on_top": on_top, "more_on_top": context["counts"]["requests"] > len(on_top)}
    elif show == "blocked":
        page = page_of(_blocked(viewer), BY_PERSON, request.GET, PAGE_SIZE)
    else:
        page = page_of(_ROWS[show](viewer), BY_TIME, request.GET, PAGE_SIZE)
    by = "asker_id" if show == "requests" else "person_id"
    people = [getattr(row, by) for row in page.rows if show != "asked"]
    people += [row.asker_id for row in context.get("on_top", ())]
    context |= {"page": page, "reachable": _reachable(viewer, company, people)}
    return render_partial(request, "accounts/contacts.html", context, target="results", partial="results")


def _contacts(viewer: Member) -> QuerySet[Any]:
    rows = Contact.objects.filter(owner=viewer).select_related("person__company")
    return rows.annotate(sort=F("person__name_sort__collated"))


def _found(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Rows whose person or company has a name that matches the text (rule 12.2)."""
    if not typed_words(typed):
        return rows
    in_company = finding.finds("person__company__name_search", typed)
    return rows.filter(finding.finds("person__name_search", typed) | in_company)


def _requests(viewer: Member) -> QuerySet[Any]:
    """Requests that wait for the viewer's answer; one per person, even if they used two addresses."""
    asked = ContactRequest.objects.filter(person=viewer, asker__is_active=True)
    twice = ContactRequest.objects.filter(person=viewer, asker=OuterRef("asker"), pk__lt=OuterRef("pk"))
    accepted = Contact.objects.filter(owner=viewer, person=OuterRef("asker"))
    return asked.filter(~Exists(twice), ~Exists(accepted)).select_related("asker__company")


def _asked(viewer: Member) -> QuerySet[Any]:
    """The viewer's requests that are not among their contacts: the same for every address (rule 6.2)."""
    accepted = Contact.objects.filter(owner=viewer, person=OuterRef("person"))
    return ContactRequest.objects.filter(~Exists(accepted), asker=viewer)


def _blocked(viewer: Member) -> QuerySet[Any]:
    rows = ContactBlock.objects.filter(owner=viewer).select_related("person__company")
    return rows.annotate(sort=F("person__name_sort__collated"))


_ROWS: dict[str, Callable[[Member], QuerySet[Any]]] = {
    "contacts": _contacts,
    "requests": _requests,
    "asked": _asked,
    "blocked": _blocked,
}


def _reachable(viewer: Member, company: Company, people: list[int]) -> set[int]:
    """Those of these people whom the viewer may connect with now (rule 6.1)."""
    if not people or not viewer.can_connect:
        return set()
    return set(connecting.people_open_to(company).filter(pk__in=people).values_list("pk", flat=True))


@require_http_methods(["GET", "HEAD", "POST"])
def contact_add(request: MemberRequest) -> HttpResponse:
    """ "Add contact", by exact address. The response is the same for every address (rule 6.2)."""
    viewer, company = _viewer(request, actions.ASK)
    if obstacle := connecting.obstacle(viewer):
        raise Refused(actions.ASK, obstacle, company=company)
    form = ContactForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _dialog(request, form)
    status = INVALID
    if form.is_valid():
        try:
            asked = actions.ask_for_contact(form.cleaned_data["address"], actor=Actor.of(request))
        except Invalid as invalid:
            show_invalid(form, invalid)
        except actions.TooMany as refused:
            form.add_error("address", refused.reason)
            status = TOO_MANY
        else:
            said = _("Request sent to %(address)s. They appear in your Contacts when they accept.")
            messages.success(request, said % {"address": asked.address})
            return redirect(_list_address("asked"))
    return _dialog(request, form, status=status)


def _dialog(request: MemberRequest, form: ContactForm, *, status: int = 200) -> HttpResponse:
    context, template = {"form": form}, "accounts/contact_add.html"
    return render_dialog(request, template, context, status=status)


@require_POST
def contact_accept(request: MemberRequest, pk: int) -> HttpResponse:
    """Accepts a request, by the requester's id; 404 for anybody else."""
    asker = get_or_404(_known(request.user), pk)
    try:
        actions.accept_contact(asker, actor=Actor.of(request))
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect(_list_address("requests"))
    messages.success(request, _("%(name)s is now in your Contacts.") % {"name": isolated(asker.name)})
    return redirect("accounts:contacts")


@require_POST
def contact_block(request: MemberRequest, pk: int) -> HttpResponse:
    """Blocks a contact, or somebody who has asked to be one."""
    person = get_or_404(_known(request.user), pk)
    undoable = undoing.block_contact(person, actor=Actor.of(request))
    said = _("%(name)s is blocked. They are not notified.") % {"name": isolated(person.name)}
    say_done(request, said, undoable)
    return redirect(_list_address(request.POST.get("show", "")))


@require_POST
def contact_unblock(request: MemberRequest, pk: int) -> HttpResponse:
    """Lets somebody send requests again."""
    person = get_or_404(_people(ContactBlock.objects.filter(owner=request.user)), pk)
    actions.unblock_contact(person, actor=Actor.of(request))
    messages.success(
        request, _("%(name)s is unblocked and can send you requests again.") % {"name": isolated(person.name)}
    )
    return redirect(_list_address("blocked"))


@require_POST
def contact_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes a contact, on both sides."""
    person = get_or_404(_people(Contact.objects.filter(owner=request.user)), pk)
    undoable = undoing.remove_contact(person, actor=Actor.of(request))
    said = _("You and %(name)s are no longer contacts. You both stay in the groups you share.")
    say_done(request, said % {"name": isolated(person.name)}, undoable)
    return redirect("accounts:contacts")


def _people(rows: QuerySet[Contact] | QuerySet[ContactBlock]) -> QuerySet[Member]:
    """The people in these rows of the viewer."""
    return Member.objects.filter(pk__in=rows.values("person")).select_related("company")


def _known(viewer: Member | None) -> QuerySet[Member]:
    """The viewer's contacts, and people who have asked to be one."""
    asked = ContactRequest.objects.filter(person=viewer).values("asker")
    known = Q(pk__in=asked) | Q(pk__in=Contact.objects.filter(owner=viewer).values("person"))
    return Member.objects.filter(known).select_related("company")


@require_POST
def contact_take_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Takes back one's own request."""
    asked = get_or_404(ContactRequest.objects.filter(asker=request.user), pk)
    actions.take_back_request(asked, actor=Actor.of(request))
    messages.success(request, _("Request to %(address)s withdrawn.") % {"address": asked.address})
    return redirect(_list_address("asked"))


def _list_address(show: str) -> str:
    address = reverse("accounts:contacts")
    return f"{address}?show={show}" if show in LISTS[1:] else address
