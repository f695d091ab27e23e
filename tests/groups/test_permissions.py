"""Who may do what (rule 7), who sees what (rules 5.3, 5.4, 2.17), and how it is refused."""

from collections.abc import Callable

import pytest
from django.http import Http404

from accounts.actor import Actor, Door, Refused
from accounts.models import AuditEntry, Company, Member
from accounts.permissions import check_administers, may_administer
from groups import permissions
from groups.actions import Entries, delete_group, edit_entries
from groups.membership import effective
from groups.models import Group, Master, Membership
from groups.permissions import Act, get_group_for, may, visible_groups
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import actor_of

pytestmark = pytest.mark.django_db

MANAGES = {Act.SEE, Act.EDIT}
FEATURES = {Act.SWITCH_FEATURES, Act.SET_LIST_RULES}
DELETES = {Act.DELETE, Act.DELETE_DATA}
EVERYTHING = set(Act) - {Act.USE_ROOM}

# Rule 7: what a role may do to a group of the cast. A row: role, group, what with 5.2 on, what with 5.2 off.
TABLE: list[tuple[str, str, set[Act], set[Act]]] = [
    ("superuser at the admin", "group", EVERYTHING, EVERYTHING),
    ("superuser at the admin", "private_group", EVERYTHING, EVERYTHING),
    ("superuser at the admin", "external_group", EVERYTHING, EVERYTHING),
    ("system", "private_group", EVERYTHING, EVERYTHING),
    ("superuser", "group", {Act.SEE}, {Act.SEE}),
    ("superuser", "private_group", {Act.SEE}, {Act.SEE}),
    ("superuser", "external_group", {Act.SEE}, {Act.SEE}),
    ("administrator", "group", EVERYTHING, EVERYTHING),
    ("administrator", "private_group", EVERYTHING, EVERYTHING),
    ("administrator", "external_group", EVERYTHING, EVERYTHING),
    ("master", "group", MANAGES | FEATURES | DELETES, MANAGES | DELETES),
    ("master", "external_group", MANAGES | FEATURES | DELETES, MANAGES | DELETES),
    ("master", "private_group", set(), set()),
    (
        "insider",
        "private_group",
        MANAGES | FEATURES | DELETES | {Act.USE_ROOM},
        MANAGES | DELETES | {Act.USE_ROOM},
    ),
    ("insider", "group", {Act.SEE}, {Act.SEE}),
    ("member", "group", {Act.SEE, Act.USE_ROOM}, {Act.SEE, Act.USE_ROOM}),
    ("member", "external_group", {Act.SEE, Act.USE_ROOM}, {Act.SEE, Act.USE_ROOM}),
    ("member", "private_group", set(), set()),
    ("teammate", "group", {Act.SEE, Act.USE_ROOM}, {Act.SEE, Act.USE_ROOM}),
    ("teammate", "external_group", set(), set()),
    ("outsider", "group", {Act.SEE}, {Act.SEE}),
    ("outsider", "private_group", set(), set()),
    ("outsider", "external_group", set(), set()),
    ("guest", "external_group", {Act.SEE, Act.USE_ROOM}, {Act.SEE, Act.USE_ROOM}),
    (
        "guest master",
        "external_group",
        MANAGES | FEATURES | {Act.USE_ROOM},
        MANAGES | {Act.USE_ROOM},
    ),
    *(
        (role, group, set[Act](), set[Act]())
        for role in ("guest", "stranger", "other_administrator")
        for group in ("group", "private_group", "external_group")
        if (role, group) != ("guest", "external_group")
    ),
]


@pytest.fixture
def find(request: pytest.FixtureRequest) -> Callable[[str], Actor]:
    """The actor behind a role of the table."""

    def find_actor(role: str) -> Actor:
        if role == "system":
            return Actor.system()
        if role == "superuser at the admin":
            return actor_of(request.getfixturevalue("superuser"), Door.ADMIN)
        if role == "guest master":
            guest = request.getfixturevalue("guest")
            Master.objects.create(group=request.getfixturevalue("external_group"), member=guest)
            return actor_of(guest)
        return actor_of(request.getfixturevalue(role))

    return find_actor


