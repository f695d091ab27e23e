"""What becomes of mailing lists, of who is designated for them, and of their contacts (rule 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groups.actions.settings import ALIASES_LIMIT, Contact, clean_contact
from groups.directory.records import Kind
from groups.mail.contacts.own_addresses import WHOSE, own_addresses
from groups.models import Designation, ExternalContact, Group, MailingList

from .. import keys, rows
from ..rows import Row
from .addresses import Claims
from .directory import Known
from .people import INACTIVE, Things, refused_group
from .work import ADD, CHANGE, SAME, Work, again, apart, repeat


def judge_lists(work: Work) -> None:
    """Gives each list its verdict."""
    last: Row | None = None
    for chunk in work.chunks(work.to_judge(Kind.LIST), "subject", "id"):
        groups = work.directory.groups({row.subject for row in chunk})
        lists = _present(groups)
        known = [*chunk, last] if last is not None else chunk
        emails = {email for row in known if (email := row.values.get("address"))}
        emails |= {email for row in known for email in row.values.get("aliases", ())}
        claims = Claims(work, emails)
        judge = partial(_judge_list, groups, lists, claims)
        for row in chunk:
            if last is not None and last.subject == row.subject:
                if again(last, row, judge):
                    rows.write([last], ("values", *rows.JUDGED))
                continue
            last = row
            try:
                judge(row)
            except Invalid as invalid:
                row.refuse(invalid.message)


def _present(groups: dict[str, Known]) -> dict[int, MailingList]:
    pks = [known.pk for known in groups.values() if known.pk]
    found = Group.objects.filter(pk__in=pks, mailing_list__isnull=False)
    found = found.select_related("mailing_list__address").prefetch_related("mailing_list__aliases__address")
    return {group.pk: group.mailing_list for group in found if group.mailing_list is not None}


def _judge_list(groups: dict[str, Known], lists: dict[int, MailingList], claims: Claims, row: Row) -> None:
    group = groups.get(row.subject)
    if group is None or group.refused:
        raise Invalid(None, refused_group(group))
    if group.is_external:
        raise Invalid(None, _("External groups have no mailing list."))
    mailing_list = lists.get(group.pk or 0)
    for email in (row.values.get("address", ""), *row.values.get("aliases", ())):
        if email and (problem := claims.problem(email, "group", row.subject, group.pk)):
            raise Invalid(None, problem)
    after = _wanted(row, mailing_list)
    if mailing_list is None:
        if "address" not in after:
            raise Invalid(None, _("The mailing list has no address."))
        row.verdict, row.after = ADD, after
        return
    row.target = mailing_list.pk
    apart(row, present_list(mailing_list), after)


def _wanted(row: Row, mailing_list: MailingList | None) -> dict[str, Any]:
    """What the row says of a list, as the model has it. Raises Invalid."""
    after: dict[str, Any] = {}
    if email := row.values.get("address", ""):
        after["address"] = email
    if "aliases" in row.values:
        after["aliases"] = sorted({*row.values["aliases"]} - {after.get("address", str(mailing_list))})
        if len(after["aliases"]) > ALIASES_LIMIT:
            raise Invalid(None, _("A list can have at most %(limit)d aliases.") % {"limit": ALIASES_LIMIT})
    if "blocks_external_domains" in row.values:
        after["blocks_external_domains"] = row.values["blocks_external_domains"]
    if who := row.values.get("who_can_send"):
        if who not in MailingList.Senders.values:
            raise Invalid(None, _("Everyone or designated can send, not “%(who)s”.") % {"who": who[:100]})
        after["who_can_send"] = who
    return after


def present_list(mailing_list: MailingList) -> dict[str, Any]:
    """What is there of a list, as rows say it."""
    return {
        "address": str(mailing_list),
        "aliases": sorted(alias.address.email for alias in mailing_list.aliases.all()),
        "blocks_external_domains": mailing_list.blocks_external_domains,
        "who_can_send": mailing_list.who_can_send,
    }


def judge_senders(work: Work) -> None:
    """Gives each designated sender their verdict (rules 4.5, 4.6)."""
    first: Row | None = None
    for chunk in work.chunks(work.to_judge(Kind.SENDER), "subject", "object_kind", "object", "id"):
        things = Things(work, chunk)
        lists = _present(things.groups)
        there = _designated(lists)
        with_list = _with_list(work, chunk)
        for row in chunk:
            things.name(row)
            purpose = row.values.get("purpose", "")
            if first is not None and _same(first, row):
                repeat(first, row)
                continue
            first = row
            group, thing = things.groups.get(row.subject), things.thing(row)
            mailing_list = lists.get(group.pk or 0) if group else None
            if purpose not in Designation.Purpose.values:
                row.refuse(_("Say what for: “to” to send to the list, “as” to send as the list."))
            elif group is None or group.refused or thing is None or thing.refused:
                things.judge(row, {})
            elif row.subject not in with_list and mailing_list is None:
                row.refuse(_("The group has no mailing list."))
            elif mailing_list and (
                pk := there.get((mailing_list.pk, purpose, row.object_kind, thing.pk or 0))
            ):
                row.verdict, row.target = SAME, pk
            elif row.object_kind == "member" and not thing.is_active and not thing.comes_inactive:
                row.refuse(_("%(name)s is inactive.") % {"name": thing.name})
            else:
                row.verdict = ADD
                row.after = INACTIVE if thing.comes_inactive else None


def _same(one: Row, other: Row) -> bool:
    return (one.subject, one.object_kind, one.object, one.values.get("purpose")) == (
        other.subject, other.object_kind, other.object, other.values.get("purpose"),
    )  # fmt: skip


def _designated(lists: dict[int, MailingList]) -> dict[tuple[int, str, str, int], int]:
    found = Designation.objects.filter(mailing_list__in=[one.pk for one in lists.values()])
    there: dict[tuple[int, str, str, int], int] = {}
    for pk, one, purpose, member, team, group in found.values_list(
        "pk", "mailing_list_id", "purpose", "member_id", "team_id", "group_id"
    ):
        kind = "member" if member else "team" if team else "group"
        there[one, purpose, kind, member or team or group or 0] = pk
    return there


def _with_list(work: Work, chunk: list[Row]) -> set[str]:
    mine = work.rows(Kind.LIST).filter(subject__in={row.subject for row in chunk})
    return set(mine.exclude(verdict="refused").values_list("subject", flat=True))


def judge_contacts(work: Work) -> None:
    """Gives each external contact their verdict (rule 4.8)."""
    last: Row | None = None
    for chunk in work.chunks(work.to_judge(Kind.CONTACT), "subject", "object", "id"):
        judge = partial(_judge_contact, _Contacts.of(work, chunk))
        for row in chunk:
            if last is not None and (last.subject, last.object) == (row.subject, row.object):
                if again(last, row, judge):
                    rows.write([last], ("values", *rows.JUDGED))
                continue
            last = row
            try:
                judge(row)
            except Invalid as invalid:
                row.refuse(invalid.message)


@dataclass(frozen=True)
class _Contacts:
    """What is known of the lists and addresses of some rows."""

    groups: dict[str, Known]
    lists: dict[int, MailingList]
    with_list: set[str]
    own: Mapping[str, str]
    claimed: dict[str, tuple[str, str]]
    there: dict[tuple[int, str], tuple[int, str]]

    @classmethod
    def of(cls, work: Work, chunk: list[Row]) -> "_Contacts":
        groups = work.directory.groups({row.subject for row in chunk})
        lists, emails = _present(groups), {row.values["email"] for row in chunk}
        there = ExternalContact.objects.filter(
            mailing_list__in=[one.pk for one in lists.values()], email__in=emails
        ).values_list("pk", "mailing_list_id", "email", "name")
        return cls(
            groups,
            lists,
            _with_list(work, chunk),
            own_addresses(work.company.pk, emails),
            work.directory.claims({keys.address(email) for email in emails}),
            {(one, email): (pk, name) for pk, one, email, name in there},
        )


def _judge_contact(known: _Contacts, row: Row) -> None:
    group = known.groups.get(row.subject)
    if group is None or group.refused:
        raise Invalid(None, refused_group(group))
    mailing_list = known.lists.get(group.pk or 0)
    if row.subject not in known.with_list and mailing_list is None:
        raise Invalid(None, _("The group has no mailing list."))
    contact = clean_contact(Contact(row.values["email"], row.values.get("name", "")))
    if why := known.own.get(row.values["email"]) or _claimed(known.claimed, row):
        raise Invalid(None, why)
    _compare(row, contact, known.there.get((mailing_list.pk if mailing_list else 0, contact.email)))


def _claimed(claimed: dict[str, tuple[str, str]], row: Row) -> str:
    claim = claimed.get(keys.address(row.values["email"]))
    return str(WHOSE[claim[0]]) if claim is not None else ""


def _compare(row: Row, contact: Contact, present: tuple[int, str] | None) -> None:
    if present is None:
        row.verdict, row.after = ADD, {"email": contact.email, "name": contact.name}
        return
    row.target = present[0]
    is_same = "name" not in row.values or contact.name == present[1]
    row.verdict = SAME if is_same else CHANGE
    if not is_same:
        row.before, row.after = {"name": present[1]}, {"name": contact.name}
