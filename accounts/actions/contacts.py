"""What people do with their contacts in other companies (rule 6): each function is one transaction."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, connecting, once
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Contact, ContactBlock, ContactRequest, Domain, Member
from groupadmin.base import dates
from groupadmin.base.errors import Invalid
from groupadmin.base.pasted_addresses import one_address
from groupadmin.base.text import isolated

from .contact_requests import contacts_between, deliver_contact_request, make_contacts, requests_between
from .locks import lock_companies

ASK = "contact.ask"
ASKED_AT_MOST = {timedelta(hours=1): 20, timedelta(days=1): 100}
ADDRESS_LENGTH = 320
LONGEST_PASTED = 1_000


class TooMany(Refused):
    """Somebody sends more contact requests than a person would; they may try again later."""


@audit.action
def ask_for_contact(address: str, *, actor: Actor) -> ContactRequest:
    """Requests a contact by an exact address (rule 6.2). Raises Refused, TooMany or Invalid.

    Nothing in here looks at other companies' people: the response and its timing depend on the requester
    alone. The worker finds out whose address it is (deliver_request).
    """
    asker = _acting(actor, ASK)
    # Locked, so that each request counts all earlier ones.
    asker = Member.objects.select_for_update(of=("self",)).select_related("company").get(pk=asker.pk)
    if obstacle := connecting.obstacle(asker):
        raise Refused(ASK, obstacle, company=asker.company)
    if there := once.made(actor, ContactRequest):
        return there
    _check_rate(asker)
    address = clean_contact_address(address)
    _check_is_foreign(address, asker)
    if asked := ContactRequest.objects.filter(asker=asker, address=address).first():
        raise Invalid("address", _asked_already(asked))
    request = ContactRequest.objects.create(asker=asker, address=address)
    audit.record(actor, ASK, request, {"address": [None, address]})
    once.keep(actor, request)
    deliver_contact_request.enqueue(request.pk)
    return request


def _check_rate(asker: Member) -> None:
    """Requests taken back count as well: the audit still has them. Raises TooMany."""
    now = timezone.now()
    asked = AuditEntry.objects.filter(actor_id=asker.pk, action=ASK, result=AuditEntry.Result.DONE)
    for period, most in ASKED_AT_MOST.items():
        if asked.filter(at__gt=now - period).count() >= most:
            message = _("You have sent many requests in a short time. Try again later.")
            raise TooMany(ASK, message, company=asker.company)


def clean_contact_address(raw: str) -> str:
    """The address in what was pasted (rule 1.11), its domain as mail servers write it. Raises Invalid."""
    address = one_address(raw[:LONGEST_PASTED])
    local_part, _at, domain = address.rpartition("@")
    try:
        address = f"{local_part}@{domain.rstrip('.').encode('idna').decode('ascii').lower()}"
        EmailValidator()(address)
    except (UnicodeError, ValidationError):
        raise Invalid("address", _("Enter a valid email address.")) from None
    if not address.isascii() or len(address) > ADDRESS_LENGTH:
        raise Invalid("address", _("Enter a valid email address."))
    return address


def _check_is_foreign(address: str, asker: Member) -> None:
    """Raises Invalid for an address of the requester's own company, about which they may know."""
    local_part, _at, domain = address.rpartition("@")
    if not Domain.objects.usable().filter(name=domain, company=asker.company_id).exists():
        return
    if asker.addresses.filter(local_part=local_part, domain__name=domain).exists():
        raise Invalid("address", _("This is your own address."))
    raise Invalid(
        "address",
        _("This address belongs to your own company. You do not need to add colleagues as contacts."),
    )


def _asked_already(request: ContactRequest) -> str:
    """Once the two are contacts, the requester may know whose address it was."""
    when = dates.day(request.asked_at)
    found = Contact.objects.filter(owner=request.asker_id, person=request.person_id).select_related("person")
    if contact := found.first():
        name = isolated(contact.person.name)
        return _("%(name)s is already in your Contacts. You sent the request on %(when)s.") % {
            "name": name,
            "when": when,
        }
    return _("You already sent a request to this address on %(when)s.") % {"when": when}


