"""Deletes people and companies permanently (rule 2.15): one transaction each. Their audit stays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.core.files.storage import Storage
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, consequences
from accounts.actor import Actor, Refused
from accounts.audit.items import people_items
from accounts.consequences import Departures, FileFields, Progress
from accounts.models import Address, Company, Domain, Job, Member, Team, TeamMembership, WebhookDelivery
from accounts.permissions import check_rules_installation
from accounts.sessions import cut_sessions
from groupadmin.base.bulk import delete_in_batches
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later

from .details import NOTHING
from .locks import lock_company
from .members import check_other_administrators, is_powerful, lock_member, plain


@dataclass(frozen=True)
class MemberTouches:
    """What a person's deletion affects, to show before confirming."""

    groups: int
    masterships: int
    without_master: int
    teams: int
    reports: int
    addresses: list[str]


def touches_of_member(member: Member) -> MemberTouches:
    """What delete_member would affect."""
    groups = consequences.in_groups().groups_of_member(member)
    return MemberTouches(
        groups=groups.entered,
        masterships=groups.run,
        without_master=groups.run_alone,
        teams=TeamMembership.objects.filter(member=member).count(),
        reports=member.reports.count(),
        addresses=[str(address) for address in member.addresses.select_related("domain").order_by("pk")],
    )


@audit.action
def delete_member(member: Member, *, actor: Actor) -> None:
    """Deletes a person permanently: from all groups and teams, with their addresses.

    A group left without entries stays (rule 2.22). What they wrote in rooms stays, with their name
    (rule 2.16). Raises Refused or Invalid.
    """
    company, member = lock_member(member, actor, "member.delete")
    if actor.member == member:
        raise Refused(
            "member.delete",
            gettext_lazy("You cannot delete yourself. Ask another administrator."),
            target=member,
        )
    if member.is_administrator:
        check_other_administrators(member, actor, field=None)
    if is_powerful(member):
        actor.check_confirmed()
    before = plain(member)
    gone: audit.Changes = {key: [value, None] for key, value in before.items() if value != NOTHING.get(key)}
    _free_reports(member, actor)
    Member.objects.filter(pk=member.pk).update(is_active=False)
    consequences.in_groups().member_deleted(company, member, actor=actor)
    audit.record(actor, "member.delete", member, gone)
    _delete_files_later(_files_of(member))
    cut_sessions(member)
    member.delete()


def _free_reports(member: Member, actor: Actor) -> None:
    """Whoever reported to the person has no manager now (rule 1.12)."""
    reports = Member.objects.filter(manager=member)
    changes: audit.Changes = {"manager": [people_items([member.pk]), []]}
    audit.record_each(actor, "member.update", reports, changes)
    reports.update(manager=None, version=F("version") + 1)


def touches_of_company(company: Company) -> dict[str, int]:
    """What a company has, by kind, to show before confirming."""
    groups = consequences.in_groups().groups_of_company(company)
    return {
        "members": Member.objects.filter(company=company).count(),
        "teams": Team.objects.filter(company=company).count(),
        "groups": groups.own,
        "addresses": Address.objects.filter(domain__company=company).count(),
        "groups_of_others": groups.of_others,
    }


@audit.action
def delete_company(company: Company, *, actor: Actor, progress: Progress | None = None) -> Departures:
    """Deletes a company permanently, with everything it has (rule 2.15). Raises Refused or Invalid.

    Its people leave other companies' groups and others leave its own, recorded in both audits; the audits
    stay.
    """
    company = lock_company(company.pk)
    check_rules_installation(actor, "company.delete", company)
    actor.check_confirmed()
    if Member.objects.filter(company=company, is_superuser=True).exists():
        raise Invalid(None, _("Some of its people are superusers. Remove that role first."))
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.NOBODY)
    reason = gettext_lazy("The company was deleted.")
    leave_by_rule = consequences.in_groups().leave_by_rule
    # That everybody goes is what was asked for: rule 10.5 asks nothing more.
    leaver = replace(actor, accepts_loss=True)
    departures = leave_by_rule(company, actor=leaver, reason=reason, progress=progress)
    audit.record(actor, "company.delete", company, {"name": [company.name, None], **_counts(company)})
    _delete_files_later(_files_of(company))
    _delete_all(company)
    return departures


def _counts(company: Company) -> audit.Changes:
    return {key: [count, None] for key, count in touches_of_company(company).items()}


def _delete_all(company: Company) -> None:
    """Deletes in the order that the foreign keys need, in batches that fit into memory."""
    consequences.in_groups().company_deleted(company)
    # From the leaves up: a team refers to the one above it.
    while (leaves := Team.objects.filter(company=company, children__isnull=True)).exists():
        delete_in_batches(leaves)
    Address.objects.filter(domain__company=company).delete()
    delete_in_batches(Member.objects.filter(company=company))
    Domain.objects.filter(company=company).delete()
    delete_in_batches(WebhookDelivery.objects.filter(webhook__company=company))
    Job.objects.filter(company=company).delete()
    Company.objects.filter(pk=company.pk).delete()


def _files_of(owner: Company | Member) -> Iterator[tuple[Storage, str]]:
    groups = consequences.in_groups()
    if isinstance(owner, Company):
        holders = [FileFields(Member, "company", ("photo",)), *groups.files_of_company]
    else:
        holders = [FileFields(Member, "pk", ("photo",)), *groups.files_of_member]
    for holder in holders:
        for name in holder.fields:
            storage = holder.model._meta.get_field(name).storage  # type: ignore[union-attr]
            rows = holder.model._default_manager.filter(**{holder.owner: owner.pk}).exclude(**{name: ""})
            yield from ((storage, path) for path in rows.values_list(name, flat=True))


def _delete_files_later(files: Iterable[tuple[Storage, str]]) -> None:
    """After the commit, see delete_later."""
    for storage, name in files:
        delete_later(storage, name)