@pytest.mark.parametrize("grants", [True, False], ids=["granted", "kept"])
@pytest.mark.parametrize(
    ("role", "group_name", "granted", "kept"), TABLE, ids=lambda v: v if isinstance(v, str) else ""
)
def test_who_may_do_what(
    request: pytest.FixtureRequest,
    find: Callable[[str], Actor],
    role: str,
    group_name: str,
    granted: set[Act],
    kept: set[Act],
    grants: bool,
) -> None:
    """Rule 7, and what is not granted is refused: with 404 where the group may not be known."""
    group: Group = request.getfixturevalue(group_name)
    Group.objects.filter(pk=group.pk).update(grants_features=grants)
    group.refresh_from_db()
    actor = find(role)
    expected = granted if grants else kept
    assert {act for act in Act if may(actor, act, group)} == expected
    for act in Act:
        if act in expected and (act is not Act.USE_ROOM or Act.SEE in expected):
            assert get_group_for(actor, group.pk, act) == group
        elif Act.SEE in expected:
            with pytest.raises(Refused) as refusal:
                get_group_for(actor, group.pk, act)
            assert refusal.value.reason
            assert refusal.value.action == act.value
        else:
            with pytest.raises(Http404):
                get_group_for(actor, group.pk, act)


@pytest.mark.parametrize("role", ["administrator", "master", "member", "outsider", "superuser"])
@pytest.mark.parametrize("act", list(Act))
def test_a_deleted_group_can_only_be_restored(
    request: pytest.FixtureRequest, deleted_group: Group, role: str, act: Act
) -> None:
    """Rule 2.17: only administrators know of it."""
    actor = actor_of(request.getfixturevalue(role))
    if role == "administrator" and act is Act.RESTORE:
        assert get_group_for(actor, deleted_group.pk, act) == deleted_group
    elif role == "superuser" and act is Act.RESTORE:
        with pytest.raises(Refused):
            get_group_for(actor, deleted_group.pk, act)
    else:
        with pytest.raises(Http404):
            get_group_for(actor, deleted_group.pk, act)


def test_what_is_not_there_is_not_found(administrator: Member) -> None:
    for pk in (0, -1, 2**63 - 1):
        with pytest.raises(Http404):
            get_group_for(actor_of(administrator), pk, Act.SEE)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("administrator", {"group", "private_group", "external_group"}),
        ("master", {"group", "external_group"}),
        ("member", {"group", "external_group"}),
        ("teammate", {"group"}),
        ("insider", {"group", "private_group"}),
        ("outsider", {"group"}),
        ("guest", {"external_group"}),
        ("stranger", set()),
        ("other_administrator", set()),
        ("superuser", {"group", "private_group", "external_group"}),
    ],
)
def test_who_sees_which_groups(
    request: pytest.FixtureRequest,
    group: Group,
    private_group: Group,
    external_group: Group,
    deleted_group: Group,
    role: str,
    seen: set[str],
) -> None:
    """Rules 5.3–5.5, 2.17: lists and single answers agree, each group is there once."""
    person: Member = request.getfixturevalue(role)
    groups = {
        "group": group,
        "private_group": private_group,
        "external_group": external_group,
        "deleted_group": deleted_group,
    }
    listed = list(visible_groups(person))
    assert sorted(found.pk for found in listed) == sorted(groups[name].pk for name in seen)
    for name, single in groups.items():
        if name != "deleted_group":
            assert permissions.may_see(person, single) is (name in seen)


def test_an_administrator_in_an_external_group_of_others_sees_it(
    external_group: Group, other_administrator: Member
) -> None:
    """Rule 1.1: as one of its members, and no more."""
    Membership.objects.create(group=external_group, member=other_administrator)
    assert list(visible_groups(other_administrator)) == [external_group]
    actor = actor_of(other_administrator)
    assert {act for act in Act if may(actor, act, external_group)} == {Act.SEE, Act.USE_ROOM}


def test_on_the_pages_a_superuser_with_a_company_is_a_member(
    other_company: Company, private_group: Group, group: Group
) -> None:
    """Rule 7: superusers work in Django admin."""
    superuser = MemberFactory.create(company=other_company, is_superuser=True)
    assert not visible_groups(superuser)
    assert may(actor_of(superuser, Door.ADMIN), Act.DELETE, private_group)


