"""What the rules forbid, the database refuses, whoever writes (rules 3.2, 4.9, 5.4, 1.6, 1.7, 2.4)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Upper

from accounts.models import Address, Company, Member, Team
from groups.models import FEATURES, Feature, Group, Master, Membership
from tests.factories import (
    AddressFactory,
    CompanyFactory,
    DesignationFactory,
    DomainFactory,
    ExternalContactFactory,
    GroupFactory,
    MailingListFactory,
    MemberFactory,
    TeamFactory,
)

pytestmark = pytest.mark.django_db


def assert_refused(write: Callable[[], object], constraint: str) -> None:
    """The database refuses the write because of this constraint (SQLite names unique ones by column)."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    if connection.vendor == "postgresql" or "CHECK" in str(refusal.value):
        assert constraint in str(refusal.value)


def write_group(**values: Any) -> Callable[[], object]:
    return lambda: Group.objects.update(**values)


@pytest.mark.parametrize("feature", ["note", "event", "task", "folder"])
def test_features_need_message(group: Group, feature: str) -> None:
    """Rule 3.2."""
    Group.objects.update(**{feature: True})
    assert_refused(write_group(message=False), "group_features_need_message")
    Group.objects.update(message=False, **{feature: False})
    assert_refused(write_group(**{feature: True}), "group_features_need_message")


@pytest.mark.parametrize(
    "values", [{"is_visible": True}, {"task": True, "message": True}, {"uses_mailing_list": True}], ids=str
)
def test_external_groups_are_private_without_tasks_and_lists(
    external_group: Group, values: dict[str, bool]
) -> None:
    """Rules 3.1, 4.9, 5.4."""
    assert_refused(write_group(**values), "group_")


def test_external_groups_have_no_list_even_switched_off(external_group: Group) -> None:
    """Rule 4.9."""
    mailing_list = MailingListFactory.create(company=external_group.company)
    assert_refused(write_group(mailing_list=mailing_list), "group_external_is_private_and_without_list")


def test_there_are_two_kinds_of_group(group: Group) -> None:
    """Rule 2.1."""
    assert_refused(write_group(kind="other", mailing_list=None), "group_")


def test_a_list_that_is_on_exists(group: Group) -> None:
    assert_refused(write_group(mailing_list=None), "group_list_switched_on_exists")


def test_features_by_kind() -> None:
    """Rule 3.1."""
    assert FEATURES["internal"] == tuple(Feature)
    assert set(Feature) - set(FEATURES["external"]) == {Feature.TASK, Feature.MAILING_LIST}


@pytest.mark.parametrize(
    ("taken", "same"),
    [("Team", "tEAM"), ("Straße", "STRASSE"), ("é", "e\u0301"), ("テスト", "ﾃｽﾄ"), ("a", "a\u200b")],
)
def test_a_name_is_there_once_per_company(taken: str, same: str) -> None:
    """Rule 2.4, also for bulk writes."""
    group = GroupFactory.create(name=taken)
    assert_refused(
        lambda: GroupFactory.create(company=group.company, name=same), "group_name_once_per_company"
    )
    other = Group(company=group.company, name=same)
    other.fold_name()
    assert_refused(lambda: Group.objects.bulk_create([other]), "group_name_once_per_company")
    GroupFactory.create(name=same)


def test_a_deleted_group_frees_its_name() -> None:
    """Rule 2.17."""
    group = GroupFactory.create(name="Team", deleted=True)
    again = GroupFactory.create(company=group.company, name="Team")
    GroupFactory.create(company=group.company, name="Team", deleted=True)
    assert_refused(lambda: Group.objects.filter(pk=group.pk).update(deleted_at=None), "group_name_once")
    assert again.deleted_at is None


@pytest.mark.parametrize("character", ["\ufdfa", "𝔘", "👩", "ß", "\u0390"], ids=ascii)
def test_the_longest_name_is_storable_and_unique(character: str) -> None:
    """Rule 2.4: U+FDFA folds to 18 characters, and 18,000 are more than an index takes."""
    group = GroupFactory.create(name=character * 1000)
    group.refresh_from_db()
    assert group.name == character * 1000
    assert_refused(
        lambda: GroupFactory.create(company=group.company, name=character * 1000), "group_name_once"
    )
    GroupFactory.create(company=group.company, name=character * 999)


