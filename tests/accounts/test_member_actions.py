"""Adding, changing and shutting out people (rules 1.2, 1.6)."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.actions.members import (
    MemberSettings,
    activate_member,
    add_member,
    deactivate_member,
    send_sign_in_mail,
    update_member,
)
from accounts.actor import Actor, Door, Refused
from accounts.models import Address, AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from tests.factories import AddressFactory, DomainFactory, MemberFactory, TeamFactory
from tests.helpers import ActorOf, ClientOf


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


def settings_of(company: Company, **values: Any) -> MemberSettings:
    domain = company.primary_domain.pk
    chosen: dict[str, Any] = {"name": "New Person", "local_part": "new", "domain_id": domain}
    return MemberSettings(**(chosen | values))


def addresses_of(member: Member) -> set[tuple[str, str]]:
    return {(str(address), address.kind) for address in member.addresses.select_related("domain")}


def test_added_with_address_aliases_and_teams(company: Company, actor: Actor) -> None:
    second = DomainFactory.create(company=company, name="second.example")
    team = TeamFactory.create(company=company)
    settings = settings_of(
        company,
        name=" New\nPerson ",
        local_part="New.Person",
        aliases=(("np", second.pk),),
        team_ids=frozenset({team.pk}),
        is_administrator=True,
        may_connect=True,
    )
    member = add_member(company, settings, actor=actor)
    member.refresh_from_db()
    assert member.name == "New Person"
    assert member.email == "new.person@hanbit.example"
    assert addresses_of(member) == {("new.person@hanbit.example", "member"), ("np@second.example", "alias")}
    assert list(member.teams.all()) == [team]
    assert member.is_administrator
    assert member.may_connect
    assert not member.has_usable_password()
    entry = AuditEntry.objects.get(action="member.add")
    assert entry.company_id == company.pk
    assert entry.target_id == member.pk
    assert entry.changes["aliases"] == [None, ["np@second.example"]]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "\u200b"}),
        ("name", {"name": "x" * 101}),
        ("name", {"name": "e" + "\u0301" * 1000}),
        ("local_part", {"local_part": "a b"}),
        ("local_part", {"local_part": ""}),
        ("local_part", {"local_part": "김"}),
        ("domain", {"domain_id": 10**15}),
        ("teams", {"team_ids": frozenset({10**15})}),
    ],
)
def test_bad_values_are_told_beside_their_field(
    company: Company, actor: Actor, field: str, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as invalid:
        add_member(company, settings_of(company, **values), actor=actor)
    assert invalid.value.field == field
    assert not Member.objects.filter(name__startswith="New").exists()


def test_name_of_100_characters_as_a_person_counts(company: Company, actor: Actor) -> None:
    assert add_member(company, settings_of(company, name="👩‍👩‍👧" * 100), actor=actor)


def test_domains_and_teams_of_others_cannot_be_used(
    company: Company, other_company: Company, actor: Actor
) -> None:
    """Rule 1.1."""
    theirs = TeamFactory.create(company=other_company)
    with pytest.raises(Invalid, match="domain"):
        add_member(company, settings_of(company, domain_id=other_company.primary_domain.pk), actor=actor)
    with pytest.raises(Invalid, match="team"):
        add_member(company, settings_of(company, team_ids=frozenset({theirs.pk})), actor=actor)


@pytest.mark.parametrize("field", ["local_part", "aliases"])
@pytest.mark.parametrize("kind", [Address.Kind.GROUP, Address.Kind.TEAM])
def test_taken_addresses_name_the_kind_of_owner(
    company: Company, actor: Actor, field: str, kind: Address.Kind
) -> None:
    """Rules 1.6, 4.2: without regard to case."""
    AddressFactory.create(company=company, local_part="taken", kind=kind)
    value = "Taken" if field == "local_part" else (("TAKEN", company.primary_domain.pk),)
    with pytest.raises(Invalid, match=f"a {kind.value}") as invalid:
        add_member(company, settings_of(company, **{field: value}), actor=actor)
    assert invalid.value.field == field


def test_address_of_another_member_is_taken(company: Company, actor: Actor, member: Member) -> None:
    with pytest.raises(Invalid, match="a member"):
        add_member(company, settings_of(company, local_part="MOMO"), actor=actor)


@pytest.mark.parametrize("field", ["local_part", "aliases"])
def test_email_of_a_superuser_is_taken(company: Company, actor: Actor, field: str) -> None:
    """A superuser has no address row, but signs in with it."""
    MemberFactory.create(superuser=True, email="root@hanbit.example")
    value = "root" if field == "local_part" else (("root", company.primary_domain.pk),)
    with pytest.raises(Invalid, match="taken") as invalid:
        add_member(company, settings_of(company, **{field: value}), actor=actor)
    assert invalid.value.field == field


def test_alias_and_address_can_change_places(company: Company, actor: Actor, member: Member) -> None:
    domain = company.primary_domain.pk
    update_member(member, settings_of(company, local_part="momo", aliases=(("mo", domain),)), actor=actor)
    update_member(member, settings_of(company, local_part="mo", aliases=(("momo", domain),)), actor=actor)
    member.refresh_from_db()
    assert member.email == "mo@hanbit.example"
    assert addresses_of(member) == {("mo@hanbit.example", "member"), ("momo@hanbit.example", "alias")}


def test_dropped_aliases_are_free_again(company: Company, actor: Actor, member: Member) -> None:
    alias = (("mo", company.primary_domain.pk),)
    update_member(member, settings_of(company, local_part="momo", aliases=alias), actor=actor)
    update_member(member, settings_of(company, local_part="momo"), actor=actor)
    assert add_member(company, settings_of(company, local_part="mo"), actor=actor)


def test_too_many_aliases(company: Company, actor: Actor) -> None:
    aliases = tuple((f"alias{n}", company.primary_domain.pk) for n in range(21))
    with pytest.raises(Invalid) as invalid:
        add_member(company, settings_of(company, aliases=aliases), actor=actor)
    assert invalid.value.field == "aliases"


def test_update_audits_before_and_after_and_only_changes(
    company: Company, actor: Actor, member: Member
) -> None:
    """Rule 8.1."""
    before = MemberSettings.of(member)
    update_member(member, before, actor=actor)
    assert not AuditEntry.objects.exists()
    update_member(member, settings_of(company, name="Momo Renamed", local_part="momo"), actor=actor)
    assert AuditEntry.objects.get().changes == {"name": ["Momo Member", "Momo Renamed"]}


def test_teams_are_set(company: Company, actor: Actor, member: Member) -> None:
    old, new = TeamFactory.create(company=company, people=[member]), TeamFactory.create(company=company)
    settings = settings_of(company, local_part="momo", team_ids=frozenset({new.pk}))
    update_member(member, settings, actor=actor)
    assert list(member.teams.all()) == [new]
    assert old.memberships.count() == 0


def test_nobody_demotes_themselves(company: Company, actor: Actor, administrator: Member) -> None:
    MemberFactory.create(company=company, administrator=True)
    with pytest.raises(Invalid, match="cannot remove your own role") as invalid:
        update_member(administrator, settings_of(company, local_part="ada"), actor=actor)
    assert invalid.value.field == "is_administrator"


def test_nobody_deactivates_themselves(company: Company, actor: Actor, administrator: Member) -> None:
    MemberFactory.create(company=company, administrator=True)
    with pytest.raises(Refused, match="cannot deactivate yourself"):
        deactivate_member(administrator, actor=actor)
    administrator.refresh_from_db()
    assert administrator.is_active
    assert AuditEntry.objects.get().result == AuditEntry.Result.REFUSED


def test_the_last_active_administrator_stays(company: Company, administrator: Member) -> None:
    MemberFactory.create(company=company, administrator=True, is_active=False)
    with pytest.raises(Invalid, match="at least one"):
        deactivate_member(administrator, actor=Actor.system())
    with pytest.raises(Invalid, match="at least one"):
        update_member(administrator, settings_of(company, local_part="ada"), actor=Actor.system())


def test_an_administrator_demotes_and_deactivates_another(company: Company, actor: Actor) -> None:
    other = MemberFactory.create(company=company, administrator=True, email="other@hanbit.example")
    update_member(other, settings_of(company, local_part="other"), actor=actor)
    deactivate_member(other, actor=actor)
    other.refresh_from_db()
    assert not other.is_administrator
    assert not other.is_active


def test_deactivation_ends_sessions_and_sign_in(actor: Actor, member: Member, client_of: ClientOf) -> None:
    client = client_of(member)
    assert client.get("/profile/").status_code == 200
    deactivate_member(member, actor=actor)
    assert client.get("/profile/")["Location"].startswith("/sign-in/")
    assert not Client().login(username=member.email, password="correct horse battery staple")
    activate_member(member, actor=actor)
    assert client_of(member).get("/profile/").status_code == 200
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "member.deactivate",
        "member.activate",
    ]


@pytest.mark.parametrize("who", ["master", "member", "other_administrator", "guest"])
def test_others_are_refused(
    company: Company, member: Member, who: str, request: pytest.FixtureRequest, actor_of: ActorOf
) -> None:
    """Rule 7: and each attempt is in the audit."""
    actor = actor_of(request.getfixturevalue(who))
    settings = settings_of(company)
    with pytest.raises(Refused):
        add_member(company, settings, actor=actor)
    with pytest.raises(Refused):
        update_member(member, settings, actor=actor)
    with pytest.raises(Refused):
        deactivate_member(member, actor=actor)
    with pytest.raises(Refused):
        activate_member(member, actor=actor)
    with pytest.raises(Refused):
        send_sign_in_mail(member, actor=actor)
    entries = AuditEntry.objects.filter(company_id=company.pk, result=AuditEntry.Result.REFUSED)
    assert entries.count() == 5


def test_superusers_of_a_company_are_changed_in_django_admin_only(
    company: Company, actor: Actor, superuser: Member, actor_of: ActorOf
) -> None:
    """Whoever changes a superuser's address could sign in as them."""
    chief = MemberFactory.create(company=company, is_superuser=True, email="chief@hanbit.example")
    settings = settings_of(company, local_part="other")
    for attempt in (
        lambda: update_member(chief, settings, actor=actor),
        lambda: deactivate_member(chief, actor=actor),
        lambda: send_sign_in_mail(chief, actor=actor),
    ):
        with pytest.raises(Refused, match="Django admin"):
            attempt()
    update_member(chief, settings, actor=actor_of(superuser, Door.ADMIN))
    chief.refresh_from_db()
    assert chief.email == "other@hanbit.example"


def test_sign_in_mail_leads_to_a_password(
    actor: Actor, company: Company, mailoutbox: list[Any], client: Client
) -> None:
    member = add_member(company, settings_of(company, name="<b>New & Person"), actor=actor)
    send_sign_in_mail(member, actor=actor)
    (mail,) = mailoutbox
    assert mail.to == ["new@hanbit.example"]
    assert "<b>New & Person" in mail.body
    link = next(line for line in mail.body.splitlines() if line.startswith(settings.SITE_URL))
    page = client.get(link.removeprefix(settings.SITE_URL), follow=True)
    passwords = {"password1": "correct horse 7 battery", "password2": "correct horse 7 battery"}
    client.post(page.request["PATH_INFO"], passwords)
    member.refresh_from_db()
    assert member.check_password("correct horse 7 battery")


def test_no_sign_in_mail_for_inactive_people(actor: Actor, member: Member, mailoutbox: list[Any]) -> None:
    deactivate_member(member, actor=actor)
    with pytest.raises(Invalid):
        send_sign_in_mail(member, actor=actor)
    assert mailoutbox == []
