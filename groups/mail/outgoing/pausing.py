"""Pauses the mail of all lists to an address, and tells those whom it concerns (rule 4.10)."""

from django.db.models import QuerySet

from accounts import audit
from accounts.actor import Actor
from accounts.models import Company, Member
from groupadmin.base import clock
from groups.models import ExternalContact, FailingAddress, Notice
from groups.notices.write import tell

from .dead_addresses import why_dead


@audit.action
def pause(failing: FailingAddress, error: str, *, actor: Actor) -> None:
    """Pauses an address; the caller holds the row's lock. Its person and the administrators are told."""
    failing.paused_at = failing.last_failed_at = clock.read()
    failing.last_error, failing.probe = error[:1000], None
    failing.save(update_fields=["paused_at", "last_failed_at", "last_error", "probe"])
    companies = companies_of(failing.address)
    for company in companies:
        changes: audit.Changes = {"failing": [None, failing.address]}
        reason = why_dead(error) or ""
        audit.record(actor, "mail.pause_address", None, changes, company=company, reason=reason)
    _tell(Notice.Kind.MAIL_PAUSED, Member.objects.filter(email=failing.address), failing, actor)
    administrators = Member.objects.active().filter(is_administrator=True, company__in=companies)
    _tell(Notice.Kind.ADDRESS_PAUSED, administrators, failing, actor)


def _tell(kind: Notice.Kind, people: QuerySet[Member], failing: FailingAddress, actor: Actor) -> None:
    tell(kind, people.values_list("pk", flat=True), actor=actor, details={"address": failing.address})


def companies_of(address: str) -> list[Company]:
    """The companies that see a failing address: of its person, and of the lists that it is a contact of."""
    contacts = ExternalContact.objects.filter(email=address)
    companies = Company.objects.filter(pk__in=contacts.values("mailing_list__group__company"))
    own = Company.objects.filter(pk__in=Member.objects.filter(email=address).values("company"))
    return list((companies | own).distinct().order_by("pk"))
