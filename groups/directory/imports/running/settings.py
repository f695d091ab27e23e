"""Changes of groups that are there, with their lists: by update_group for each (rule 2.18)."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.members import LocalAndDomain
from accounts.models import Company, Domain
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.actions import GroupSettings, update_group
from groups.actions.mailing_list import FIELDS, plain
from groups.actions.settings import CONTACTS_LIMIT, Contact, ListSettings
from groups.directory.records import Kind
from groups.entries import Entries
from groups.models import Designation, ExternalContact, Feature, Group, ImportRow
from groups.models.switches import SWITCHES

from .. import rows
from ..rows import Row
from .batch import Person, Run, done, origin_of, skip
from .found import Found, Named, Teams, comes_inactive
from .people import locked_groups

AT_ONCE = 10
_THINGS = ("member", "team", "group")
_KINDS = (Kind.GROUP, Kind.LIST, Kind.SENDER, Kind.CONTACT)


def run_settings(run: Run) -> None:
    """All that waits about groups, a group at a time."""
    teams = Teams(run)
    waiting = run.waiting(*_KINDS).exclude(verdict=ImportRow.Verdict.REMOVE)
    while subjects := _subjects(waiting):
        with run.batch() as company:
            found = waiting.filter(subject__in=subjects).order_by("subject", "id")
            batch = [Row(*values) for values in found.values_list(*rows.FIELDS)[: CONTACTS_LIMIT * 2]]
            for subject in subjects:
                mine = [row for row in batch if row.subject == subject]
                if mine:
                    _bring(run, company, teams, mine)
            run.finish(batch)
        run.tell_done(len(batch))


def _subjects(waiting: Any) -> list[str]:
    found = waiting.order_by("subject").values_list("subject", flat=True)[:AT_ONCE]
    return list(dict.fromkeys(found))


def _bring(run: Run, company: Company, teams: Teams, batch: list[Row]) -> None:
    head = Row(pk=batch[0].pk)
    run.attempt(head, lambda: _change(run, company, teams, batch))
    for row in batch:
        if not row.state or head.state == ImportRow.State.SKIPPED:
            skip(row, head.reason) if head.state == ImportRow.State.SKIPPED else done(row, row.target)


def _group(company: Company, batch: list[Row]) -> Group:
    for row in batch:
        if row.kind == Kind.GROUP and row.target:
            group = Group.objects.live().filter(company=company, pk=row.target).first()
            if group is None:
                raise Invalid(None, _("This group was deleted in the meantime."))
            return group
    found = locked_groups(company, {batch[0].subject})
    if not found:
        raise Invalid(None, _("The group is not there."))
    return found[batch[0].subject]


def _change(run: Run, company: Company, teams: Teams, batch: list[Row]) -> None:
    group = _group(company, batch)
    settings = GroupSettings.of(group, with_people=False)
    head = next((row for row in batch if row.kind == Kind.GROUP), None)
    if head is not None:
        settings = settings_with(settings, head.after)
    settings = replace(settings, mailing_list=_list(run, company, teams, batch, settings.mailing_list))
    if settings.mailing_list and any(row.kind == Kind.LIST for row in batch) and _wants_list(head):
        settings = settings.with_switches(**{Feature.MAILING_LIST.value: True})
    update_group(group, settings, group.version, actor=run.actor)
    _designate_inactive(run, group, batch)
    if head is not None and (origin := origin_of(head.after)):
        Group.objects.filter(pk=group.pk).update(**origin)
    _find_targets(group, batch)


def _wants_list(head: Row | None) -> bool:
    return head is None or head.after.get(Feature.MAILING_LIST.value) is not False


def settings_with(settings: GroupSettings, after: dict[str, Any]) -> GroupSettings:
    switches = {switch.name: after[switch.name] for switch in SWITCHES if switch.name in after}
    settings = settings.with_switches(**switches)
    texts = {name: after[name] for name in ("name", "description") if name in after}
    return replace(settings, **texts)


def _list(
    run: Run, company: Company, teams: Teams, batch: list[Row], present: ListSettings | None
) -> ListSettings | None:
    about: dict[str, Any] = next((row.after for row in batch if row.kind == Kind.LIST), {})
    if address := about.get("address"):
        local_part, _at, name = address.rpartition("@")
        domain = Domain.objects.usable().filter(company=company, name=name).first()
        if domain is None:
            raise Invalid(None, _("%(domain)s is not a domain of your company.") % {"domain": name})
        if present is None:
            present = ListSettings(local_part, domain.pk)
        present = replace(present, local_part=local_part, domain_id=domain.pk)
    if present is None:
        for row in batch:
            if row.kind != Kind.GROUP:
                skip(row, _("The group has no mailing list."))
        return None
    present = replace(present, **_said(company, about))
    contacts = {contact.email: contact for contact in present.contacts}
    contacts |= {
        row.values["email"]: Contact(row.values["email"], row.after["name"])
        for row in batch
        if row.kind == Kind.CONTACT
    }
    if len(contacts) > CONTACTS_LIMIT:
        raise Invalid(None, _("A list has at most %(limit)s contacts.") % {"limit": f"{CONTACTS_LIMIT:,}"})
    present = replace(present, contacts=frozenset(contacts.values()))
    return _with_senders(run, company, teams, batch, present)


def _said(company: Company, about: dict[str, Any]) -> dict[str, Any]:
    said = {name: about[name] for name in ("blocks_external_domains", "who_can_send") if name in about}
    return said | ({"aliases": pairs_of(company, about["aliases"])} if "aliases" in about else {})


def pairs_of(company: Company, emails: list[str]) -> frozenset[LocalAndDomain]:
    """A list's aliases as settings have them (rule 4.14). Raises Invalid."""
    domains = dict(Domain.objects.usable().filter(company=company).values_list("name", "pk"))
    pairs = set()
    for email in emails:
        local_part, _at, name = email.rpartition("@")
        if name not in domains:
            raise Invalid(None, _("%(domain)s is not a domain of your company.") % {"domain": name})
        pairs.add((local_part, domains[name]))
    return frozenset(pairs)


