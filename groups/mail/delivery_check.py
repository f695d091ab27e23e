"""Would this person receive a mail to this list now, and may they send to it? With the rule, in sentences.

The answers come from the functions that decide on real mail, so they never differ.
"""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from accounts.models import Address, Member
from groups import permissions
from groups.membership.reasons import Reasons, reasons
from groups.models import FailingAddress, Group, Mail, MailingList

from .arrival import Arrival
from .audit import labels
from .incoming import policy
from .incoming.lookup import look_up
from .outgoing.recipients import Receiving, receiving


@dataclass(frozen=True)
class DeliveryCheck:
    """The two answers for a person or an address, with reasons."""

    address: str
    member: Member | None
    receives: bool
    why: str
    may_send: bool
    rule: str
    may_send_as: bool = False
    ways: Reasons | None = None


WHY = {
    Receiving.YES: lambda: _("Member of the group."),
    Receiving.AS_CONTACT: lambda: _("The address is an external contact of the list."),
    Receiving.INACTIVE: lambda: _("The person is inactive."),
    Receiving.NOT_IN_GROUP: lambda: _("Not in the group, and not an external contact of the list."),
    Receiving.OPTED_OUT: lambda: _("The person has unsubscribed from this list."),
    Receiving.PAUSED: lambda: _("Emails to this address kept bouncing, so it is paused."),
    Receiving.LOST: lambda: _("Another company has proven that the domain of this address is theirs."),
}


def of_address(group: Group, mailing_list: MailingList, address: str, viewer: Member) -> DeliveryCheck:
    """The answers for an address; for the member of the company whose address it is, if any."""
    own = Address.objects.usable().filter(email=address, domain__company=group.company_id)
    found = own.filter(member__isnull=False).select_related("member").first()
    if found is not None and found.member is not None:
        return of_member(group, mailing_list, found.member, viewer, sender=address)
    is_contact = mailing_list.external_contacts.filter(email=address).exists()
    state = Receiving.AS_CONTACT if is_contact else Receiving.NOT_IN_GROUP
    return _check(group, mailing_list, address, None, _unless_paused(address, state))


def of_member(
    group: Group, mailing_list: MailingList, member: Member, viewer: Member, *, sender: str = ""
) -> DeliveryCheck:
    """The answers for a person, perhaps for another of their addresses."""
    found = _check(group, mailing_list, sender or member.email, member, receiving(mailing_list, member))
    ways = reasons(group, [member], permissions.visible_groups(viewer))[member.pk]
    return replace(found, ways=ways if found.receives else None)


def _unless_paused(address: str, state: Receiving) -> Receiving:
    paused = FailingAddress.objects.paused().filter(address=address)
    return Receiving.PAUSED if state is Receiving.AS_CONTACT and paused.exists() else state


def _check(
    group: Group, mailing_list: MailingList, address: str, member: Member | None, state: Receiving
) -> DeliveryCheck:
    arrival = _from(address, str(mailing_list))
    _list, context = look_up(arrival, str(mailing_list))
    decision = policy.decide(arrival, context)
    return DeliveryCheck(
        address=address,
        member=member,
        receives=state in (Receiving.YES, Receiving.AS_CONTACT),
        why=WHY[state](),
        may_send=decision.accepted,
        rule=labels.rule(decision.rule, accepted=decision.accepted),
        may_send_as=context.sender_may_send_as,
    )


def _from(address: str, to: str) -> Arrival:
    """A mail really sent from that address, with nothing wrong with it."""
    return Arrival(
        door=Mail.Door.LMTP,
        ip=None,
        envelope_sender=address,
        recipients=(to,),
        raw=b"",
        from_addresses=(address,),
        shown_sender=address,
        is_genuine=True,
    )
