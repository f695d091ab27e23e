"""Mails by which people get in, and hear of it, wait until the mail server takes them (rules 9.1, 9.7)."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts import mail_queue, tasks
from accounts.actions.members import send_sign_in_mail
from accounts.models import Member, QueuedMail
from accounts.tasks import WayIn, queue_mails, send_queued_mails, tell_way_in
from groupadmin.base import mail_server
from tests.admin_pages import admin_url, last_entry
from tests.helpers import ActorOf, Clock

pytestmark = pytest.mark.django_db
IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


class Server(BaseEmailBackend):
    """A mail server that fails as the test says."""

    is_down = False
    refusal: Exception | None = None
    taken: list[EmailMessage] = []

    def open(self) -> bool:
        if Server.is_down:
            raise ConnectionRefusedError("nobody listens")
        return True

    def send_messages(self, messages: Any) -> int:
        if Server.refusal is not None:
            raise Server.refusal
        Server.taken += messages
        return len(messages)


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Server]]:
    Server.is_down, Server.refusal, Server.taken = False, None, []
    monkeypatch.setattr(mail_server, "_watch", mail_server._Watch())
    with override_settings(EMAIL_BACKEND=f"{__name__}.Server"):
        yield Server


def refused(code: int) -> Exception:
    return smtplib.SMTPDataError(code, b"no")


def ask_for_reset(member: Member) -> None:
    answer = Client().post(reverse("account_reset_password"), {"email": member.email})
    assert answer.status_code == 302


def test_a_reset_waits_for_the_server(member: Member, server: type[Server], clock: Clock) -> None:
    """The page says that the mail is on its way, and so it is."""
    server.is_down = True
    ask_for_reset(member)
    assert QueuedMail.objects.get().arguments == {}, "no link lies in the queue"
    clock.forward(seconds=61)
    assert send_queued_mails.call() == 0
    server.is_down = False
    assert send_queued_mails.call() == 0, "it is asked once a minute"
    clock.forward(seconds=61)
    assert send_queued_mails.call() == 1
    (mail,) = server.taken
    assert mail.to == [member.email]
    link = next(line for line in str(mail.body).split() if "/password/reset/" in line)
    assert "no longer valid" not in Client().get(link.partition("//")[2].partition("/")[2], follow=True)
    assert not QueuedMail.objects.exists()


def test_so_does_an_invitation(
    member: Member, administrator: Member, actor_of: ActorOf, server: type[Server], clock: Clock
) -> None:
    server.is_down = True
    send_sign_in_mail(member, actor=actor_of(administrator))
    server.is_down = False
    clock.forward(minutes=2)
    queue_mails()
    assert [mail.to for mail in server.taken] == [[member.email]]


def test_and_what_changed_ones_way_in(member: Member, server: type[Server], clock: Clock) -> None:
    """At the address that they had, and also if they can no longer sign in."""
    server.is_down = True
    tell_way_in(member, WayIn.PASSWORD_CHANGED, to="old@hanbit.example")
    tell_way_in(member, WayIn.SIGNED_OUT)
    Member.objects.update(is_active=False)
    server.is_down = False
    clock.forward(minutes=2)
    send_queued_mails.call()
    assert sorted(mail.to[0] for mail in server.taken) == sorted(["old@hanbit.example", member.email])


def test_asked_for_twice_it_comes_once(member: Member, server: type[Server], clock: Clock) -> None:
    server.is_down = True
    for _time in range(2):
        ask_for_reset(member)
    server.is_down = False
    clock.forward(minutes=2)
    assert send_queued_mails.call() == 1


def test_what_no_longer_holds_is_not_sent(
    member: Member, server: type[Server], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A link that would have expired; one for somebody who cannot sign in, or to an old address."""
    server.is_down = True
    ask_for_reset(member)
    server.is_down = False
    with override_settings(PASSWORD_RESET_TIMEOUT=3 * 24 * 3600):
        clock.forward(days=3, minutes=2)
    assert send_queued_mails.call() == 0
    assert QueuedMail.objects.get().due_at is None
    assert "It expired before it could be sent" in caplog.text
    tasks.queue_mail(member, "reset", to="old@hanbit.example")
    assert server.taken[-1].to == [member.email]
    Member.objects.update(is_active=False)
    server.taken.clear()
    tasks.queue_mail(member, "reset")
    assert server.taken == []
    assert QueuedMail.objects.count() == 1