def _with_senders(
    run: Run, company: Company, teams: Teams, batch: list[Row], present: ListSettings
) -> ListSettings:
    senders = [row for row in batch if row.kind == Kind.SENDER]
    found = Found.of(run, company, teams, senders)
    for row in senders:
        thing = found.thing(row)
        if problem := found.problem(row, thing, False):
            skip(row, problem)
            continue
        assert isinstance(thing, Person | Named)  # noqa: S101
        if not comes_inactive(row):
            one = frozenset({thing.pk})
            new = {"member": Entries(members=one), "team": Entries(teams=one), "group": Entries(groups=one)}
            name = FIELDS[Designation.Purpose(row.values["purpose"])]
            present = replace(present, **{name: getattr(present, name) | new[row.object_kind]})
        row.before = None
        row.after = {**(row.after or {}), "thing": thing.pk}
    return present


def _designate_inactive(run: Run, group: Group, batch: list[Row]) -> None:
    """Who comes inactive by the same import keeps what they are designated for, which no page gives them."""
    waiting = [row for row in batch if row.kind == Kind.SENDER and not row.state and comes_inactive(row)]
    if not waiting:
        return
    group.refresh_from_db()
    before = plain(GroupSettings.of(group, with_people=False).mailing_list)
    Designation.objects.bulk_create(
        (
            Designation(
                mailing_list=group.mailing_list, purpose=row.values["purpose"], member_id=row.after["thing"]
            )
            for row in waiting
        ),
        ignore_conflicts=True,
    )
    changes = audit.difference(before, plain(GroupSettings.of(group, with_people=False).mailing_list))
    audit.record(run.actor, permissions.Act.EDIT, group, changes)


def _find_targets(group: Group, batch: list[Row]) -> None:
    """The ids of what was added, so that it can be undone."""
    mailing_list = Group.objects.select_related("mailing_list").get(pk=group.pk).mailing_list
    designations: dict[tuple[str, str, int], int] = {}
    for pk, purpose, *things in Designation.objects.filter(mailing_list=mailing_list).values_list(
        "pk", "purpose", "member_id", "team_id", "group_id"
    ):
        designations |= {(purpose, kind, one): pk for kind, one in zip(_THINGS, things, strict=True) if one}
    emails = {row.values["email"] for row in batch if row.kind == Kind.CONTACT}
    contacts = dict(
        ExternalContact.objects.filter(mailing_list=mailing_list, email__in=emails).values_list("email", "pk")
    )
    for row in batch:
        if row.kind == Kind.LIST and mailing_list is not None:
            row.target = mailing_list.pk
        elif row.kind == Kind.SENDER and row.after:
            row.target = designations.get((row.values["purpose"], row.object_kind, row.after["thing"]))
        elif row.kind == Kind.CONTACT:
            row.target = contacts.get(row.values["email"])
