"""As whom a token acts, and when it counts (rules 11.1, 11.4)."""

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts.actor import Actor, Door, Refused
from accounts.models import AccessToken, AuditEntry, Company, Member, Scope
from accounts.permissions import check_rules_installation, may_administer
from accounts.tokens import Caller, caller_of
from groups.actions import GroupSettings, update_group
from groups.models import Group
from groups.permissions import Act, may, visible_groups
from tests.factories import AccessTokenFactory

pytestmark = pytest.mark.django_db


def presenting(token: str, scheme: str = "Bearer") -> HttpRequest:
    return RequestFactory().get("/", headers={"Authorization": f"{scheme} {token}"}, REMOTE_ADDR="192.0.2.7")


def service_of(company: Company) -> Actor:
    AccessTokenFactory.create(company=company, name="Payroll", token="gadm_payroll", source="payroll")
    caller = caller_of(presenting("gadm_payroll"), Door.API)
    assert caller is not None
    return caller.actor


def test_a_company_s_token_has_an_administrator_s_permissions_and_no_more(
    company: Company, other_company: Company, group: Group, private_group: Group
) -> None:
    actor = service_of(company)
    assert may_administer(actor, company)
    assert not may_administer(actor, other_company)
    assert all(may(actor, act, private_group) for act in (Act.SEE, Act.EDIT, Act.DELETE, Act.SET_GRANT))
    assert not may(actor, Act.USE_ROOM, group)
    with pytest.raises(Refused):
        check_rules_installation(actor, "company.add")


def test_a_company_s_token_knows_nothing_of_another_company(other_company: Company, group: Group) -> None:
    actor = service_of(other_company)
    assert actor.reader is not None
    assert not visible_groups(actor.reader).exists()
    assert not may(actor, Act.SEE, group)


def test_the_audit_names_the_service_and_its_door(company: Company, group: Group) -> None:
    actor = service_of(company)
    settings = GroupSettings.of(group)
    update_group(group, GroupSettings(**{**settings.__dict__, "name": "Renamed"}), group.version, actor=actor)
    entry = AuditEntry.objects.get(action=Act.EDIT)
    assert (entry.actor_name, entry.actor_id, entry.actor_company_id) == ("Payroll", None, company.pk)
    assert (entry.door, entry.ip, entry.company_id) == (Door.API, "192.0.2.7", company.pk)


def test_a_person_s_token_acts_as_the_person(member: Member, group: Group) -> None:
    AccessTokenFactory.create(company=member.company, member=member, token="gadm_mine")
    caller = caller_of(presenting("gadm_mine"), Door.API)
    assert caller is not None
    assert caller.actor.member == member
    assert may(caller.actor, Act.USE_ROOM, group)
    assert not may(caller.actor, Act.EDIT, group)


def test_each_use_is_counted(company: Company) -> None:
    token = AccessTokenFactory.create(company=company, token="gadm_used")
    for _use in range(2):
        caller_of(presenting("gadm_used"), Door.API)
    token.refresh_from_db()
    assert (token.uses, token.last_used_ip) == (2, "192.0.2.7")
    assert token.last_used_at is not None


@pytest.mark.parametrize("change", ["expires_at", "revoked_at"])
def test_a_token_that_has_ended_lets_nobody_in(company: Company, change: str) -> None:
    token = AccessTokenFactory.create(company=company, token="gadm_ended")
    AccessToken.objects.update(**{change: timezone.now() - timedelta(seconds=1)})
    assert caller_of(presenting("gadm_ended"), Door.API) is None
    token.refresh_from_db()
    assert token.uses == 0
    assert token.ended_at is not None


def test_the_token_of_somebody_inactive_lets_nobody_in(member: Member) -> None:
    AccessTokenFactory.create(company=member.company, member=member, token="gadm_left")
    Member.objects.update(is_active=False)
    assert caller_of(presenting("gadm_left"), Door.API) is None


@pytest.mark.parametrize(
    "request_",
    [
        RequestFactory().get("/"),
        presenting("gadm_unknown"),
        presenting(""),
        presenting("gadm_known", "Basic"),
        presenting("gadm_known\ud800"),
    ],
)
def test_nothing_else_is_a_token(company: Company, request_: HttpRequest) -> None:
    AccessTokenFactory.create(company=company, token="gadm_known")
    assert caller_of(request_, Door.API) is None


@pytest.mark.parametrize("scopes", [[], [Scope.DELICATE]])
def test_delicate_changes_need_their_scope(company: Company, scopes: list[Scope]) -> None:
    """Rule 9.4: a program cannot prove again who it is."""
    AccessTokenFactory.create(company=company, token="gadm_scoped", scopes=scopes)
    caller = caller_of(presenting("gadm_scoped"), Door.API)
    assert isinstance(caller, Caller)
    assert caller.actor.must_confirm is not bool(scopes)
    assert caller.may_use(Scope.DELICATE) is bool(scopes)
