"""External contacts: addresses outside of the company that get a list's mail (rule 4.8)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Router
from pydantic import Field

from groupadmin.base.errors import Invalid
from groupadmin.base.pasted_addresses import clean_address
from groups import actions
from groups.actions import GroupSettings
from groups.actions.settings import CONTACTS_LIMIT, clean_contact
from groups.actions.subscriptions import NO_LIST, add_contacts
from groups.models import ExternalContact
from groups.permissions import Act

from ..addresses import Email
from ..callers import Call, call_of
from ..fields import In, Out, example
from ..operations import operation
from ..paging import PageWish, page_of, replied
from ..replies import Reply
from .mailing_list import ContactIn, contacts_of
from .shown import READ, WRITE, GroupRef, VersionOut, group_of, locked, version_of

router = Router(tags=["Mailing lists"])

Contacts = Annotated[list[ContactIn], Field(max_length=CONTACTS_LIMIT)]


class ContactOut(Out):
    """An address outside of the company that gets the list's mail."""

    email: str
    name: str


class ContactsOut(Out):
    """A page of contacts, by address."""

    items: list[ContactOut]
    next_cursor: str | None


class ContactsIn(In):
    """External contacts."""

    contacts: Contacts


class ContactsPatch(In):
    """Whom to add, and the addresses to remove."""

    model_config = example(
        add=[{"email": "bea@elsewhere.example", "name": "Bea"}], remove=["cai@elsewhere.example"]
    )

    add: Contacts = []
    remove: Annotated[list[Email], Field(max_length=CONTACTS_LIMIT)] = []


@operation(
    router,
    "GET",
    "/groups/{ref}/mailing-list/contacts",
    READ,
    answers=ContactsOut,
    summary="List the external contacts of a list",
)
def list_contacts(request: HttpRequest, ref: GroupRef, page: PageWish) -> Reply:
    """For those who may change the group."""
    group = group_of(call_of(request), ref, Act.EDIT)
    rows = ExternalContact.objects.filter(mailing_list=group.mailing_list_id)
    found = page_of(rows, {"email": str}, page)
    items = [ContactOut(email=row.email, name=row.name) for row in found.rows]
    return replied(request, found, ContactsOut, items)


@operation(
    router,
    "PATCH",
    "/groups/{ref}/mailing-list/contacts",
    WRITE,
    answers=VersionOut,
    summary="Add and remove external contacts of a list",
)
def edit_contacts(request: HttpRequest, ref: GroupRef, body: ContactsPatch) -> VersionOut:
    """Both in one step. Who is there already stays under the name that they have."""
    call = call_of(request)
    group = locked(call, ref, Act.SET_LIST_RULES)
    new = frozenset(clean_contact(contact) for contact in contacts_of(body.add))
    if body.remove:
        _remove(call, ref, {clean_address(email) for email in body.remove})
    if new:
        add_contacts(group, new, actor=call.actor)
    return version_of(group_of(call, str(group.pk)))


@operation(
    router,
    "PUT",
    "/groups/{ref}/mailing-list/contacts",
    WRITE,
    answers=VersionOut,
    summary="Replace the external contacts of a list",
)
def replace_contacts(request: HttpRequest, ref: GroupRef, body: ContactsIn) -> VersionOut:
    """Makes exactly these the contacts."""
    call = call_of(request)
    wanted = contacts_of(body.contacts)

    def change(present: GroupSettings) -> GroupSettings:
        if present.mailing_list is None:
            raise Invalid("contacts", str(NO_LIST))
        return replace(present, mailing_list=replace(present.mailing_list, contacts=wanted))

    group = group_of(call, ref)
    return version_of(actions.change_group(group, change, actor=call.actor, version=call.version))


@operation(
    router,
    "DELETE",
    "/groups/{ref}/mailing-list/contacts/{email}",
    WRITE,
    answers=VersionOut,
    summary="Remove an external contact of a list",
)
def remove_contact(request: HttpRequest, ref: GroupRef, email: str) -> VersionOut:
    """By the address."""
    call = call_of(request)
    group = locked(call, ref, Act.SET_LIST_RULES)
    address = clean_address(email)
    if "\0" in address or not _there(group.mailing_list_id, address):
        raise Http404
    _remove(call, ref, {address})
    return version_of(group_of(call, str(group.pk)))


def _there(mailing_list_id: int | None, address: str) -> bool:
    return ExternalContact.objects.filter(mailing_list=mailing_list_id, email=address).exists()


def _remove(call: Call, ref: str, addresses: Collection[str]) -> None:
    def change(present: GroupSettings) -> GroupSettings:
        if present.mailing_list is None:
            return present
        left = frozenset(one for one in present.mailing_list.contacts if one.email not in addresses)
        return replace(present, mailing_list=replace(present.mailing_list, contacts=left))

    actions.change_group(group_of(call, ref), change, actor=call.actor)
