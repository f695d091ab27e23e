"""The mail that waits to be handed over, and what operators do with it (rule 4.11).

What a worker is handing over right now is out of reach: it is left out, here and in the numbers.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Sum

from accounts import audit
from accounts.actor import Actor
from accounts.models import Company
from accounts.permissions import check_rules_installation
from groupadmin.base import clock
from groupadmin.base.sql import JsonLength
from groups.models import Envelope, EnvelopeQuerySet, Group, Mail

from . import delivery

BATCH = 1_000
# What Audit › Mail shows for whoever did not get a mail because of it.
DROPPED = "Removed from the queue by an operator"


@dataclass(frozen=True)
class Chosen:
    """Which mail of the queue: of these mails, of a list, these envelopes; without any of them, all."""

    mails: Collection[int] | None = None
    list_address: str = ""
    envelopes: Collection[int] | None = None

    def waiting(self) -> EnvelopeQuerySet:
        """The envelopes, whether held or not."""
        found = Envelope.objects.waiting()
        if self.mails is not None:
            found = found.filter(mail__in=self.mails)
        if self.list_address:
            lists = Mail.objects.filter(list_address=self.list_address.lower(), result=Mail.Result.WAITING)
            found = found.filter(mail__in=lists.values("pk"))
        if self.envelopes is not None:
            found = found.filter(pk__in=self.envelopes)
        return found


@dataclass(frozen=True)
class Done:
    """How much mail was flushed, held, released or dropped."""

    mails: int = 0
    recipients: int = 0


@audit.action
def flush(chosen: Chosen, *, actor: Actor) -> Done:
    """Has mail tried now that was put off. Held mail stays held. Raises Refused."""
    check_rules_installation(actor, "mail.flush")
    put_off = chosen.waiting().filter(held_at=None)
    done = _change(put_off, "mail.flush", actor, due_at=clock.now(), attempts=0)
    delivery.wake()
    return done


@audit.action
def hold(chosen: Chosen, *, actor: Actor) -> Done:
    """Keeps mail from being handed over until it is released. Raises Refused."""
    check_rules_installation(actor, "mail.hold")
    return _change(chosen.waiting().filter(held_at=None), "mail.hold", actor, held_at=clock.now())


@audit.action
def release(chosen: Chosen, *, actor: Actor) -> Done:
    """Has held mail handed over, and tried as long as new mail. Raises Refused."""
    check_rules_installation(actor, "mail.release")
    held, now = chosen.waiting().filter(held_at__isnull=False), clock.now()
    done = _change(held, "mail.release", actor, held_at=None, due_at=now, tried_since=now, attempts=0)
    delivery.wake()
    return done


@audit.action
def drop(chosen: Chosen, *, actor: Actor) -> Done:
    """Takes mail out of the queue, held or not: those recipients do not get it. Raises Refused."""
    check_rules_installation(actor, "mail.drop")
    ids = _locked(chosen.waiting())
    done = _record(actor, "mail.drop", ids)
    now = clock.read()
    for some in _batches(ids):
        envelopes = list(Envelope.objects.filter(pk__in=some).only("recipients", "failures"))
        for envelope in envelopes:
            envelope.failures |= dict.fromkeys(envelope.recipients, DROPPED)
            envelope.recipients, envelope.state = [], Envelope.State.DONE
            envelope.done_at, envelope.held_at = now, None
        Envelope.objects.bulk_update(envelopes, ["failures", "recipients", "state", "done_at", "held_at"])
        delivery.finish(Mail.objects.filter(pk__in=Envelope.objects.filter(pk__in=some).values("mail")))
    return done


def _change(envelopes: EnvelopeQuerySet, action: str, actor: Actor, **changes: Any) -> Done:
    ids = _locked(envelopes)
    done = _record(actor, action, ids)
    for some in _batches(ids):
        Envelope.objects.filter(pk__in=some).update(**changes)
    return done


def _locked(envelopes: EnvelopeQuerySet) -> list[int]:
    """The ids of those that no worker has in hand, which none can take before we are done."""
    free = envelopes.unclaimed().order_by("pk")
    can_skip = connection.features.has_select_for_update_skip_locked
    return list(free.select_for_update(skip_locked=can_skip).values_list("pk", flat=True))


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _record(actor: Actor, action: str, ids: Sequence[int]) -> Done:
    """Audits it before it happens: an entry for each list, in its company's audit (rule 8.1)."""
    mails: dict[tuple[int, int | None, str], set[int]] = {}
    people: dict[tuple[int, int | None, str], int] = {}
    for some in _batches(ids):
        rows = Envelope.objects.filter(pk__in=some).order_by().annotate(people=JsonLength("recipients"))
        columns = ("mail__company_id", "mail__group_id", "mail__list_address", "mail_id", "people")
        for company, group, address, mail, count in rows.values_list(*columns):
            key = (company, group, address)
            mails.setdefault(key, set()).add(mail)
            people[key] = people.get(key, 0) + count
    groups = Group.objects.in_bulk([group for _company, group, _address in mails if group])
    companies = Company.objects.in_bulk([company for company, _group, _address in mails])
    entries = []
    for key, found in mails.items():
        company, group, address = key
        target = groups.get(group or 0) or companies.get(company)
        changes: audit.Changes = {
            "list": [None, address],
            "emails": [None, len(found)],
            "recipients": [None, people[key]],
        }
        if target is not None:
            entries.append(audit.Entry(target, changes, company))
    audit.record_in_bulk(actor, action, entries)
    return Done(sum(map(len, mails.values())), sum(people.values()))


@dataclass(frozen=True)
class Waiting:
    """A mail of the queue."""

    mail: Mail
    recipients: int
    held: int  # envelopes
    envelopes: int
    next_try: datetime
    tries: int
    last_error: str


def waiting_mails(chosen: Chosen, limit: int) -> list[Waiting]:
    """The oldest mails of the queue, in two queries."""
    found = (
        chosen.waiting()
        .order_by("mail_id")
        .values("mail_id")
        .annotate(
            recipients_left=Sum(JsonLength("recipients")),
            held=Count("held_at"),
            envelopes=Count("pk"),
            next_try=Min("due_at"),
            tries=Max("attempts"),
            error=Max("last_error"),
        )[:limit]
    )
    rows = list(found)
    mails = Mail.objects.in_bulk([row["mail_id"] for row in rows])
    return [
        Waiting(
            mails[row["mail_id"]],
            row["recipients_left"],
            row["held"],
            row["envelopes"],
            row["next_try"],
            row["tries"],
            row["error"],
        )
        for row in rows
    ]


def count_waiting(chosen: Chosen) -> Done:
    """How much mail waits."""
    counted = chosen.waiting().aggregate(
        mails=Count("mail", distinct=True), recipients=Sum(JsonLength("recipients"), default=0)
    )
    return Done(counted["mails"], counted["recipients"])
