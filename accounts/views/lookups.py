"""What views of members, teams and settings begin with: who makes the request, and for which object."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from accounts.actor import Actor, NotVisible, Refused
from accounts.models import Company, Member, Team, Webhook, WebhookDelivery
from accounts.permissions import check_administers
from accounts.request import MemberRequest
from groupadmin.base.paging import Page, page_of
from groupadmin.base.text import clean_line

T = TypeVar("T", bound=Model)

INVALID = 422
CHANGED = 409
SEARCH_LENGTH = 200
PAGE_SIZE = 50
BY_NAME = {"name_sort__collated": str, "id": int}


def require_administrator(request: MemberRequest, action: str) -> tuple[Actor, Company]:
    """The requester and their company, if they administer it. Raises Refused."""
    actor = Actor.of(request)
    company = request.user.company
    if company is None:
        # Superusers use Django admin; these pages belong to a company (rule 7).
        raise Refused(action, gettext_lazy("You are not a member of any company."))
    check_administers(actor, company, action)
    return actor, company


def get_or_404(rows: QuerySet[T], pk: int) -> T:
    """The row with this id, among those that the viewer may know of."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def member_of(company: Company, pk: int) -> Member:
    """The company's member with this id. Raises Http404; another company's audit records it (rule 8.1)."""
    members = Member.objects.select_related("company")
    return _guessed(members, company, pk, "member.see")


def team_of(company: Company, pk: int) -> Team:
    """The company's team with this id, in the same way."""
    teams = Team.objects.select_related("address__domain", "parent", "company")
    return _guessed(teams, company, pk, "team.see")


def webhook_of(company: Company, pk: int) -> Webhook:
    """The company's webhook with this id, in the same way."""
    return _guessed(Webhook.objects.select_related("company"), company, pk, "webhook.see")


def delivery_of(company: Company, pk: int) -> WebhookDelivery:
    """An event for one of the company's webhooks, in the same way."""
    found = get_or_404(WebhookDelivery.objects.select_related("webhook__company"), pk)
    if found.webhook.company_id != company.pk:
        raise NotVisible("webhook.see", found.webhook)
    return found


def _guessed(things: QuerySet[T], company: Company, pk: int, action: str) -> T:
    found = get_or_404(things, pk)
    owner = getattr(found, "company_id", None)
    if owner == company.pk:
        return found
    if owner is None:
        raise Http404  # a superuser without a company is in nobody's audit
    raise NotVisible(action, found)


def page_by_name(rows: QuerySet[T], request: MemberRequest, *kept: str, size: int = PAGE_SIZE) -> Page[T]:
    """The requested page of rows; links to other pages carry on the parameters named in `kept`."""
    wanted = QueryDict(mutable=True)
    for name in ("after", "before", *kept):
        if value := request.GET.get(name):
            wanted[name] = value
    return page_of(rows, BY_NAME, wanted, size)


def search_query(request: MemberRequest) -> str:
    """The text in the search field of a list."""
    return clean_search(request.GET)


def clean_search(query: QueryDict) -> str:
    """The text that a list is searched for."""
    return clean_line(query.get("q", ""))[:SEARCH_LENGTH]


def page(
    request: MemberRequest, template: str, context: dict[str, object], *, invalid: bool = False
) -> HttpResponse:
    """The page; with 422 if it shows errors of a form, 409 if it shows an edit conflict."""
    status = CHANGED if "conflict" in context else INVALID if invalid else 200
    return render(request, template, context, status=status)


def posted_again(request: MemberRequest, version: int) -> QueryDict:
    """The posted form, as if the page had been opened at this version (rule 2.18)."""
    again = request.POST.copy()
    again["version"] = str(version)
    return again
