"""Tokens are made, shown once, revoked, and end (rule 11.4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import tokens
from accounts.actions.members import activate_member, deactivate_member
from accounts.actions.tokens import TokenSettings, create_company_token, create_own_token, revoke_token
from accounts.actor import Actor, Door, Refused
from accounts.confirmation import Unconfirmed
from accounts.models import AccessToken, AuditEntry, Company, Member, Scope
from accounts.tokens import caller_of
from groupadmin.base.errors import Invalid
from tests.factories import AccessTokenFactory
from tests.helpers import ClientOf, Clock, actor_of

from .test_callers import presenting

pytestmark = pytest.mark.django_db

READS = TokenSettings("Payroll", frozenset({Scope.DIRECTORY_READ}), 30)
OF_COMPANY, ADD_OF_COMPANY = reverse("accounts:company_tokens"), reverse("accounts:company_token_add")
OWN, ADD_OWN = reverse("accounts:own_tokens"), reverse("accounts:own_token_add")
FORM = {"name": "Payroll", "scopes": ["directory:read"], "days": "30"}
KEY = "0a4e2f1c-5b1f-4a0e-9d0e-0d4f6a1b2c3d"


def secret_of(answer: Any) -> str:
    return str(answer.context["secret"])


def test_the_secret_is_shown_once_and_stored_nowhere(administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    answer = client.post(ADD_OF_COMPANY, FORM | {"kind": "token"})
    secret = secret_of(answer)
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get(OF_COMPANY).content.decode()
    assert secret not in str(list(AccessToken.objects.values())) + str(list(AuditEntry.objects.values()))
    assert caller_of(presenting(secret), Door.API) is not None


def test_a_form_sent_again_makes_no_second_token(administrator: Member, client_of: ClientOf) -> None:
    """Rule 5.8."""
    client = client_of(administrator)
    form = FORM | {"kind": "token", "form_key": KEY}
    client.post(ADD_OF_COMPANY, form)
    answer = client.post(ADD_OF_COMPANY, form)
    assert (answer.status_code, answer["Location"]) == (302, OF_COMPANY)
    assert AccessToken.objects.count() == 1


def test_making_one_is_delicate(administrator: Member, client_of: ClientOf, clock: Clock) -> None:
    """Rule 9.4."""
    client = client_of(administrator)
    clock.forward(minutes=15)
    for url, form in ((ADD_OF_COMPANY, FORM | {"kind": "token"}), (ADD_OWN, FORM)):
        answer: Any = client.post(url, form)
        assert answer.templates[0].name == "account/confirm.html"
    assert not AccessToken.objects.exists()


def test_a_token_without_the_scope_makes_no_tokens(company: Company) -> None:
    AccessTokenFactory.create(company=company, token="gadm_weak", scopes=[Scope.MEMBERS_WRITE])
    caller = caller_of(presenting("gadm_weak"), Door.API)
    assert caller is not None
    with pytest.raises(Unconfirmed):
        create_company_token(company, READS, actor=caller.actor)


def test_the_person_is_told_of_a_token_of_theirs(member: Member) -> None:
    """Rule 9.1."""
    create_own_token(member, READS, actor=actor_of(member))
    assert "An access token was made" in mail.outbox[0].body
    entry = AuditEntry.objects.get(action="token.create")
    assert (entry.target_name, entry.changes["scopes"]) == (
        "Payroll",
        [None, "directory:read"],
    )


def test_nobody_makes_tokens_of_others(member: Member, master: Member, other_company: Company) -> None:
    with pytest.raises(Refused):
        create_own_token(master, READS, actor=actor_of(member))
    for company in (member.company, other_company):
        assert company is not None
        with pytest.raises(Refused):
            create_company_token(company, READS, actor=actor_of(member))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scopes": frozenset()}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 5_000}, "days"),
        ({"name": " "}, "name"),
    ],
)
def test_what_cannot_be_a_token(administrator: Member, changed: dict[str, Any], field: str) -> None:
    assert administrator.company is not None
    wanted = TokenSettings(**{**READS.__dict__, **changed})
    with pytest.raises(Invalid) as invalid:
        create_company_token(administrator.company, wanted, actor=actor_of(administrator))
    assert invalid.value.field == field


def test_scim_is_for_companies_and_needs_a_default_master(
    administrator: Member, member: Member, guest: Member
) -> None:
    assert administrator.company is not None
    scim = TokenSettings("Entra", frozenset({Scope.SCIM}), 30, source="entra")
    with pytest.raises(Invalid):
        create_own_token(member, scim, actor=actor_of(member))
    for pk in (None, guest.pk):
        wanted = TokenSettings(**{**scim.__dict__, "default_master": pk})
        with pytest.raises(Invalid):
            create_company_token(administrator.company, wanted, actor=actor_of(administrator))
    wanted = TokenSettings(**{**scim.__dict__, "default_master": member.pk})
    made = create_company_token(administrator.company, wanted, actor=actor_of(administrator))
    assert (made.token.source, made.token.default_master) == ("entra", member)


def test_there_is_a_limit(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "AT_MOST", 2)
    first = create_own_token(member, READS, actor=actor_of(member))
    create_own_token(member, READS, actor=actor_of(member))
    with pytest.raises(Invalid):
        create_own_token(member, READS, actor=actor_of(member))
    revoke_token(first.token, actor=actor_of(member))
    create_own_token(member, READS, actor=actor_of(member))


def test_revoked_at_once(administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    secret = secret_of(client.post(ADD_OF_COMPANY, FORM | {"kind": "token"}))
    token = AccessToken.objects.get()
    answer = client.post(reverse("accounts:token_revoke", args=[token.pk]), {"of_company": "1"})
    assert answer["Location"] == OF_COMPANY
    assert caller_of(presenting(secret), Door.API) is None
    assert AuditEntry.objects.filter(action="token.revoke", target_id=token.pk).count() == 1
    assert "Revoked" in client.get(OF_COMPANY).content.decode()


def test_administrators_see_and_revoke_their_people_s_tokens(
    administrator: Member, member: Member, other_administrator: Member, client_of: ClientOf
) -> None:
    made = create_own_token(member, READS, actor=actor_of(member))
    url = reverse("accounts:token_revoke", args=[made.token.pk])
    assert "Payroll" in client_of(administrator).get(OF_COMPANY).content.decode()
    assert "Payroll" not in client_of(other_administrator).get(OF_COMPANY).content.decode()
    assert "Payroll" not in client_of(administrator).get(OWN).content.decode()
    assert client_of(other_administrator).post(url).status_code == 404
    assert client_of(administrator).post(url).status_code == 302
    assert caller_of(presenting(made.secret), Door.API) is None


def test_deactivating_ends_a_person_s_tokens_for_good(administrator: Member, member: Member) -> None:
    made = create_own_token(member, READS, actor=actor_of(member))
    deactivate_member(member, actor=actor_of(administrator))
    activate_member(member, actor=actor_of(administrator))
    assert caller_of(presenting(made.secret), Door.API) is None


def test_who_lacks_a_required_factor_gets_in_by_no_token(member: Member) -> None:
    """Rule 9.2."""
    made = create_own_token(member, READS, actor=actor_of(member))
    Company.objects.update(second_factor=Company.SecondFactor.EVERYBODY)
    assert caller_of(presenting(made.secret), Door.API) is None


def test_owners_are_told_once_before_the_end(administrator: Member, member: Member) -> None:
    soon = timezone.now() + timedelta(days=13)
    for owner in (None, member):
        AccessTokenFactory.create(company=member.company, member=owner, expires_at=soon)
    AccessToken.objects.update(created_at=timezone.now() - timedelta(days=60))
    AccessTokenFactory.create(company=member.company, expires_at=soon)  # made for a few days
    assert (tokens.warn_of_ends(), tokens.warn_of_ends()) == (2, 0)
    told = {sent.to[0]: str(sent.body) for sent in mail.outbox}
    assert OF_COMPANY in told[administrator.email]
    assert OWN in told[member.email]


def test_tokens_are_forgotten_long_after_their_end(company: Company) -> None:
    ended = {90: "kept", 91: "gone"}
    for days, name in ended.items():
        AccessTokenFactory.create(
            company=company, name=name, expires_at=timezone.now() - timedelta(days=days, seconds=-60)
        )
    AccessToken.objects.filter(name="gone").update(expires_at=timezone.now() - timedelta(days=91))
    tokens.forget_old_tokens()
    assert [token.name for token in AccessToken.objects.all()] == ["kept"]


def test_a_service_is_not_the_system(company: Company, other_company: Company) -> None:
    AccessTokenFactory.create(company=company, token="gadm_service", scopes=[Scope.DELICATE])
    caller = caller_of(presenting("gadm_service"), Door.API)
    assert caller is not None
    with pytest.raises(Refused):
        create_company_token(other_company, READS, actor=caller.actor)
    assert isinstance(caller.actor, Actor)


def test_pages_are_for_their_people(member: Member, client_of: ClientOf) -> None:
    client: Client = client_of(member)
    assert client.get(OF_COMPANY).status_code == 403
    assert client.post(ADD_OWN, FORM | {"scopes": ["scim"]}).status_code == 422
    assert secret_of(client.post(ADD_OWN, FORM))
