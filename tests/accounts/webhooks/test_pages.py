"""Administrators add webhooks, see what they were told, and send it again (rule 11.5)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions import webhooks as actions
from accounts.actions.deletion import delete_company
from accounts.actions.webhooks import WebhookSettings, create_webhook, forget_old_deliveries, update_webhook
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Member, Webhook, WebhookDelivery
from groupadmin.base.errors import Invalid
from tests.admin_pages import admin_url
from tests.factories import WebhookDeliveryFactory, WebhookFactory
from tests.helpers import ClientOf, Clock, actor_of

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("accounts:webhooks"), reverse("accounts:webhook_add")
FORM = {"url": "https://hook.example/in?key=1", "which": "all", "is_on": "on"}
KEY = "0a4e2f1c-5b1f-4a0e-9d0e-0d4f6a1b2c3d"


@pytest.fixture
def webhook(company: Company) -> Webhook:
    return WebhookFactory.create(company=company)


def of(name: str, thing: Webhook | WebhookDelivery) -> str:
    return reverse(f"accounts:{name}", args=[thing.pk])


def test_the_secret_is_shown_once_and_stored_nowhere(administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    answer = client.post(ADD, FORM)
    secret, made = answer.context["secret"], Webhook.objects.get()
    assert secret in answer.content.decode()
    assert secret.startswith("whsec_")
    assert "no-store" in answer["Cache-Control"]
    assert made.secret == secret
    stored = f"{list(Webhook.objects.values())}{list(AuditEntry.objects.values())}"
    assert secret not in stored + client.get(of("webhook", made)).content.decode()
    assert made.event_types == []
    assert made.created_by == administrator


def test_the_audit_holds_no_secret_of_the_address(
    administrator: Member, client_of: ClientOf, webhook: Webhook
) -> None:
    """Superusers read it too, and nobody can change it. That the address was changed is seen."""
    client = client_of(administrator)
    client.post(ADD, FORM | {"url": "https://hook.example/services/T1/geheim"})
    for url in ("https://hook.example/in?key=geheim1", "https://hook.example/in?key=geheim2"):
        client.post(of("webhook_edit", webhook), FORM | {"url": url})
    client.post(of("webhook_delete", webhook))
    entries = list(AuditEntry.objects.filter(action__startswith="webhook.").values())
    assert [one["action"] for one in entries if "url" in one["changes"]] == [
        "webhook.update",
        "webhook.update",
        "webhook.create",
    ]
    assert "geheim" not in str(entries)
    assert "https://hook.example/… (" in str(entries)


def test_a_form_sent_again_adds_no_second_one(administrator: Member, client_of: ClientOf) -> None:
    """Rule 5.8."""
    client = client_of(administrator)
    client.post(ADD, FORM | {"form_key": KEY})
    answer = client.post(ADD, FORM | {"form_key": KEY})
    assert answer["Location"] == of("webhook", Webhook.objects.get())


def test_where_events_go_is_delicate(
    administrator: Member, client_of: ClientOf, webhook: Webhook, clock: Clock
) -> None:
    """Rule 9.4."""
    client = client_of(administrator)
    clock.forward(minutes=16)
    for url in (ADD, of("webhook_edit", webhook), of("webhook_rotate", webhook)):
        answer: Any = client.post(url, FORM)
        assert answer.templates[0].name == "account/confirm.html"
    before = webhook.sealed_secret, webhook.url
    webhook.refresh_from_db()
    assert (webhook.sealed_secret, webhook.url) == before


@pytest.mark.parametrize(
    "url",
    [
        *("", "hook.example", "ftp://hook.example/", "http://hook.example/", "javascript:alert(1)"),
        *("https://user:word@hook.example/", "https://hook.example:25/", "https://hook.example/#top"),
        *("https://10.0.0.1/", "https://[::1]/", "https://127.0.0.1/", "https://169.254.169.254/latest"),
        f"https://hook.example/{'x' * 2000}",
    ],
)
def test_what_is_no_address(url: str, administrator: Member, client_of: ClientOf) -> None:
    answer = client_of(administrator).post(ADD, FORM | {"url": url})
    assert answer.status_code == 422
    assert "url" in answer.context["form"].errors
    assert not Webhook.objects.exists()


def test_actions_check_as_forms_do(company: Company, administrator: Member, member: Member) -> None:
    actor = actor_of(administrator)
    for wanted, field in (
        (WebhookSettings("http://hook.example/"), "url"),
        (WebhookSettings("https://hook.example/", event_types=frozenset({"door.opened"})), "event_types"),
    ):
        with pytest.raises(Invalid) as invalid:
            create_webhook(company, wanted, actor=actor)
        assert invalid.value.field == field
    with pytest.raises(Refused):
        create_webhook(company, WebhookSettings("https://hook.example/"), actor=actor_of(member))


def test_nobody_changes_those_of_others(webhook: Webhook, guest: Member) -> None:
    """Not even an administrator of another company (rule 1.1)."""
    guest.is_administrator = True
    wanted = WebhookSettings("https://evil.example/")
    calls: list[Any] = [
        lambda actor: update_webhook(webhook, wanted, actor=actor),
        lambda actor: actions.rotate_secret(webhook, actor=actor),
        lambda actor: actions.delete_webhook(webhook, actor=actor),
        lambda actor: actions.resume_webhook(webhook, actor=actor),
        lambda actor: actions.test_webhook(webhook, actor=actor),
        lambda actor: actions.send_failed_again(webhook, actor=actor),
    ]
    for call in calls:
        with pytest.raises(Refused):
            call(actor_of(guest))
    assert not WebhookDelivery.objects.exists()


def test_there_are_only_so_many(company: Company, administrator: Member, client_of: ClientOf) -> None:
    WebhookFactory.create_batch(actions.AT_MOST, company=company)
    client = client_of(administrator)
    assert client.post(ADD, FORM).status_code == 422
    assert ADD not in client.get(LIST).content.decode()


def test_editing_is_audited(administrator: Member, client_of: ClientOf, webhook: Webhook) -> None:
    chosen = ["group.deleted", "member.created"]
    form = FORM | {"which": "some", "event_types": chosen, "description": "Payroll"}
    answer = client_of(administrator).post(of("webhook_edit", webhook), form)
    assert answer["Location"] == of("webhook", webhook)
    webhook.refresh_from_db()
    assert (webhook.event_types, webhook.description) == (chosen, "Payroll")
    entry = AuditEntry.objects.get(action="webhook.update")
    assert entry.changes["event_types"] == ["", "group.deleted, member.created"]
    page = client_of(administrator).get(of("webhook_edit", webhook)).content.decode()
    content = page.partition("<main")[2].partition("</main>")[0]
    assert content.count(" checked") == 1 + len(chosen) + 1, "which, the events, and that it is on"


def test_no_event_is_no_choice(administrator: Member, client_of: ClientOf) -> None:
    answer = client_of(administrator).post(ADD, FORM | {"which": "some"})
    assert "event_types" in answer.context["form"].errors


def test_the_page_shows_what_was_told_by_state(
    administrator: Member, client_of: ClientOf, webhook: Webhook
) -> None:
    client = client_of(administrator)
    failed = WebhookDeliveryFactory.create(webhook=webhook, state="failed", event_type="team.deleted")
    WebhookDeliveryFactory.create_batch(51, webhook=webhook)
    WebhookDeliveryFactory.create(event_type="domain.changed")
    first = client.get(of("webhook", webhook))
    assert len(first.context["page"].rows) == 50
    assert first.context["waiting"] == 51
    second = client.get(of("webhook", webhook) + first.context["page"].next)
    assert second.context["page"].rows[-1] == failed
    (only,) = client.get(of("webhook", webhook) + "?state=failed").context["page"].rows
    assert only == failed
    assert "domain.changed" not in first.content.decode() + second.content.decode()
    client.post(of("webhook_again", webhook))
    assert not WebhookDelivery.objects.filter(state="failed").exists()


def test_what_was_answered_is_shown_as_text(
    administrator: Member, client_of: ClientOf, webhook: Webhook
) -> None:
    delivery = WebhookDeliveryFactory.create(
        webhook=webhook, response="<script>alert(1)</script>", status=500, problem="status", seconds=0.5
    )
    page = client_of(administrator).get(of("webhook_delivery", delivery)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "The receiver did not take it." in page
    assert "HTTP 500" in page


def test_send_again_resume_and_test(administrator: Member, client_of: ClientOf, webhook: Webhook) -> None:
    client = client_of(administrator)
    done = WebhookDeliveryFactory.create(webhook=webhook, state="done")
    client.post(of("webhook_delivery_again", done))
    done.refresh_from_db()
    assert done.state == "waiting"
    client.post(of("webhook_test", webhook), {"form_key": KEY})
    client.post(of("webhook_test", webhook), {"form_key": KEY})
    assert WebhookDelivery.objects.filter(event_type="webhook.test").count() == 1
    webhook.paused_at, webhook.paused_because = done.created_at, Webhook.Paused.GONE
    webhook.save()
    page = client.get(of("webhook", webhook)).content.decode()
    assert "410 Gone" in page
    assert of("webhook_test", webhook) not in page
    answer: Any = client.post(of("webhook_test", webhook), follow=True)
    assert "while it is off or paused" in answer.content.decode()
    client.post(of("webhook_resume", webhook))
    assert Webhook.objects.get().paused_at is None
    actions_done = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"webhook.send_again", "webhook.test", "webhook.resume"} <= actions_done


def test_deleting_asks_first(administrator: Member, client_of: ClientOf, webhook: Webhook) -> None:
    client = client_of(administrator)
    WebhookDeliveryFactory.create_batch(3, webhook=webhook)
    assert "3 events that wait are not sent." in client.get(of("webhook_delete", webhook)).content.decode()
    client.post(of("webhook_delete", webhook))
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_what_is_left_behind_disturbs_nobody(webhook: Webhook, administrator: Member, clock: Clock) -> None:
    """Somebody's change was written while the webhook was deleted."""
    left = WebhookDeliveryFactory.create(webhook=webhook)
    Webhook.objects.filter(pk=webhook.pk)._raw_delete("default")
    assert left.pk
    assert WebhookDelivery.objects.filter(pk=left.pk).exists()
    clock.forward(days=31)
    assert forget_old_deliveries() == 1


