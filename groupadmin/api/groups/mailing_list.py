"""A group's mailing list: its addresses, its rules, and who has stopped its mail (rules 4.1–4.5, 4.14)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from accounts.models import Company
from groups import actions, permissions
from groups.actions import Contact, GroupSettings, ListSettings
from groups.actions.settings import ALIASES_LIMIT, CONTACTS_LIMIT
from groups.actions.subscriptions import get_mail, stop_mail
from groups.models import Group, OptOut
from groups.permissions import Act

from ..addresses import Email, halves_of
from ..callers import Call, call_of
from ..fields import In, Moment, Out, Text
from ..operations import operation
from ..paging import PageWish, page_of, replied
from ..replies import NOTHING, Reply
from .shown import READ, WRITE, GroupRef, PersonOut, group_of, shown_person
from .things import EntriesIn, entries_of

router = Router(tags=["Mailing lists"])

Senders = Literal["everyone", "designated"]


class ListOut(Out):
    """A mailing list. What only those see who may change the group is null for others."""

    is_on: bool
    address: str = Field(description="Empty if it has none yet; for others also while it is off.")
    aliases: list[str] = Field(description="Further addresses.")
    blocks_external_domains: bool | None
    who_can_send: Senders | None
    version: int = Field(description="Of the group; also the ETag.")


class ContactIn(In):
    """An address outside of the company that gets the list's mail."""

    email: Email
    name: Text = ""


class ListPatch(In):
    """What is to be changed; what is not sent stays as it is."""

    is_on: bool = Field(default_factory=bool, description="Off, it keeps its address and its rules.")
    address: Email = Field(default_factory=str, description="At one of the company's domains.")
    aliases: Annotated[list[Email], Field(max_length=ALIASES_LIMIT)] = Field(
        default_factory=list, description="All of them: those that are not sent are given up."
    )
    blocks_external_domains: bool = Field(default_factory=bool)
    who_can_send: Senders = Field(default_factory=lambda: "everyone")
    senders: EntriesIn = Field(
        default_factory=EntriesIn,
        description="Exactly these may send to a list that is for designated members.",
    )
    send_as: EntriesIn = Field(default_factory=EntriesIn, description="Exactly these may send as the list.")
    contacts: Annotated[list[ContactIn], Field(max_length=CONTACTS_LIMIT)] = Field(
        default_factory=list, description="Exactly these external contacts."
    )


class ListIn(ListPatch):
    """The mailing list of a new group."""

    address: Email
    is_on: bool = True


class OptOutOut(Out):
    """Somebody who is in the group, and has stopped the mail of its list (rule 4.3)."""

    member: PersonOut
    since: Moment


class OptOutsOut(Out):
    """A page of opt-outs."""

    items: list[OptOutOut]
    next_cursor: str | None


@operation(
    router,
    "GET",
    "/groups/{ref}/mailing-list",
    READ,
    answers=ListOut,
    summary="Get the mailing list of a group",
)
def get_mailing_list(request: HttpRequest, ref: GroupRef) -> ListOut:
    """Its addresses and its rules. Who is designated, its contacts and opt-outs are lists of their own."""
    call = call_of(request)
    return shown_list(call, group_of(call, ref))


@operation(
    router,
    "PATCH",
    "/groups/{ref}/mailing-list",
    WRITE,
    answers=ListOut,
    summary="Change the mailing list of a group",
)
def update_mailing_list(request: HttpRequest, ref: GroupRef, body: ListPatch) -> ListOut:
    """Changes what is sent; the first time, its address is needed. Internal groups only.

    For administrators, and for masters while they may switch the group's features (rule 5.2).
    """
    call = call_of(request)
    group = group_of(call, ref)

    def change(present: GroupSettings) -> GroupSettings:
        if body.model_fields_set - {"is_on"}:
            before = present.mailing_list
            settings = _settings(call, group.company, before, body)
            present = replace(present, mailing_list=settings)
        if "is_on" in body.model_fields_set:
            present = present.with_switches(uses_mailing_list=body.is_on)
        return present

    actions.change_group(group, change, actor=call.actor, version=call.version)
    return shown_list(call, group_of(call, str(group.pk)))


