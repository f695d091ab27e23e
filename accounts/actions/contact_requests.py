"""Delivers contact requests, and makes two people contacts (rules 6.1, 6.2)."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django_tasks import task

from accounts import audit, connecting, consequences
from accounts.actor import Actor, Door
from accounts.models import Address, Contact, ContactBlock, ContactRequest, Member

from .locks import lock_companies


def between(one: int, other: int, first: str, second: str) -> Q:
    """Rows from one person to the other and back, by the names of the two fields."""
    return Q(**{first: one, second: other}) | Q(**{first: other, second: one})


def contacts_between(one: int, other: int) -> QuerySet[Contact]:
    """Both rows of a pair."""
    return Contact.objects.filter(between(one, other, "owner_id", "person_id"))


def requests_between(one: int, other: int) -> QuerySet[ContactRequest]:
    """The delivered requests of one person to the other, and back."""
    return ContactRequest.objects.filter(between(one, other, "asker_id", "person_id"))


def make_contacts(accepting: Member, asker: Member, *, actor: Actor) -> None:
    """Writes the pair, audits it and notifies the requester. Call it under the locks of both companies.

    The requests stay: the requester entered these addresses and now knows whose they are, and is told so when
    they enter one again.
    """
    pair = [Contact(owner=accepting, person=asker), Contact(owner=asker, person=accepting)]
    Contact.objects.bulk_create(pair, ignore_conflicts=True)
    company = asker.company.name if asker.company else ""
    changes: audit.Changes = {"company": [None, company]}
    audit.record(actor, "contact.accept", asker, changes, company=accepting.company)
    consequences.in_groups().tell_contact_accepted(asker, actor=Actor(accepting, actor.door))


@task()
def deliver_contact_request(request_id: int) -> None:
    """Shows the person at the address who asks to be a contact, if they may know (rule 6.2)."""
    deliver_request(request_id)


def deliver_request(request_id: int) -> None:
    """Finds the person at an address, and notifies them of the request (rule 6.2).

    Runs in the worker: the requester's own page takes equally long for every address, and shows them the same
    whatever the outcome.
    """
    with transaction.atomic():
        request = ContactRequest.objects.select_related("asker__company").filter(pk=request_id).first()
        if request is None:
            return
        person = _person_at(request.address)
        # Always the requester's company: how long it is locked does not reveal whose address it was.
        concerned = (request.asker.company_id, person.company_id if person else None)
        lock_companies(pk for pk in concerned if pk)
        if person is None:
            return
        # Read again: from here on, nobody else can change them.
        request = ContactRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
        if request is None or request.person_id is not None:
            return
        people = Member.objects.select_related("company").in_bulk([request.asker_id, person.pk])
        if len(people) == 2:
            _deliver(request, people[request.asker_id], people[person.pk])


def _person_at(address: str) -> Member | None:
    """The person who has the address or alias; None for teams and groups."""
    found = Address.objects.usable().filter(email=address, member__is_active=True)
    row = found.select_related("member").first()
    return row.member if row else None


def _deliver(request: ContactRequest, asker: Member, person: Member) -> None:
    blocked = ContactBlock.objects.filter(between(asker.pk, person.pk, "owner_id", "person_id"))
    if not connecting.may_meet(asker, person) or blocked.exists():
        return
    if contacts_between(asker.pk, person.pk).exists():
        return
    asked_before = requests_between(asker.pk, person.pk)
    wants_too = asked_before.filter(asker=person).exists()
    is_told = asked_before.filter(asker=asker).exists()
    request.person = person
    request.save(update_fields=["person"])
    acting = Actor(asker, Door.SYSTEM)
    if wants_too:
        # Each has asked the other: that is consent, and both are notified.
        make_contacts(asker, person, actor=acting)
        consequences.in_groups().tell_contact_accepted(asker, actor=Actor(person, Door.SYSTEM))
    elif not is_told:
        consequences.in_groups().tell_contact_asked(person, actor=acting)
