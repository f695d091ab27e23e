"""Deletes people and companies for good (spec 2.15): each function one transaction. The audit keeps them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import Storage
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.audit.items import Item, people_items
from accounts.models import Address, Company, Domain, Job, Member, Team, TeamMembership
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later
from groups.external.leaving import Departures, Progress, leave_by_rule
from groups.models import (
    Envelope,
    FailingAddress,
    Group,
    MailContent,
    MailingList,
    Master,
    Membership,
    Notice,
    PhotoDraft,
    StoredFile,
    Upload,
)
from groups.permissions import check_rules_installation

from .locks import lock_company
from .members import check_other_administrators, lock_member, plain

AT_ONCE = 500

Kept = list[tuple[type[models.Model], str, tuple[str, ...]]]
"""Models with files, by what they are found, and the names of the files' fields."""

_OF_COMPANY: Kept = [
    (Group, "company", ("photo", "photo_small")),
    (Member, "company", ("photo",)),
    (PhotoDraft, "member__company", ("photo", "photo_small")),
    (StoredFile, "group__company", ("file", "preview")),
    (Upload, "group__company", ("file",)),
    # On their way into groups of other companies.
    (Upload, "member__company", ("file",)),
]
_OF_MEMBER: Kept = [
    (Member, "pk", ("photo",)),
    (PhotoDraft, "member", ("photo", "photo_small")),
    (Upload, "member", ("file",)),
]


@dataclass(frozen=True)
class MemberTouches:
    """What hangs on a person, to be read before one is sure."""

    groups: int
    masterships: int
    without_master: int
    teams: int
    addresses: list[str]


def touches_of_member(member: Member) -> MemberTouches:
    """What delete_member would touch."""
    live = Group.objects.filter(deleted_at__isnull=True)
    runs = live.filter(masters__member=member)
    others = Master.objects.filter(member__is_active=True).exclude(member=member)
    return MemberTouches(
        groups=live.filter(entries__member=member).count(),
        masterships=runs.count(),
        without_master=runs.exclude(pk__in=others.filter(group__in=runs).values("group")).count(),
        teams=TeamMembership.objects.filter(member=member).count(),
        addresses=[str(address) for address in member.addresses.select_related("domain").order_by("pk")],
    )


@audit.action
def delete_member(member: Member, *, actor: Actor) -> None:
    """Removes a person for good: from all groups and teams, with their addresses. Raises Refused or Invalid.

    A group left without entries stays (spec 2.22). What they wrote in rooms stays, by their name (spec 2.16).
    """
    company, member = lock_member(member, actor, "member.delete")
    if actor.member == member:
        raise Refused("member.delete", gettext_lazy("Nobody can delete themselves."), target=member)
    if member.is_administrator:
        check_other_administrators(member, actor, field=None)
    gone: audit.Changes = {key: [value, None] for key, value in plain(member).items()}
    Member.objects.filter(pk=member.pk).update(is_active=False)
    leave_by_rule(company, actor=actor, reason=gettext_lazy("The person was deleted."), members=[member.pk])
    _leave_internal_groups(member, actor)
    audit.record(actor, "member.delete", member, gone)
    _delete_files_later(_files_of(member))
    member.delete()


def _leave_internal_groups(member: Member, actor: Actor) -> None:
    """Takes the person out of the groups that are left, with an entry in the audit of each."""
    concerned = Group.objects.filter(Q(entries__member=member) | Q(masters__member=member)).values("pk")
    groups = list(Group.objects.filter(pk__in=concerned).order_by("pk").select_for_update(of=("self",)))
    entered = set(Membership.objects.filter(member=member).values_list("group_id", flat=True))
    masters: defaultdict[int, list[int]] = defaultdict(list)
    theirs = Master.objects.filter(group__in=Master.objects.filter(member=member).values("group"))
    for group_id, member_id in theirs.order_by("pk").values_list("group_id", "member_id"):
        masters[group_id].append(member_id)
    items: dict[int, Item] = {
        item["id"]: item
        for item in people_items({pk for ids in masters.values() for pk in ids} | {member.pk})
    }
    Membership.objects.filter(member=member).delete()
    Master.objects.filter(member=member).delete()
    Group.objects.filter(pk__in=[group.pk for group in groups]).update(version=F("version") + 1)
    entries = []
    for group in groups:
        group.version += 1
        changes: audit.Changes = {}
        if group.pk in entered:
            changes["members_removed"] = [None, [items[member.pk]]]
        if before := masters[group.pk]:
            after = [pk for pk in before if pk != member.pk]
            changes["masters"] = [[items[pk] for pk in ids if pk in items] for ids in (before, after)]
        entries.append(audit.Entry(group, changes, group.company_id, gettext_lazy("The person was deleted.")))
    audit.record_in_bulk(actor, "group.edit_members", entries)


