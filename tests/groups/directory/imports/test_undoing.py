"""Undo of a whole import, as long as what it did is untouched (rule 10.3)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions.teams import set_team_people
from accounts.models import Address, AuditEntry, Company, Member, Team, TeamMembership
from groupadmin.base.errors import Invalid
from groups.actions import Entries, GroupSettings, edit_entries, update_group
from groups.directory.imports import undoing
from groups.directory.records import Kind, Record
from groups.models import (
    DirectoryImport,
    ExternalContact,
    Group,
    ImportRow,
    MailingList,
    Master,
    Membership,
)
from tests.factories import MembershipFactory, MessageFactory
from tests.helpers import ActorOf, changed

from .importing import SYSTEM, brought_in, entry, group, master, member, place, whole_group
from .test_small import RECORDS

pytestmark = pytest.mark.django_db

THINGS = (Member, Team, TeamMembership, Group, Membership, Master, MailingList, ExternalContact, Address)


def state(company: Company) -> dict[str, list[dict[str, Any]]]:
    """All that a company has, but for what counts changes or says when."""
    apart = {"version", "last_login", "moved_at"}
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in apart}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in THINGS
    }


def undone(brought: DirectoryImport) -> DirectoryImport:
    undoing.undo_now(brought, actor=SYSTEM)
    brought.refresh_from_db()
    assert brought.state == DirectoryImport.State.UNDONE
    return brought


def left(brought: DirectoryImport) -> dict[str, str]:
    rows = ImportRow.objects.filter(directory_import=brought, state="left")
    return {f"{row.kind} {row.name}": row.touched for row in rows}


def mixed(company: Company, outsider: Member, there: Group, team: Team) -> list[Record]:
    """Something of everything: new things, and changes of what is there."""
    return [
        *RECORDS,
        Record(
            Kind.LIST, {"group": "Inner", "address": "inner@hanbit.example", "who_can_send": "designated"}
        ),
        Record(Kind.SENDER, {"group": "Inner", "purpose": "to", "member": "kim@hanbit.example"}),
        Record(Kind.CONTACT, {"group": "Inner", "email": "client@outside.example", "name": "Client"}),
        entry(there.name, member="kim@hanbit.example"),
        entry(there.name, team="Sales"),
        entry(there.name, subgroup="Inner"),
        master(there.name, "lee@hanbit.example"),
        group(there.name, description="Brought", note=True),
        Record(Kind.LIST, {"group": there.name, "blocks_external_domains": True}),
        Record(Kind.CONTACT, {"group": there.name, "email": "other@outside.example", "name": "Other"}),
        member(outsider.email, job_title="Engineer", nickname="Ott"),
        place(team.name, outsider.email),
        Record(Kind.TEAM, {"team": team.name, "description": "Ours"}),
    ]


def test_all_goes_back_to_where_it_was(
    company: Company, administrator: Member, group: Group, team: Team, outsider: Member
) -> None:
    before = state(company)
    brought = brought_in(company, mixed(company, outsider, group, team))
    assert state(company) != before
    preview = undoing.preview(brought)
    assert preview.left == {}
    assert preview.taken_back["group"] == 3
    undone(brought)
    assert left(brought) == {}
    assert not ImportRow.objects.filter(directory_import=brought, state="done").good().exists()
    assert state(company) == before


def test_it_can_be_brought_in_again_after_that(
    company: Company, administrator: Member, group: Group, team: Team, outsider: Member
) -> None:
    records = mixed(company, outsider, group, team)
    undone(brought_in(company, records))
    again = brought_in(company, records)
    assert not ImportRow.objects.filter(directory_import=again, state="skipped").exists()
    assert Group.objects.live().filter(name="Inner").exists()


def test_the_dry_run_changes_nothing(company: Company, administrator: Member) -> None:
    brought = brought_in(company, RECORDS)
    before, entries = state(company), AuditEntry.objects.count()
    undoing.preview(brought)
    assert state(company) == before
    assert AuditEntry.objects.count() == entries
    brought.refresh_from_db()
    assert brought.state == DirectoryImport.State.DONE


def used(room: Group) -> None:
    MessageFactory.create(group=room)


def joined(room: Group) -> None:
    MembershipFactory.create(group=room, member=Member.objects.get(email="lee@hanbit.example"))


def emptied(room: Group) -> None:
    room.entries.filter(member__isnull=False).delete()


def renamed(room: Group) -> None:
    update_group(room, changed(GroupSettings.of(room), name="Other"), room.version, actor=SYSTEM)


def contained(room: Group) -> None:
    outside = Group.objects.create(company=room.company, name="Outside")
    MembershipFactory.create(group=outside, member=None, subgroup=room)


@pytest.mark.parametrize("touch", [used, joined, emptied, renamed, contained])
def test_a_group_that_somebody_touched_stays_with_all_that_is_in_it(
    company: Company, administrator: Member, touch: Callable[[Group], None]
) -> None:
    records = [
        member("kim@hanbit.example"),
        member("lee@hanbit.example"),
        *whole_group("Touched", "kim@hanbit.example", "kim@hanbit.example"),
        *whole_group("Untouched", "lee@hanbit.example", "lee@hanbit.example"),
    ]
    brought = brought_in(company, records)
    kept = Group.objects.get(name="Touched")
    touch(kept)
    entries = set(kept.entries.values_list("pk", flat=True))
    preview = undoing.preview(brought)
    assert (preview.taken_back["group"], preview.left["group"]) == (1, 1)
    undone(brought)
    kept.refresh_from_db()
    assert set(kept.entries.values_list("pk", flat=True)) == entries
    assert [one.member.email for one in kept.masters.all()] == ["kim@hanbit.example"]
    assert not Group.objects.filter(name="Untouched").exists()
    reasons = left(brought)
    assert reasons["member kim@hanbit.example"] == "This person is in groups or teams that stay."
    assert reasons["master kim@hanbit.example › Touched"] == "Its group stays."


def test_who_has_signed_in_or_was_edited_stays(company: Company, administrator: Member) -> None:
    brought = brought_in(company, [member(f"{name}@hanbit.example") for name in ("kim", "lee", "min")])
    Member.objects.filter(email="kim@hanbit.example").update(last_login=timezone.now())
    Member.objects.filter(email="lee@hanbit.example").update(job_title="Boss", name="Lee")
    undone(brought)
    assert set(left(brought).values()) == {
        "This person has signed in since.",
        "It was edited since: name.",
    }
    assert not Member.objects.filter(email="min@hanbit.example").exists()


def test_a_value_that_somebody_changed_again_stays(
    company: Company, administrator: Member, group: Group
) -> None:
    Group.objects.filter(pk=group.pk).update(description="First")
    brought = brought_in(company, [Record(Kind.GROUP, {"group": group.name, "description": "Second"})])
    Group.objects.filter(pk=group.pk).update(description="Third")
    undone(brought)
    group.refresh_from_db()
    assert group.description == "Third"
    assert list(left(brought).values()) == ["It was edited since: description."]


def test_no_group_is_left_without_members_or_masters(
    company: Company, administrator: Member, group: Group, outsider: Member
) -> None:
    """Rules 2.7, 2.8."""
    brought = brought_in(
        company, [entry(group.name, member=outsider.email), master(group.name, outsider.email)]
    )
    group.entries.exclude(member=outsider).delete()
    group.masters.exclude(member=outsider).delete()
    undone(brought)
    assert group.entries.count() == group.masters.count() == 1
    assert len(left(brought)) == 2


def test_what_is_gone_already_is_said(
    company: Company, administrator: Member, group: Group, outsider: Member, team: Team, actor_of: ActorOf
) -> None:
    brought = brought_in(
        company, [entry(group.name, member=outsider.email), place(team.name, outsider.email)]
    )
    actor = actor_of(administrator)
    edit_entries(group, Entries(), Entries(members=frozenset({outsider.pk})), actor=actor)
    set_team_people(team, frozenset(), frozenset({outsider.pk}), actor=actor)
    undone(brought)
    assert list(left(brought).values()) == ["It was removed since."] * 2


def test_a_source_takes_back_only_what_it_did_itself(
    company: Company, administrator: Member, group: Group, member: Member
) -> None:
    """Rule 10.4: what was there by hand was never the import's."""
    brought = brought_in(company, [entry(group.name, member=member.email)])
    with pytest.raises(Invalid, match="nothing to undo"):
        undoing.undo_now(brought, actor=SYSTEM)
    assert group.entries.filter(member=member).exists()


def test_it_goes_on_after_it_was_killed(
    company: Company, administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = brought_in(company, RECORDS)

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(undoing.take._Undo, "remove_people", killed)
        with pytest.raises(KeyboardInterrupt):
            undoing.undo_now(brought, actor=SYSTEM)
    brought.refresh_from_db()
    assert brought.state == DirectoryImport.State.UNDOING
    assert not Group.objects.filter(name="Inner").exists()
    assert Member.objects.filter(email="kim@hanbit.example").exists()
    undone(brought)
    assert not Member.objects.filter(email="kim@hanbit.example").exists()
    assert left(brought) == {}


def test_the_audit_keeps_what_was_taken_back(company: Company, administrator: Member, group: Group) -> None:
    brought = brought_in(
        company, [member("kim@hanbit.example"), entry(group.name, member="kim@hanbit.example")]
    )
    undone(brought)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[-3:] == ["directory.undo", "group.edit_members", "member.delete"]