def test_renaming_keeps_the_folded_forms_in_step(group: Group) -> None:
    group.name = "Straße"
    group.save(update_fields=["name"])
    assert Group.objects.filter(name_folded="strasse", name_sort="strasse").exists()
    GroupFactory.create(company=group.company, name="Platform guild")


def test_an_entry_is_exactly_one_thing(
    group: Group, private_group: Group, outsider: Member, team: Team
) -> None:
    """Rule 2.8."""
    subgroup = private_group
    wrong: list[dict[str, Any]] = [
        {},
        {"member": outsider, "team": team},
        {"member": outsider, "subgroup": subgroup},
        {"team": team, "subgroup": subgroup},
        {"member": outsider, "team": team, "subgroup": subgroup},
    ]
    for things in wrong:
        assert_refused(partial(Membership.objects.create, group=group, **things), "entry_is_one_thing")


def test_an_entry_is_there_once(group: Group, private_group: Group, member: Member, team: Team) -> None:
    Membership.objects.create(group=group, subgroup=private_group)
    same: list[dict[str, Any]] = [{"member": member}, {"team": team}, {"subgroup": private_group}]
    for thing in same:
        assert_refused(partial(Membership.objects.create, group=group, **thing), "entry_")


def test_a_group_is_no_entry_of_itself(group: Group) -> None:
    """Rule 2.11."""
    assert_refused(lambda: Membership.objects.create(group=group, subgroup=group), "entry_is_not_its_group")


def test_a_master_is_one_once(group: Group, master: Member) -> None:
    assert_refused(lambda: Master.objects.create(group=group, member=master), "master_once")


def test_a_form_makes_one_group(group: Group) -> None:
    group.form_key = "6f4f7bb4-4c1e-4a4e-8f3a-111111111111"
    group.save()
    assert_refused(lambda: GroupFactory.create(form_key=group.form_key), "form_key")


def test_an_address_is_taken_once_whatever_it_belongs_to(
    company: Company, group: Group, member: Member
) -> None:
    """Rule 1.6."""
    for kind, owner in (("member", member), ("alias", member), ("team", None), ("group", None)):
        assert_refused(
            lambda kind=kind, owner=owner: AddressFactory.create(  # type: ignore[misc]
                company=company, local_part="platform", kind=kind, member=owner
            ),
            "address_",
        )
    AddressFactory.create(
        domain=DomainFactory.create(company=company), local_part="platform", kind="alias", member=member
    )


def test_addresses_differ_by_more_than_case(company: Company, group: Group, member: Member) -> None:
    """Rule 1.6: upper case cannot be stored, so nothing can differ by it alone."""
    assert_refused(
        lambda: AddressFactory.create(company=company, local_part="Platform"), "address_is_lower_case"
    )
    assert_refused(lambda: Address.objects.update(local_part=Upper(F("local_part"))), "address_is_lower_case")
    assert_refused(lambda: Member.objects.update(email=Upper("email")), "member_email_is_lower_case")
    assert_refused(lambda: DomainFactory.create(name="Upper.example"), "domain_is_lower_case")
    assert_refused(
        lambda: ExternalContactFactory.create(mailing_list=group.mailing_list, email="A@b.example"),
        "external_contact_is_lower_case",
    )


def test_an_address_belongs_to_what_its_kind_says(company: Company, member: Member) -> None:
    for kind, owner in (("member", None), ("alias", None), ("team", member), ("group", member)):
        assert_refused(
            lambda kind=kind, owner=owner: AddressFactory.create(company=company, kind=kind, member=owner),  # type: ignore[misc]
            "address_belongs_to_its_kind",
        )


def test_a_member_has_one_primary_address(company: Company, member: Member) -> None:
    assert_refused(
        lambda: AddressFactory.create(company=company, kind="member", member=member),
        "address_one_primary_per_member",
    )


def test_an_address_in_use_cannot_be_deleted(group: Group) -> None:
    assert group.mailing_list is not None
    address = group.mailing_list.address
    assert address is not None
    assert_refused(address.delete, "")
    assert_refused(group.mailing_list.delete, "")


