"""What runs in the background: the workers, what waits for them, and what timers start."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from groupadmin.base import clock
from groupadmin.health import state

from .finding import Facts, Finding, error, note, ok, warning

# A day, and some time for a timer that waits until the machine is up.
DAILY_EVERY = timedelta(hours=30)
LOOK = "See the log: journalctl -u groupadmin-worker"


def workers(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether somebody works."""
    found = state.Workers.read()
    if not found.alive:
        yield error("No worker is alive: no mail is sent, no change of many is done.", _start("worker"))
        return
    yield ok(f"{found.alive} alive.")
    if found.dead:
        yield warning(f"{found.dead} ended within the last hour without a word.", LOOK)


def queues(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether what is due is done."""
    now = clock.read()
    found = [*_tasks(now), *_list_mail(now), *_people(now), *_webhooks(now)]
    yield from found or [ok("What is due is done.")]


def _tasks(now: datetime) -> Iterator[Finding]:
    tasks = state.Tasks.read()
    if (since := _stuck(tasks.due_since, now)) is not None:
        yield error(f"{tasks.due} tasks are due, the oldest since {since}.", "Start more workers, or " + LOOK)
    if tasks.failed:
        yield warning(
            f"{tasks.failed} tasks have failed for good within two weeks.",
            'Django admin has them, with the reason, under "Failed tasks", and can try them again.',
        )


def _list_mail(now: datetime) -> Iterator[Finding]:
    mail = state.ListMail.read()
    for domain, since in sorted(mail.outages.items()):
        whose = f"no mail of {domain}" if domain else "no mail"
        yield error(
            f"The server of MAIL_OUT takes {whose}, since {_said(since)}.",
            'Django admin has what it says, under "Queued emails".',
        )
    if (due := _stuck(mail.untouched_since, now)) is not None and not mail.outages:
        yield error(f"Mail of lists is due since {due}, and nobody has tried.", LOOK)
    if mail.held:
        yield note(f"{mail.held} envelopes are held.", "python manage.py mailqueue")


def _people(now: datetime) -> Iterator[Finding]:
    mails, notifications = state.mail_to_people(), state.notifications()
    for what, since in (("Mail for signing in", mails.since), ("Notifications by mail", notifications.since)):
        if (due := _stuck(since, now)) is not None:
            yield error(f"{what} wait since {due}.", f"Is the server of EMAIL_URL up? {LOOK}")
    if given_up := state.mail_given_up():
        yield warning(
            f"{given_up} mails for signing in were given up.",
            'Django admin has them, with the reason, under "Emails to people", and can send them again.',
        )


def _webhooks(now: datetime) -> Iterator[Finding]:
    webhooks = state.Webhooks.read()
    if (due := _stuck(webhooks.due_since, now)) is not None:
        yield warning(
            f"{webhooks.waiting} events wait for receivers of webhooks, the oldest is due since {due}.",
            f"Their receivers are slow, or WEBHOOKS_AT_ONCE is too low. {LOOK}",
        )
    if webhooks.paused:
        yield note(
            f"{webhooks.paused} webhooks are paused; {webhooks.kept} events are kept for them.",
            "Their administrators know, and resume them.",
        )


def timers(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether the daily run takes place."""
    start = "systemctl enable --now groupadmin-daily.timer"
    if (at := state.daily_run_at()) is None:
        yield warning("The daily run has not ended well yet.", f"{start}, or have cron run: manage.py daily")
    elif clock.read() - at > DAILY_EVERY:
        yield error(
            f"The daily run ended well on {_said(at)} the last time: what is old is not deleted.",
            f"{start}; see the log: journalctl -u groupadmin-daily",
        )
    else:
        yield ok(f"The daily run ended well on {_said(at)}.")


def _stuck(since: datetime | None, now: datetime) -> str | None:
    late = since is not None and now - since > timedelta(seconds=settings.STUCK_SECONDS)
    return _said(since) if late and since is not None else None


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _start(unit: str) -> str:
    return f"systemctl start groupadmin-{unit}; its log: journalctl -u groupadmin-{unit}"
