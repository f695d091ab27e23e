import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company
from accounts.permissions import check_administers
from groupadmin.base import clock
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.mail.audit import labels
from groups.mail.incoming import acceptance, policy, reading
from groups.mail.incoming.lookup import look_up
from groups.mail.outgoing import delivery
from groups.mail.outgoing.compose import NewMail, compose, message_id
from groups.mail.outgoing.probes import PROBE_RULE
from groups.mail.outgoing.recipients import recipients
from groups.models import Envelope, Group, Mail, MailingList
from groups.permissions import Act

# Encoding and storing a mail takes several times its size in memory: one after the other in each process.
LARGE_BYTES = 1024 * 1024
_one_large_at_a_time = threading.Lock()


def send_as_list(group: Group, mail: NewMail, *, actor: Actor) -> Mail:
    """Sends a mail with the list's address as sender (rule 4.6). Raises Refused or Invalid.

    A form posted twice sends one mail: its key is in the message id. Locks the list's row, not the company:
    other changes need not wait while thousands of recipients are found.
    """
    # Before the transaction, since it takes its time.
    address = str(group.mailing_list) if group.mailing_list is not None else ""
    raw = compose(mail, name=group.name, address=address, at=timezone.now()) if address else b""
    return _send_as_list(group, mail, _Composed(group.name, address, raw), actor=actor)


def in_turn(size: int) -> AbstractContextManager[object]:
    """For reading and sending a mail with so many bytes of files."""
    return _one_large_at_a_time if size > LARGE_BYTES else nullcontext()


@dataclass(frozen=True)
class _Composed:
    """A mail as it is sent, for a list with this name and address."""

    name: str
    address: str
    raw: bytes


@audit.action
def _send_as_list(group: Group, mail: NewMail, composed: _Composed, *, actor: Actor) -> Mail:
    group = permissions.get_group_for(actor, group.pk, Act.SEE)
    if not (verdict := permissions.may_send_as(actor, group)):
        raise Refused("group.send_as", verdict.reason, target=group)
    assert group.mailing_list is not None  # noqa: S101  (may_send_as has looked)
    assert actor.member is not None  # noqa: S101
    address = str(MailingList.objects.select_for_update(of=("self",)).get(pk=group.mailing_list.pk))
    sent = Mail.objects.filter(
        mailing_list=group.mailing_list, message_id=message_id(mail.form_key, address), is_as_list=True
    ).first()
    if sent is not None:
        return sent
    raw = composed.raw
    if (group.name, address) != (composed.name, composed.address):
        raw = compose(mail, name=group.name, address=address, at=timezone.now())
    arrival = reading.read(
        raw,
        door=Mail.Door.WEB,
        envelope_sender=address,
        recipients=mail.recipients,
        ip=actor.ip,
        signed_in_id=actor.member.pk,
    )
    mailing_list, context = look_up(arrival, address)
    decision = policy.decide(arrival, context)
    if not decision.accepted or mailing_list is None:
        raise Invalid(None, labels.rule(decision.rule, accepted=False))
    accepted = acceptance.accept(arrival, mailing_list, decision)
    told: audit.Changes = {"subject": [None, mail.subject], "recipients": [None, accepted.recipients]}
    audit.record(actor, "group.send_as", group, told)
    return accepted.mail


@audit.action
def send_again(mail: Mail, *, actor: Actor) -> int:
    """Sends a mail again to those who failed to get it and still would (rules 4.3, 4.11).

    Returns to how many. Raises Refused or Invalid. Twice, it finds nobody left. Envelopes are locked before
    the mail, as when a bounce comes.
    """
    company = Company.objects.filter(pk=mail.company_id).first()
    check_administers(actor, company, "mail.send_again")
    failed = mail.envelopes.filter(state=Envelope.State.DONE).exclude(failures={})
    envelopes = list(failed.select_for_update().order_by("pk"))
    mail.refresh_from_db()
    receivers = _receivers_of(mail)
    again = [new for envelope in envelopes if (new := _once_more(envelope, receivers)) is not None]
    count = sum(len(envelope.recipients) for envelope in again)
    if not count:
        return 0
    Envelope.objects.bulk_update(envelopes, ["failures", "was_shared"], batch_size=acceptance.BATCH)
    mail.envelopes.filter(state=Envelope.State.DONE, recipients=[], failures={}).delete()
    Envelope.objects.bulk_create(again, batch_size=acceptance.BATCH)
    Mail.objects.filter(pk=mail.pk).update(result=Mail.Result.WAITING, finished_at=None)
    group = Group.objects.filter(pk=mail.group_id or 0).first()
    told: audit.Changes = {"subject": [None, mail.subject], "recipients": [None, count]}
    audit.record(actor, "mail.send_again", group, told, company=company)
    delivery.wake()
    return count


def _receivers_of(mail: Mail) -> set[str]:
    """Whom the mail could go to now: its list's recipients, and whom a mail sent as the list names."""
    if mail.content_id is None:
        raise Invalid(None, _("The content of this email is no longer stored."))
    group = (
        Group.objects.live().filter(mailing_list=mail.mailing_list_id or 0, uses_mailing_list=True).first()
    )
    if group is None or group.mailing_list is None or mail.rule == PROBE_RULE:
        raise Invalid(None, _("Emails of this list can no longer be sent."))
    found = recipients(group.mailing_list)
    return {*found.members, *(mail.addressed if mail.is_as_list else found.contacts)}


def _once_more(envelope: Envelope, receivers: set[str]) -> Envelope | None:
    """Moves those who failed to an envelope of their own: bounces of the first time do not count for it."""
    who = [address for address in envelope.failures if address.lower() in receivers]
    if not who:
        return None
    now, last = clock.now(), str(envelope.failures[who[0]])[:1000]
    envelope.failures = {name: why for name, why in envelope.failures.items() if name not in who}
    envelope.was_shared = True
    new = Envelope(mail_id=envelope.mail_id, recipients=who, headers=envelope.headers, last_error=last)
    new.personal = envelope.personal
    new.due_at = new.tried_since = now
    return new


@audit.action
def export_mail(company: Company, filters: dict[str, str], *, actor: Actor) -> AuditEntry:
    """Audits a download of Audit › Mail, and which part of it (rule 8.1). Raises Refused."""
    check_administers(actor, company, "audit.export_mail")
    actor.check_confirmed()  # rule 9.4
    told = [f"{name}: {value}" for name, value in filters.items()]
    changes: audit.Changes = {"filters": [None, "; ".join(told)]}
    return audit.record(actor, "audit.export_mail", company, changes, company=company)
