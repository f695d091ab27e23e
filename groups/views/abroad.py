"""Own people in groups of other companies, for administrators (rules 1.4, 2.15)."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.request import MemberRequest
from accounts.views.lookups import require_administrator, search_query
from groupadmin.base.errors import Invalid
from groupadmin.base.partials import render_partial
from groupadmin.base.text import isolated
from groups import actions
from groups.membership.abroad import page_of_places, place_of


@require_safe
def in_other_companies(request: MemberRequest) -> HttpResponse:
    """Who is in which group of another company."""
    _actor, company = require_administrator(request, "group.see_elsewhere")
    typed = search_query(request)
    wanted = QueryDict(mutable=True)
    wanted.update({name: value for name in ("after", "before") if (value := request.GET.get(name))})
    if typed:
        wanted["q"] = typed
    found = page_of_places(company, typed, wanted)
    context = {"company": company, "page": found, "q": typed, "tab": "in_other_companies"}
    return render_partial(
        request, "groups/in_other_companies.html", context, target="results", partial="results"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def take_out(request: MemberRequest, pk: int, member_pk: int) -> HttpResponse:
    """Asks, naming person and group, and removes the person."""
    actor, company = require_administrator(request, "group.take_out")
    place = place_of(company, pk, member_pk)
    if place is None:
        raise Http404
    if request.method != "POST":
        return render(request, "groups/take_out.html", {"place": place})
    try:
        actions.take_out_of_others(place.group, place.person, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        names = {"name": isolated(place.person.name), "group": isolated(place.group.name)}
        messages.success(request, _("%(name)s was removed from %(group)s.") % names)
    return redirect("groups:in_other_companies")
