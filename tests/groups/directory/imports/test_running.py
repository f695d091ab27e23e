"""Bringing in: each row once, and under the lock only what is still right (rules 5.1, 8.1, 10.2, 10.5)."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor, Door, Refused
from accounts.confirmation import Unconfirmed
from accounts.losses import LosesMany
from accounts.models import AuditEntry, Company, Job, Member, Team
from groupadmin.base.errors import Invalid
from groups.directory.imports import lifecycle
from groups.directory.imports.running import batch, groups, members, people, teams
from groups.models import DirectoryImport, Group, ImportRow, Membership, Notice
from tests.factories import GroupFactory, MemberFactory

from .importing import SYSTEM, brought_in, entry, judged, member, place, whole_group

pytestmark = pytest.mark.django_db
State = DirectoryImport.State
KIM, LEE = "kim@hanbit.example", "lee@hanbit.example"
RECORDS = [
    member(KIM),
    member(LEE, manager=KIM),
    place("Sales / Europe", KIM),
    *whole_group("A", KIM, LEE),
    *whole_group("B", KIM, LEE, KIM),
    entry("B", subgroup="A"),
    entry("There", member=LEE),
    entry("There", subgroup="B"),
]


class Killed(BaseException):
    """What a process that is killed never catches."""


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row or a group each."""
    monkeypatch.setattr(groups, "GROUPS_AT_ONCE", 1)
    monkeypatch.setattr(members, "PEOPLE_AT_ONCE", 1)
    monkeypatch.setattr(people, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(teams, "TEAMS_AT_ONCE", 1)
    monkeypatch.setattr(teams, "PLACES_AT_ONCE", 1)


def skipped(directory_import: DirectoryImport) -> dict[str, str]:
    rows = ImportRow.objects.filter(directory_import=directory_import, state=ImportRow.State.SKIPPED)
    return {f"{row.kind} {row.name}": row.reason for row in rows}


def before_batch(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Does something before each batch is done, as somebody else might."""
    together = batch.Run._together

    def first(self: batch.Run, *args: Any) -> None:
        act()
        together(self, *args)

    monkeypatch.setattr(batch.Run, "_together", first)


@pytest.mark.usefixtures("small_batches")
def test_killed_after_any_batch_it_goes_on_with_each_row_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is in with its rows marked, or not at all (rule 10.2)."""
    GroupFactory.create(company=company, name="There")
    imported = judged(company, RECORDS)
    finish = batch.Run.finish
    killed = []

    def killed_the_first_time(self: batch.Run, rows: Sequence[Any]) -> None:
        finish(self, rows)
        if (seen := [row.pk for row in rows]) not in killed:
            killed.append(seen)
            raise Killed

    monkeypatch.setattr(batch.Run, "finish", killed_the_first_time)
    while imported.state != State.DONE:
        try:
            lifecycle.run_now(imported, actor=SYSTEM)
        except Killed:
            continue
    assert len(killed) > 8
    rows = ImportRow.objects.filter(directory_import=imported)
    assert set(rows.values_list("verdict", "state")) == {("add", "done")}
    added = AuditEntry.objects.filter(action__in=["member.add", "team.add", "group.create"])
    assert sorted(added.values_list("target_name", flat=True)) == ["A", "B", "Europe", "Sales", KIM, LEE]
    assert Member.objects.get(email=LEE).manager == Member.objects.get(email=KIM)
    assert Membership.objects.filter(source="import").count() == 6


@pytest.mark.usefixtures("small_batches")
def test_cancelled_it_stops_before_the_next_batch(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in stays, and it can go on (rule 10.2)."""
    imported = judged(company, RECORDS[:6])
    finish = batch.Run.finish

    def cancelled(self: batch.Run, rows: Sequence[Any]) -> None:
        finish(self, rows)
        DirectoryImport.objects.update(state=State.CANCELLED)

    monkeypatch.setattr(batch.Run, "finish", cancelled)
    assert lifecycle.run_now(imported, actor=SYSTEM).state == State.CANCELLED
    assert (Team.objects.count(), Group.objects.count()) == (1, 0)
    monkeypatch.undo()
    assert lifecycle.run_now(imported, actor=SYSTEM).state == State.DONE
    assert Group.objects.count() == 1


@pytest.mark.usefixtures("small_batches")
def test_what_changes_while_it_runs_counts(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deactivated, a team moved, a name and an address taken (rules 1.6, 2.4, 10.2)."""
    kim = MemberFactory.create(company=company, email=KIM)
    MemberFactory.create(company=company, email=LEE)
    imported = judged(
        company,
        [
            member("han@hanbit.example"),
            place("Sales", LEE),
            place("Sales", KIM),
            *whole_group("A", LEE, KIM),
            *whole_group("B", LEE, LEE),
        ],
    )

    def meanwhile() -> None:
        Member.objects.filter(pk=kim.pk).update(is_active=False)
        if not Group.objects.exists():
            GroupFactory.create(company=company, name="b")
            MemberFactory.create(company=company, email="han@hanbit.example")

    before_batch(monkeypatch, meanwhile)
    lifecycle.run_now(imported, actor=SYSTEM)
    assert skipped(imported) == {
        "member han@hanbit.example": ("han@hanbit.example is taken by a member. Choose another one."),
        f"place {KIM} › Sales": f"{kim.name} is inactive.",
        f"entry {KIM} › A": f"{kim.name} is inactive.",
        "group A": "None of its members can be in it any more.",
        f"master {LEE} › A": "The group is left out: row 2 of groups.csv.",
        "group B": "Your company already has a group with this name. Choose another one.",
    }


def test_a_loop_that_somebody_closes_meanwhile_is_not_closed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is left out with the chain (rule 2.11)."""
    inner, outer = (GroupFactory.create(company=company, name=name) for name in ("Inner", "Outer"))
    imported = judged(company, [entry("Outer", subgroup="Inner")])
    before_batch(monkeypatch, lambda: inner.entries.get_or_create(subgroup=outer))
    lifecycle.run_now(imported, actor=SYSTEM)
    assert skipped(imported) == {
        "entry Inner › Outer": (
            "A group cannot contain itself: \u2068Outer\u2069 › \u2068Inner\u2069 › \u2068Outer\u2069"
        )
    }
    assert not outer.entries.filter(subgroup=inner).exists()


def test_it_is_audited_and_told_as_by_hand(company: Company, administrator: Member) -> None:
    """With who imports, and to groups that send notifications (rules 5.1, 8.1)."""
    there = GroupFactory.create(company=company, name="There", notifies=True)
    brought_in(
        company,
        [
            member(LEE, name="Lee"),
            *whole_group("A", KIM, LEE, notifies=True),
            member(KIM),
            entry("There", member=LEE),
        ],
        Actor(administrator, Door.WEB, "192.0.2.1"),
    )
    created = AuditEntry.objects.get(action="group.create")
    assert (created.actor_id, created.ip, created.company_id) == (administrator.pk, "192.0.2.1", company.pk)
    lee = Member.objects.get(email=LEE)
    item = {"kind": "member", "id": lee.pk, "name": "Lee", "email": LEE, "company": company.pk}
    assert created.changes["members"] == [None, [item]]
    assert (created.changes["name"], created.changes["notifies"]) == ([None, "A"], [None, True])
    edited = AuditEntry.objects.get(action="group.edit_members")
    assert (edited.target_id, edited.changes) == (there.pk, {"members_added": [None, [item]]})
    there.refresh_from_db()
    assert (there.version, edited.target_version) == (2, 2)
    told = Notice.objects.filter(kind=Notice.Kind.JOINED)
    assert sorted(told.values_list("group_name", "by_id")) == [
        ("A", administrator.pk),
        ("There", administrator.pk),
    ]


def test_who_may_start_it_and_when(company: Company, administrator: Member, outsider: Member) -> None:
    """An administrator, proven anew, one import at a time, all rows unless said (rules 7, 9.4, 10.2)."""
    imported = judged(company, [*RECORDS[:2], member("lost@elsewhere.example")])
    with pytest.raises(Refused):
        lifecycle.start_run(imported, only_good=True, actor=Actor(outsider, Door.WEB))
    with pytest.raises(Unconfirmed):
        lifecycle.start_run(imported, only_good=True, actor=Actor(administrator, Door.WEB, must_confirm=True))
    with pytest.raises(lifecycle.RowsRefused) as refused:
        lifecycle.start_run(imported, actor=Actor(administrator, Door.WEB))
    assert refused.value.refused == 1
    other = judged(company, RECORDS[:2])
    DirectoryImport.objects.filter(pk=other.pk).update(state=State.RUNNING, seen_at=timezone.now())
    with pytest.raises(Invalid, match="Another import of your company is running"):
        lifecycle.start_run(imported, only_good=True, actor=Actor(administrator, Door.WEB))


def test_nobody_goes_on_with_it_who_administers_no_more(company: Company, administrator: Member) -> None:
    """It fails with the reason; what is in stays (rule 7)."""
    actor = Actor(administrator, Door.WEB)
    imported = judged(company, RECORDS[:2], actor)
    administrator.is_administrator = False
    with pytest.raises(Refused):
        lifecycle.run_now(imported, actor=actor)
    assert not Member.objects.filter(email=KIM).exists()


def test_many_people_are_only_lost_if_that_is_agreed(company: Company, settings: Any) -> None:
    """With the number, before anything changes (rule 10.5)."""
    settings.LOSS_ASKS_FROM = 2
    leaving = [
        member(person.email, active=False) for person in MemberFactory.create_batch(3, company=company)
    ]
    imported = judged(company, leaving)
    with pytest.raises(LosesMany) as asks:
        lifecycle.run_now(imported, actor=SYSTEM)
    assert [(loss.name, loss.lost) for loss in asks.value.losses] == [(company.name, 3)]
    assert Member.objects.active().count() == 3
    lifecycle.run_now(imported, accepts_loss=True, actor=SYSTEM)
    assert Member.objects.active().count() == 0


def test_a_discarded_import_is_gone_one_that_brought_something_in_is_not(company: Company) -> None:
    """It is undone instead (rule 10.3)."""
    lifecycle.discard(judged(company, RECORDS[:1]), actor=SYSTEM)
    assert not DirectoryImport.objects.exists()
    assert not ImportRow.objects.exists()
    with pytest.raises(Invalid, match="Undo it instead"):
        lifecycle.discard(brought_in(company, RECORDS[:1]), actor=SYSTEM)


def test_what_brought_something_in_is_not_read_again(company: Company) -> None:
    """Its rows are what undoing goes by (rule 10.3), also if it stopped on the way."""
    brought = brought_in(company, RECORDS[:1])
    DirectoryImport.objects.update(state=State.FAILED)
    brought.refresh_from_db()
    with pytest.raises(Invalid, match="Undo it instead"):
        lifecycle.judge(brought, actor=SYSTEM)
    assert ImportRow.objects.exists()


@pytest.mark.usefixtures("small_batches")
def test_two_runs_at_once_bring_each_row_in_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another run has committed since the rows were read is not done again (rule 10.2)."""
    GroupFactory.create(company=company, name="There")
    imported = judged(company, RECORDS)
    still, others = batch.Run.still, list[bool]()

    def after_another_run(self: batch.Run, rows: Sequence[Any]) -> list[Any]:
        if not others:
            others.append(True)
            lifecycle.run_now(DirectoryImport.objects.get(pk=imported.pk), actor=SYSTEM)
            DirectoryImport.objects.update(state=State.RUNNING)
        return still(self, rows)

    monkeypatch.setattr(batch.Run, "still", after_another_run)
    lifecycle.run_now(imported, actor=SYSTEM)
    rows = ImportRow.objects.filter(directory_import=imported)
    assert set(rows.values_list("verdict", "state")) == {("add", "done")}
    assert Member.objects.filter(source="import").count() == 2


def test_started_twice_it_is_one_job(company: Company, administrator: Member) -> None:
    """A second click (rule 5.8)."""
    actor = Actor(administrator, Door.WEB)
    imported = judged(company, RECORDS[:2], actor)
    job = lifecycle.start_run(imported, actor=actor)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    DirectoryImport.objects.filter(pk=imported.pk).update(state=State.RUNNING)
    assert lifecycle.start_run(imported, actor=actor) == job