@pytest.mark.parametrize(("code", "is_given_up"), [(550, True), (451, False)])
def test_a_refusal_is_tried_again(
    member: Member,
    server: type[Server],
    clock: Clock,
    code: int,
    is_given_up: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.refusal = refused(code)
    ask_for_reset(member)
    for attempt in range(1, 5):
        mail = QueuedMail.objects.get()
        assert (mail.attempts, mail.due_at) == (attempt, clock.now + mail_queue.DELAYS[attempt - 1])
        clock.forward(minutes=16)
        send_queued_mails.call()
    mail = QueuedMail.objects.get()
    assert mail.last_error == f"{code} no"
    assert (mail.due_at is None) is is_given_up
    assert ("Gave up mail" in caplog.text) is is_given_up


def test_one_that_cannot_be_written_stops_no_other(
    member: Member, outsider: Member, server: type[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(mail: QueuedMail) -> EmailMessage:
        if mail.member == member:
            raise RuntimeError
        return EmailMessage("x", to=[mail.to])

    monkeypatch.setitem(tasks.WRITERS, "reset", write)
    tasks.queue_mail(member, "reset")
    tasks.queue_mail(outsider, "reset")
    assert [mail.to for mail in server.taken] == [[outsider.email]]
    assert QueuedMail.objects.get().attempts == 1


def test_a_killed_worker_s_mail_is_the_same_mail(
    member: Member, server: type[Server], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile no other worker sends it."""
    with monkeypatch.context() as killed:
        killed.setattr(QueuedMail.objects.none().__class__, "delete", lambda self: (0, {}))
        ask_for_reset(member)
    assert send_queued_mails.call() == 0
    clock.now += mail_queue.CLAIMED_FOR
    assert send_queued_mails.call() == 1
    first, second = (mail.extra_headers["Message-ID"] for mail in server.taken)
    assert first == second


def test_an_outage_of_the_server_is_two_lines(
    member: Member, server: type[Server], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    server.is_down = True
    ask_for_reset(member)
    for _minute in range(5):
        clock.forward(minutes=2)
        send_queued_mails.call()
    server.is_down = False
    clock.forward(minutes=2)
    send_queued_mails.call()
    said = [record.message for record in caplog.records if record.name == "groupadmin.mail"]
    assert said == [
        "The mail server cannot be reached; mails wait: nobody listens",
        "The mail server is back",
    ]


def test_what_was_given_up_is_kept_for_a_while(member: Member, clock: Clock) -> None:
    now = clock.now
    for due_at in (None, now):
        QueuedMail.objects.create(
            member=member, to="x", kind="reset", queued_at=now, expires_at=now, due_at=due_at
        )
    clock.forward(days=29)
    assert mail_queue.forget_old() == 0
    clock.forward(days=2)
    assert mail_queue.forget_old() == 1


class TestDjangoAdmin:
    def test_shows_mails_and_sends_them_now(
        self, admin: Client, member: Member, server: type[Server], clock: Clock
    ) -> None:
        server.refusal = refused(550)
        ask_for_reset(member)
        QueuedMail.objects.update(due_at=None, attempts=5)
        url = admin_url(QueuedMail, "changelist")
        page = admin.get(url).content.decode()
        assert member.email in page
        assert "550 no" in page
        data = {"action": "try_again", "_selected_action": [QueuedMail.objects.get().pk]}
        answer = admin.post(url, data, follow=True)
        assert "1 email is sent now." in answer.content.decode()
        assert (last_entry().action, QueuedMail.objects.get().attempts) == ("queued_mail.retry", 0)
        QueuedMail.objects.update(expires_at=clock.now - timedelta(days=1))
        assert "0 emails are sent now." in admin.post(url, data, follow=True).content.decode()

    def test_shows_failed_tasks_and_tries_them_again(self, admin: Client) -> None:
        values = {"status": TaskResultStatus.FAILED, "backend_name": "default", "run_after": timezone.now()}
        failed = DBTaskResult.objects.create(
            task_path="accounts.tasks.send_queued_mails", args_kwargs={"args": [], "kwargs": {}},
            worker_ids=["a"] * 5, traceback="Traceback: x", exception_class_path="builtins.ValueError",
            finished_at=timezone.now(), **values,
        )  # fmt: skip
        url = reverse("admin:accounts_failedtask_changelist")
        assert "accounts.tasks.send_queued_mails" in admin.get(url).content.decode()
        shown = admin.get(reverse("admin:accounts_failedtask_change", args=[failed.pk])).content.decode()
        assert "Traceback: x" in shown
        answer = admin.post(url, {"action": "try_again", "_selected_action": [str(failed.pk)]}, follow=True)
        assert "1 task is tried again." in answer.content.decode()
        failed.refresh_from_db()
        assert (failed.status, failed.worker_ids) == (TaskResultStatus.READY, [])
        assert last_entry().action == "task.retry"
        assert "send_queued_mails" not in admin.get(url).content.decode()
        assert admin.post(url, {"action": "try_again", "_selected_action": ["x"]}).status_code == 302
