"""Brings in people (rule 1.2): new ones in bulk, as add_member would add each; changes by the actions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts import audit, employment
from accounts.actions.addresses import taken_reason
from accounts.actions.details import LINES
from accounts.actions.members import MemberSettings, activate_member, deactivate_member, update_member
from accounts.models import Address, Company, Domain, Member
from accounts.models.address import own_senders
from groupadmin.base.bulk import insert
from groupadmin.base.errors import Invalid
from groups.directory.records import Kind
from groups.models import ImportRow

from .. import rows
from ..member_fields import DATES, TEXTS
from ..rows import Row
from .batch import Run, done, find_people, origin_of, record, skip

PEOPLE_AT_ONCE = 500
ADD, CHANGE = ImportRow.Verdict.ADD, ImportRow.Verdict.CHANGE


def run_members(run: Run) -> None:
    """New people, then who is whose manager, then changes of people who are there.

    Nobody is mailed: as after "Add member", the link to sign in is sent when an administrator says so.
    """
    added = run.waiting(Kind.MEMBER).filter(verdict=ADD)
    while batch := _first(added.filter(target=None)):
        run.bring(batch, lambda company, some: _add(run, company, some))
    while batch := _first(added):
        run.bring(batch, lambda company, some: _set_managers(run, company, some))
    changed = run.waiting(Kind.MEMBER).filter(verdict=CHANGE)
    # From the top down: so nobody reports to themselves on the way either (rule 1.12).
    while batch := _first(changed, "object", "id"):
        run.one_by_one(batch, lambda company, row: change_member(run, company, row))


def _first(found: Any, *order: str) -> list[Row]:
    first = found.order_by(*order or ("id",))[:PEOPLE_AT_ONCE]
    return [Row(*values) for values in first.values_list(*rows.FIELDS)]


def _add(run: Run, company: Company, batch: list[Row]) -> None:
    emails = {email for row in batch for email in _emails(row)}
    owners = dict(Address.objects.filter(email__among=emails).values_list("email", "kind"))
    signing_in = set(Member.objects.filter(email__among=emails).values_list("email", flat=True))
    domains = {domain.name: domain for domain in Domain.objects.usable().filter(company=company)}
    known = set(
        Member.objects.filter(company=company, source=run.source)
        .filter(external_id__in=[row.after["id"] for row in batch if row.after.get("id")])
        .values_list("external_id", flat=True)
    )
    senders, made, given = own_senders(), list[tuple[Row, Member]](), list[Address]()
    for row in batch:
        if problem := _problem(row, owners, domains, signing_in, senders):
            skip(row, problem)
        elif row.after.get("id") and row.after["id"] in known:
            skip(row, _("Somebody else has this ID now."))
        else:
            member = _member(run, company, row)
            made.append((row, member))
            given += _addresses(row, member, domains)
            owners |= dict.fromkeys(_emails(row), Address.Kind.MEMBER)
    insert(Member, [member for _row, member in made])
    insert(Address, given)
    for row, member in made:
        if row.after.get("manager"):
            row.target = member.pk  # waits until the manager is there
        else:
            done(row, member.pk)
    record(run, company, "member.add", [(member, _added(row)) for row, member in made])


def _emails(row: Row) -> list[str]:
    return [row.after["email"], *row.after.get("aliases", ())]


def _problem(
    row: Row, owners: Mapping[str, str], domains: Mapping[str, Domain], signing_in: set[str], senders: Any
) -> str:
    """What has changed since the verdict (rules 1.6, 1.9, 1.10)."""
    for email in _emails(row):
        if problem := taken_reason(email, owners.get(email), senders):
            return problem
        if (name := email.rpartition("@")[2]) not in domains:
            return _("%(domain)s is not a domain of your company.") % {"domain": name}
    if row.after["email"] in signing_in:
        return _("This address is taken. Choose another one.")
    return ""


def _member(run: Run, company: Company, row: Row) -> Member:
    after = row.after
    fields = _fields(after)
    outside = employment.why_outside(fields.get("starts_on"), fields.get("ends_on"))
    member = Member(
        company=company,
        name=after["name"],
        email=after["email"],
        is_administrator=after.get("administrator", False),
        may_connect=after.get("may_connect", False),
        is_active=after.get("active", True) and outside is None,
        inactive_by_date=outside is not None and not _by_hand(row),
        source=run.source_of(row),
        external_id=after.get("id", ""),
        **fields,
    )
    member.set_unusable_password()
    member.fold_name()
    return member


def _by_hand(row: Row) -> bool:
    """Whether the row itself says that they are inactive, so that no first day activates them (rule 1.12)."""
    return row.values.get("active") is False


def _fields(after: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of the fields of rule 1.12, as the model has them."""
    found: dict[str, Any] = {name: after[name] for name in TEXTS if name in after}
    for name in DATES:
        if name in after:
            found[name] = date.fromisoformat(after[name]) if after[name] else None
    return found


