"""What happened to a group, in words that the reader may read (rules 2.18, 2.21, 6.4, 8.1)."""

from dataclasses import replace

from django.urls import reverse

from accounts.actor import Actor, Door
from accounts.audit.reading import Change
from accounts.models import AuditEntry, Company, Member
from groups import actions
from groups.actions import Entries, GroupSettings
from groups.history import changes_since, describe, entries_of
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ActorOf, ClientOf, changed


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
        changed(
            before,
            name="Renamed",
            note=True,
            masters=frozenset({member.pk}),
            is_visible=False,
        ),
        seen,
        actor=actor_of(administrator),
    )
    actions.edit_entries(group, Entries(members=frozenset({outsider.pk})), Entries(), actor=actor_of(member))

    changes = changes_since(group, seen, viewer=administrator)

    assert [(change.who, change.what) for change in changes] == [
        ("Ada Administrator", "edited the group"),
        ("Momo Member", "edited the members"),
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
    """A master reads that a private group was added, not which one (rule 2.21)."""
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
    """Rule 6.4, for the history of an external group too."""
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

    (change,) = describe(group, [entry], viewer=administrator)

    assert len(change.details[0].added) == 20
    assert change.details[0].more == 30
    assert (change.details[1].label, change.details[1].after) == ("surprise of later", "2")
    assert change.who == "The system"


def test_refused_attempts_are_not_part_of_it(group: Group) -> None:
    AuditEntry.objects.create(
        company_id=group.company_id,
        action="group.edit",
        target_kind="group",
        target_id=group.pk,
        result=AuditEntry.Result.REFUSED,
    )

    assert not entries_of(group).exists()


def test_entries_of_before_are_read_as_they_were(
    administrator: Member, master: Member, company: Company, group: Group, private_group: Group
) -> None:
    """Plain texts, in which a group was told by the word before its name."""
    texts = [
        "Momo <momo@hanbit.example>",
        "Greta <greta@nordlicht.example>",
        "team Sales",
        "group Secret surprise",
    ]
    entry = AuditEntry(
        action="group.edit_members",
        target_kind="group",
        changes={"members_added": [None, texts], "contained_in": [["Secret surprise"], []]},
    )

    def read(viewer: Member) -> list[tuple[str, ...]]:
        return [
            detail.added or detail.removed for detail in describe(group, [entry], viewer=viewer)[0].details
        ]

    own, foreign = "Momo <momo@hanbit.example>", "Greta"
    assert read(administrator) == [
        (own, foreign, "team Sales", "group Secret surprise"),
        ("group Secret surprise",),
    ]
    assert read(master) == [(own, foreign, "team Sales", "a private group"), ("a private group",)]


def test_a_person_named_like_a_group_is_no_group(
    actor_of: ActorOf, administrator: Member, master: Member, company: Company, group: Group
) -> None:
    """Entries say of each name what it is."""
    person = MemberFactory.create(company=company, name="group Of One", email="one@hanbit.example")
    actions.edit_entries(
        group, Entries(members=frozenset({person.pk})), Entries(), actor=actor_of(administrator)
    )

    assert plain(changes_since(group, 1, viewer=master))[0][3] == ("group Of One <one@hanbit.example>",)


def test_a_guest_reads_no_addresses_of_the_owners_people(
    actor_of: ActorOf, master: Member, guest: Member, member: Member, external_group: Group
) -> None:
    """Rule 6.4 holds for both sides: a guest who is master reads their own company's addresses only."""
    actions.edit_entries(
        external_group, Entries(), Entries(members=frozenset({guest.pk, member.pk})), actor=actor_of(master)
    )

    removed = plain(changes_since(external_group, 1, viewer=guest))[0][4]

    assert set(removed) == {"Greta Guest <greta@nordlicht.example>", "Momo Member"}


def test_a_guest_reads_names_of_those_in_the_group_only(
    actor_of: ActorOf,
    administrator: Member,
    master: Member,
    guest: Member,
    superuser: Member,
    external_group: Group,
) -> None:
    """Rule 6.4: who administers the owning company is no matter of a guest's who is master."""
    for actor in (actor_of(administrator), actor_of(superuser, Door.ADMIN), actor_of(master), Actor.system()):
        settings = GroupSettings.of(external_group)
        again = replace(settings, description=f"{settings.description}.")
        external_group = actions.update_group(external_group, again, external_group.version, actor=actor)
    entries = entries_of(external_group).order_by("id")

    def who(viewer: Member) -> list[str]:
        return [change.who for change in describe(external_group, entries, viewer=viewer)]

    assert who(guest) == [external_group.company.name, "The system", master.name, "The system"]
    assert who(master) == [administrator.name, superuser.name, master.name, "The system"]


def test_what_other_companies_audits_say_is_theirs(group: Group, other_company: Company) -> None:
    """Their entries about their people in the group are no part of its history."""
    AuditEntry.objects.create(
        action="group.leave_by_rule", company_id=other_company.pk, target_kind="group", target_id=group.pk
    )

    assert not entries_of(group).exists()


def test_history_for_those_who_run_the_group(
    client_of: ClientOf,
    actor_of: ActorOf,
    administrator: Member,
    master: Member,
    member: Member,
    outsider: Member,
    group: Group,
) -> None:
    """Who changed what (rule 8.1); a member is refused, and that is audited (rule 7)."""
    actions.edit_entries(
        group, Entries(members=frozenset({outsider.pk})), Entries(), actor=actor_of(administrator)
    )

    url = reverse("groups:history", args=[group.pk])
    page = client_of(master).get(url).content.decode()

    assert "Ada Administrator" in page
    assert "Otto Outsider" in page
    refused = client_of(member).get(url)
    assert refused.status_code == 403
    assert AuditEntry.objects.filter(action="group.history", result=AuditEntry.Result.REFUSED).exists()
