"""What an import means before it happens: who gains and loses places, rooms and mail (rule 10.2)."""

from typing import Any

import pytest
from django.db import connection

from accounts.actor import Actor
from accounts.models import Company, Member, Team, TeamMembership
from groups.directory.imports import meaning
from groups.directory.imports.judging import judge
from groups.directory.imports.reading import read
from groups.directory.imports.running import run
from groups.directory.records import Kind, Record
from groups.membership import effective
from groups.models import DirectoryImport, Group, ImportEffect, ImportRow, Membership, OptOut
from tests.factories import GroupFactory, MasterFactory, MembershipFactory, TeamFactory
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db


def judged(company: Company, actor: Actor, *records: Record, **options: Any) -> DirectoryImport:
    brought = DirectoryImport.objects.create(company=company, door="web", options=options)
    read(brought, records)
    judge(brought, actor=actor)
    meaning.compute(brought)
    return brought


def told(brought: DirectoryImport) -> set[tuple[str, str, int, int, int]]:
    return {(one.group, one.member, one.place, one.room, one.mail) for one in meaning.effects(brought)}


def entry(group: str, **what: str) -> Record:
    return Record(Kind.ENTRY, {"group": group, **what})


def test_somebody_new_in_a_group_gains_its_room_and_mail(
    company: Company, administrator: Member, group: Group, outsider: Member, actor_of: ActorOf
) -> None:
    brought = judged(company, actor_of(administrator), entry(group.name, member=outsider.email))
    assert told(brought) == {(group.name, outsider.name, 1, 1, 1)}
    assert brought.meaning["people"] == {"gained": 1, "lost": 0}
    assert (brought.meaning["rooms"]["gained"], brought.meaning["mail"]["gained"]) == (1, 1)
    (first,) = brought.meaning["groups"]
    assert (first["id"], first["gained"], first["mail"]) == (group.pk, 1, 1)


def test_who_is_there_by_another_way_gains_nothing(
    company: Company, administrator: Member, group: Group, teammate: Member, actor_of: ActorOf
) -> None:
    brought = judged(company, actor_of(administrator), entry(group.name, member=teammate.email))
    assert ImportRow.objects.get().verdict == "add"
    assert told(brought) == set()


def test_groups_that_contain_the_group_gain_too(
    company: Company, administrator: Member, group: Group, outsider: Member, actor_of: ActorOf
) -> None:
    above = GroupFactory.create(company=company, name="Everybody", message=False)
    MembershipFactory.create(group=above, member=None, subgroup=group)
    brought = judged(company, actor_of(administrator), entry(group.name, member=outsider.email))
    assert told(brought) == {(group.name, outsider.name, 1, 1, 1), ("Everybody", outsider.name, 1, 0, 0)}


def test_a_place_in_a_team_leads_into_the_team_s_groups(
    company: Company, administrator: Member, group: Group, team: Team, outsider: Member, actor_of: ActorOf
) -> None:
    below = TeamFactory.create(company=company, name="Below", parent=team)
    path = f"{team.name} / {below.name}"
    place = Record(Kind.PLACE, {"team": path, "member": outsider.email})
    assert told(judged(company, actor_of(administrator), place)) == {(group.name, outsider.name, 1, 1, 1)}


def test_new_people_teams_and_groups_count_before_they_are_there(
    company: Company, administrator: Member, actor_of: ActorOf
) -> None:
    brought = judged(
        company,
        actor_of(administrator),
        Record(Kind.GROUP, {"group": "All", "message": True}),
        Record(Kind.MASTER, {"group": "All", "member": administrator.email}),
        entry("All", team="Crew"),
        Record(Kind.PLACE, {"team": "Crew", "member": "new@hanbit.example"}),
        Record(Kind.MEMBER, {"member": "new@hanbit.example", "name": "Nu"}),
    )
    assert told(brought) == {("All", "Nu", 1, 1, 0)}
    assert (brought.meaning["without_master"], brought.meaning["without_members"]) == (0, 0)


def test_who_becomes_inactive_loses_all_and_may_leave_groups_alone(
    company: Company, administrator: Member, group: Group, member: Member, actor_of: ActorOf
) -> None:
    """Rules 2.7, 2.10."""
    MasterFactory.create(group=group, member=member)
    group.masters.exclude(member=member).delete()
    gone = Record(Kind.MEMBER, {"member": member.email, "active": False})
    brought = judged(company, actor_of(administrator), gone)
    assert (group.name, member.name, -1, -1, -1) in told(brought)
    assert brought.meaning["people"]["lost"] == 1
    assert brought.meaning["without_master"] == 1


