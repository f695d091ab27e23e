"""Adding groups (rules 1.5, 1.8, 2.1–2.10, 2.19, 2.21, 3.1, 3.2, 8.1)."""

import uuid
from collections.abc import Callable

import pytest

from accounts.actor import Actor, Door, Refused
from accounts.models import AuditEntry, Company, Member, Team
from groupadmin.base.errors import Invalid
from groups.actions import Entries, GroupSettings, create_group
from groups.models import Feature, Group, Membership
from tests.factories import GroupFactory, MemberFactory, TeamFactory
from tests.helpers import actor_of, shown

pytestmark = pytest.mark.django_db

Dialog = Callable[..., GroupSettings]


def ids(*things: Member | Team | Group) -> frozenset[int]:
    return frozenset(thing.pk for thing in things)


def refused_field(
    company: Company, settings: GroupSettings, actor: Actor, kind: str = "internal"
) -> str | None:
    """The field beside which the refusal stands; nothing was added."""
    before = Group.objects.count()
    with pytest.raises(Invalid) as invalid:
        create_group(company, kind, settings, actor=actor)
    assert invalid.value.message
    assert Group.objects.count() == before
    return invalid.value.field


def test_a_group_has_what_the_dialog_said(
    company: Company, administrator: Member, master: Member, member: Member, team: Team, dialog: Dialog
) -> None:
    subgroup = GroupFactory.create(company=company)
    settings = dialog(
        name="  Launch\n2027 ",
        description="What\r\nwe do",
        masters=ids(master, administrator),
        entries=Entries(ids(member), ids(team), ids(subgroup)),
        features=frozenset({Feature.MESSAGE, Feature.TASK}),
        is_visible=False,
        notifies=True,
        grants_features=False,
    )
    group = create_group(company, "internal", settings, actor=actor_of(administrator))
    group.refresh_from_db()
    assert (group.name, group.description) == ("Launch 2027", "What\nwe do")
    assert (group.message, group.task, group.note) == (True, True, False)
    assert (group.is_visible, group.notifies, group.grants_features) == (False, True, False)
    assert (group.company, group.kind, group.created_by, group.version) == (
        company,
        "internal",
        administrator,
        1,
    )
    assert {entry.member or entry.team or entry.subgroup for entry in group.entries.all()} == {
        member,
        team,
        subgroup,
    }
    assert {entry.added_by for entry in group.entries.all()} == {administrator}
    assert {found.member for found in group.masters.all()} == {master, administrator}


def test_defaults_of_a_new_group(company: Company, administrator: Member, dialog: Dialog) -> None:
    """Rule 2.19."""
    group = create_group(company, "internal", dialog(), actor=actor_of(administrator))
    group.refresh_from_db()
    assert not any(group.has(feature) for feature in Feature)
    assert (group.is_visible, group.notifies, group.grants_features) == (True, False, True)


def test_the_audit_tells_who_added_what(
    company: Company,
    administrator: Member,
    dialog: Dialog,
    last_entry: Callable[[], AuditEntry],
) -> None:
    """Rule 8.1: with the values as they are kept."""
    settings = dialog(name=" Launch\x00 ")
    group = create_group(company, "internal", settings, actor=actor_of(administrator, Door.IMPORT))
    entry = last_entry()
    assert (entry.action, entry.result, entry.door) == ("group.create", "done", "import")
    assert (entry.actor_id, entry.company_id, entry.ip) == (administrator.pk, company.pk, "192.0.2.7")
    assert (entry.target_kind, entry.target_id, entry.target_name) == ("group", group.pk, "Launch")
    assert entry.changes["name"] == [None, "Launch"]
    assert shown(entry.changes["masters"][1]) == ["Mira Master <mira@hanbit.example>"]
    assert shown(entry.changes["members"][1]) == ["Momo Member <momo@hanbit.example>"]


