"""Undo after somebody was removed from one's Contacts, or blocked (rules 6.2, 10.13)."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from accounts import audit, connecting
from accounts.actions import contacts as actions
from accounts.actions.contact_requests import contacts_between, requests_between
from accounts.actions.locks import lock_companies
from accounts.actor import Actor
from accounts.models import Contact, ContactBlock, ContactRequest, Member, Undoable
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.kept_rows import plain, put_back
from groupadmin.base.text import isolated

from .keeping import keep, together
from .kinds import State

KIND = "contact"
PUT_BACK = "contact.put_back"


def remove_contact(person: Member, *, actor: Actor) -> Undoable | None:
    """The action of this name. Raises what it raises."""
    return _gone(person, actions.remove_contact, actor)


def block_contact(person: Member, *, actor: Actor) -> Undoable | None:
    """The action of this name. Raises what it raises."""
    return _gone(person, actions.block_contact, actor)


def _gone(person: Member, action: Callable[..., None], actor: Actor) -> Undoable | None:
    me = actor.member
    if me is None or me.company_id is None:
        action(person, actor=actor)  # which refuses
        return None
    with together():
        lock_companies(pk for pk in (me.company_id, person.company_id) if pk)
        contacts, requests = contacts_between(me.pk, person.pk), requests_between(me.pk, person.pk)
        was_blocked = ContactBlock.objects.filter(owner=me, person=person).exists()
        state = {"person": person.pk, "contacts": plain(contacts), "requests": plain(requests)}
        action(person, actor=actor)
        block = ContactBlock.objects.filter(owner=me, person=person).first()
        if was_blocked or not (block or state["contacts"]):
            return None
        return keep(actor, KIND, state | {"block": block.pk if block else None})


def undo(state: State, actor: Actor) -> str:
    """Both are in each other's Contacts again, and what was asked stands as it did."""
    person = Member.objects.select_related("company").filter(pk=state["person"]).first()
    me = actor.member
    if person is None or me is None:
        raise Conflict(0)
    lock_companies(pk for pk in (me.company_id, person.company_id) if pk)
    me = Member.objects.select_related("company").get(pk=me.pk)
    blocks = ContactBlock.objects.filter(owner=me, person=person)
    present = blocks.values_list("pk", flat=True).first()
    if present != state["block"] or contacts_between(me.pk, person.pk).exists():
        raise Conflict(0)
    if state["contacts"] and not connecting.may_meet(me, person):
        said = _("%(name)s cannot be reached right now, so this cannot be undone.")
        raise Invalid(None, said % {"name": isolated(person.name)})
    blocks.delete()
    put_back(Contact, state["contacts"])
    asked = [row["id"] for row in state["requests"]]
    put_back(ContactRequest, _still_free(state), instead_of=ContactRequest.objects.filter(pk__in=asked))
    company = {"company": [None, person.company.name if person.company else ""]}
    audit.record(actor, PUT_BACK, person, company, company=me.company)
    return _("%(name)s is as before in your Contacts.") % {"name": isolated(person.name)}


def _still_free(state: State) -> list[dict[str, object]]:
    """Those requests that nobody has made anew, or taken back while they were in sight."""
    kept = []
    for row in state["requests"]:
        same = ContactRequest.objects.filter(asker=row["asker_id"], address=row["address"])
        if not same.exclude(pk=row["id"]).exists():
            kept.append(row)
    return kept
