"""Signing in by an identity provider (rule 9.6)."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Company, Domain, Identity, IdentityProvider, Member, ProviderSession
from groupadmin.base import public_http
from tests.factories import CompanyFactory, DomainFactory, MemberFactory
from tests.factors import app_of, code
from tests.helpers import ClientOf

from .a_provider import ISSUER, OTHER_KEY, FakeProvider, provider_of, reach

pytestmark = pytest.mark.django_db

SSO, SIGN_IN = reverse("sso"), reverse("account_login")


def who(client: Client) -> int | None:
    """Who is signed in."""
    key = client.session.get("_auth_user_id")
    return int(key) if key else None


def reason() -> str:
    return str(AuditEntry.objects.filter(action="sign_in.failed").latest("pk").reason)


def test_the_first_time_by_address_and_then_by_subject(
    there: FakeProvider, provider: IdentityProvider, member: Member
) -> None:
    client = Client()
    answer = there.sign_in(client, provider)
    assert (answer.status_code, who(client)) == (302, member.pk)
    assert Identity.objects.get().subject == "subject-1"
    done = AuditEntry.objects.filter(action="sign_in.done").latest("pk")
    assert (done.actor_id, done.changes["provider"]) == (member.pk, [None, "Hanbit ID"])
    assert AuditEntry.objects.filter(action="identity.join", target_id=member.pk).count() == 1
    assert ProviderSession.objects.get().session.user == member
    # Now the address may say what it wants, or nothing.
    there.claims, there.person = {}, {"sub": "subject-1"}
    again = Client()
    there.sign_in(again, provider)
    assert who(again) == member.pk
    assert Identity.objects.count() == 1


def test_typing_an_address_leads_there_by_its_domain_alone(
    there: FakeProvider, provider: IdentityProvider, member: Member
) -> None:
    """Whoever it is, and whether anybody is called so (rule 9.7)."""
    domain = member.email.partition("@")[2]
    pages = []
    for email in (member.email, f"nobody-at-all@{domain}"):
        answer = Client().post(SSO, {"login": email, "password": "", "next": "/groups/"})
        assert there.visit(Client(), provider, answer)["login_hint"] == email
        shown = answer.content.decode()
        for part in (answer.context["url"].replace("&", "&amp;"), answer.context["csrf_token"]):
            shown = shown.replace(str(part), "")
        pages.append(shown)
    assert pages[0] == pages[1]
    nowhere = Client().post(SSO, {"login": "somebody@elsewhere.example"})
    assert (nowhere.status_code, "There is no single sign-on" in nowhere.content.decode()) == (422, True)


def test_the_page_leads_there_without_a_redirect_and_back_to_where_one_was(
    there: FakeProvider, provider: IdentityProvider, member: Member
) -> None:
    """Chromium follows no redirect of a form to elsewhere under our policy."""
    client = Client()
    answer = client.post(SSO, {"login": member.email, "next": "/profile/"})
    assert 'http-equiv="refresh"' in answer.content.decode()
    back = there.come_back(client, provider, there.visit(client, provider, answer))
    assert back["Location"] == "/profile/"
    evil = Client()
    answer = evil.post(SSO, {"login": member.email, "next": "https://evil.example/"})
    back = there.come_back(evil, provider, there.visit(evil, provider, answer))
    assert "evil" not in back["Location"]


def test_an_address_in_the_other_document_counts(
    there: FakeProvider, provider: IdentityProvider, member: Member
) -> None:
    there.claims = {}
    there.person = {"sub": "subject-1", "email": member.email, "email_verified": True}
    client = Client()
    there.sign_in(client, provider)
    assert who(client) == member.pk
    Identity.objects.all().delete()
    there.person["sub"] = "somebody-else"
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email_verified": 1},
        {"email": ["a@b.example"]},
        {"email": None},
    ],
)
def test_an_address_that_is_not_vouched_for_joins_nobody(
    there: FakeProvider, provider: IdentityProvider, claims: dict[str, Any]
) -> None:
    there.claims |= claims
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
    assert Identity.objects.count() == 0
    assert "verified" in reason()


def test_nobody_is_added_and_nobody_inactive_gets_in(
    there: FakeProvider, provider: IdentityProvider, member: Member
) -> None:
    people = Member.objects.count()
    there.claims["email"] = f"new@{member.email.partition('@')[2]}"
    client = Client()
    there.sign_in(client, provider)
    assert (who(client), Member.objects.count()) == (None, people)
    there.claims["email"] = member.email
    Member.objects.filter(pk=member.pk).update(is_active=False)
    answer = there.sign_in(client, provider)
    assert (who(client), answer["Location"]) == (None, SIGN_IN)
    assert "There is no active account for you here." in client.get(SIGN_IN).content.decode()
    assert (reason(), Identity.objects.count()) == ("The person is inactive.", 0)
    # Nor who was joined before.
    Identity.objects.create(provider=provider, member=member, subject="subject-1")
    there.sign_in(client, provider)
    assert who(client) is None


def test_a_provider_never_speaks_for_people_of_others(
    there: FakeProvider, provider: IdentityProvider, company: Company, guest: Member
) -> None:
    """Not for another company, nor for a domain that is not its own, or not proven (rule 1.9)."""
    there.claims["email"] = guest.email
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
    # Whatever somebody has put into the row.
    provider.domains.set(Domain.objects.filter(company=guest.company))
    there.sign_in(client, provider)
    assert who(client) is None
    Identity.objects.create(provider=provider, member=guest, subject="subject-1")
    there.sign_in(client, provider)
    assert who(client) is None


@pytest.mark.parametrize("state", [Domain.State.EXISTING, Domain.State.LOST, Domain.State.CLAIMED])
def test_only_a_proven_domain_counts(
    there: FakeProvider, provider: IdentityProvider, member: Member, state: str
) -> None:
    Domain.objects.filter(company=member.company_id).update(state=state, is_primary=False)
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
    assert Client().post(SSO, {"login": member.email}).status_code == 422


def test_a_domain_that_is_not_the_providers(
    there: FakeProvider, provider: IdentityProvider, company: Company, member: Member
) -> None:
    provider.domains.set([DomainFactory.create(company=company)])
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
    # Not even who was joined while it was.
    Identity.objects.create(provider=provider, member=member, subject="subject-1")
    there.sign_in(client, provider)
    assert (who(client), "no address at a domain" in reason()) == (None, True)


def test_a_second_account_with_the_same_address_is_somebody_else(
    there: FakeProvider,
    provider: IdentityProvider,
    member: Member,
    administrator: Member,
    client_of: ClientOf,
) -> None:
    """Addresses are given anew to other people. An administrator forgets the first one."""
    there.sign_in(Client(), provider)
    there.claims["sub"] = "subject-2"
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
    assert "another identity" in client.get(SIGN_IN).content.decode()
    client_of(administrator).post(reverse("accounts:member_separate", args=[member.pk]))
    assert ProviderSession.objects.count() == 0
    there.sign_in(client, provider)
    assert who(client) == member.pk


def test_superusers_never(there: FakeProvider, provider: IdentityProvider, member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(is_superuser=True)
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None


# What it signs


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"aud": "another-client"},
        {"aud": ["groupadmin", "another-client"]},
        {"aud": ["groupadmin", "another-client"], "azp": "another-client"},
        {"exp": 1},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": ""},
        {"sub": "x" * 300},
        {"sub": 7},
    ],
)
def test_a_token_for_something_else(
    there: FakeProvider, provider: IdentityProvider, claims: dict[str, Any]
) -> None:
    there.claims |= claims
    client = Client()
    answer = there.sign_in(client, provider)
    assert (who(client), answer["Location"]) == (None, SIGN_IN)
    assert "cannot be trusted" in client.get(SIGN_IN).content.decode()


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("none", ""),
        ("HS256", "s3cret-s3cret-s3cret-s3cret-s3cret"),
        ("RS256", OTHER_KEY),
    ],
)
def test_a_token_that_it_has_not_signed(
    there: FakeProvider, provider: IdentityProvider, algorithm: str, key: Any
) -> None:
    there.algorithm, there.key = algorithm, key
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None


def test_unknown_keys_are_looked_for_once_a_minute(there: FakeProvider, provider: IdentityProvider) -> None:
    there.kid = "another"
    for _time in range(3):
        there.sign_in(Client(), provider)
    assert there.asked.count(f"{ISSUER}/keys") == 2


def test_a_provider_that_calls_itself_otherwise_now(there: FakeProvider, company: Company) -> None:
    provider = provider_of(company, issuer=ISSUER)
    IdentityProvider.objects.filter(pk=provider.pk).update(issuer="https://before.example")
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None


# What comes back


def test_an_answer_counts_once_in_its_own_session_at_its_own_provider(
    there: FakeProvider, provider: IdentityProvider, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = Client(), Client()
    asked = there.visit(client, provider)
    there.come_back(other, provider, asked)
    assert who(other) is None
    # Mixed up: what was asked of one comes back from another.
    second = FakeProvider(issuer="https://second.example", claims=there.claims)
    row = provider_of(member.company, issuer=second.issuer)
    reach(monkeypatch, there, second)
    there.come_back(client, row, asked)
    assert who(client) is None
    there.come_back(client, provider, asked)
    assert who(client) == member.pk
    client.logout()
    there.come_back(client, provider, asked)
    assert who(client) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"iss": "https://evil.example"}, "cannot be trusted"),
        ({"error": "access_denied"}, "You did not finish"),
        ({"error": "server_error"}, "did not let you in"),
        ({"code": ""}, "cannot be trusted"),
        ({"code": "another"}, "did not let you in"),
    ],
)
def test_answers_that_are_none(
    there: FakeProvider, provider: IdentityProvider, answer: dict[str, str], words: str
) -> None:
    client = Client()
    there.sign_in(client, provider, **answer)
    assert who(client) is None
    assert words in client.get(SIGN_IN).content.decode()


def test_who_promises_to_say_who_it_is_has_to(there: FakeProvider, provider: IdentityProvider) -> None:
    there.document = {"authorization_response_iss_parameter_supported": True}
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
    there.sign_in(client, provider, iss=ISSUER)
    assert who(client) is not None


def test_what_does_not_answer_is_left_alone_for_a_moment(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for seconds, and anybody may have it asked."""
    asked = []

    def silent(url: str, **_options: Any) -> None:
        asked.append(url)
        raise public_http.Unreachable(public_http.Reason.TIMEOUT, "It took too long.")

    monkeypatch.setattr(public_http, "get", silent)
    for _time in range(3):
        assert Client().post(reverse("sso_start", args=[provider.key])).status_code == 422
    assert len(asked) == 1


