"""Addresses that mail servers call dead: counts failures, has them probed, finds their owners (rule 4.10).

Five such failures in a row have the address probed. A hand-over to the smart host does not prove that a mail
arrived, so only time clears a failure: after thirty days without one, the count starts again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise

from accounts.models import Company, Member
from groupadmin.base import clock
from groups.membership import effective
from groups.models import ExternalContact, FailingAddress, FailingAddressQuerySet, Group, Mail

from . import probes
from .dead_addresses import why_dead

FAILURES_AT_MOST = 5
FORGOTTEN_DAYS = 30
LISTS_NAMED = 3

# One statement, so that workers counting the same address at once miss nothing.
_COUNT = """
INSERT INTO {table} AS known (address, failures, last_failed_at, last_error)
VALUES (%s, 1, %s, %s)
ON CONFLICT (address) DO UPDATE SET
  failures = CASE WHEN known.last_failed_at < %s THEN 1 ELSE known.failures + 1 END,
  last_failed_at = excluded.last_failed_at,
  last_error = excluded.last_error
"""


def note(envelope_id: int, mail_id: int, dead: Mapping[str, str]) -> bool:
    """Takes in that mail servers call some of an envelope's recipients dead, with their words.

    Returns whether there are probes to deliver. The caller makes sure that one mail counts once for each, and
    has a transaction.
    """
    if not dead:
        return False
    mail = Mail.objects.get(pk=mail_id)
    if mail.rule == probes.PROBE_RULE:
        probes.failed(envelope_id, next(iter(dead.values())))
        return False
    count(dead)
    counted = [address.lower()[:320] for address in dead]
    often = FailingAddress.objects.filter(address__in=counted, failures__gte=FAILURES_AT_MOST)
    due = [one for one in often.select_for_update().order_by("address") if probes.may_probe(one)]
    for failing in due:
        probes.send(failing, mail)
    return bool(due)


def count(failures: Mapping[str, str]) -> None:
    """Adds a failure to each address, in a fixed order, so that two transactions never deadlock."""
    now = clock.read()
    forgotten = now - timedelta(days=FORGOTTEN_DAYS)
    times = [connection.ops.adapt_datetimefield_value(time) for time in (now, forgotten)]
    with connection.cursor() as cursor:
        for address, error in sorted((address.lower(), error) for address, error in failures.items()):
            cursor.execute(
                _COUNT.format(table=FailingAddress._meta.db_table),
                [address[:320], times[0], error[:1000], times[1]],
            )


def forget_old() -> int:
    """Removes addresses without failures for so long that their count would start again."""
    forgotten = clock.read() - timedelta(days=FORGOTTEN_DAYS)
    old = FailingAddress.objects.filter(paused_at=None, last_failed_at__lt=forgotten)
    return old.delete()[0]


@dataclass(frozen=True)
class Unreachable:
    """A failing address and its owner, as far as the company knows."""

    failing: FailingAddress
    member: Member | None = None
    contact_name: str = ""
    groups: list[Group] = field(default_factory=list)
    more_groups: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether a probe of the address may still come back."""
        return probes.is_asked(self.failing)

    @property
    def why(self) -> Promise | None:
        """Why the address counts as dead, in plain words."""
        return why_dead(self.failing.last_error)


def failing_of_company(company: Company) -> FailingAddressQuerySet:
    """Those of the company's people and of its lists' contacts; of nobody else (rule 6.4)."""
    contacts = ExternalContact.objects.filter(mailing_list__group__company=company)
    return FailingAddress.objects.filter(
        Q(address__in=Member.objects.filter(company=company).values("email"))
        | Q(address__in=contacts.values("email"))
    )


def with_owners(company: Company, rows: list[FailingAddress]) -> list[Unreachable]:
    """The owners of a page's addresses, in two queries."""
    addresses = [row.address for row in rows]
    members = {one.email: one for one in Member.objects.filter(company=company, email__in=addresses)}
    contacts: dict[str, list[ExternalContact]] = {}
    found = ExternalContact.objects.filter(mailing_list__group__company=company, email__in=addresses)
    for contact in found.select_related("mailing_list__group").order_by("pk"):
        contacts.setdefault(contact.email, []).append(contact)
    return [_with_owner(row, members.get(row.address), contacts.get(row.address, [])) for row in rows]


def _with_owner(row: FailingAddress, member: Member | None, contacts: list[ExternalContact]) -> Unreachable:
    groups = [group for contact in contacts if (group := contact.mailing_list.group).deleted_at is None]
    name = next((contact.name for contact in contacts if contact.name), "")
    return Unreachable(row, member, name, groups[:LISTS_NAMED], len(groups) > LISTS_NAMED)


def paused_of_group(group: Group, limit: int) -> list[FailingAddress]:
    """The first paused addresses among the recipients of a group's list."""
    paused = FailingAddress.objects.paused()
    # Paused addresses are few; if there are none, no recipients are looked up.
    if group.mailing_list is None or not paused.exists():
        return []
    contacts = ExternalContact.objects.filter(mailing_list=group.mailing_list)
    return list(
        paused.filter(
            Q(address__in=effective.people_of(group).order_by().values("email"))
            | Q(address__in=contacts.values("email"))
        ).order_by("address")[:limit]
    )