@pytest.mark.parametrize("role", ["outsider", "stranger", "other_administrator", "superuser"])
def test_who_may_not_create_is_refused(
    request: pytest.FixtureRequest, company: Company, dialog: Dialog, role: str
) -> None:
    """Rules 1.5, 7; and the attempt is audited."""
    person = request.getfixturevalue(role)
    with pytest.raises(Refused):
        create_group(company, "internal", dialog(), actor=actor_of(person))
    assert not Group.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.result, entry.company_id) == ("group.create", "refused", company.pk)
    assert entry.actor_id == person.pk


def test_members_create_where_the_company_lets_them(
    company: Company, outsider: Member, dialog: Dialog
) -> None:
    """Rule 1.5: read from the database, not from what the caller holds."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    settings = dialog(masters=ids(outsider))
    assert create_group(company, "internal", settings, actor=actor_of(outsider)).created_by == outsider


@pytest.mark.parametrize("kind", ["internal", "external"])
def test_a_member_who_creates_a_group_becomes_its_master(
    company: Company, outsider: Member, master: Member, dialog: Dialog, kind: str
) -> None:
    """Rule 1.5."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    with pytest.raises(Invalid) as invalid:
        create_group(company, kind, dialog(), actor=actor_of(outsider))
    assert invalid.value.field == "masters"
    group = create_group(company, kind, dialog(masters=ids(outsider, master)), actor=actor_of(outsider))
    assert group.masters.count() == 2


def test_a_member_needs_the_permission_to_connect_for_an_external_group(
    company: Company, outsider: Member, dialog: Dialog
) -> None:
    """Rules 1.5, 2.7: who creates it becomes its master."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody", connecting="chosen")
    settings = dialog(masters=ids(outsider), entries=Entries())
    outsider = Member.objects.get(pk=outsider.pk)
    with pytest.raises(Refused, match="permission to connect"):
        create_group(company, "external", settings, actor=actor_of(outsider))
    Member.objects.filter(pk=outsider.pk).update(may_connect=True)
    outsider = Member.objects.get(pk=outsider.pk)
    assert create_group(company, "external", settings, actor=actor_of(outsider)).is_external


def test_external_groups_need_core(company: Company, administrator: Member, dialog: Dialog) -> None:
    """Rule 2.3."""
    Company.objects.filter(pk=company.pk).update(has_core=False)
    with pytest.raises(Refused, match="Core"):
        create_group(company, "external", dialog(), actor=actor_of(administrator))
    create_group(company, "internal", dialog(), actor=actor_of(administrator))


@pytest.mark.parametrize("plan", ["free", "paid"])
def test_the_plan_limits_the_groups(
    company: Company, administrator: Member, dialog: Dialog, monkeypatch: pytest.MonkeyPatch, plan: str
) -> None:
    """Rule 2.2: internal and external together, not the deleted ones; the message names limit and plan."""
    monkeypatch.setitem(Company.GROUP_LIMITS, Company.Plan(plan), 2)
    Company.objects.filter(pk=company.pk).update(plan=plan)
    GroupFactory.create(company=company)
    GroupFactory.create(company=company, deleted=True)
    GroupFactory.create()
    create_group(company, "external", dialog(entries=Entries()), actor=actor_of(administrator))
    with pytest.raises(Invalid) as invalid:
        create_group(company, "internal", dialog(name="Third"), actor=actor_of(administrator))
    assert "2" in invalid.value.message
    assert plan.title() in invalid.value.message


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  \n",
        "\u200b\u202e",
        "\u3164",
        "x" * 101,
        "👨‍👩‍👧‍👦" * 101,
        "e\u0301" * 101,
        "a" + "\u0301" * 1000,
    ],
    ids=ascii,
)
def test_a_name_is_visible_and_at_most_100_characters(
    company: Company, administrator: Member, dialog: Dialog, name: str
) -> None:
    """Rule 2.4."""
    assert refused_field(company, dialog(name=name), actor_of(administrator)) == "name"


@pytest.mark.parametrize(
    "name",
    [
        "x" * 100,
        "👨‍👩‍👧‍👦" * 100,
        "e\u0301" * 100,
        "\ufdfa" * 100,
        "<b>{{ name }}</b>'; --",
        "\u202eevil",
        "شبكة 123",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    ],
    ids=ascii,
)
def test_a_name_is_kept_as_entered(
    company: Company, administrator: Member, dialog: Dialog, name: str
) -> None:
    """Rule 2.4."""
    group = create_group(company, "internal", dialog(name=name), actor=actor_of(administrator))
    group.refresh_from_db()
    assert group.name == name


@pytest.mark.parametrize(("taken", "name"), [("Launch", "LAUNCH"), ("Straße", "strasse"), ("é", "E\u0301")])
def test_a_name_is_taken_once(
    company: Company, administrator: Member, private_group: Group, dialog: Dialog, taken: str, name: str
) -> None:
    """Rules 2.4, 2.17: also by a private group, not by a deleted one, nor by another company's."""
    GroupFactory.create(company=company, name=name, deleted=True)
    GroupFactory.create(name=name)
    create_group(company, "internal", dialog(name=taken, is_visible=False), actor=actor_of(administrator))
    assert refused_field(company, dialog(name=name), actor_of(administrator)) == "name"


