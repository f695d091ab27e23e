"""What becomes of mailing lists, of who is designated for them, and of their contacts (rule 4)."""

from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groups.actions.settings import ALIASES_LIMIT, Contact, clean_contact
from groups.directory.records import Kind
from groups.mail.contacts.own_addresses import WHOSE, own_addresses
from groups.models import Designation, ExternalContact, Group, MailingList

from .. import keys
from ..rows import Row
from .addresses import Claims
from .directory import Known
from .people import INACTIVE, Things, refused_group
from .work import ADD, CHANGE, SAME, Work, apart, contradiction, merge


def judge_lists(work: Work) -> None:
    """Gives each list its verdict."""
    last: Row | None = None
    for chunk in work.chunks(work.to_judge(Kind.LIST), "subject", "id"):
        groups = work.directory.groups({row.subject for row in chunk})
        lists = _present(groups)
        emails = {email for row in chunk if (email := row.values.get("address"))}
        emails |= {email for row in chunk for email in row.values.get("aliases", ())}
        claims = Claims(work, emails)
        for row in chunk:
            if last is not None and last.subject == row.subject:
                merge(last, row, contradiction)
                continue
            last = row
            try:
                _judge_list(row, groups.get(row.subject), lists, claims)
            except Invalid as invalid:
                row.refuse(invalid.message)


def _present(groups: dict[str, Known]) -> dict[int, MailingList]:
    pks = [known.pk for known in groups.values() if known.pk]
    found = Group.objects.filter(pk__in=pks, mailing_list__isnull=False)
    found = found.select_related("mailing_list__address").prefetch_related("mailing_list__aliases__address")
    return {group.pk: group.mailing_list for group in found if group.mailing_list is not None}


def _judge_list(row: Row, group: Known | None, lists: dict[int, MailingList], claims: Claims) -> None:
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
                row.verdict, row.reason = SAME, _("The same as %(place)s.") % {"place": first.place}
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
        groups = work.directory.groups({row.subject for row in chunk})
        lists, with_list = _present(groups), _with_list(work, chunk)
        emails = {row.values["email"] for row in chunk}
        own = own_addresses(work.company.pk, emails)
        claimed = work.directory.claims({keys.address(email) for email in emails})
        there = {
            (one, email): (pk, name)
            for pk, one, email, name in ExternalContact.objects.filter(
                mailing_list__in=[one.pk for one in lists.values()], email__in=emails
            ).values_list("pk", "mailing_list_id", "email", "name")
        }
        for row in chunk:
            if last is not None and (last.subject, last.object) == (row.subject, row.object):
                merge(last, row, contradiction)
                continue
            last = row
            group = groups.get(row.subject)
            mailing_list = lists.get(group.pk or 0) if group else None
            try:
                if group is None or group.refused:
                    raise Invalid(None, refused_group(group))
                if row.subject not in with_list and mailing_list is None:
                    raise Invalid(None, _("The group has no mailing list."))
                contact = clean_contact(Contact(row.values["email"], row.values.get("name", "")))
                if why := own.get(row.values["email"]) or _claimed(claimed, row):
                    raise Invalid(None, why)
                _compare(row, contact, there.get((mailing_list.pk if mailing_list else 0, contact.email)))
            except Invalid as invalid:
                row.refuse(invalid.message)


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