def _addresses(row: Row, member: Member, domains: Mapping[str, Domain]) -> list[Address]:
    given = []
    for email in _emails(row):
        local_part, _at, name = email.rpartition("@")
        kind = Address.Kind.MEMBER if email == row.after["email"] else Address.Kind.ALIAS
        address = Address(email=email, local_part=local_part, domain=domains[name], kind=kind, member=member)
        given.append(address)
    return given


def _added(row: Row) -> audit.Changes:
    """What add_member records."""
    after = row.after
    shown = {
        "name": after["name"],
        "email": after["email"],
        "aliases": sorted(after.get("aliases", ())),
        "teams": [],
        "is_administrator": after.get("administrator", False),
        "may_connect": after.get("may_connect", False),
    }
    told = {name: after[name] for name in (*TEXTS, *DATES) if after.get(name)}
    if not after.get("active", True):
        told["is_active"] = False
    return {name: [None, value] for name, value in {**shown, **told}.items()}


def _set_managers(run: Run, company: Company, batch: list[Row]) -> None:
    people = find_people(company, (row.after["manager"] for row in batch))
    for row in batch:
        manager = people.get(row.after["manager"])
        if manager is None or manager.pk == row.target:
            row.reason = _("The manager is left out: %(email)s is not a member.") % {
                "email": row.after["manager"]
            }
        else:
            Member.objects.filter(company=company, pk=row.target).update(manager=manager.pk)
        done(row, row.target)


def change_member(run: Run, company: Company, row: Row) -> None:
    """One person, by the actions that the pages call, with all their checks and consequences."""
    member = Member.objects.filter(company=company, pk=row.target or 0).first()
    if member is None:
        raise Invalid(None, _("This person was deleted in the meantime."))
    after = row.after
    member = update_member(member, _settings(company, member, after), actor=run.actor)
    _write_rest(run, member, after)
    if after.get("active") is True:
        activate_member(member, actor=run.actor)
    elif after.get("active") is False and (member.is_active or _by_hand(row)):
        deactivate_member(member, actor=run.actor)


def _settings(company: Company, member: Member, after: Mapping[str, Any]) -> MemberSettings:
    settings = MemberSettings.of(member)
    said: dict[str, Any] = {}
    domains = dict(Domain.objects.filter(company=company).values_list("name", "pk"))

    def pair(email: str) -> tuple[str, int]:
        local_part, _at, name = email.rpartition("@")
        return local_part, domains.get(name, 0)

    if "name" in after:
        said["name"] = after["name"]
    if "email" in after:
        said["local_part"], said["domain_id"] = pair(after["email"])
    if "aliases" in after:
        said["aliases"] = tuple(pair(email) for email in after["aliases"])
    if "administrator" in after:
        said["is_administrator"] = after["administrator"]
    if "may_connect" in after:
        said["may_connect"] = after["may_connect"]
    said |= {name: after[name] for name in LINES if name in after}
    said |= {
        name: date.fromisoformat(after[name]) if after[name] else None for name in DATES if name in after
    }
    if "manager" in after:
        manager = find_people(company, [after["manager"]]).get(after["manager"])
        if after["manager"] and manager is None:
            raise Invalid(None, _("The manager %(email)s is not a member.") % {"email": after["manager"]})
        said["manager_id"] = manager.pk if manager else None
    return replace(settings, **said)


def _write_rest(run: Run, member: Member, after: Mapping[str, Any]) -> None:
    """What is not among a member's settings, with an entry of its own."""
    own = {name: after[name] for name in ("language", "time_zone") if name in after}
    origin = origin_of(after)
    if not own and not origin:
        return
    before = {name: getattr(member, name) for name in own}
    Member.objects.filter(pk=member.pk).update(**own, **origin, version=F("version") + 1)
    member.refresh_from_db()
    if changes := audit.difference(before, own):
        audit.record(run.actor, "member.update", member, changes)


def remove_member(run: Run, company: Company, row: Row) -> None:
    """Whom their source no longer has is deactivated, which can be taken back (rules 2.23, 10.4)."""
    member = Member.objects.filter(Q(company=company), pk=row.target).first()
    if member is not None:
        deactivate_member(member, actor=run.actor)