@audit.action
def take_back_request(request: ContactRequest, *, actor: Actor) -> None:
    """Takes back the requester's own request. Raises Refused; a second time changes nothing."""
    asker = _acting(actor, "contact.take_back")
    own = ContactRequest.objects.select_for_update(of=("self",)).filter(pk=request.pk, asker=asker).first()
    if own is None:
        return
    audit.record(actor, "contact.take_back", own, {"address": [own.address, None]})
    own.delete()


@audit.action
def accept_contact(asker: Member, *, actor: Actor) -> None:
    """Accepts a contact request: the two become contacts. Raises Refused or Invalid.

    A second time changes nothing.
    """
    member = _lock(actor, asker, "contact.accept")
    if contacts_between(member.pk, asker.pk).exists():
        return
    if not ContactRequest.objects.filter(asker=asker, person=member).exists():
        raise Invalid(None, _("This request was withdrawn in the meantime."))
    if obstacle := connecting.obstacle(member):
        raise Invalid(None, obstacle)
    asker = Member.objects.select_related("company").get(pk=asker.pk)
    if not connecting.may_meet(member, asker):
        message = _("%(name)s cannot be reached right now. The request stays here until it expires.")
        raise Invalid(None, message % {"name": isolated(asker.name)})
    make_contacts(member, asker, actor=actor)


@audit.action
def block_contact(person: Member, *, actor: Actor) -> None:
    """Blocks a contact, or somebody who has asked to be one (rule 6.2). Raises Refused.

    They are not notified: a contact disappears from both lists; their requests stay in theirs unchanged.
    """
    member = _lock(actor, person, "contact.block")
    _block, is_new = ContactBlock.objects.get_or_create(owner=member, person=person)
    asked = requests_between(member.pk, person.pk)
    if contacts_between(member.pk, person.pk).delete()[0]:
        asked.delete()
    else:
        asked.update(person=None)
    if is_new:
        audit.record(actor, "contact.block", person, _company_of(person), company=member.company)


@audit.action
def unblock_contact(person: Member, *, actor: Actor) -> None:
    """Lets somebody send requests again. Raises Refused."""
    member = _lock(actor, person, "contact.unblock")
    if ContactBlock.objects.filter(owner=member, person=person).delete()[0]:
        audit.record(actor, "contact.unblock", person, _company_of(person), company=member.company)


@audit.action
def remove_contact(person: Member, *, actor: Actor) -> None:
    """Removes two people from each other's contacts; both stay in shared groups. Raises Refused."""
    member = _lock(actor, person, "contact.remove")
    if contacts_between(member.pk, person.pk).delete()[0]:
        requests_between(member.pk, person.pk).delete()
        audit.record(actor, "contact.remove", person, _company_of(person), company=member.company)


def purge_contact_requests() -> int:
    """Deletes old requests that were never accepted. Returns how many."""
    before = timezone.now() - timedelta(days=settings.CONTACT_REQUESTS_KEPT_DAYS)
    accepted = Contact.objects.filter(owner=OuterRef("asker"), person=OuterRef("person"))
    old = ContactRequest.objects.filter(~Exists(accepted), asked_at__lt=before)
    return old.delete()[0]


def _acting(actor: Actor, action: str) -> Member:
    """The acting member of a company. Raises Refused."""
    if actor.member is None or actor.member.company_id is None:
        raise Refused(action, gettext_lazy("You are not a member of any company."))
    return actor.member


def _lock(actor: Actor, other: Member, action: str) -> Member:
    """The acting person, freshly read, with both companies locked. Raises Refused."""
    member = _acting(actor, action)
    lock_companies(pk for pk in (member.company_id, other.company_id) if pk)
    fresh: Member = Member.objects.select_related("company").get(pk=member.pk)
    return fresh


def _company_of(person: Member) -> audit.Changes:
    return {"company": [None, person.company.name if person.company else ""]}
