"""Gives a person back what deactivation took away, for administrators (rule 2.23)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor
from accounts.models import Member
from accounts.request import MemberRequest
from accounts.views.lookups import INVALID, member_of, require_administrator
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.paging import Page, page_of
from groups.external import returning

PAGE_SIZE = 50
BY_NAME = {"group_name": str, "id": int}


@require_http_methods(["GET", "HEAD", "POST"])
def give_back(request: MemberRequest, pk: int) -> HttpResponse:
    """All, some or none of the places that the person had."""
    actor, company = require_administrator(request, returning.GIVE_BACK)
    person = member_of(company, pk)
    problem = ""
    if request.method == "POST":
        try:
            _post(request, person, actor)
        except Invalid as invalid:
            problem = invalid.message
        else:
            return redirect("accounts:member_edit", person.pk)
    found = returning.places_of(person).select_related("group", "company")
    page = page_of(found, BY_NAME, request.GET, PAGE_SIZE)
    places = returning.described(person, page.rows)
    context = {
        "person": person,
        "page": Page(places, page.previous, page.next),
        "offers_all": person.is_active and bool(page.previous or page.next),
        "offers_chosen": any(not place.obstacle for place in places),
        "total": found.count(),
        "problem": problem,
    }
    return render(request, "groups/give_back.html", context, status=INVALID if problem else 200)


def _post(request: MemberRequest, person: Member, actor: Actor) -> None:
    chosen = request.POST.get("give")
    if chosen == "none":
        returning.forget_places(person, actor=actor)
        messages.success(request, _("No more groups are given back."))
        return
    ids = [pk for raw in request.POST.getlist("places") if (pk := parse_id(raw)) is not None]
    if chosen != "all" and not ids:
        raise Invalid(None, _("Select at least one group."))
    count = returning.give_back(person, None if chosen == "all" else ids, actor=actor)
    if not count:
        # Somebody else was faster, or something came in the way since the page was shown.
        messages.warning(request, _("None of these groups can be given back now."))
        return
    said = ngettext("%(count)s group was given back.", "%(count)s groups were given back.", count)
    messages.success(request, said % {"count": f"{count:,}"})