def shown_list(call: Call, group: Group) -> ListOut:
    may_edit = bool(permissions.may(call.actor, Act.EDIT, group))
    mailing_list = group.mailing_list if may_edit or group.uses_mailing_list else None
    if mailing_list is None or mailing_list.address is None:
        return ListOut(
            is_on=group.uses_mailing_list,
            address="",
            aliases=[],
            blocks_external_domains=None,
            who_can_send=None,
            version=group.version,
        )
    aliases = mailing_list.aliases.order_by("pk").values_list("address__email", flat=True)
    return ListOut(
        is_on=group.uses_mailing_list,
        address=str(mailing_list.address),
        aliases=list(aliases),
        blocks_external_domains=mailing_list.blocks_external_domains if may_edit else None,
        who_can_send=cast(Senders, mailing_list.who_can_send) if may_edit else None,
        version=group.version,
    )


# Who has stopped its mail


@operation(
    router,
    "GET",
    "/groups/{ref}/mailing-list/opt-outs",
    READ,
    answers=OptOutsOut,
    summary="List who has stopped the mail of a list",
)
def list_opt_outs(request: HttpRequest, ref: GroupRef, page: PageWish) -> Reply:
    """For those who may change the group. People stop and resume mail themselves."""
    call = call_of(request)
    group = group_of(call, ref, Act.EDIT)
    rows = OptOut.objects.filter(mailing_list=group.mailing_list_id).select_related("member__company")
    found = page_of(rows, {"member_id": int}, page)
    items = [OptOutOut(member=shown_person(call, row.member), since=row.since) for row in found.rows]
    return replied(request, found, OptOutsOut, items)


@operation(
    router,
    "PUT",
    "/groups/{ref}/mailing-list/opt-outs/me",
    WRITE,
    answers=None,
    status=204,
    summary="Stop the mail of a list to myself",
)
def stop_own_mail(request: HttpRequest, ref: GroupRef) -> Reply:
    """For the person whose token it is, who must be in the group."""
    call = call_of(request)
    stop_mail(group_of(call, ref), actor=call.actor)
    return NOTHING


@operation(
    router,
    "DELETE",
    "/groups/{ref}/mailing-list/opt-outs/me",
    WRITE,
    answers=None,
    status=204,
    summary="Resume the mail of a list to myself",
)
def get_own_mail(request: HttpRequest, ref: GroupRef) -> Reply:
    """For the person whose token it is."""
    call = call_of(request)
    get_mail(group_of(call, ref), actor=call.actor)
    return NOTHING


# What is sent


def first_settings(call: Call, body: ListIn) -> ListSettings:
    """Those of a list of a new group of the caller's company. Raises Invalid or Problem."""
    return _settings(call, call.company, None, body)


def _settings(call: Call, company: Company, present: ListSettings | None, body: ListPatch) -> ListSettings:
    """The present settings, with what is sent. Raises Invalid or Problem."""
    sent = body.model_fields_set
    changed: dict[str, Any] = {
        name: getattr(body, name) for name in ("blocks_external_domains", "who_can_send") if name in sent
    }
    for name in ("senders", "send_as"):
        if name in sent:
            changed[name] = entries_of(call, getattr(body, name), name)
    if "contacts" in sent:
        changed["contacts"] = contacts_of(body.contacts)
    if "address" in sent:
        changed["local_part"], changed["domain_id"] = halves_of(company, [body.address], "address")[0]
    if "aliases" in sent:
        changed["aliases"] = frozenset(halves_of(company, body.aliases, "aliases"))
    return replace(present or ListSettings("", 0), **changed)


def contacts_of(sent: Sequence[ContactIn]) -> frozenset[Contact]:
    return frozenset(Contact(contact.email, contact.name) for contact in sent)