def test_a_feature_that_is_switched_off_takes_the_room_from_everybody(
    company: Company, administrator: Member, group: Group, member: Member, teammate: Member, actor_of: ActorOf
) -> None:
    off = Record(Kind.GROUP, {"group": group.name, "message": False})
    brought = judged(company, actor_of(administrator), off)
    assert told(brought) == {(group.name, one.name, 0, -1, 0) for one in (member, teammate)}
    assert brought.meaning["people"] == {"gained": 0, "lost": 0}
    assert brought.meaning["rooms"]["lost"] == 2


def test_who_has_stopped_a_list_s_mail_does_not_gain_it(
    company: Company, administrator: Member, group: Group, outsider: Member, actor_of: ActorOf
) -> None:
    """Rule 4.3."""
    assert group.mailing_list is not None
    OptOut.objects.create(mailing_list=group.mailing_list, member=outsider)
    brought = judged(company, actor_of(administrator), entry(group.name, member=outsider.email))
    assert told(brought) == {(group.name, outsider.name, 1, 1, 0)}


def test_refused_rows_mean_nothing(
    company: Company, administrator: Member, group: Group, stranger: Member, actor_of: ActorOf
) -> None:
    brought = judged(company, actor_of(administrator), entry(group.name, member=stranger.email))
    assert ImportRow.objects.get().verdict == "refused"
    assert told(brought) == set()


def _people(company: Company) -> set[tuple[str, str]]:
    return {
        (group.name, member.name)
        for group in Group.objects.live().filter(company=company)
        for member in effective.people_of(group)
    }


def test_what_was_said_is_what_happens(
    company: Company, administrator: Member, group: Group, team: Team, private_group: Group, actor_of: ActorOf
) -> None:
    """The meaning of a mixed import, against the company before and after it."""
    actor, before = actor_of(administrator), _people(company)
    records = [
        Record(Kind.TEAM, {"team": "North / Lab"}),
        *(Record(Kind.MEMBER, {"member": f"p{n}@hanbit.example", "name": f"P{n}"}) for n in range(6)),
        *(Record(Kind.PLACE, {"team": "North / Lab", "member": f"p{n}@hanbit.example"}) for n in range(3)),
        Record(Kind.PLACE, {"team": team.name, "member": "p4@hanbit.example"}),
        entry("Outer", subgroup="Inner"),
        entry("Inner", team="North"),
        entry("Inner", member="p5@hanbit.example"),
        entry("Inner", subgroup=group.name),
        *(Record(Kind.GROUP, {"group": name, "message": True}) for name in ("Outer", "Inner")),
        *(Record(Kind.MASTER, {"group": name, "member": administrator.email}) for name in ("Outer", "Inner")),
        entry(private_group.name, subgroup="Inner"),
    ]
    brought = judged(company, actor, *records)
    said = {(one.group, one.member) for one in meaning.effects(brought) if one.place == 1}
    brought.state = DirectoryImport.State.RUNNING
    brought.save()
    run(brought, actor=actor)
    assert not ImportRow.objects.filter(state="skipped").exists()
    assert _people(company) - before == said
    assert len(said) > 15
    assert not before - _people(company)


def test_it_leaves_no_tables_behind_and_changes_nothing(
    company: Company, administrator: Member, group: Group, outsider: Member, actor_of: ActorOf
) -> None:
    counts = (Membership.objects.count(), TeamMembership.objects.count(), Group.objects.count())
    brought = judged(company, actor_of(administrator), entry(group.name, member=outsider.email))
    meaning.compute(brought)
    assert ImportEffect.objects.count() == 1, "computed twice, kept once"
    assert counts == (Membership.objects.count(), TeamMembership.objects.count(), Group.objects.count())
    with connection.cursor() as cursor, pytest.raises(Exception, match="after_team"):
        cursor.execute("SELECT 1 FROM after_team")


def test_what_is_not_kept_by_person_is_said_and_losses_are_always_kept(
    company: Company,
    administrator: Member,
    group: Group,
    outsider: Member,
    actor_of: ActorOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As much as there is space for is all of it; one more is not."""
    new = [Record(Kind.MEMBER, {"member": f"new{number}@hanbit.example"}) for number in range(3)]
    entries = [entry(group.name, member=f"new{number}@hanbit.example") for number in range(3)]
    monkeypatch.setattr(meaning, "EFFECTS_KEPT", 3)
    brought = judged(company, actor_of(administrator), *new, *entries)
    assert (brought.meaning["is_cut"], len(told(brought))) == (False, 3)
    monkeypatch.setattr(meaning, "EFFECTS_KEPT", 2)
    meaning.compute(brought)
    assert (brought.meaning["is_cut"], len(told(brought))) == (True, 2)