def test_old_deliveries_are_forgotten(webhook: Webhook, clock: Clock) -> None:
    WebhookDeliveryFactory.create(webhook=webhook)
    clock.forward(days=29)
    WebhookDeliveryFactory.create(webhook=webhook)
    clock.forward(days=2)
    assert forget_old_deliveries() == 1
    assert WebhookDelivery.objects.count() == 1


def test_one_that_takes_nothing_does_not_fill_the_disk(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are kept, of each webhook."""
    monkeypatch.setattr(actions, "DELIVERIES_KEPT", 3)
    rows = WebhookDeliveryFactory.create_batch(8, webhook=webhook)
    WebhookDeliveryFactory.create_batch(3, webhook=WebhookFactory.create())
    assert forget_old_deliveries() == 5
    left = WebhookDelivery.objects.filter(webhook=webhook).values_list("pk", flat=True)
    assert set(left) == {row.pk for row in rows[5:]}
    assert forget_old_deliveries() == 0


def test_a_company_goes_with_its_webhooks(other_company: Company) -> None:
    WebhookDeliveryFactory.create(webhook=WebhookFactory.create(company=other_company))
    delete_company(other_company, actor=Actor.system())
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_superusers_see_how_they_do_and_send_again(superuser: Member, client_of: ClientOf) -> None:
    """The address may hold a secret of the receiver's, and what is told belongs to the company."""
    client: Client = client_of(superuser)
    webhook = WebhookFactory.create(url="https://hook.example/in?key=12345")
    delivery = WebhookDeliveryFactory.create(
        webhook=webhook, state="failed", body='{"data": {"a": "Secret body"}}'
    )
    for url in (
        admin_url(Webhook, "changelist"),
        admin_url(Webhook, "change", webhook.pk),
        admin_url(WebhookDelivery, "changelist"),
        admin_url(WebhookDelivery, "change", delivery.pk),
    ):
        page = client.get(url).content.decode()
        assert "hook.example" in page
        assert "12345" not in page
        assert "Secret body" not in page
    chosen = {"action": "send_again", "_selected_action": [delivery.pk]}
    client.post(admin_url(WebhookDelivery, "changelist"), chosen)
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