def test_a_description_has_at_most_300_characters(
    company: Company, administrator: Member, dialog: Dialog
) -> None:
    """Rule 2.5."""
    actor = actor_of(administrator)
    assert refused_field(company, dialog(description="👍🏽" * 301), actor) == "description"
    create_group(company, "internal", dialog(description="👍🏽" * 300), actor=actor)


@pytest.mark.parametrize("feature", [Feature.NOTE, Feature.EVENT, Feature.TASK, Feature.FOLDER])
def test_features_need_message(
    company: Company, administrator: Member, dialog: Dialog, feature: Feature
) -> None:
    """Rule 3.2."""
    features = frozenset({feature})
    assert refused_field(company, dialog(features=features), actor_of(administrator)) == "message"


@pytest.mark.parametrize("feature", [Feature.TASK, Feature.MAILING_LIST])
def test_external_groups_have_neither_tasks_nor_lists(
    company: Company, administrator: Member, dialog: Dialog, feature: Feature
) -> None:
    """Rules 3.1, 4.9."""
    settings = dialog(features=frozenset({Feature.MESSAGE, feature}))
    refused_field(company, settings, actor_of(administrator), "external")


def test_external_groups_are_always_private(company: Company, administrator: Member, dialog: Dialog) -> None:
    """Rules 5.4, 2.9: their dialog has no such switch, and needs no members."""
    settings = dialog(is_visible=True, entries=Entries())
    assert not create_group(company, "external", settings, actor=actor_of(administrator)).is_visible


def test_a_group_needs_a_master_and_an_entry(company: Company, administrator: Member, dialog: Dialog) -> None:
    """Rules 2.7, 2.8."""
    actor = actor_of(administrator)
    assert refused_field(company, dialog(masters=frozenset()), actor) == "masters"
    assert refused_field(company, dialog(entries=Entries()), actor) == "members"


@pytest.mark.parametrize("kind", ["internal", "external"])
def test_only_own_active_people_can_be_chosen(
    company: Company, administrator: Member, guest: Member, dialog: Dialog, kind: str
) -> None:
    """Rules 2.8, 2.9: whatever was posted, and nothing is said of the people of others."""
    inactive = MemberFactory.create(company=company, name="Gone", is_active=False)
    actor = actor_of(administrator)
    for person in (guest, inactive):
        for settings in (dialog(masters=ids(person)), dialog(entries=Entries(members=ids(person)))):
            with pytest.raises(Invalid) as invalid:
                create_group(company, kind, settings, actor=actor)
            assert ("Gone" in invalid.value.message) is (person is inactive)
            assert "Greta" not in invalid.value.message
    unknown = Entries(members=frozenset({2**62}))
    assert refused_field(company, dialog(entries=unknown), actor, kind) == "members"


