"""Adds, edits and deletes webhooks (rule 11.5): each function is one transaction, with its audit."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, once, outbox
from accounts.actor import Actor
from accounts.models import Company, Webhook, WebhookDelivery
from accounts.models.webhook import without_secret
from accounts.permissions import check_administers
from accounts.webhooks.signing import OLD_SIGNS_FOR, make_secret
from groupadmin.base import clock
from groupadmin.base.bulk import delete_in_batches
from groupadmin.base.errors import Invalid
from groupadmin.base.public_addresses import is_allowed
from groupadmin.base.public_http import Unreachable, target_of

from .locks import lock_company
from .names import clean_description

AT_MOST = 20
"""Webhooks of a company."""
SENT_TWICE = timedelta(minutes=1)
"""Who asks twice for a new secret within this time has clicked twice."""
DELIVERIES_KEPT = 500_000
"""Of a webhook; more than a day of the largest import."""


@dataclass(frozen=True)
class WebhookSettings:
    """What its form asks for. No types of events are all of them."""

    url: str
    description: str = ""
    event_types: frozenset[str] = frozenset()
    is_on: bool = True


@dataclass(frozen=True)
class MadeWebhook:
    """A webhook, and its secret, which is shown this once: empty if the same form had made it before."""

    webhook: Webhook
    secret: str


@audit.action
def create_webhook(company: Company, wanted: WebhookSettings, *, actor: Actor) -> MadeWebhook:
    """Adds a webhook. Raises Refused, Unconfirmed (rule 9.4) or Invalid."""
    company = lock_company(company.pk)
    check_administers(actor, company, "webhook.create")
    actor.check_confirmed()
    if made := once.made(actor, Webhook):
        return MadeWebhook(made, "")
    if Webhook.objects.filter(company=company).count() >= AT_MOST:
        raise Invalid(None, _("There are %(count)d webhooks already. Delete one first.") % {"count": AT_MOST})
    webhook = Webhook(company=company, created_by=actor.member)
    _set(webhook, wanted)
    webhook.secret = secret = make_secret()
    webhook.save(force_insert=True)
    once.keep(actor, webhook)
    audit.record(actor, "webhook.create", webhook, audit.difference({}, _plain(webhook)))
    return MadeWebhook(webhook, secret)


@audit.action
def update_webhook(webhook: Webhook, wanted: WebhookSettings, *, actor: Actor) -> Webhook:
    """Changes where events go, and which. Raises Refused, Unconfirmed (rule 9.4) or Invalid."""
    webhook = _lock(webhook, "webhook.update", actor)
    actor.check_confirmed()
    before = _plain(webhook)
    _set(webhook, wanted)
    if changes := audit.difference(before, _plain(webhook)):
        webhook.save(update_fields=["url", "description", "event_types", "is_on"])
        if webhook.is_on and {"url", "is_on"} & changes.keys():
            # What failed before says nothing of what is there now.
            _begin_anew(webhook)
        audit.record(actor, "webhook.update", webhook, changes)
    return webhook


@audit.action
def delete_webhook(webhook: Webhook, *, actor: Actor) -> None:
    """Deletes a webhook; what waits is not sent any more. Raises Refused."""
    webhook = _lock(webhook, "webhook.delete", actor)
    audit.record(actor, "webhook.delete", webhook)
    delete_in_batches(WebhookDelivery.objects.filter(webhook=webhook))
    webhook.delete()


@audit.action
def rotate_secret(webhook: Webhook, *, actor: Actor) -> str:
    """A new secret, shown this once. The one before signs too, for a day.

    Raises Refused or Unconfirmed (rule 9.4).
    """
    webhook = _lock(webhook, "webhook.rotate", actor)
    actor.check_confirmed()
    now = timezone.now()
    changed_at = webhook.old_signs_until - OLD_SIGNS_FOR if webhook.old_signs_until else None
    if changed_at is None or changed_at < now - SENT_TWICE:
        webhook.old_sealed_secret, webhook.old_signs_until = webhook.sealed_secret, now + OLD_SIGNS_FOR
    webhook.secret = secret = make_secret()
    webhook.save(update_fields=["sealed_secret", "old_sealed_secret", "old_signs_until"])
    audit.record(actor, "webhook.rotate", webhook)
    return secret


@audit.action
def resume_webhook(webhook: Webhook, *, actor: Actor) -> Webhook:
    """Has a webhook called at once that is paused or does not answer, with all that waits. Raises Refused."""
    webhook = _lock(webhook, "webhook.resume", actor)
    if webhook.paused_at is not None:
        webhook.paused_at, webhook.paused_because = None, ""
        webhook.save(update_fields=["paused_at", "paused_because"])
        audit.record(actor, "webhook.resume", webhook)
    _begin_anew(webhook)
    return webhook


def _begin_anew(webhook: Webhook) -> None:
    """Forgets how it went. What waits is tried at once, and its day begins anew."""
    webhook.failing_since, webhook.failures, webhook.silent_until = None, 0, None
    webhook.save(update_fields=["failing_since", "failures", "silent_until"])
    WebhookDelivery.objects.waiting().filter(webhook=webhook).update(
        due_at=clock.now(), attempts=0, first_tried_at=None
    )


@audit.action
def test_webhook(webhook: Webhook, *, actor: Actor) -> WebhookDelivery:
    """Queues an event that tells nothing. Raises Refused or Invalid."""
    webhook = _lock(webhook, "webhook.test", actor)
    if made := once.made(actor, WebhookDelivery):
        return made
    if webhook.paused_at is not None or not webhook.is_on:
        raise Invalid(None, _("Nothing is sent while it is off or paused."))
    delivery = outbox.add_test(webhook, timezone.now())
    once.keep(actor, delivery)
    audit.record(actor, "webhook.test", webhook)
    return delivery


@audit.action
def send_again(deliveries: Collection[WebhookDelivery], *, actor: Actor) -> int:
    """Sends events again, with the same ids; those that wait, at once.

    Returns how many. Raises Refused.
    """
    return sum(
        _send_again(webhook, WebhookDelivery.objects.filter(pk__in=pks), actor)
        for webhook, pks in _by_webhook(deliveries)
    )


@audit.action
def send_failed_again(webhook: Webhook, *, actor: Actor) -> int:
    """Sends all events again that were given up. Returns how many. Raises Refused."""
    failed = WebhookDelivery.objects.filter(state=WebhookDelivery.State.FAILED)
    return _send_again(webhook, failed, actor)


def _send_again(webhook: Webhook, rows: QuerySet[WebhookDelivery], actor: Actor) -> int:
    webhook = _lock(webhook, "webhook.send_again", actor)
    count = rows.filter(webhook=webhook).update(
        state=WebhookDelivery.State.WAITING, due_at=clock.now(), attempts=0, first_tried_at=None
    )
    if count:
        Webhook.objects.filter(pk=webhook.pk).update(silent_until=None)
        audit.record(actor, "webhook.send_again", webhook, {"events": [None, count]})
    return count


def _by_webhook(deliveries: Iterable[WebhookDelivery]) -> list[tuple[Webhook, list[int]]]:
    found: dict[int, tuple[Webhook, list[int]]] = {}
    for one in deliveries:
        found.setdefault(one.webhook_id, (one.webhook, []))[1].append(one.pk)
    return [found[pk] for pk in sorted(found)]


def forget_old_deliveries() -> int:
    """Deletes deliveries that are older than WEBHOOK_DELIVERIES_KEPT_DAYS, and of each webhook the oldest
    beyond DELIVERIES_KEPT: nobody may fill the disk by one that takes nothing. Returns how many.
    """
    old = timezone.now() - timedelta(days=settings.WEBHOOK_DELIVERIES_KEPT_DAYS)
    count = delete_in_batches(WebhookDelivery.objects.filter(created_at__lt=old))
    newest_first = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-pk").values("pk")
    last = Subquery(newest_first[DELIVERIES_KEPT : DELIVERIES_KEPT + 1])
    full = Webhook.objects.annotate(last=last).filter(last__isnull=False).order_by()
    for webhook, pk in full.values_list("pk", "last"):
        count += delete_in_batches(WebhookDelivery.objects.filter(webhook=webhook, pk__lte=pk))
    return count


def _lock(webhook: Webhook, action: str, actor: Actor) -> Webhook:
    """The webhook under its lock. Raises Refused."""
    check_administers(actor, webhook.company, action)
    rows = Webhook.objects.select_related("company")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=webhook.pk)


def _set(webhook: Webhook, wanted: WebhookSettings) -> None:
    """Raises Invalid."""
    webhook.url = clean_url(wanted.url)
    webhook.description = clean_description(wanted.description)
    unknown = wanted.event_types - outbox.known()
    if unknown:
        raise Invalid("event_types", _("Choose from the list of events."))
    webhook.event_types = sorted(wanted.event_types)
    webhook.is_on = wanted.is_on


def clean_url(raw: str) -> str:
    """An address that may be called, as far as can be said without looking it up. Raises Invalid."""
    url = raw.strip()
    try:
        target = target_of(url)
    except Unreachable:
        raise Invalid("url", _("Enter an https address, such as https://example.com/hook.")) from None
    try:
        is_public = is_allowed(ip_address(target.host))
    except ValueError:
        is_public = True  # a name, which is looked up whenever it is called
    if not is_public:
        raise Invalid("url", _("This address is not public, so it is never called. Enter another one."))
    return url


def _plain(webhook: Webhook) -> dict[str, object]:
    return {
        "url": without_secret(webhook.url),
        "description": webhook.description,
        "event_types": ", ".join(webhook.event_types),
        "is_on": webhook.is_on,
    }
