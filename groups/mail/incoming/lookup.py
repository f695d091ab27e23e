"""Looks up what a decision needs to know about the list and the sender, in few queries.

Nothing is cached between mails: a list that was switched off a second ago is off for the next mail.
"""

from dataclasses import replace

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import Address, Domain, Member
from groups.mail.arrival import Arrival
from groups.membership import designated
from groups.models import Designation, Mail, MailingList

from .policy import PolicyContext, is_signed_in


def find_list(address: str) -> MailingList | None:
    """The list at an address of a company's own domain (rule 1.9), be it an alias (rule 4.14), ignoring case.

    Of deleted groups, the one that had it last. With a plus tag it is a different address, which no list has.
    """
    address = address.lower()
    if "@" not in address or "\x00" in address:
        return None
    lists = MailingList.objects.select_related("group__company", "address")
    has_it = Address.objects.usable().filter(email=address)
    found = lists.filter(address__in=has_it).first() or lists.filter(aliases__address__in=has_it).first()
    if found is None:
        kept = Q(kept_address=address) | Q(kept_aliases__contains=f"\n{address}\n")
        deleted = lists.filter(kept, address__isnull=True)
        found = deleted.order_by("-pk").first()
    return found if found is not None and hasattr(found, "group") else None


def recognise(arrival: Arrival) -> Arrival:
    """The same mail, with what our directory says of somebody who signed in to the front server (rule 4.7).

    People may write from any of their own addresses, and never from another person's or a list's. Of an
    address that we do not know, or of a team, which people share, nothing is said.
    """
    if len(arrival.from_addresses) != 1 or arrival.from_addresses[0] == arrival.front_login:
        return arrival
    person = member_at(arrival.front_login)
    address = _addresses(arrival.from_addresses[0]).exclude(kind=Address.Kind.TEAM).first()
    if person is None or address is None:
        return arrival
    if address.member_id != person.pk:
        return replace(arrival, is_genuine=False, is_anothers=True)
    return replace(arrival, is_genuine=arrival.is_genuine is not False)


def member_at(address: str) -> Member | None:
    """The person of any company with this address, be it an alias, in lower case."""
    return Member.objects.filter(addresses__in=_addresses(address)).first() if "@" in address else None


def _addresses(address: str) -> QuerySet[Address]:
    """The address, if it is at a domain that is its company's (rule 1.9)."""
    return Address.objects.usable().filter(email=address)


def look_up(arrival: Arrival, address: str) -> tuple[MailingList | None, PolicyContext]:
    """The list at an address, and everything that the decision needs."""
    address = address.lower()
    mailing_list = find_list(address)
    common = {"size_limit": settings.MAIL_MAX_BYTES, "has_front": bool(settings.MAIL_AUTHSERV_ID)}
    if mailing_list is None:
        return None, PolicyContext(address, exists=False, **common)
    group = mailing_list.group
    sender = _sender(arrival, group.company_id)
    purposes = designated.purposes_of(sender, mailing_list) if sender else set()
    domains = frozenset(
        Domain.objects.usable().filter(company=group.company_id).values_list("name", flat=True)
    )
    return mailing_list, PolicyContext(
        mailing_list.address.email if mailing_list.address is not None else address,
        aliases=mailing_list.addresses,
        is_on=group.uses_mailing_list,
        group_deleted=group.deleted_at is not None or mailing_list.address is None,
        blocks_external_domains=mailing_list.blocks_external_domains,
        only_designated=mailing_list.who_can_send == MailingList.Senders.DESIGNATED,
        domains=domains,
        sender_is_designated=bool(purposes),
        sender_may_send_as=Designation.Purpose.SEND_AS in purposes,
        sender_is_member_account=sender is not None,
        answers_sent_as=_answers_sent_as(arrival, mailing_list),
        **common,
    )


def _sender(arrival: Arrival, company_id: int) -> Member | None:
    """The sender, if an active member of the list's company: signed in, or by the one address in From."""
    people = Member.objects.active().filter(company=company_id)
    if is_signed_in(arrival):
        return people.filter(pk=arrival.signed_in_id).first() if arrival.signed_in_id else None
    if len(arrival.from_addresses) != 1:
        return None
    addresses = _addresses(arrival.from_addresses[0]).filter(member__isnull=False)
    return people.filter(pk__in=addresses.values("member")).first()


def _answers_sent_as(arrival: Arrival, mailing_list: MailingList) -> bool:
    """Whether it replies to a mail sent as the list, and comes from an addressee of that mail (rule 4.6)."""
    if len(arrival.from_addresses) != 1 or not arrival.references:
        return False
    answered = Mail.objects.filter(
        mailing_list=mailing_list, is_as_list=True, message_id__in=arrival.references
    )
    return any(
        arrival.from_addresses[0] in addressed for addressed in answered.values_list("addressed", flat=True)
    )