def test_out_of_order_or_off(
    there: FakeProvider, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    asked = there.visit(client, provider)
    provider.use = IdentityProvider.Use.OFF
    provider.save()
    there.come_back(client, provider, asked)
    assert who(client) is None
    assert client.post(reverse("sso_start", args=[provider.key])).status_code == 404
    provider.use = IdentityProvider.Use.OFFERED
    provider.save()
    reach(monkeypatch)
    cache.clear()
    answer = client.post(reverse("sso_start", args=[provider.key]))
    assert (answer.status_code, "does not answer" in answer.content.decode()) == (422, True)


# Second factors


def test_it_stands_for_our_second_factor_unless_ours_is_wanted_too(
    there: FakeProvider, provider: IdentityProvider, member: Member, company: Company
) -> None:
    """Rule 9.2: also where the company requires one, and the person has none."""
    Company.objects.filter(pk=company.pk).update(second_factor=Company.SecondFactor.EVERYBODY)
    client = Client()
    there.sign_in(client, provider)
    assert client.get(reverse("accounts:profile")).status_code == 200
    app = app_of(member)
    client = Client()
    there.sign_in(client, provider)
    assert who(client) == member.pk
    provider.asks_factor = True
    provider.save()
    client = Client()
    before = ProviderSession.objects.count()
    assert there.sign_in(client, provider)["Location"] == reverse("mfa_authenticate")
    assert who(client) is None
    client.post(reverse("mfa_authenticate"), {"code": code(app)})
    assert (who(client), ProviderSession.objects.count()) == (member.pk, before + 1)
    nobodys = MemberFactory.create(company=company)
    there.claims |= {"sub": "subject-9", "email": nobodys.email}
    client = Client()
    there.sign_in(client, provider)
    assert client.get(reverse("accounts:profile"))["Location"] == reverse("mfa_index")


def test_companies_do_not_see_each_others_providers(
    there: FakeProvider, provider: IdentityProvider, stranger: Member, client_of: ClientOf
) -> None:
    """Two companies may even have the same one: each of its people belongs to their own."""
    other = CompanyFactory.create()
    theirs = provider_of(other)
    someone = MemberFactory.create(company=other)
    there.claims["email"] = someone.email
    client = Client()
    there.sign_in(client, theirs)
    assert who(client) == someone.pk
    client = Client()
    there.sign_in(client, provider)
    assert who(client) is None
