"""Answers to whom a mail to a list goes now, and whether one person would get it (spec 4.3, 4.8)."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Member
from groups import directory
from groups.models import ExternalContact, FailingAddress, MailingList


@dataclass(frozen=True)
class Recipients:
    """Addresses in lower case, each once; a member who is an outside contact too stands with the members."""

    members: list[str]
    contacts: list[str]

    def __len__(self) -> int:
        return len(self.members) + len(self.contacts)


class Receiving(StrEnum):
    """Whether somebody would get a mail to a list now, or why not."""

    YES = "yes"
    AS_CONTACT = "as contact"  # not as a member, but their address is an outside contact
    INACTIVE = "inactive"
    NOT_IN_GROUP = "not in group"
    OPTED_OUT = "opted out"
    PAUSED = "paused"


def recipients(mailing_list: MailingList) -> Recipients:
    """Everybody who gets a mail to the list, in two queries."""
    paused = FailingAddress.objects.filter(paused_at__isnull=False)
    members = set(
        _reached(mailing_list)
        .exclude(Exists(paused.filter(address=OuterRef("email"))))
        .values_list("email", flat=True)
    )
    contacts = ExternalContact.objects.filter(mailing_list=mailing_list)
    addresses = contacts.exclude(Exists(paused.filter(address=OuterRef("email")))).values_list(
        "email", flat=True
    )
    return Recipients(sorted(members, key=by_domain), sorted(set(addresses) - members, key=by_domain))


def receiving(mailing_list: MailingList, member: Member) -> Receiving:
    """Whether this person would get a mail to the list now."""
    if FailingAddress.objects.filter(address=member.email, paused_at__isnull=False).exists():
        return Receiving.PAUSED
    if _reached(mailing_list).filter(pk=member.pk).exists():
        return Receiving.YES
    if mailing_list.external_contacts.filter(email=member.email).exists():
        return Receiving.AS_CONTACT
    if not member.is_active:
        return Receiving.INACTIVE
    if mailing_list.opt_outs.filter(member=member).exists() and directory.is_in(member, mailing_list.group):
        return Receiving.OPTED_OUT
    return Receiving.NOT_IN_GROUP


def _reached(mailing_list: MailingList) -> QuerySet[Member]:
    """Effective, active members without those who want none of the list's mail."""
    opted_out = mailing_list.opt_outs.filter(member=OuterRef("pk"))
    return directory.people_of(mailing_list.group).exclude(Exists(opted_out)).order_by()


def by_domain(address: str) -> tuple[str, str]:
    """People of one domain stand together, so that a smart host reaches them in one transaction."""
    local_part, _at, domain = address.rpartition("@")
    return domain, local_part
