"""Looks for the records that prove domains (rule 1.9), on demand and from time to time.

Name servers may take seconds to answer, or never do: nothing is locked while we wait for them.
"""

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from accounts.actor import Actor
from accounts.models import Domain, DomainQuerySet
from accounts.permissions import check_administers
from groupadmin.base.dns_records import Problem, txt_records
from groupadmin.base.errors import Invalid
from groupadmin.base.queue import enqueue_once

from .domains import prove_domain
from .locks import lock_company

# How often a company may ask: name servers that do not answer would hold one web process after the other.
AT_MOST_EVERY = timedelta(seconds=5)
# New claims are looked at often, as somebody is at work on them; old ones and those in use seldom.
OFTEN, NEW_FOR = timedelta(minutes=2), timedelta(hours=1)
HOURLY, DAILY = timedelta(hours=1), timedelta(days=1)
SECONDS_OF_A_RUN = 20


def check_now(domain: Domain, *, actor: Actor) -> Domain:
    """Looks for the record of one domain, and proves it if it is there. Returns the domain as it is then.

    Raises Refused, or Invalid if the company has asked a moment ago.
    """
    check_administers(actor, domain.company, "domain.prove")
    if _takes_turn(domain):
        _look(domain, actor)
    return Domain.objects.filter(pk=domain.pk).first() or domain


@transaction.atomic
def _takes_turn(domain: Domain) -> bool:
    """Whether to look now, which of many requests at once only one may. Raises Invalid if it is too soon."""
    lock_company(domain.company_id)
    now = timezone.now()
    unproven = Domain.objects.filter(pk=domain.pk).exclude(state=Domain.State.PROVEN)
    lately = Domain.objects.filter(company=domain.company_id, asked_at__gt=now - AT_MOST_EVERY)
    if unproven.exists() and lately.exists():
        raise Invalid(None, _("You have just checked. Try again in a few seconds."))
    return bool(unproven.update(asked_at=now, checked_at=now, check_due_at=_next(domain, now)))


def _look(domain: Domain, actor: Actor) -> None:
    found = txt_records(domain.record_name)
    problem = found.problem or Problem.OTHER
    if domain.record_value in found.values:
        try:
            prove_domain(domain, actor=actor)
            return
        except Invalid:
            problem = Problem.TAKEN
    unproven = Domain.objects.filter(pk=domain.pk).exclude(state=Domain.State.PROVEN)
    unproven.update(problem=problem)
    if problem == Problem.NO_ANSWER:
        # Or a few new ones would keep the worker waiting all the time, and all mail with it.
        unproven.update(check_due_at=_next(domain, timezone.now(), often=HOURLY))


def _next(domain: Domain, now: datetime, often: timedelta = OFTEN) -> datetime:
    if domain.state != Domain.State.CLAIMED:
        return now + DAILY
    return now + (often if now < domain.claimed_at + NEW_FOR else HOURLY)


def queue_checks() -> None:
    """For the timer: looks for the records of domains that are due."""
    if _due().exists():
        enqueue_once(check_domains)


@task()
def check_domains() -> int:
    """Looks for records for a while, those due longest first. Returns how many."""
    end, count = time.monotonic() + SECONDS_OF_A_RUN, 0
    for domain in _due().select_related("company").order_by("check_due_at")[:100]:
        if time.monotonic() > end:
            break
        now = timezone.now()
        # Not by two workers at once, nor again and again if something goes wrong below.
        mine = Domain.objects.filter(pk=domain.pk, check_due_at=domain.check_due_at)
        if mine.update(checked_at=now, check_due_at=_next(domain, now)):
            _look(domain, Actor.system())
            count += 1
    return count


def _due() -> DomainQuerySet:
    return Domain.objects.to_prove().filter(check_due_at__lte=timezone.now())
