"""What happens reaches the receiver: signed, at least once, in order, whatever it does (rule 11.5)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from standardwebhooks import WebhookVerificationError

from accounts import audit
from accounts.actions.webhooks import (
    WebhookSettings,
    resume_webhook,
    rotate_secret,
    send_again,
    send_failed_again,
    test_webhook,
    update_webhook,
)
from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member, Webhook, WebhookDelivery
from accounts.webhooks import sending
from accounts.webhooks.claiming import CLAIMED_FOR, claim
from accounts.webhooks.sending import send
from accounts.webhooks.settling import SILENT_FROM, settle
from groupadmin.base.public_http import Limits
from groups.models import Group
from tests import receivers
from tests.factories import WebhookDeliveryFactory
from tests.helpers import Clock, actor_of
from tests.receivers import Answers, Receiver

from .delivering import SECRET, deliver, ids, read, types

pytestmark = pytest.mark.django_db
test_webhook.__test__ = False  # type: ignore[attr-defined]  # an action

State = WebhookDelivery.State


def change(group: Group, name: str = "group.edit") -> None:
    audit.record(Actor.system(), name, group, {"name": ["a", "b"]})


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def fails_for(clock: Clock, hours: int) -> None:
    """The time goes by hour by hour, and whatever is due is tried."""
    for _hour in range(hours):
        clock.forward(hours=1)
        deliver()


def test_it_arrives_signed(webhook: Webhook, receiver: Receiver, group: Group) -> None:
    """The library verifies it; with another secret, or a byte changed, it does not."""
    change(group)
    assert deliver() == 1
    (request,) = receiver.requests
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert read(request)["data"]["target"]["name"] == group.name
    assert request.headers["webhook-id"] == only().message_id
    for secret, body in (("whsec_" + "A" * 32, request.body), (SECRET, request.body + b" ")):
        with pytest.raises(WebhookVerificationError):
            read(receivers.Request("", request.headers, body), secret)
    done = only()
    assert (done.state, done.status, done.attempts, done.problem) == (State.DONE, 200, 1, "")
    assert deliver() == 0


def test_for_a_day_the_old_secret_signs_too(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member, clock: Clock
) -> None:
    new = rotate_secret(webhook, actor=actor_of(administrator))
    change(group)
    deliver()
    (request,) = receiver.requests
    assert read(request, SECRET) == read(request, new)
    clock.forward(days=1)
    change(group)
    deliver()
    assert len(receiver.requests[1].headers["webhook-signature"].split()) == 1


def test_who_clicks_twice_keeps_the_secret_that_the_receiver_has(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member
) -> None:
    rotate_secret(webhook, actor=actor_of(administrator))
    new = rotate_secret(webhook, actor=actor_of(administrator))
    change(group)
    deliver()
    assert read(receiver.requests[0], SECRET) == read(receiver.requests[0], new)


def test_one_that_fails_is_tried_for_a_day(
    webhook: Webhook, receiver: Receiver, group: Group, clock: Clock
) -> None:
    """With growing delays, and the same id each time."""
    receiver.behaviour = Answers(500, body=b"oh no")
    change(group)
    deliver()
    began, delays = clock.now, []
    while only().state == State.WAITING and clock.now < began + timedelta(hours=23):
        delays.append(only().due_at - clock.now)
        clock.now = only().due_at
        assert deliver() == 1
    assert delays == sorted(delays)
    assert delays[0] < timedelta(minutes=1) < timedelta(hours=3) < delays[-1]
    assert len(set(ids(receiver))) == 1
    assert (only().status, only().response, only().problem) == (500, "oh no", "status")
    receiver.behaviour = Answers()
    clock.now = only().due_at
    deliver()
    assert only().state == State.DONE


def test_a_thing_that_fails_holds_only_itself(
    webhook: Webhook, receiver: Receiver, group: Group, private_group: Group, clock: Clock
) -> None:
    """Its events arrive one after the other, in the order of the changes; others pass."""
    receiver.queue = [Answers(500)]
    change(group)
    deliver()
    change(group, "group.make_private")
    change(group, "group.delete")
    change(private_group)
    deliver()
    assert [read(one)["data"]["target"]["id"] for one in receiver.requests] == [group.pk, private_group.pk]
    clock.forward(minutes=1)
    deliver()
    actions = [read(one)["data"]["action"] for one in receiver.requests]
    assert actions == ["group.edit", "group.edit", "group.edit", "group.make_private", "group.delete"]


def test_in_flight_it_holds_the_next_of_its_thing(webhook: Webhook, receiver: Receiver, group: Group) -> None:
    change(group)
    change(group, "group.delete")
    first = claim(webhook.pk)
    assert first is not None
    assert claim(webhook.pk) is None
    settle(first, send(first))
    assert claim(webhook.pk) is not None


def test_one_event_is_given_up_after_a_day_and_the_next_goes_on(
    webhook: Webhook, receiver: Receiver, group: Group, private_group: Group, clock: Clock
) -> None:
    """The webhook itself is well, so that it is not paused."""

    def refuses_the_first(request: receivers.Request, say: receivers.Say, over: Any) -> None:
        is_first = json.loads(request.body)["data"].get("action") == "group.edit"
        Answers(422 if is_first else 200)(request, say, over)

    receiver.behaviour = refuses_the_first
    change(group)
    change(group, "group.delete")
    for _hour in range(26):
        change(private_group, "group.make_private")
        fails_for(clock, 1)
    states = dict(
        WebhookDelivery.objects.filter(thing=f"group-{group.pk}").values_list("event_type", "state")
    )
    assert states == {"group.updated": State.FAILED, "group.deleted": State.DONE}
    webhook.refresh_from_db()
    assert webhook.paused_at is None
    administrator = Member.objects.filter(company=webhook.company, is_administrator=True).first()
    assert administrator is None
    receiver.behaviour = Answers()
    assert send_failed_again(webhook, actor=Actor.system()) == 1
    deliver()
    assert not WebhookDelivery.objects.exclude(state=State.DONE).exists()


def test_after_a_day_of_failures_it_is_paused_and_administrators_are_told(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member, clock: Clock
) -> None:
    """Nothing is lost: events wait, also new ones, until somebody resumes it."""
    receiver.behaviour = Answers(500)
    change(group)
    deliver()
    fails_for(clock, 23)
    webhook.refresh_from_db()
    assert webhook.paused_at is None
    assert not mail.outbox
    fails_for(clock, 2)
    webhook.refresh_from_db()
    assert webhook.paused_because == Webhook.Paused.FAILING
    (told,) = mail.outbox
    assert told.to == [administrator.email]
    assert f"/settings/webhooks/{webhook.pk}/" in told.body
    assert webhook.host in told.subject
    assert AuditEntry.objects.filter(action="webhook.pause", target_id=webhook.pk).count() == 1
    attempts = len(receiver.requests)
    change(group, "group.delete")
    fails_for(clock, 5)
    assert len(receiver.requests) == attempts
    receiver.behaviour = Answers()
    resume_webhook(webhook, actor=actor_of(administrator))
    deliver()
    assert [json.loads(one.body)["type"] for one in receiver.requests[attempts:]] == [
        "group.updated",
        "group.deleted",
    ]


def test_410_pauses_it_at_once(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member
) -> None:
    receiver.behaviour = Answers(410)
    change(group)
    deliver()
    webhook.refresh_from_db()
    assert webhook.paused_because == Webhook.Paused.GONE
    assert only().state == State.WAITING
    assert len(mail.outbox) == 1


def test_killed_between_sending_and_storing_it_is_sent_again_with_the_same_id(
    webhook: Webhook, receiver: Receiver, group: Group, clock: Clock
) -> None:
    """At least once; receivers know it by its id."""
    change(group)
    parcel = claim(webhook.pk)
    assert parcel is not None
    send(parcel)
    assert deliver() == 0, "another worker leaves it alone"
    clock.forward(seconds=CLAIMED_FOR.total_seconds() + 1)
    deliver()
    assert len(ids(receiver)) == 2
    assert len(set(ids(receiver))) == 1
    assert (only().state, only().attempts) == (State.DONE, 2)
    settle(parcel, sending.Outcome(problem="timeout", is_of_whole=True))
    webhook.refresh_from_db()
    assert (only().state, only().problem, webhook.failures) == (State.DONE, "", 0), "who is late is not heard"


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (receivers.never_answers, "timeout"),
        (receivers.drips, "timeout"),
        (receivers.drips_its_body, "timeout"),
        (receivers.hangs_up, "broken"),
        (receivers.speaks_no_http, "broken"),
        (Answers(301, {"Location": "http://127.0.0.1:1/"}), "redirect"),
        (Answers(307, {"Location": "http://169.254.169.254/latest/"}), "redirect"),
        (Answers(404), "status"),
    ],
)
def test_whatever_else_it_answers_it_is_tried_again(
    webhook: Webhook,
    receiver: Receiver,
    group: Group,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: receivers.Behaviour,
    problem: str,
) -> None:
    receiver.queue = [behaviour]
    change(group)
    with monkeypatch.context() as patch:
        if problem == "timeout":
            patch.setattr(sending, "LIMITS", Limits(connect=2, total=0.2, body=100))
        deliver()
    assert (only().state, only().problem.partition(":")[0]) == (State.WAITING, problem)
    assert len(receiver.requests) == 1, "redirects are not followed"
    clock.forward(minutes=1)
    deliver()
    assert only().state == State.DONE


def test_a_flood_is_an_answer_that_is_cut(webhook: Webhook, receiver: Receiver, group: Group) -> None:
    receiver.behaviour = receivers.floods
    change(group)
    deliver()
    assert (only().state, len(only().response)) == (State.DONE, sending.RESPONSE_KEPT)


def test_inner_addresses_are_not_called(
    webhook: Webhook, receiver: Receiver, group: Group, settings: Any
) -> None:
    settings.OUTGOING_PRIVATE_NETWORKS = []
    change(group)
    deliver()
    assert not receiver.requests
    assert only().problem.startswith("private")


def test_one_that_does_not_answer_is_left_alone(
    webhook: Webhook, receiver: Receiver, group: Group, clock: Clock
) -> None:
    """Not each of its thousand events is tried; when it is back, all arrive at once."""
    Webhook.objects.update(url=f"http://127.0.0.1:{_closed_port()}/")
    WebhookDelivery.objects.bulk_create(WebhookDeliveryFactory.build_batch(20, webhook=webhook))
    assert deliver() == SILENT_FROM
    clock.forward(seconds=6)
    assert deliver() == 1
    fails_for(clock, 1)
    Webhook.objects.update(url=receiver.url)
    clock.forward(minutes=30)
    assert deliver() == 20
    assert not WebhookDelivery.objects.exclude(state=State.DONE).exists()


def test_what_was_tried_in_vain_comes_when_it_is_back(
    webhook: Webhook, receiver: Receiver, clock: Clock
) -> None:
    """It need not wait out its four hours."""
    Webhook.objects.update(failures=9, silent_until=clock.now, failing_since=clock.now)
    due, tried = clock.now + timedelta(hours=4), clock.now - timedelta(hours=1)
    WebhookDeliveryFactory.create(webhook=webhook, attempts=8, tried_at=tried, due_at=due)
    WebhookDeliveryFactory.create(webhook=webhook)
    assert deliver() == 2


def _closed_port() -> int:
    with receivers.receiver() as gone:
        return gone.port


@pytest.mark.parametrize(("asked", "waits"), [("120", 120), ("999999", 3600), ("soon", 5)])
def test_who_asks_to_be_left_alone_is(
    webhook: Webhook, receiver: Receiver, group: Group, clock: Clock, asked: str, waits: int
) -> None:
    receiver.queue = [Answers(429, {"Retry-After": asked})]
    change(group)
    deliver()
    clock.forward(seconds=waits - 1)
    assert deliver() == 0
    clock.forward(seconds=2)
    assert deliver() == 1


def test_sent_again_it_has_the_same_id(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member
) -> None:
    change(group)
    deliver()
    assert send_again([only()], actor=actor_of(administrator)) == 1
    deliver()
    assert len(ids(receiver)) == 2
    assert len(set(ids(receiver))) == 1


def test_sent_again_while_it_is_on_its_way_it_does_not_wait_for_hours(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member, clock: Clock
) -> None:
    change(group)
    parcel = claim(webhook.pk)
    assert parcel is not None
    send_again([only()], actor=actor_of(administrator))
    settle(parcel, sending.Outcome(problem="status", status=500))
    assert only().due_at == clock.now
    assert deliver() == 1


@pytest.mark.parametrize("was_off", [True, False])
def test_what_failed_before_does_not_count_at_another_address(
    webhook: Webhook, receiver: Receiver, group: Group, administrator: Member, clock: Clock, *, was_off: bool
) -> None:
    """Nor after it was off: it is called at once, and not paused by its first failure."""
    change(group)
    Webhook.objects.update(
        url="https://old.example/" if not was_off else receiver.url,
        is_on=not was_off,
        failing_since=clock.now - timedelta(days=9),
        failures=9,
        silent_until=clock.now + timedelta(minutes=30),
    )
    WebhookDelivery.objects.update(
        attempts=8, first_tried_at=clock.now - timedelta(days=9), due_at=clock.now + timedelta(hours=4)
    )
    webhook.refresh_from_db()
    receiver.queue = [Answers(500)]
    update_webhook(webhook, WebhookSettings(receiver.url), actor=actor_of(administrator))
    assert deliver() == 1
    webhook.refresh_from_db()
    assert (webhook.paused_at, only().state) == (None, State.WAITING)
    clock.forward(minutes=1)
    deliver()
    assert only().state == State.DONE


def test_a_test_arrives(webhook: Webhook, receiver: Receiver, administrator: Member) -> None:
    test_webhook(webhook, actor=actor_of(administrator))
    deliver()
    assert types(receiver) == ["webhook.test"]


def test_without_its_secret_nothing_is_sent(
    webhook: Webhook, receiver: Receiver, group: Group, settings: Any
) -> None:
    """A SECRET_KEY that is gone: better nothing than something unsigned."""
    settings.SECRET_KEY = "another"
    change(group)
    deliver()
    assert not receiver.requests
    assert only().problem == "secret"


def test_what_is_turned_off_is_not_called(
    webhook: Webhook, receiver: Receiver, group: Group, company: Company
) -> None:
    change(group)
    Webhook.objects.update(is_on=False)
    assert deliver() == 0


def test_many_of_one_thing_cost_little(webhook: Webhook, receiver: Receiver, clock: Clock) -> None:
    """Those that wait for the one before them are looked at once, not at each attempt."""
    rows = WebhookDeliveryFactory.build_batch(450, webhook=webhook, thing="group-1")
    WebhookDelivery.objects.bulk_create(rows)
    assert claim(webhook.pk) is not None
    assert claim(webhook.pk) is None
    due = WebhookDelivery.objects.waiting().filter(due_at__lte=clock.now)
    assert not due.exists()
