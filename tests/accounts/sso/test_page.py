"""The page of the company's identity providers (rule 9.6)."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Company, Domain, Identity, IdentityProvider, Member, ProviderSession
from tests.factories import DomainFactory, MemberFactory
from tests.helpers import ClientOf, Clock

from .a_provider import CLIENT_ID, ISSUER, SECRET, FakeProvider, provider_of

pytestmark = pytest.mark.django_db

ADD, LIST, TRY = (reverse(f"accounts:provider{end}") for end in ("_add", "s", "_try"))
DOCUMENT = f"{ISSUER}/.well-known/openid-configuration"
KEY = "0123456789abcdef01234567"


def form_of(company: Company, **values: Any) -> dict[str, Any]:
    """What somebody enters."""
    domains = Domain.objects.filter(company=company, is_primary=True).values_list("pk", flat=True)
    sent = {
        "key": KEY,
        "name": "Hanbit ID",
        "discovery_url": ISSUER,
        "client_id": CLIENT_ID,
        "secret": SECRET,
        "domains": list(domains),
        "use": "offered",
        "emergency_administrator": "",
        **values,
    }
    return {name: value for name, value in sent.items() if value is not None}


def change(client: Client, provider: IdentityProvider, **values: Any) -> Any:
    provider.refresh_from_db()
    sent = form_of(provider.company, **{"key": None, "secret": "", "version": provider.version, **values})
    return client.post(reverse("accounts:provider", args=[provider.pk]), sent)


def wrong(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: list(errors) for name, errors in answer.context["form"].errors.items()}


def test_adding_one(
    there: FakeProvider, company: Company, administrator: Member, member: Member, client_of: ClientOf
) -> None:
    """Its addresses are shown before, as the provider wants them first."""
    client = client_of(administrator)
    page = client.get(ADD)
    key = page.context["form"]["key"].value()
    assert f"/sign-in/sso/{key}/back/" in page.content.decode()
    form = form_of(company, key=key, form_key=str(uuid4()))
    answer = client.post(ADD, form)
    # Sent twice, it is added once.
    assert client.post(ADD, form)["Location"] == answer["Location"]
    made = IdentityProvider.objects.get()
    assert answer["Location"] == reverse("accounts:provider", args=[made.pk])
    assert (made.key, made.issuer, made.discovery_url) == (key, ISSUER, DOCUMENT)
    assert (made.open_secret(), SECRET in made.sealed_secret) == (SECRET, False)
    entry = AuditEntry.objects.get(action="provider.add")
    assert (entry.changes["issuer"], entry.changes["client_secret"]) == ([None, ISSUER], [None, "new"])
    for url in (answer["Location"], LIST, reverse("accounts:audit_entry", args=[entry.pk])):
        assert SECRET not in client.get(url).content.decode()
    there.sign_in(browser := Client(), made)
    assert browser.session["_auth_user_id"] == str(member.pk)


def test_every_change_has_to_be_confirmed(
    there: FakeProvider, provider: IdentityProvider, administrator: Member, client_of: ClientOf, clock: Clock
) -> None:
    """Rule 9.4: before anything is fetched, too."""
    client = client_of(administrator)
    clock.forward(minutes=16)
    one = reverse("accounts:provider", args=[provider.pk])
    for url in (ADD, one, TRY, reverse("accounts:provider_remove", args=[provider.pk])):
        assert client.post(url, form_of(provider.company)).status_code == 403
    assert (client.get(ADD).status_code, there.asked) == (403, [])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"issuer": "https://another.example"}, "names another issuer: https://another.example."),
        ({"issuer": None}, "does not name “issuer”"),
        ({"token_endpoint": "http://sign-in.example/token"}, "does not name “token_endpoint”"),
        ({"jwks_uri": "https://user:secret@sign-in.example/"}, "does not name “jwks_uri”"),
        ({"response_types_supported": ["id_token"]}, "authorization code flow"),
    ],
)
def test_what_is_wrong_with_a_document_stands_beside_its_address(
    there: FakeProvider,
    company: Company,
    administrator: Member,
    client_of: ClientOf,
    document: dict[str, Any],
    words: str,
) -> None:
    there.document = document
    client = client_of(administrator)
    assert words in wrong(client.post(ADD, form_of(company)))["discovery_url"][0]
    assert words in client.post(TRY, {"discovery_url": ISSUER}).context["trial"].problem
    assert IdentityProvider.objects.count() == 0


def test_trying_an_address(there: FakeProvider, administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    page = client.post(TRY, {"discovery_url": f" {ISSUER}/ "})
    assert "It answers as it should." in page.content.decode()
    assert f"Issuer: {ISSUER}" in page.content.decode()
    for address in ("https://127.0.0.1/", "file:///etc/passwd", "", "https://nobody.example"):
        trial = client.post(TRY, {"discovery_url": address}).context["trial"]
        assert (bool(trial.problem), trial.facts) == (True, ())


def test_what_is_entered_wrongly(
    there: FakeProvider, company: Company, administrator: Member, guest: Member, client_of: ClientOf
) -> None:
    client = client_of(administrator)
    claimed = DomainFactory.create(company=company, state=Domain.State.CLAIMED)
    foreign = Domain.objects.filter(company=guest.company).values_list("pk", flat=True)
    for values, field in (
        ({"name": ""}, "name"),
        ({"client_id": ""}, "client_id"),
        ({"secret": ""}, "secret"),
        ({"domains": []}, "domains"),
        ({"domains": [claimed.pk]}, "domains"),
        ({"domains": list(foreign)}, "domains"),
        ({"use": "perhaps"}, "use"),
        ({"key": "../../x"}, "key"),
        ({"use": "required"}, "emergency_administrator"),
        ({"emergency_administrator": guest.pk}, "emergency_administrator"),
        ({"use": "required", "emergency_administrator": administrator.pk}, "use"),
    ):
        assert list(wrong(client.post(ADD, form_of(company, **values)))) == [field], values
    assert IdentityProvider.objects.count() == 0


def test_requiring_one_that_has_let_somebody_in(
    there: FakeProvider,
    provider: IdentityProvider,
    administrator: Member,
    member: Member,
    teammate: Member,
    client_of: ClientOf,
) -> None:
    """Nobody is locked out by settings that have never worked; sessions by password end, but one's own."""
    client, emergency = client_of(administrator), {"emergency_administrator": administrator.pk}
    assert "use" in wrong(change(client, provider, use="required", **emergency))
    by_provider, by_password = Client(), client_of(teammate)
    there.sign_in(by_provider, provider)
    assert change(client, provider, use="required", **emergency).status_code == 302
    assert by_provider.get(reverse("accounts:profile")).status_code == 200
    assert by_password.get(reverse("accounts:profile")).status_code == 302
    assert client.get(LIST).status_code == 200
    provider.refresh_from_db()
    assert (provider.use, provider.emergency_administrator) == ("required", administrator)
    Member.objects.filter(pk=administrator.pk).update(is_administrator=False)
    another = MemberFactory.create(company=administrator.company, is_administrator=True)
    assert "No emergency administrator" in client_of(another).get(LIST).content.decode()


