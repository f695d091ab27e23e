"""A company's settings and domains (rules 1.1, 1.4, 1.5, 1.7, 2.2)."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.actions.company import CompanySettings, update_settings
from accounts.actions.domains import add_domain, make_domain_primary, remove_domain
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Domain, Member
from groupadmin.base.errors import Invalid
from tests.factories import CompanyFactory, DomainFactory, GroupFactory, MemberFactory, TeamFactory
from tests.helpers import ActorOf


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


def test_settings_are_changed_and_audited(company: Company, actor: Actor) -> None:
    settings = CompanySettings("paid", False, "chosen", "everybody")
    update_settings(company, settings, actor=actor)
    company.refresh_from_db()
    assert CompanySettings.of(company) == settings
    assert AuditEntry.objects.get().changes == {
        "has_core": [True, False],
        "connecting": ["everybody", "chosen"],
        "group_creators": ["administrators", "everybody"],
    }
    update_settings(company, settings, actor=actor)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"), [("plan", "gold"), ("connecting", ""), ("group_creators", "masters")]
)
def test_values_that_do_not_exist(company: Company, actor: Actor, field: str, value: str) -> None:
    values: dict[str, Any] = {field: value}
    with pytest.raises(Invalid) as invalid:
        update_settings(company, replace(CompanySettings.of(company), **values), actor=actor)
    assert invalid.value.field == field


def test_no_free_plan_in_taiwan(db: None, actor_of: ActorOf) -> None:
    """Rule 1.7."""
    company = CompanyFactory.create(region=Company.Region.TAIWAN)
    actor = actor_of(MemberFactory.create(company=company, administrator=True))
    with pytest.raises(Invalid, match="Taiwan") as invalid:
        update_settings(company, replace(CompanySettings.of(company), plan="free"), actor=actor)
    assert invalid.value.field == "plan"


def test_no_plan_that_the_company_has_outgrown(
    company: Company, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules 1.3, 2.2: deleted groups do not count."""
    free = replace(CompanySettings.of(company), plan="free")
    monkeypatch.setitem(Company.GROUP_LIMITS, Company.Plan.FREE, 1)
    monkeypatch.setitem(Company.TEAM_LIMITS, Company.Plan.FREE, 1)
    GroupFactory.create_batch(2, company=company)
    with pytest.raises(Invalid, match=r"1 groups.*has 2") as invalid:
        update_settings(company, free, actor=actor)
    assert invalid.value.field == "plan"
    company.groups.all()[:1].get().delete()
    GroupFactory.create(company=company, deleted=True)
    TeamFactory.create_batch(2, company=company)
    with pytest.raises(Invalid, match=r"1 teams.*has 2"):
        update_settings(company, free, actor=actor)
    company.teams.all()[:1].get().delete()
    assert update_settings(company, free, actor=actor).plan == "free"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("New.Example", "new.example"),
        (" new.example. ", "new.example"),
        ("한빛.example", "xn--xx3br43b.example"),
        ("한빛.example。", "xn--xx3br43b.example"),
        ("xn--xx3br43b.example", "xn--xx3br43b.example"),
    ],
)
def test_domain_names_are_kept_as_mail_servers_write_them(
    company: Company, actor: Actor, typed: str, kept: str
) -> None:
    domain = add_domain(company, typed, actor=actor)
    assert domain.name == kept
    assert not domain.is_primary
    assert AuditEntry.objects.get().changes == {"domain": [None, kept]}


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "localhost",
        "a b.example",
        "-a.example",
        "a..example",
        "x" * 64 + ".example",
        "1.2.3.4",
        "a@b.example",
        "https://a.example",
        "a.example/",
        ("a" * 60 + ".") * 5 + "example",
        "a\0.example",
    ],
)
def test_names_that_are_no_domain(company: Company, actor: Actor, typed: str) -> None:
    with pytest.raises(Invalid) as invalid:
        add_domain(company, typed, actor=actor)
    assert invalid.value.field == "name"


def test_a_domain_belongs_to_one_company(company: Company, other_company: Company, actor: Actor) -> None:
    """Rule 1.1: and nobody learns whose it is."""
    with pytest.raises(Invalid) as invalid:
        add_domain(company, "Nordlicht.Example", actor=actor)
    assert invalid.value.message == "This domain cannot be added."
    with pytest.raises(Invalid, match="already"):
        add_domain(company, "hanbit.example", actor=actor)


def test_the_first_domain_is_the_primary_one(db: None) -> None:
    fresh = CompanyFactory.create()
    fresh.domains.all().delete()
    assert add_domain(fresh, "fresh.example", actor=Actor.system()).is_primary


def test_an_unused_domain_is_removed(company: Company, actor: Actor) -> None:
    domain = DomainFactory.create(company=company, name="spare.example")
    remove_domain(domain, actor=actor)
    assert not Domain.objects.filter(name="spare.example").exists()
    assert AuditEntry.objects.get().changes == {"domain": ["spare.example", None]}


def test_domains_in_use_and_the_primary_one_stay(company: Company, actor: Actor) -> None:
    used = DomainFactory.create(company=company, name="used.example")
    MemberFactory.create(company=company, email="a@used.example")
    with pytest.raises(Invalid, match="in use"):
        remove_domain(used, actor=actor)
    make_domain_primary(used, actor=actor)
    with pytest.raises(Invalid, match="primary"):
        remove_domain(used, actor=actor)
    assert company.domains.count() == 2


def test_another_domain_becomes_primary(company: Company, actor: Actor) -> None:
    domain = DomainFactory.create(company=company, name="second.example")
    make_domain_primary(domain, actor=actor)
    assert company.primary_domain == domain
    assert AuditEntry.objects.get().changes == {"primary_domain": ["hanbit.example", "second.example"]}
    make_domain_primary(domain, actor=actor)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("who", ["master", "member", "other_administrator", "guest"])
def test_others_are_refused(
    company: Company, who: str, request: pytest.FixtureRequest, actor_of: ActorOf
) -> None:
    """Rule 7."""
    actor = actor_of(request.getfixturevalue(who))
    domain: Any = company.primary_domain
    with pytest.raises(Refused):
        update_settings(company, CompanySettings.of(company), actor=actor)
    with pytest.raises(Refused):
        add_domain(company, "more.example", actor=actor)
    with pytest.raises(Refused):
        remove_domain(domain, actor=actor)
    with pytest.raises(Refused):
        make_domain_primary(domain, actor=actor)
    entries = AuditEntry.objects.filter(company_id=company.pk, result=AuditEntry.Result.REFUSED)
    assert entries.count() == 4
