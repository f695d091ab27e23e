"""The demonstration's contacts: who know each other, and who has asked to (rule 6)."""

from accounts.actions.contact_requests import make_contacts
from accounts.actions.contacts import ask_for_contact
from accounts.actions.locks import lock_companies
from accounts.actor import Actor, Door
from accounts.models import Member
from groups.actions import add_external_members
from groups.models import Group

from .organization import Cast


def add_contacts(hanbit: Cast, nordlicht: Cast, together: list[Group]) -> None:
    """Makes people contacts, adds some of them to external groups, and leaves a request open."""
    people = [nordlicht.people["other"], *nordlicht.team_people("Disposition")[:3]]
    guests = list({person.pk: person for person in people}.values())
    lock_companies([hanbit.company.pk, nordlicht.company.pk])
    inviting = hanbit.people["master"]
    for guest in guests:
        _meet(guest, inviting)
    _meet(nordlicht.people["other"], hanbit.people["administrator"])
    for group in together:
        # Masters can only add their own contacts, so one of these asks to be a contact.
        inviter = _inviter(group, hanbit, guests)
        add_external_members(group, frozenset(guest.pk for guest in guests), actor=_as(inviter))
    ask_for_contact(hanbit.people["administrator"].email, actor=_as(nordlicht.people["other administrator"]))


def _inviter(group: Group, hanbit: Cast, guests: list[Member]) -> Member:
    """A master of the group who knows the guests."""
    masters = [master.member for master in group.masters.select_related("member__company").order_by("pk")]
    master = next((one for one in masters if one == hanbit.people["master"]), masters[0])
    for guest in guests:
        _meet(guest, master)
    return master


def _meet(accepting: Member, asker: Member) -> None:
    make_contacts(accepting, asker, actor=_as(accepting))


def _as(member: Member) -> Actor:
    return Actor(member, Door.SYSTEM)