def touches_of_company(company: Company) -> dict[str, int]:
    """What a company has, by kind, to be read before one is sure."""
    others = Q(member__company=company) & ~Q(group__company=company)
    return {
        "members": Member.objects.filter(company=company).count(),
        "teams": Team.objects.filter(company=company).count(),
        "groups": Group.objects.filter(company=company).count(),
        "addresses": Address.objects.filter(domain__company=company).count(),
        "groups_of_others": Membership.objects.filter(others).values("group").distinct().count(),
    }


@audit.action
def delete_company(company: Company, *, actor: Actor, progress: Progress | None = None) -> Departures:
    """Removes a company for good, with everything of it (spec 2.15). Raises Refused or Invalid.

    Its people leave the groups of others and others leave its own, as both audits say; the audits stay.
    """
    company = lock_company(company.pk)
    check_rules_installation(actor, "company.delete", company)
    if Member.objects.filter(company=company, is_superuser=True).exists():
        raise Invalid(None, _("Superusers are among its people. Take that role from them first."))
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.NOBODY)
    departures = leave_by_rule(
        company, actor=actor, reason=gettext_lazy("The company was deleted."), progress=progress
    )
    audit.record(actor, "company.delete", company, {"name": [company.name, None], **_counts(company)})
    _delete_files_later(_files_of(company))
    _delete_all(company)
    return departures


def _counts(company: Company) -> audit.Changes:
    return {key: [count, None] for key, count in touches_of_company(company).items()}


def _delete_all(company: Company) -> None:
    """Deletes in the order in which the database lets go, in batches that fit into memory."""
    groups = Group.objects.filter(company=company)
    # What is on its way to a list's people is not sent any more; that it came stays in the audit of mail.
    Envelope.objects.filter(mail__company_id=company.pk).delete()
    MailContent.objects.filter(mails__company_id=company.pk).delete()
    Notice.objects.filter(group__company=company).delete()
    lists = list(groups.filter(mailing_list__isnull=False).values_list("mailing_list_id", flat=True))
    _in_batches(groups)
    for chunk in (lists[start : start + AT_ONCE] for start in range(0, len(lists), AT_ONCE)):
        MailingList.objects.filter(pk__in=chunk).delete()
    # From the leaves up: a team holds the one above it.
    while (leaves := Team.objects.filter(company=company, children__isnull=True)).exists():
        _in_batches(leaves)
    Address.objects.filter(domain__company=company).delete()
    _in_batches(Member.objects.filter(company=company))
    for name in Domain.objects.filter(company=company).values_list("name", flat=True):
        FailingAddress.objects.filter(address__endswith=f"@{name}").delete()
    Domain.objects.filter(company=company).delete()
    Job.objects.filter(company=company).delete()
    Company.objects.filter(pk=company.pk).delete()


def _in_batches(rows: QuerySet[Any]) -> None:
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        rows.model._default_manager.filter(pk__in=ids).delete()


def _files_of(owner: Company | Member) -> Iterator[tuple[Storage, str]]:
    for model, by, names in _OF_COMPANY if isinstance(owner, Company) else _OF_MEMBER:
        for name in names:
            storage = model._meta.get_field(name).storage  # type: ignore[union-attr]
            rows = model._default_manager.filter(**{by: owner.pk}).exclude(**{name: ""})
            yield from ((storage, path) for path in rows.values_list(name, flat=True))


def _delete_files_later(files: Iterable[tuple[Storage, str]]) -> None:
    """When nothing can bring back any more what they belong to."""
    for storage, name in files:
        delete_later(storage, name)
