"""Where a list is left without signing in (rules 4.8, 4.15, RFC 8058).

By external contacts, and by members where each recipient gets an address of their own.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.actor import Actor, Door
from groups.actions.subscriptions import leave_by_link, subscribed_member
from groups.mail.outgoing.unsubscribe import Unsubscription, read_token
from groups.models import Group, MailingList

ONE_CLICK = ("List-Unsubscribe", "One-Click")


@login_not_required
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_contact(request: HttpRequest, token: str) -> HttpResponse:
    """Asks, and ends the mail; a mail program's one click (RFC 8058) is the only POST without a form.

    Access is by our signature: without a valid one, nothing is revealed.
    """
    leaving = read_token(token)
    if leaving is None:
        raise Http404
    name, value = ONE_CLICK
    if request.method == "POST" and request.POST.get(name) == value:
        _take_off(request, leaving)
        return HttpResponse("Unsubscribed", content_type="text/plain; charset=utf-8")
    return _asked(request, token, leaving)


@csrf_protect
def _asked(request: HttpRequest, token: str, leaving: Unsubscription) -> HttpResponse:
    is_done = request.method == "POST"
    if is_done:
        _take_off(request, leaving)
    group = Group.objects.live().filter(mailing_list=leaving.mailing_list).first()
    is_there = group is not None and not is_done and _gets_mail(leaving)
    context = {"token": token, "email": leaving.email, "group": group, "is_done": is_done}
    context["is_there"] = is_there
    return render(request, "groups/unsubscribe_contact.html", context)


def _gets_mail(leaving: Unsubscription) -> bool:
    mailing_list = MailingList.objects.select_related("group").get(pk=leaving.mailing_list)
    if mailing_list.external_contacts.filter(email=leaving.email).exists():
        return True
    return subscribed_member(mailing_list, leaving.email) is not None


def _take_off(request: HttpRequest, leaving: Unsubscription) -> None:
    system = Actor(None, Door.SYSTEM, request.META.get("REMOTE_ADDR") or None)
    leave_by_link(leaving.mailing_list, leaving.email, actor=system)
