"""The numbers for Prometheus (rule 11.6): requests and queries as counted, the rest as it is now.

No label names anybody: no company, no person, no address.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import connection
from prometheus_client import REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from groupadmin.base import clock, outage

from . import processes, state, storage
from .brief import within

logger = logging.getLogger(__name__)

SECONDS = 5.0


def exposition() -> bytes:
    """All of it, in Prometheus' text format."""
    now = CollectorRegistry()
    now.register(StateCollector())
    where = processes.folder()
    if where is None:
        counted = generate_latest(REGISTRY)
    else:
        with processes.reading(where):
            counted = generate_latest(processes.registry_of(where))
    return counted + generate_latest(now)


class StateCollector(Collector):
    """Asks the database. A part that cannot be read is missing; the others are there."""

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        begun = time.perf_counter()
        found: list[Metric] = []
        failed = 0
        for part in PARTS:
            try:
                with within(SECONDS):
                    found += part(clock.read())
            except Exception as problem:
                failed += 1
                if outage.notice(problem) is None:
                    logger.exception("A part of the metrics cannot be read")
                elif outage.is_away(problem):
                    connection.close()
                    break
        is_there = failed < len(PARTS) and bool(found)
        yield _one("groupadmin_database_up", "Whether the database answers.", float(is_there))
        yield _one("groupadmin_state_parts_failed", "Parts of this that could not be read.", failed)
        yield from found
        seconds = time.perf_counter() - begun
        yield _one("groupadmin_state_duration_seconds", "How long it took to read this.", seconds)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by(label: str, name: str, words: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _age(name: str, words: str, now: datetime, since: datetime | None) -> Metric:
    """In seconds; 0 if nothing waits, so that alerts need no special case."""
    return _one(name, words, max(0.0, (now - since).total_seconds()) if since else 0.0)


def _workers(now: datetime) -> list[Metric]:
    found = state.Workers.read()
    counts = {"alive": found.alive, "dead": found.dead}
    return [
        _by("state", "groupadmin_workers", "Background workers; dead ones are known for an hour.", counts),
        _age(
            "groupadmin_worker_heartbeat_age_seconds",
            "Since a worker said last that it lives; 0 if none does.",
            now,
            found.seen_at,
        ),
    ]


def _tasks(now: datetime) -> list[Metric]:
    found = state.Tasks.read()
    counts = {"due": found.due, "later": found.later, "running": found.running, "failed": found.failed}
    return [
        _by("state", "groupadmin_tasks", "Tasks of the worker; failed ones are kept for two weeks.", counts),
        _age("groupadmin_tasks_due_age_seconds", "Since when the oldest task is due.", now, found.due_since),
        _age(
            "groupadmin_tasks_running_age_seconds",
            "Since when the oldest task runs.",
            now,
            found.running_since,
        ),
    ]


def _work(now: datetime) -> list[Metric]:
    daily = state.daily_run_at()
    return [
        _by("state", "groupadmin_jobs", "Long changes; failed ones are kept for 30 days.", state.jobs()),
        _by("state", "groupadmin_imports", "Imports that are at work.", state.imports()),
        _one(
            "groupadmin_daily_run_timestamp_seconds",
            "When the daily run ended last; 0 for never.",
            daily.timestamp() if daily else 0.0,
        ),
    ]


def _list_mail(now: datetime) -> list[Metric]:
    found = state.ListMail.read()
    outages = {"all": int("" in found.outages), "domain": len(found.outages.keys() - {""})}
    return [
        _by(
            "state",
            "groupadmin_envelopes",
            "Envelopes of lists' mail, with up to a hundred recipients each.",
            {"waiting": found.waiting, "held": found.held},
        ),
        _age("groupadmin_envelopes_age_seconds", "Since when the oldest mail waits.", now, found.since),
        _age(
            "groupadmin_envelopes_due_age_seconds",
            "Since when the next try of an envelope is due.",
            now,
            found.untouched_since,
        ),
        _by("of", "groupadmin_mail_outages", "The mail server takes no mail, or none of a domain.", outages),
        _by(
            "result",
            "groupadmin_mails_recent",
            "Mails to lists of the last five minutes.",
            state.results_of_mails(now),
        ),
    ]


def _people(now: datetime) -> list[Metric]:
    mails, notifications = state.mail_to_people(), state.notifications()
    return [
        _by(
            "state",
            "groupadmin_mails_to_people",
            "Mails for signing in and about it.",
            {"waiting": mails.waiting, "given_up": state.mail_given_up()},
        ),
        _age(
            "groupadmin_mails_to_people_due_age_seconds",
            "Since when the next try of such a mail is due.",
            now,
            mails.since,
        ),
        _one(
            "groupadmin_notifications_waiting", "Notifications that wait for a mail.", notifications.waiting
        ),
        _age(
            "groupadmin_notifications_due_age_seconds",
            "Since when the oldest notification could be mailed.",
            now,
            notifications.since,
        ),
        _one("groupadmin_notices_waiting", "Notices of which nobody has been told yet.", state.notices()),
    ]


def _webhooks(now: datetime) -> list[Metric]:
    found = state.Webhooks.read()
    return [
        _by(
            "state",
            "groupadmin_webhook_events",
            "Events that wait for receivers; kept ones for a webhook that is paused or off.",
            {"waiting": found.waiting, "kept": found.kept},
        ),
        _age(
            "groupadmin_webhook_events_due_age_seconds",
            "Since when the oldest event could be sent.",
            now,
            found.due_since,
        ),
        _by(
            "state",
            "groupadmin_webhooks",
            "Webhooks whose receiver takes nothing; paused ones are no longer called.",
            {"failing": found.failing, "paused": found.paused},
        ),
    ]


def _disk(now: datetime) -> list[Metric]:
    """Nothing where the files are in no folder."""
    where = storage.in_time(SECONDS, storage.folder)
    if where is None:
        return []
    free = storage.in_time(SECONDS, lambda: storage.free_bytes(where))
    return [_one("groupadmin_storage_free_bytes", "Room for files in GROUPADMIN_DATA_DIR.", free)]


PARTS: list[Callable[[datetime], list[Metric]]] = [
    _workers,
    _tasks,
    _work,
    _list_mail,
    _people,
    _webhooks,
    _disk,
]
