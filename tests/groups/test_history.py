"""What happened to a group, in words that the reader may read (spec 2.18, 2.21, 6.4, 8.1)."""

from dataclasses import replace

from accounts.models import AuditEntry, Company, Member
from groups import actions
from groups.actions import Entries, GroupSettings
from groups.history import Change, changes_since, entries_of, in_words
from groups.models import Feature, Group
from tests.factories import GroupFactory
from tests.helpers import ActorOf


def plain(changes: list[Change]) -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (detail.label, detail.before, detail.after, detail.added, detail.removed)
        for change in changes
        for detail in change.details
    ]


def test_only_what_came_after_the_version(
    actor_of: ActorOf, administrator: Member, master: Member, member: Member, outsider: Member, group: Group
) -> None:
    """Who, what, before and after; oldest first."""
    seen = group.version
    before = GroupSettings.of(group)
    actions.update_group(
        group,
        replace(
            before,
            name="Renamed",
            features=before.features | {Feature.NOTE},
            masters=frozenset({member.pk}),
            is_visible=False,
        ),
        seen,
        actor=actor_of(administrator),
    )
    actions.edit_entries(group, Entries(members=frozenset({outsider.pk})), Entries(), actor=actor_of(member))

    changes = changes_since(group, seen, viewer=administrator)

    assert [(change.who, change.what) for change in changes] == [
        ("Ada Administrator", "changed the group"),
        ("Momo Member", "changed the members"),
    ]
    assert plain(changes) == [
        ("Group Name", "Platform guild", "Renamed", (), ()),
        (
            "Master(s)",
            "",
            "",
            ("Momo Member <momo@hanbit.example>",),
            ("Mira Master <mira@hanbit.example>",),
        ),
        ("Note", "off", "on", (), ()),
        ("Make visible", "on", "off", (), ()),
        ("Member(s)", "", "", ("Otto Outsider <otto@hanbit.example>",), ()),
    ]
    assert changes_since(group, seen + 2, viewer=administrator) == []


def test_private_groups_are_not_named(
    actor_of: ActorOf,
    company: Company,
    administrator: Member,
    master: Member,
    group: Group,
    private_group: Group,
) -> None:
    """A master reads that a private group was added, not which one (spec 2.21)."""
    public = GroupFactory.create(company=company, name="Public one")
    actions.edit_entries(
        group,
        Entries(groups=frozenset({private_group.pk, public.pk})),
        Entries(),
        actor=actor_of(administrator),
    )

    added = plain(changes_since(group, 1, viewer=master))[0][3]
    assert sorted(added) == ["a private group", "group Public one"]
    added = plain(changes_since(group, 1, viewer=administrator))[0][3]
    assert sorted(added) == ["group Public one", "group Secret surprise"]


def test_addresses_of_other_companies_are_left_out(
    actor_of: ActorOf, master: Member, guest: Member, member: Member, external_group: Group
) -> None:
    """Spec 6.4, for the history of an external group too."""
    actions.edit_entries(
        external_group,
        Entries(),
        Entries(members=frozenset({guest.pk, member.pk})),
        actor=actor_of(master),
    )

    removed = plain(changes_since(external_group, 1, viewer=master))[0][4]

    assert set(removed) == {"Greta Guest", "Momo Member <momo@hanbit.example>"}


def test_long_lists_are_cut_with_a_number(administrator: Member, group: Group) -> None:
    names = [f"Person {number} <p{number}@hanbit.example>" for number in range(50)]
    entry = AuditEntry(
        action="group.edit_members", changes={"members_added": [None, names], "surprise_of_later": [1, 2]}
    )
    AuditEntry.objects.bulk_create([entry])

    (change,) = in_words(group, [entry], viewer=administrator)

    assert len(change.details[0].added) == 20
    assert change.details[0].more == 30
    assert (change.details[1].label, change.details[1].after) == ("surprise of later", "2")
    assert change.who == "The system"


def test_refused_attempts_are_not_part_of_it(group: Group) -> None:
    AuditEntry.objects.create(
        action="group.edit", target_kind="group", target_id=group.pk, result=AuditEntry.Result.REFUSED
    )

    assert not entries_of(group).exists()
