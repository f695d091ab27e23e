"""Webhooks of the company, for its administrators (rule 11.5)."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import webhooks as actions
from accounts.forms.webhooks import WebhookForm
from accounts.models import Webhook, WebhookDelivery
from accounts.request import MemberRequest
from accounts.webhooks.words import explain
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.paging import page_of

from .lookups import PAGE_SIZE, delivery_of, page, require_administrator, webhook_of

LIST, FORM, SHOWN = "accounts/webhooks.html", "accounts/webhook_form.html", "accounts/webhook.html"
SECRET, DELETE, DELIVERY = (
    "accounts/webhook_secret.html",
    "accounts/webhook_delete.html",
    "accounts/webhook_delivery.html",
)
NEWEST_FIRST = {"-id": int}
WAITING_COUNTED = 1_000


@require_safe
def webhooks(request: MemberRequest) -> HttpResponse:
    """The company's webhooks, at most twenty."""
    _actor, company = require_administrator(request, "webhook.see")
    rows = Webhook.objects.filter(company=company).order_by("id")
    return page(request, LIST, {"webhooks": list(rows), "at_most": actions.AT_MOST})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def webhook_add(request: MemberRequest) -> HttpResponse:
    """Adds one, and shows its secret this once."""
    actor, company = require_administrator(request, "webhook.create")
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_webhook(company, form.settings(), actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            if made.secret:
                return render(request, SECRET, {"webhook": made.webhook, "secret": made.secret})
            # The form was sent again. Nobody has the secret any more.
            messages.info(
                request, _("This webhook is already there. If you did not copy its secret, make a new one.")
            )
            return redirect("accounts:webhook", made.webhook.pk)
    return page(request, FORM, {"form": form}, invalid=request.method == "POST")


@require_safe
def webhook(request: MemberRequest, pk: int) -> HttpResponse:
    """How one is doing, and what it was told, the newest first."""
    _actor, company = require_administrator(request, "webhook.see")
    found = webhook_of(company, pk)
    rows = WebhookDelivery.objects.filter(webhook=found)
    wanted = request.GET.get("state", "")
    if wanted in WebhookDelivery.State.values:
        rows = rows.filter(state=wanted)
    # Where the newest is: the answer of the receiver is read on its own page.
    found_page = page_of(rows.defer("response"), NEWEST_FIRST, request.GET, PAGE_SIZE)
    waiting = WebhookDelivery.objects.waiting().filter(webhook=found)
    failed = WebhookDelivery.objects.filter(webhook=found, state=WebhookDelivery.State.FAILED)
    context: dict[str, object] = {
        "webhook": found,
        "page": found_page,
        "states": WebhookDelivery.State.choices,
        "state": wanted,
        "waiting": waiting[:WAITING_COUNTED].count(),
        "waiting_counted": WAITING_COUNTED,
        "has_failed": failed.exists(),
        "old_signs": found.old_signs_until is not None and found.old_signs_until > timezone.now(),
    }
    return page(request, SHOWN, context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def webhook_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Changes where events go, and which."""
    actor, company = require_administrator(request, "webhook.update")
    found = webhook_of(company, pk)
    form = WebhookForm.of(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_webhook(found, form.settings(), actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("The webhook is saved."))
            return redirect("accounts:webhook", found.pk)
    context: dict[str, object] = {"form": form, "webhook": found}
    return page(request, FORM, context, invalid=request.method == "POST")


@require_POST
@never_cache
def webhook_rotate(request: MemberRequest, pk: int) -> HttpResponse:
    """Makes a new secret, and shows it this once."""
    actor, company = require_administrator(request, "webhook.rotate")
    found = webhook_of(company, pk)
    secret = actions.rotate_secret(found, actor=actor)
    return render(request, SECRET, {"webhook": found, "secret": secret, "is_new": True})


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Asks, and deletes it."""
    actor, company = require_administrator(request, "webhook.delete")
    found = webhook_of(company, pk)
    if request.method == "POST":
        actions.delete_webhook(found, actor=actor)
        messages.success(request, _("The webhook is deleted."))
        return redirect("accounts:webhooks")
    waiting = WebhookDelivery.objects.waiting().filter(webhook=found)[:WAITING_COUNTED].count()
    return page(request, DELETE, {"webhook": found, "waiting": waiting})


@require_POST
def webhook_resume(request: MemberRequest, pk: int) -> HttpResponse:
    """Has a paused one called again, with all that waits."""
    actor, company = require_administrator(request, "webhook.resume")
    found = webhook_of(company, pk)
    actions.resume_webhook(found, actor=actor)
    messages.success(request, _("What waits is sent now."))
    return redirect("accounts:webhook", found.pk)


@require_POST
def webhook_test(request: MemberRequest, pk: int) -> HttpResponse:
    """Sends an event that tells nothing."""
    actor, company = require_administrator(request, "webhook.test")
    found = webhook_of(company, pk)
    return _back(request, found, lambda: actions.test_webhook(found, actor=actor), _("A test is on its way."))


@require_POST
def webhook_again(request: MemberRequest, pk: int) -> HttpResponse:
    """Sends all again that were given up."""
    actor, company = require_administrator(request, "webhook.send_again")
    found = webhook_of(company, pk)
    count = actions.send_failed_again(found, actor=actor)
    text = ngettext("%(count)d event is sent again.", "%(count)d events are sent again.", count)
    messages.success(request, text % {"count": count})
    return redirect("accounts:webhook", found.pk)


@require_safe
def delivery(request: MemberRequest, pk: int) -> HttpResponse:
    """What was sent, and what the receiver answered."""
    _actor, company = require_administrator(request, "webhook.see")
    found = delivery_of(company, pk)
    context: dict[str, object] = {
        "delivery": found,
        "webhook": found.webhook,
        "body": json.dumps(json.loads(found.body), indent=2, ensure_ascii=False),
        "problem": explain(found.problem),
    }
    return page(request, DELIVERY, context)


@require_POST
def delivery_again(request: MemberRequest, pk: int) -> HttpResponse:
    """Sends one again, with the same id."""
    actor, company = require_administrator(request, "webhook.send_again")
    found = delivery_of(company, pk)
    sent = _("The event is sent again.")
    return _back(request, found.webhook, lambda: actions.send_again([found], actor=actor), sent)


def _back(request: MemberRequest, found: Webhook, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except Invalid as invalid:
        messages.error(request, invalid.message)
    else:
        messages.success(request, done)
    return redirect("accounts:webhook", found.pk)