def test_a_domain_belongs_to_one_company_only(company: Company) -> None:
    """Rule 1.1."""
    assert_refused(lambda: DomainFactory.create(name="hanbit.example"), "")
    assert_refused(lambda: DomainFactory.create(company=company, is_primary=True), "domain_one_primary")


def test_taiwan_has_no_free_plan(company: Company) -> None:
    """Rule 1.7."""
    Company.objects.update(region="tw")
    assert_refused(lambda: Company.objects.update(plan="free"), "company_taiwan_has_no_free_plan")
    assert_refused(lambda: CompanyFactory.create(region="tw", plan="free"), "company_taiwan_has_no_free_plan")


def test_only_superusers_have_no_company(member: Member) -> None:
    """Rule 1.2."""
    assert_refused(lambda: Member.objects.filter(pk=member.pk).update(company=None), "member_has_a_company")


def test_an_email_signs_in_one_person(member: Member) -> None:
    assert_refused(lambda: MemberFactory.create(superuser=True, email=member.email), "")


def test_a_team_name_is_there_once_below_its_parent(company: Company, team: Team) -> None:
    """Rule 1.3."""
    below = TeamFactory.create(company=company, name="Platform", parent=team)
    assert_refused(lambda: TeamFactory.create(company=company, name="PLATFORM"), "team_name_once")
    assert_refused(
        lambda: TeamFactory.create(company=company, name="PLATFORM", parent=team), "team_name_once"
    )
    assert_refused(
        lambda: Team.objects.filter(pk=below.pk).update(parent=below), "team_is_not_its_own_parent"
    )


def test_a_designation_and_a_contact_are_there_once(group: Group, member: Member) -> None:
    """Rules 4.5, 4.6, 4.8."""
    designation = DesignationFactory.create(mailing_list=group.mailing_list, member=member)
    DesignationFactory.create(mailing_list=group.mailing_list, member=member, purpose="as")
    assert_refused(
        lambda: DesignationFactory.create(mailing_list=designation.mailing_list, member=member),
        "designation_once",
    )
    contact = ExternalContactFactory.create(mailing_list=group.mailing_list)
    assert_refused(
        lambda: ExternalContactFactory.create(mailing_list=group.mailing_list, email=contact.email),
        "external_contact_once",
    )


def test_limits_of_the_plans() -> None:
    """Rules 1.3, 2.2."""
    assert Company(plan="free").group_limit == 1_000
    assert Company(plan="paid").group_limit == 100_000
    assert Company(plan="free").team_limit == 100
    assert Company(plan="paid").team_limit == 10_000


@pytest.mark.parametrize(
    ("connecting", "may_connect", "expected"),
    [
        ("nobody", True, False),
        ("chosen", False, False),
        ("chosen", True, True),
        ("everybody", False, True),
    ],
)
def test_who_may_connect(
    company: Company, member: Member, connecting: str, may_connect: bool, expected: bool
) -> None:
    """Rule 1.4: the property of one person and the query for many agree."""
    Company.objects.filter(pk=company.pk).update(connecting=connecting)
    Member.objects.filter(pk=member.pk).update(may_connect=may_connect)
    member = Member.objects.get(pk=member.pk)
    assert member.can_connect is expected
    assert Member.objects.connecting().filter(pk=member.pk).exists() is expected
    Member.objects.filter(pk=member.pk).update(is_active=False)
    member = Member.objects.get(pk=member.pk)
    assert not member.can_connect
    assert not Member.objects.connecting().filter(pk=member.pk).exists()


def test_the_address_shown_is_that_of_a_list_that_is_on(group: Group, external_group: Group) -> None:
    assert group.address == "platform@hanbit.example"
    group.uses_mailing_list = False
    assert group.address == ""
    assert external_group.address == ""


def test_groups_without_an_active_master(group: Group, private_group: Group, master: Member) -> None:
    """Rule 2.15."""
    groups = Group.objects.filter(Q(pk=group.pk) | Q(pk=private_group.pk))
    assert not groups.without_master()
    Member.objects.filter(pk=master.pk).update(is_active=False)
    assert list(groups.without_master()) == [group]