def test_those_inside_by_way_of_a_private_group_see_what_contains_it(
    private_group: Group, insider: Member, company: Company
) -> None:
    """Rule 5.3: effective members count, at any depth."""
    middle = GroupFactory.create(company=company, private=True, subgroups=[private_group])
    top = GroupFactory.create(company=company, private=True, subgroups=[middle])
    assert set(visible_groups(insider)) == {private_group, middle, top}


def test_a_role_that_ended_counts_no_more(group: Group, private_group: Group, insider: Member) -> None:
    Master.objects.all().delete()
    Membership.objects.filter(group=private_group).delete()
    assert list(visible_groups(insider)) == [group]
    with pytest.raises(Http404):
        get_group_for(actor_of(insider), private_group.pk, Act.SEE)


def test_a_deactivated_administrator_administers_nothing(group: Group, administrator: Member) -> None:
    Member.objects.filter(pk=administrator.pk).update(is_active=False)
    administrator.refresh_from_db()
    assert not may(actor_of(administrator), Act.DELETE, group)
    assert not may_administer(actor_of(administrator), group.company)
    assert not permissions.may_create_groups(actor_of(administrator), group.company)


@pytest.mark.parametrize("creators", ["administrators", "everybody"])
@pytest.mark.parametrize(
    ("role", "always", "if_everybody"),
    [
        ("administrator", True, True),
        ("superuser at the admin", True, True),
        ("superuser", False, False),
        ("outsider", False, True),
        ("guest", False, False),
        ("other_administrator", False, False),
    ],
)
def test_who_may_create_groups(
    find: Callable[[str], Actor],
    company: Company,
    other_company: Company,
    creators: str,
    role: str,
    always: bool,
    if_everybody: bool,
) -> None:
    """Rules 1.5, 2.3."""
    company.group_creators = creators
    actor = find(role)
    expected = if_everybody if creators == "everybody" else always
    assert bool(permissions.may_create_groups(actor, company)) is expected
    assert bool(permissions.may_create_external_groups(actor, company)) is expected
    company.has_core = False
    verdict = permissions.may_create_external_groups(actor, company)
    assert not verdict
    assert verdict.reason
    assert not permissions.may_create_groups(actor, None)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("administrator", True),
        ("superuser at the admin", True),
        ("superuser", False),
        ("master", False),
        ("outsider", False),
        ("other_administrator", False),
    ],
)
def test_who_administers_a_company(
    find: Callable[[str], Actor], company: Company, role: str, expected: bool
) -> None:
    actor = find(role)
    assert bool(may_administer(actor, company)) is expected
    if not expected:
        with pytest.raises(Refused) as refusal:
            check_administers(actor, company, "company.change")
        assert refusal.value.company == company


def test_administrators_do_not_read_the_room(group: Group, administrator: Member, master: Member) -> None:
    """Rules 3.6, 2.12."""
    assert not may(actor_of(administrator), Act.USE_ROOM, group)
    assert not may(actor_of(master), Act.USE_ROOM, group)
    assert not may(Actor.system(), Act.USE_ROOM, group)
    Membership.objects.create(group=group, member=administrator)
    assert may(actor_of(administrator), Act.USE_ROOM, group)


@pytest.mark.django_db(transaction=True)
def test_a_refused_attempt_is_audited_and_changes_nothing(group: Group, outsider: Member) -> None:
    """Rules 7, 8.1."""
    with pytest.raises(Refused):
        edit_entries(group, Entries(members=frozenset({outsider.pk})), Entries(), actor=actor_of(outsider))
    assert not effective.is_in(outsider, group)
    entry = AuditEntry.objects.get()
    assert entry.result == AuditEntry.Result.REFUSED
    assert (entry.action, entry.target_id, entry.target_name) == ("group.edit", group.pk, "Platform guild")
    assert (entry.actor_id, entry.actor_email, entry.ip) == (outsider.pk, "otto@hanbit.example", "192.0.2.7")
    assert entry.company_id == group.company_id
    assert "masters" in entry.reason


def test_an_attempt_on_the_unknown_says_nothing(private_group: Group, outsider: Member) -> None:
    with pytest.raises(Http404):
        delete_group(private_group, actor=actor_of(outsider))
    private_group.refresh_from_db()
    assert private_group.deleted_at is None


def test_seeing_groups_takes_one_query(
    django_assert_num_queries: Callable[[int], object], group: Group, external_group: Group, member: Member
) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        list(visible_groups(member))
