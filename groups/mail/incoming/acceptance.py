"""Stores the decision: a mail with its recipients, or the record of a refused one (rules 4.3, 8.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Company, Domain, Member
from groupadmin.base import clock
from groupadmin.base.text import clean_line
from groups.mail.arrival import Arrival, Decision
from groups.mail.outgoing import delivery, headers, unsubscribe
from groups.mail.outgoing import recipients as resolve
from groups.models import Envelope, ExternalContact, Group, Mail, MailContent, MailingList

from . import repeats
from .contents import keep_content
from .lookup import member_at

BATCH = 1_000
# The rule by which a mail counts as blocked, not refused (rules 4.4, 8.2).
BLOCKING_RULE = "4.4"


@dataclass(frozen=True)
class Accepted:
    """An accepted mail, and its number of recipients; or one that was accepted before, and came again."""

    mail: Mail
    recipients: int
    is_repeat: bool = False


def accept(
    arrival: Arrival, mailing_list: MailingList, decision: Decision, *, content: MailContent | None = None
) -> Accepted:
    """Stores the mail with all its recipients. Once this is committed, the mail cannot be lost.

    Recipients are fixed now: people who leave the group later still get it, like any mail already on its way.
    A mail to several lists is stored once, if the first one's `mail.content` is passed in for the others.
    A mail that its sender sends again is not stored a second time, even if both come at once (rule 4.3).
    """
    mark = repeats.mark_of(arrival, as_list=decision.as_list)
    first = repeats.known(mailing_list, mark)
    if first is None:
        try:
            return _store(arrival, mailing_list, decision, content, mark)
        except IntegrityError:
            # Stored by somebody else between the two; then it is there now.
            first = repeats.known(mailing_list, mark)
            if first is None:
                raise
    return Accepted(first, first.recipient_count, is_repeat=True)


@transaction.atomic
def _store(
    arrival: Arrival,
    mailing_list: MailingList,
    decision: Decision,
    content: MailContent | None,
    mark: repeats.Mark,
) -> Accepted:
    group = Group.objects.select_related("company").get(mailing_list=mailing_list)
    mail = _mail(arrival, group, str(mailing_list), decision)
    mail.mailing_list = mailing_list
    repeats.forget(mailing_list, mark)
    mail.fingerprint = mark.fingerprint
    mail.content = content or keep_content(arrival.raw)
    envelopes_of = _sent_as if decision.as_list else _sent_to
    envelopes = envelopes_of(arrival, mail, group, mailing_list)
    return _write(mail, envelopes, mail.recipient_count)


def _write(mail: Mail, envelopes: list[Envelope], recipients: int) -> Accepted:
    mail.recipient_count = recipients
    if not recipients:
        mail.result, mail.finished_at = Mail.Result.DELIVERED, timezone.now()
    mail.message_id = mail.message_id or dict(mail.headers).get("Message-ID", "")
    mail.save(force_insert=True)
    Envelope.objects.bulk_create(envelopes, batch_size=BATCH)
    if envelopes:
        delivery.wake()
    return Accepted(mail, recipients)


@transaction.atomic
def accept_for(
    people: Sequence[str],
    arrival: Arrival,
    company: Company,
    address: str,
    name: str,
    decision: Decision,
    *,
    content: MailContent | None = None,
) -> Accepted:
    """Stores a mail to an address that is no list, for these people of the company (rule 1.10)."""
    mail = _mail(arrival, None, address, decision)
    mail.company_id, mail.list_name = company.pk, name
    mail.content = content or keep_content(arrival.raw)
    mail.headers = [
        *headers.common_headers(arrival, mail.list_address),
        *headers.author_headers(arrival, address, mail.list_address, _domains_of(company)),
    ]
    envelopes = [_envelope(mail, recipients, Envelope.Personal.ADDRESS) for recipients in _in_bulk(people)]
    return _write(mail, envelopes, len(people))


@transaction.atomic
def refuse(
    arrival: Arrival, mailing_list: MailingList | None, address: str, decision: Decision
) -> Mail | None:
    """Records that a mail to an address was refused; None if it concerns no company."""
    group = Group.objects.filter(mailing_list=mailing_list).first() if mailing_list else None
    domain = Domain.objects.usable().filter(name=_line(address.rpartition("@")[2].lower(), 253)).first()
    if group is None and domain is None:
        return None
    has_address = mailing_list is not None and mailing_list.address_id is not None
    # By the address that it goes by, as what is accepted (rule 4.14).
    mail = _mail(arrival, group, str(mailing_list) if has_address else address, decision)
    mail.company_id = group.company_id if group else domain.company_id if domain else 0
    mail.mailing_list = mailing_list
    mail.result = Mail.Result.BLOCKED if decision.rule == BLOCKING_RULE else Mail.Result.REFUSED
    mail.finished_at = timezone.now()
    mail.save(force_insert=True)
    return mail


def _mail(arrival: Arrival, group: Group | None, address: str, decision: Decision) -> Mail:
    """The row for the audit: everything as plain values."""
    sender = _really_from(arrival)
    return Mail(
        company_id=group.company_id if group else 0,
        group_id=group.pk if group else None,
        list_name=group.name if group else "",
        list_address=_line(address, 320),
        is_as_list=decision.as_list,
        door=arrival.door,
        ip=arrival.ip,
        envelope_sender=_line(arrival.envelope_sender, 1000),
        sender=_line(arrival.shown_sender or ", ".join(arrival.from_addresses), 1000),
        member_id=sender.pk if sender else None,
        member_name=sender.name if sender else "",
        member_email=sender.email if sender else "",
        front_login=_line(arrival.front_login, 320),
        is_vouched=_is_vouched(arrival, sender),
        subject=_line(arrival.subject, 1000),
        message_id=_line(arrival.message_id, 1000),
        size=len(arrival.raw),
        rule=decision.rule[:40],
        reason="" if decision.accepted else _line(decision.text, 1000),
    )


def _line(text: str, longest: int) -> str:
    return clean_line(text)[:longest]


def _is_vouched(arrival: Arrival, sender: Member | None) -> bool:
    """Whether From is certainly who sent it: the front server says so, or they signed in here (rule 4.16)."""
    if arrival.signed_in_id is None or sender is None:
        return arrival.is_genuine is True
    own = set(sender.addresses.values_list("email", flat=True))
    return bool(arrival.from_addresses) and own.issuperset(arrival.from_addresses)


def _really_from(arrival: Arrival) -> Member | None:
    """The proven sender (rule 4.7): signed in here or to the front server, whatever From says.

    If nobody signed in, the one in From, where the front server found that genuine.
    """
    if arrival.signed_in_id is not None:
        return Member.objects.filter(pk=arrival.signed_in_id).first()
    if arrival.front_login:
        return member_at(arrival.front_login)
    if not arrival.is_genuine or len(arrival.from_addresses) != 1:
        return None
    return member_at(arrival.from_addresses[0])


def _sent_to(arrival: Arrival, mail: Mail, group: Group, mailing_list: MailingList) -> list[Envelope]:
    """The envelopes of a mail to the list: members in bulk, external contacts one by one (rules 4.3, 4.8)."""
    found = resolve.recipients(mailing_list)
    mail.recipient_count = len(found)
    mail.headers = [
        *headers.common_headers(arrival, mail.list_address),
        *headers.author_headers(arrival, group.name, mail.list_address, _domains_of(group.company)),
        *_list_headers(group, mail.list_address),
    ]
    leaving = Envelope.Personal.LEAVING
    envelopes = [_envelope(mail, recipients, leaving) for recipients in _in_bulk(found.members)]
    if settings.MAIL_PERSONAL:
        return envelopes + [_envelope(mail, recipients, leaving) for recipients in _in_bulk(found.contacts)]
    for email in found.contacts:
        contact = ExternalContact(mailing_list=mailing_list, email=email)
        own = headers.contact_headers(unsubscribe.contact_url(contact))
        envelopes.append(_envelope(mail, [email], leaving, own))
    return envelopes


def _sent_as(arrival: Arrival, mail: Mail, group: Group, mailing_list: MailingList) -> list[Envelope]:
    """The envelopes of a mail sent as the list: its addressees, then the members (rule 4.6).

    For the addressees it is an ordinary mail; only members, who get it as Bcc, can leave the list.
    """
    members = resolve.recipients(mailing_list).members
    addressed = {address.lower(): address for address in arrival.recipients}
    for own in mailing_list.addresses:
        addressed.pop(own, None)
    mail.addressed = [*addressed]
    outside = [addressed[key] for key in resolve.others(addressed, set(members))]
    mail.recipient_count = len(members) + len(outside)
    mail.headers = [
        *headers.common_headers(arrival, mail.list_address),
        *headers.as_list_headers(group.name, mail.list_address),
        (headers.ALL_LIST_HEADERS, None),
    ]
    by_list = _list_headers(group, mail.list_address)
    kinds = Envelope.Personal
    return [
        *(_envelope(mail, some, kinds.ADDRESS) for some in _in_bulk(sorted(outside, key=resolve.by_domain))),
        *(_envelope(mail, some, kinds.LEAVING, by_list) for some in _in_bulk(members)),
    ]


def _domains_of(company: Company) -> frozenset[str]:
    return frozenset(company.domains.usable().values_list("name", flat=True))


def _list_headers(group: Group, address: str) -> headers.Headers:
    page = settings.SITE_URL.rstrip("/") + reverse("groups:detail", args=[group.pk])
    return headers.list_headers(
        group.name, address, unsubscribe=unsubscribe.page_url(group), owner=page, help_url=page
    )


def _in_bulk(recipients: Sequence[str]) -> Iterator[Sequence[str]]:
    size = settings.MAIL_RECIPIENTS_PER_ENVELOPE
    for start in range(0, len(recipients), size):
        yield recipients[start : start + size]


def _envelope(
    mail: Mail, recipients: Sequence[str], personal: Envelope.Personal, own_headers: Any = ()
) -> Envelope:
    """For these recipients; with MAIL_PERSONAL, each of them gets this of their own (rule 4.15)."""
    kind = personal if settings.MAIL_PERSONAL else Envelope.Personal.NOTHING
    now = clock.now()
    return Envelope(mail=mail, recipients=recipients, headers=[*own_headers], personal=kind, due_at=now)