def test_who_has_no_password_is_no_emergency_administrator(
    there: FakeProvider, provider: IdentityProvider, administrator: Member, client_of: ClientOf
) -> None:
    named = MemberFactory.create(company=administrator.company, is_administrator=True)
    named.set_unusable_password()
    named.save()
    answer = change(client_of(administrator), provider, emergency_administrator=named.pk)
    assert "has no password" in wrong(answer)["emergency_administrator"][0]


def test_another_issuer_has_other_people(
    there: FakeProvider, provider: IdentityProvider, administrator: Member, client_of: ClientOf
) -> None:
    """The same subject is somebody else there."""
    there.sign_in(signed_in := Client(), provider)
    assert change(client_of(administrator), provider, client_id="another").status_code == 302
    assert (Identity.objects.count(), ProviderSession.objects.count()) == (0, 0)
    assert signed_in.get(reverse("accounts:profile")).status_code == 302
    entry = AuditEntry.objects.get(action="provider.update")
    assert entry.changes == {"client_id": [CLIENT_ID, "another"], "identities": [1, 0]}


def test_a_provider_that_is_out_of_order_can_be_switched_off(
    provider: IdentityProvider, administrator: Member, client_of: ClientOf
) -> None:
    client = client_of(administrator)
    assert change(client, provider, use="off", domains=[]).status_code == 302
    # Sent twice, it changes nothing the second time.
    assert change(client, provider, use="off", domains=[]).status_code == 302
    assert AuditEntry.objects.filter(action="provider.update").count() == 1
    provider.refresh_from_db()
    assert provider.open_secret() == SECRET


def test_two_who_change_it_at_once(
    provider: IdentityProvider, administrator: Member, client_of: ClientOf
) -> None:
    client = client_of(administrator)
    assert change(client, provider, name="First").status_code == 302
    answer = change(client, provider, name="Second", version=1)
    assert (answer.status_code, answer.context["form"]["name"].value()) == (409, "Second")
    assert answer.context["form"]["version"].value() == "2"


def test_removing_one(
    there: FakeProvider, provider: IdentityProvider, administrator: Member, client_of: ClientOf
) -> None:
    there.sign_in(signed_in := Client(), provider)
    client = client_of(administrator)
    client.post(reverse("accounts:provider_remove", args=[provider.pk]))
    assert IdentityProvider.objects.count() == 0
    assert signed_in.get(reverse("accounts:profile")).status_code == 302
    assert AuditEntry.objects.filter(action="provider.remove", target_name="Hanbit ID").count() == 1


def test_another_companys_is_unknown(
    there: FakeProvider, other_administrator: Member, administrator: Member, client_of: ClientOf
) -> None:
    theirs = provider_of(other_administrator.company, name="Their sign-in")
    client = client_of(administrator)
    assert change(client, theirs, name="Mine").status_code == 404
    assert "Their sign-in" not in client.get(LIST).content.decode()
    assert AuditEntry.objects.filter(company_id=theirs.company_id, result="refused").count() == 1


def test_asks_as_many_queries_for_many(
    company: Company, administrator: Member, client_of: ClientOf, django_assert_num_queries: Any
) -> None:
    client = client_of(administrator)
    provider_of(company)
    client.get(LIST)
    with django_assert_num_queries(6) as asked:
        client.get(LIST)
    for number in range(5):
        provider_of(company, name=f"Sign-in {number}")
    with django_assert_num_queries(len(asked)):
        client.get(LIST)
