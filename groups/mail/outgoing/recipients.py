"""Who gets a mail to a list now, and whether one person would (rules 4.3, 4.8)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Address, Domain, Member
from groups.membership import effective
from groups.models import FailingAddress, MailingList

# Up to this many addresses are looked up; for more, all paused ones are read.
FEW = 1_000


@dataclass(frozen=True)
class Recipients:
    """Addresses in lower case, each once; a member who is also an external contact counts as a member."""

    members: list[str]
    contacts: list[str]

    def __len__(self) -> int:
        return len(self.members) + len(self.contacts)


class Receiving(StrEnum):
    """Whether a person would get a mail to a list now, or why not."""

    YES = "yes"
    AS_CONTACT = "as contact"  # not as a member, but their address is an external contact
    INACTIVE = "inactive"
    NOT_IN_GROUP = "not in group"
    OPTED_OUT = "opted out"
    PAUSED = "paused"
    LOST = "lost"  # another company has proven the domain of their address (rule 1.9)


def recipients(mailing_list: MailingList) -> Recipients:
    """Everybody who gets a mail to the list, in few queries.

    Exclusions are applied in Python: joined in the database, they could be scanned once for each of the
    people when its statistics are outdated.
    """
    people = effective.people_of(mailing_list.group).order_by()
    opted_out = mailing_list.opt_outs.values_list("member__email", flat=True)
    lost = Address.objects.lost().values_list("email", flat=True)
    members = set(people.values_list("email", flat=True)).difference(opted_out, lost)
    contacts = others(mailing_list.external_contacts.values_list("email", flat=True), members)
    paused = _paused(members | contacts)
    return Recipients(sorted(members - paused, key=by_domain), sorted(contacts - paused, key=by_domain))


def others(addresses: Iterable[str], members: Collection[str]) -> set[str]:
    """Those of the addresses that belong to none of these members, who may have several (rule 1.6)."""
    addresses = set(addresses).difference(members)
    names = {address.rpartition("@")[2] for address in addresses}
    domains = set(Domain.objects.filter(name__in=names).values_list("name", flat=True))
    parts = [
        local_part for local_part, _at, name in (a.rpartition("@") for a in addresses) if name in domains
    ]
    if not parts:
        return addresses
    own = Address.objects.filter(member__isnull=False, domain__name__in=domains, local_part__in=parts)
    found = own.values_list("local_part", "domain__name", "member__email")
    return addresses - {f"{local_part}@{domain}" for local_part, domain, email in found if email in members}


def _paused(addresses: set[str]) -> set[str]:
    """Paused addresses, including at least the paused ones among the given."""
    paused = FailingAddress.objects.paused()
    if len(addresses) <= FEW:
        paused = paused.filter(address__in=addresses)
    return set(paused.values_list("address", flat=True))


def receiving(mailing_list: MailingList, member: Member) -> Receiving:
    """Whether this person would get a mail to the list now."""
    if FailingAddress.objects.paused().filter(address=member.email).exists():
        return Receiving.PAUSED
    if Address.objects.lost().filter(email=member.email).exists():
        return Receiving.LOST
    is_in = effective.is_in(member, mailing_list.group)
    is_out = mailing_list.opt_outs.filter(member=member).exists()
    if is_in and not is_out:
        return Receiving.YES
    if mailing_list.external_contacts.filter(email=member.email).exists():
        return Receiving.AS_CONTACT
    if not member.is_active:
        return Receiving.INACTIVE
    return Receiving.OPTED_OUT if is_in else Receiving.NOT_IN_GROUP


def by_domain(address: str) -> tuple[str, str]:
    """A sort key that groups people by domain, so that a smart host reaches them in one transaction."""
    local_part, _at, domain = address.rpartition("@")
    return domain, local_part
