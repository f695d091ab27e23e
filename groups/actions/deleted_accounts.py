"""What leaves groups when a person, a team or a company is deleted (rules 2.15, 2.22).

Called by the actions of accounts, inside their transactions: see accounts/consequences.py.
"""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor
from accounts.audit.items import Item, group_item, people_items, team_item
from accounts.consequences import CompanyInGroups, FileFields, MemberInGroups, MembersInGroups
from accounts.models import Company, Domain, Member, Team
from groupadmin.base.bulk import delete_in_batches
from groups.actions.designations import drop_designated
from groups.membership import effective
from groups.models import (
    CalendarFeed,
    CompanyExport,
    Envelope,
    FailingAddress,
    Group,
    GroupQuerySet,
    ImportFile,
    MailContent,
    MailingList,
    Master,
    Membership,
    Notice,
    PhotoDraft,
    StoredFile,
    Upload,
)
from groups.notices.leaving import tell_people_left

FILES_OF_MEMBER = [
    FileFields(PhotoDraft, "member", ("photo", "photo_small")),
    FileFields(Upload, "member", ("file",)),
]
FILES_OF_COMPANY = [
    FileFields(Group, "company", ("photo", "photo_small")),
    FileFields(PhotoDraft, "member__company", ("photo", "photo_small")),
    FileFields(StoredFile, "group__company", ("file", "preview")),
    FileFields(Upload, "group__company", ("file",)),
    FileFields(CompanyExport, "company", ("file",)),
    FileFields(ImportFile, "directory_import__company", ("content",)),
    # Uploads to groups of other companies.
    FileFields(Upload, "member__company", ("file",)),
]

ASKED_AT_ONCE = 5_000
LISTS_AT_ONCE = 500


def groups_of_member(member: Member) -> MemberInGroups:
    """How many groups the deletion of a person would touch, or their deactivation."""
    live = Group.objects.live()
    inside = live.filter(pk__in=effective.belonging_ids(member))
    run = live.filter(masters__member=member)
    others = Master.objects.active().exclude(member=member)
    return MemberInGroups(
        entered=live.filter(entries__member=member).count(),
        run=run.count(),
        run_alone=run.exclude(pk__in=others.filter(group__in=run).values("group")).count(),
        inside=inside.count(),
        external=_groups_of(member).live().filter(kind=Group.Kind.EXTERNAL).count(),
        lists=inside.filter(uses_mailing_list=True).count(),
        calendars=CalendarFeed.objects.filter(member=member).count(),
    )


def groups_of_members(members: Collection[int]) -> MembersInGroups:
    """The same for many people, each group counted once (rule 10.6)."""
    gone = {*members}
    entered: set[int] = set()
    run: set[int] = set()
    external: set[int] = set()
    for part in _parts(gone):
        live = Group.objects.live()
        inside = live.filter(entries__member__in=part).values_list("pk", "kind")
        outer = live.filter(masters__member__in=part).values_list("pk", "kind")
        external |= {pk for pk, kind in (*inside, *outer) if kind == Group.Kind.EXTERNAL}
        entered |= {pk for pk, _kind in inside}
        run |= {pk for pk, _kind in outer}
    still_run = {
        group
        for part in _parts(run)
        for group, member in Master.objects.active()
        .filter(group__in=part)
        .values_list("group_id", "member_id")
        if member not in gone
    }
    return MembersInGroups(len(entered), len(run), len(run - still_run), len(external))


def _parts(ids: Collection[int]) -> list[list[int]]:
    ordered = sorted(ids)
    return [ordered[start : start + ASKED_AT_ONCE] for start in range(0, len(ordered), ASKED_AT_ONCE)]


def _groups_of(member: Member) -> GroupQuerySet:
    """The groups that somebody is entered in directly, or runs; deleted ones included."""
    # Of two tables: "in this one or in that one" would look at every group there is.
    entered, run = (
        model._default_manager.filter(member=member).order_by().values_list("group_id")
        for model in (Membership, Master)
    )
    return Group.objects.filter(pk__in=sorted({pk for (pk,) in entered.union(run)}))


def tell_of_inactive(member: Member, actor: Actor) -> None:
    """Tells the internal groups of somebody who was deactivated, whose entries stay (rule 2.15)."""
    groups = _groups_of(member).live().filter(kind=Group.Kind.INTERNAL)
    tell_people_left(list(groups.order_by("pk")), member, actor=actor)


def leave_internal_groups(member: Member, actor: Actor) -> None:
    """Removes a person from their remaining groups, with an audit entry for each, and tells (rule 2.15)."""
    groups = list(_groups_of(member).order_by("pk").select_for_update(of=("self",)))
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
    tell_people_left(groups, member, actor=actor)


def team_leaves_groups(team: Team, *, actor: Actor) -> list[Item]:
    """Raises the version of the groups that lose a team and audits each. Returns their names."""
    containers = Group.objects.filter(entries__team=team).order_by("pk").select_for_update(of=("self",))
    ids = [group.pk for group in containers]
    Group.objects.filter(pk__in=ids).update(version=F("version") + 1)
    changes: audit.Changes = {"members_removed": [None, [team_item(team)]]}
    groups = list(Group.objects.filter(pk__in=ids))
    audit.record_each(actor, "group.edit_members", groups, changes)
    drop_designated(team, actor)
    return [group_item(group) for group in groups]


def groups_of_company(company: Company) -> CompanyInGroups:
    """How many groups the deletion of a company would touch."""
    others = Q(member__company=company) & ~Q(group__company=company)
    return CompanyInGroups(
        own=Group.objects.filter(company=company).count(),
        of_others=Membership.objects.filter(others).values("group").distinct().count(),
    )


def delete_groups_of_company(company: Company) -> None:
    """Deletes the company's groups in the order the database allows, and mail not yet sent."""
    groups = Group.objects.filter(company=company)
    # Mail still waiting for a list's people is no longer sent; its record stays in the mail audit.
    Envelope.objects.filter(mail__company_id=company.pk).delete()
    MailContent.objects.filter(mails__company_id=company.pk).delete()
    Notice.objects.filter(group__company=company).delete()
    lists = list(groups.filter(mailing_list__isnull=False).values_list("mailing_list_id", flat=True))
    delete_in_batches(groups)
    for chunk in (lists[start : start + LISTS_AT_ONCE] for start in range(0, len(lists), LISTS_AT_ONCE)):
        MailingList.objects.filter(pk__in=chunk).delete()
    # Not of domains that it only claims (rule 1.9).
    for name in Domain.objects.usable().filter(company=company).values_list("name", flat=True):
        FailingAddress.objects.filter(address__endswith=f"@{name}").delete()
