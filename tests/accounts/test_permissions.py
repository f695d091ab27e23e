"""Who administers a company, and what one person sees of another (rules 6.4, 7)."""

import pytest

from accounts.actor import Actor, Door, Refused
from accounts.models import Company, Member
from accounts.permissions import (
    check_administers,
    check_rules_installation,
    colleagues,
    is_colleague,
    is_foreign,
    may_administer,
    sees_people_of,
    shown_to,
)
from tests.factories import CompanyFactory, MemberFactory
from tests.helpers import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def other() -> Company:
    return CompanyFactory.create(name="Other")


def test_of_colleagues_one_sees_the_address_and_not_their_own_company(company: Company) -> None:
    viewer, person = MemberFactory.create_batch(2, company=company)
    seen = shown_to(viewer, person)
    assert (seen.member, seen.email, seen.company) == (person, person.email, "")
    assert seen.is_colleague


def test_of_others_one_sees_the_company_and_no_address(company: Company, other: Company) -> None:
    viewer, person = MemberFactory.create(company=company), MemberFactory.create(company=other)
    seen = shown_to(viewer, person)
    assert (seen.member, seen.email, seen.company) == (person, "", "Other")
    assert not seen.is_colleague


def test_administrators_see_no_more_of_others(company: Company, other: Company) -> None:
    viewer = MemberFactory.create(company=company, is_administrator=True)
    assert not is_colleague(viewer, MemberFactory.create(company=other))


def test_superusers_see_everything_and_the_company_too(company: Company, other: Company) -> None:
    viewer = MemberFactory.create(company=company, is_superuser=True)
    person = MemberFactory.create(company=other)
    seen = shown_to(viewer, person)
    assert (seen.email, seen.company, seen.is_colleague) == (person.email, "Other", True)
    assert sees_people_of(viewer, other.pk)
    assert is_foreign(viewer, other.pk)
    viewer.is_active = False
    assert not is_colleague(viewer, person)


def test_the_condition_finds_whom_the_rule_names(company: Company, other: Company) -> None:
    people = [MemberFactory.create(company=one) for one in (company, company, other)]
    superuser = MemberFactory.create(company=None, is_superuser=True)
    for viewer in [*people, superuser]:
        found = set(Member.objects.filter(colleagues(viewer), pk__in=[one.pk for one in people]))
        assert found == {person for person in people if is_colleague(viewer, person)}


def test_a_person_without_a_company_is_nobodys_colleague(company: Company) -> None:
    superuser = MemberFactory.create(company=None, is_superuser=True)
    assert shown_to(MemberFactory.create(company=company), superuser).email == ""


@pytest.mark.parametrize(
    ("is_administrator", "is_active", "own", "expected"),
    [
        (True, True, True, True),
        (True, True, False, False),
        (True, False, True, False),
        (False, True, True, False),
    ],
)
def test_who_administers_a_company(
    company: Company, other: Company, is_administrator: bool, is_active: bool, own: bool, expected: bool
) -> None:
    member = MemberFactory.create(
        company=company if own else other, is_administrator=is_administrator, is_active=is_active
    )
    assert bool(may_administer(actor_of(member), company)) is expected
    if not expected:
        with pytest.raises(Refused) as refusal:
            check_administers(actor_of(member), company, "company.change")
        assert refusal.value.company == company


def test_superusers_administer_and_rule_the_installation_in_django_admin_only(company: Company) -> None:
    superuser = MemberFactory.create(company=None, is_superuser=True)
    for actor in (Actor.system(), actor_of(superuser, Door.ADMIN)):
        assert may_administer(actor, company)
        check_rules_installation(actor, "company.create")
    assert not may_administer(actor_of(superuser), company)
    with pytest.raises(Refused):
        check_rules_installation(actor_of(superuser), "company.create")