def test_external_groups_take_only_people_who_may_connect(
    company: Company, administrator: Member, master: Member, member: Member, dialog: Dialog
) -> None:
    """Rules 2.7, 2.9: the refusal names them."""
    Company.objects.filter(pk=company.pk).update(connecting="chosen")
    Member.objects.filter(pk=master.pk).update(may_connect=True)
    actor = actor_of(administrator)
    with pytest.raises(Invalid, match="Momo Member"):
        create_group(company, "external", dialog(), actor=actor)
    with pytest.raises(Invalid, match="Momo Member"):
        create_group(company, "external", dialog(masters=ids(member), entries=Entries()), actor=actor)
    create_group(company, "external", dialog(entries=Entries(members=ids(master))), actor=actor)
    create_group(company, "internal", dialog(name="Inside"), actor=actor)


def test_teams_and_groups_are_for_internal_groups(
    company: Company, administrator: Member, team: Team, group: Group, dialog: Dialog
) -> None:
    """Rule 2.9."""
    for entries in (Entries(teams=ids(team)), Entries(groups=ids(group))):
        settings = dialog(entries=entries)
        assert refused_field(company, settings, actor_of(administrator), "external") == "members"


def test_what_belongs_to_others_or_is_gone_cannot_be_chosen(
    company: Company,
    administrator: Member,
    deleted_group: Group,
    external_group: Group,
    dialog: Dialog,
) -> None:
    """Rules 1.1, 2.1, 2.8."""
    other_team, other_group = TeamFactory.create(), GroupFactory.create()
    for entries in (
        Entries(teams=ids(other_team)),
        Entries(groups=ids(other_group)),
        Entries(groups=ids(deleted_group)),
        Entries(groups=ids(external_group)),
    ):
        assert refused_field(company, dialog(entries=entries), actor_of(administrator)) == "members"


def test_a_private_group_is_put_into_another_by_those_who_see_it(
    company: Company,
    administrator: Member,
    outsider: Member,
    insider: Member,
    private_group: Group,
    dialog: Dialog,
) -> None:
    """Rule 2.21."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    settings = dialog(entries=Entries(groups=ids(private_group)), masters=ids(outsider, insider))
    with pytest.raises(Invalid) as invalid:
        create_group(company, "internal", settings, actor=actor_of(outsider))
    assert "Secret" not in invalid.value.message
    create_group(company, "internal", settings, actor=actor_of(insider))
    settings = dialog(name="Another", entries=Entries(groups=ids(private_group)))
    create_group(company, "internal", settings, actor=actor_of(administrator))


def test_nobody_is_in_more_than_so_many_groups(
    company: Company,
    administrator: Member,
    member: Member,
    outsider: Member,
    dialog: Dialog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 1.8: direct and live ones count; the refusal names who is full."""
    monkeypatch.setattr("groups.limits.DIRECT_GROUPS_LIMIT", 2)
    GroupFactory.create(company=company, members=[member])
    GroupFactory.create(company=company, members=[member], deleted=True)
    entries = Entries(members=ids(member, outsider))
    create_group(company, "internal", dialog(entries=entries), actor=actor_of(administrator))
    with pytest.raises(Invalid) as invalid:
        create_group(
            company, "internal", dialog(name="Third", entries=entries), actor=actor_of(administrator)
        )
    assert "Momo Member" in invalid.value.message
    assert "Otto Outsider" not in invalid.value.message
    assert Membership.objects.filter(member=outsider).count() == 1


def test_a_form_posted_twice_adds_one_group(
    company: Company, administrator: Member, master: Member, dialog: Dialog
) -> None:
    settings = dialog(form_key=uuid.uuid4())
    first = create_group(company, "internal", settings, actor=actor_of(administrator))
    assert create_group(company, "internal", settings, actor=actor_of(administrator)) == first
    assert Group.objects.count() == 1
    assert AuditEntry.objects.count() == 1
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    assert refused_field(company, settings, actor_of(master)) is None


def test_adding_many_people_takes_no_more_queries(
    company: Company,
    administrator: Member,
    dialog: Dialog,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for number, name in ((1, "One"), (60, "Sixty")):
        people = MemberFactory.create_batch(number, company=company)
        teams = TeamFactory.create_batch(number, company=company)
        groups = GroupFactory.create_batch(number, company=company)
        settings = dialog(name=name, entries=Entries(ids(*people), ids(*teams), ids(*groups)))
        with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
            create_group(company, "internal", settings, actor=actor_of(administrator))
