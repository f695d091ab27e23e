"""Second factors (rule 9.2): setting up, signing in, losing one; in the audit and by mail (rule 9.1)."""

import re
from json import dumps
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from accounts.actions.factors import FACTORS_LIMIT
from accounts.factor_adapter import FactorAdapter
from accounts.models import AuditEntry, Company, Member
from tests.factories import PASSWORD
from tests.factors import app_of, code, codes_of, is_in, recorded, secret_of, told, with_password, wrong_code
from tests.helpers import ClientOf
from tests.passkeys import SoftKey, passkey_of

pytestmark = pytest.mark.django_db

LOGIN, SECOND_STEP = reverse("account_login"), reverse("mfa_authenticate")
PASSKEY_SIGN_IN = reverse("mfa_login_webauthn")
OVERVIEW, ADD_APP, ADD_PASSKEY = (
    reverse("mfa_index"),
    reverse("mfa_activate_totp"),
    reverse("mfa_add_webauthn"),
)
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def counts() -> None:
    """Attempts and used codes are counted anew in each test."""
    cache.clear()


def challenge(options: dict[str, Any]) -> str:
    return str(options["publicKey"]["challenge"])


# Authenticator apps


def test_an_app_is_added_by_its_code(member: Member, client_of: ClientOf) -> None:
    """With recovery codes, which are shown next; in the audit, and the person is told."""
    client = client_of(member)
    page = client.get(ADD_APP)
    secret = page.context["form"].secret
    assert "no-store" in page["Cache-Control"]
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    assert client.post(ADD_APP, {"code": wrong_code(secret)}).status_code == 422
    assert not Authenticator.objects.exists()
    answer = client.post(ADD_APP, {"code": code(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    shown = client.get(answer["Location"]).content.decode()
    codes = codes_of(member)
    assert len(codes) == 10
    assert all(each in shown for each in codes)
    assert client.get(reverse("mfa_download_recovery_codes")).content.decode().split() == codes
    assert recorded() == ["factor.add", "factor.add"]
    assert [message.to for message in mail.outbox] == [[member.email]]
    assert "authenticator app was added" in told()
    assert "127.0.0.1" in told()


def test_an_app_is_added_once(member: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the form is sent, also if it is sent twice at once."""
    monkeypatch.setattr("allauth.mfa.totp.views.is_mfa_enabled", lambda *args: False)
    client = client_of(member)
    secret = client.get(ADD_APP).context["form"].secret
    for _time in range(2):
        session = client.session
        session["mfa.totp.secret"] = secret
        session.save()
        assert client.post(ADD_APP, {"code": code(secret)}).status_code == 302
    assert Authenticator.objects.filter(type="totp").count() == 1
    assert recorded() == ["factor.add", "factor.add"]


def test_secrets_are_encrypted(member: Member) -> None:
    """And a fallback key still reads them; without it every code is wrong, and nothing fails."""
    secret = app_of(member)
    [app] = Authenticator.objects.all()
    assert secret not in str(app.data)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["only-for-tests"]):
        assert secret_of(member) == secret
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        answers = {FactorAdapter().decrypt(app.data["secret"]) for _each in range(2)}
        assert len(answers) == 2
        assert secret not in answers
        assert not app.wrap().validate_code(code(secret))


def test_the_password_alone_does_not_sign_in(member: Member, caplog: pytest.LogCaptureFixture) -> None:
    secret = app_of(member)
    client = with_password(member)
    assert not is_in(client)
    assert client.get(SECOND_STEP).status_code == 200
    client.post(SECOND_STEP, {"code": wrong_code(secret)})
    assert not is_in(client)
    assert recorded() == ["factor.fail"]
    assert f"Failed sign-in from 127.0.0.1 (web): wrong code of {member.email}" in caplog.text
    client.post(SECOND_STEP, {"code": code(secret)})
    assert is_in(client)


def test_a_code_counts_once(member: Member) -> None:
    secret = app_of(member)
    shown = code(secret)
    with_password(member).post(SECOND_STEP, {"code": shown})
    again = with_password(member)
    again.post(SECOND_STEP, {"code": shown})
    assert not is_in(again)


def test_codes_cannot_be_guessed(member: Member) -> None:
    """After a few wrong ones even the right one has to wait, from whatever address they come."""
    secret = app_of(member)
    client = with_password(member)
    for attempt in range(10):
        sent = {"code": wrong_code(secret)}
        client.post(SECOND_STEP, sent, REMOTE_ADDR=f"192.0.2.{attempt}", headers={"Host": "testserver"})
    client.post(SECOND_STEP, {"code": code(secret)}, REMOTE_ADDR="192.0.2.99")
    assert not is_in(client)
    assert [sent.body.count("entered your password") for sent in mail.outbox] == [1], "once a day (rule 9.1)"


def test_resetting_the_password_is_no_way_around(member: Member) -> None:
    app_of(member)
    Client().post(reverse("account_reset_password"), {"email": member.email})
    link = re.search(r"https?://[^/]+(/\S+)", told())
    assert link is not None
    client = Client()
    form = client.get(link[1])["Location"]
    client.post(form, {"password1": "a long and new one 77", "password2": "a long and new one 77"})
    assert not is_in(client)
    client.post(LOGIN, {"login": member.email, "password": "a long and new one 77"})
    assert not is_in(client)


def test_the_second_step_can_be_left(member: Member, teammate: Member) -> None:
    """To sign in as somebody else; until then the sign-in page leads back to it."""
    app_of(member)
    client = with_password(member)
    assert client.get(LOGIN)["Location"] == SECOND_STEP
    assert client.post(reverse("cancel_sign_in"))["Location"] == LOGIN
    assert client.get(LOGIN).status_code == 200
    client.post(LOGIN, {"login": teammate.email, "password": PASSWORD})
    assert is_in(client)


# Recovery codes


def test_a_recovery_code_works_once(member: Member) -> None:
    app_of(member)
    first, second, *_rest = codes_of(member)
    client = with_password(member)
    client.post(SECOND_STEP, {"code": first})
    assert is_in(client)
    assert recorded() == ["factor.use_code"]
    assert "9 left" in told()
    again = with_password(member)
    again.post(SECOND_STEP, {"code": first})
    assert not is_in(again)
    again.post(SECOND_STEP, {"code": second})
    assert is_in(again)


def test_new_codes_end_the_previous_ones(member: Member, client_of: ClientOf) -> None:
    app_of(member)
    old = codes_of(member)
    client = client_of(member)
    assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    assert not set(old) & set(codes_of(member))
    assert recorded() == ["factor.new_codes"]
    assert "New recovery codes" in told()
    again = with_password(member)
    again.post(SECOND_STEP, {"code": old[0]})
    assert not is_in(again)


# Passkeys


def added(client: Client, key: SoftKey, name: str = "My phone", **options: str) -> int:
    """Adds a passkey as a browser does."""
    wanted = client.get(ADD_PASSKEY).context["js_data"]["creation_options"]
    answer = key.made(challenge(wanted))
    sent = {"name": name, "credential": dumps(answer), **options}
    return client.post(ADD_PASSKEY, sent).status_code


def test_a_passkey_alone_signs_in(member: Member, client_of: ClientOf) -> None:
    key = SoftKey(member)
    assert added(client_of(member), key, passwordless="on") == 302
    assert recorded() == ["factor.add", "factor.add"]
    assert "passkey “⁨My phone⁩” was added" in told()
    client = Client()
    options = client.get(PASSKEY_SIGN_IN, headers=JSON).json()["request_options"]
    sent = {"credential": dumps(key.used(challenge(options)))}
    client.post(PASSKEY_SIGN_IN, sent)
    assert is_in(client)
    # The same answer again, as somebody who has listened would send it.
    another = Client()
    another.get(PASSKEY_SIGN_IN, headers=JSON)
    another.post(PASSKEY_SIGN_IN, sent)
    assert not is_in(another)


def test_a_key_that_asks_for_nothing_is_only_a_second_factor(member: Member, client_of: ClientOf) -> None:
    """Whoever finds it does not know the password."""
    key = SoftKey(member, verifies=False)
    assert added(client_of(member), key, passwordless="on") == 422
    assert added(client_of(member), key) == 302
    client = Client()
    options = client.get(PASSKEY_SIGN_IN, headers=JSON).json()["request_options"]
    client.post(PASSKEY_SIGN_IN, {"credential": dumps(key.used(challenge(options)))})
    assert not is_in(client)
    client = with_password(member)
    options = client.get(SECOND_STEP).context["js_data"]["request_options"]
    client.post(SECOND_STEP, {"credential": dumps(key.used(challenge(options)))})
    assert is_in(client)


def test_many_codes_at_once_are_counted_too(member: Member) -> None:
    """In the database: requests that come at once do not see what others have just put into the cache."""
    secret = app_of(member)
    client = with_password(member)
    for _attempt in range(4):
        client.post(SECOND_STEP, {"code": wrong_code(secret)})
        cache.clear()
    assert client.post(SECOND_STEP, {"code": code(secret)}).status_code == 302
    client = with_password(member)
    for _attempt in range(5):
        client.post(SECOND_STEP, {"code": wrong_code(secret)})
        cache.clear()
    answer = client.post(SECOND_STEP, {"code": code(secret, 1)})
    assert "too many failed sign-ins" in answer.content.decode()
    assert AuditEntry.objects.filter(action="factor.fail").count() == 9


def test_wrong_codes_of_others_keep_nobody_from_using_their_passkey(member: Member) -> None:
    """Whoever knows the password can try codes until no more are taken (rule 9.5)."""
    secret, key = app_of(member), SoftKey(member)
    passkey_of(member, key=key)
    stranger = with_password(member)
    for _attempt in range(6):
        stranger.post(SECOND_STEP, {"code": wrong_code(secret)})
    client = with_password(member)
    assert client.post(SECOND_STEP, {"code": code(secret)}).status_code == 200
    options = client.get(SECOND_STEP).context["js_data"]["request_options"]
    client.post(SECOND_STEP, {"credential": dumps(key.used(challenge(options)))})
    assert is_in(client)


def test_somebody_elses_passkey_is_none(member: Member, teammate: Member) -> None:
    """Nor one that was made for another site, nor that of somebody who is no longer active."""
    for key in (SoftKey(member), SoftKey(member, host="evil.example")):
        passkey_of(teammate, key=key)
        client = Client()
        options = client.get(PASSKEY_SIGN_IN, headers=JSON).json()["request_options"]
        client.post(PASSKEY_SIGN_IN, {"credential": dumps(key.used(challenge(options)))})
        assert not is_in(client)
    own = SoftKey(member)
    passkey_of(member, key=own)
    Member.objects.filter(pk=member.pk).update(is_active=False)
    client = Client()
    options = client.get(PASSKEY_SIGN_IN, headers=JSON).json()["request_options"]
    client.post(PASSKEY_SIGN_IN, {"credential": dumps(own.used(challenge(options)))})
    assert not is_in(client)


HOSTILE = [
    *("", "{", "null", "1", "[]", "{}", '"x"', "[" * 20_000, "\0", "x" * 200_000),
    '{"id": 1, "rawId": [], "response": {}, "type": null}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"userHandle": 5}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30", '
    '"authenticatorData": "AA", "signature": "AA", "userHandle": "/////w"}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "W10", '
    '"attestationObject": "o2NmbXQ"}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30", '
    '"attestationObject": "oWFhYWI"}}',
]


@pytest.mark.parametrize("credential", HOSTILE)
def test_no_answer_of_a_browser_is_a_fault(member: Member, client_of: ClientOf, credential: str) -> None:
    passkey_of(member)
    stranger = Client()
    stranger.get(PASSKEY_SIGN_IN, headers=JSON)
    assert stranger.post(PASSKEY_SIGN_IN, {"credential": credential})["Location"] == LOGIN
    half = with_password(member)
    half.get(SECOND_STEP)
    assert half.post(SECOND_STEP, {"credential": credential}).status_code == 200
    client = client_of(member)
    client.get(ADD_PASSKEY)
    assert client.post(ADD_PASSKEY, {"credential": credential, "name": "x"}).status_code == 422
    assert not is_in(stranger)
    assert not is_in(half)


def test_a_passkey_is_renamed_and_removed(member: Member, client_of: ClientOf) -> None:
    passkey = passkey_of(member)
    codes_of(member)
    client = client_of(member)
    rename = reverse("mfa_edit_webauthn", args=[passkey.pk])
    assert client.post(rename, {"name": "x" * 61}).status_code == 422
    assert client.post(rename, {"name": " Old\nphone "})["Location"] == OVERVIEW
    assert "Old phone" in client.get(OVERVIEW).content.decode()
    assert client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))["Location"] == OVERVIEW
    assert not Authenticator.objects.exists(), "codes without a factor would be left"
    assert recorded() == ["factor.rename", "factor.remove", "factor.remove"]
    assert "“⁨Old phone⁩” was removed" in told()


def test_nobody_has_endless_passkeys(member: Member, client_of: ClientOf) -> None:
    """All of them are read at each sign-in."""
    codes_of(member)
    for _each in range(FACTORS_LIMIT - 1):
        passkey_of(member)
    assert added(client_of(member), SoftKey(member)) == 302
    assert Authenticator.objects.count() == FACTORS_LIMIT


def test_no_passkeys_at_an_ip_address(member: Member, client_of: ClientOf) -> None:
    """Browsers bind them to a name."""
    page = client_of(member).get(OVERVIEW, headers={"Host": "192.0.2.1:8000"}).content.decode()
    assert ADD_PASSKEY not in page
    assert ADD_PASSKEY in client_of(member).get(OVERVIEW).content.decode()


# The last one


@pytest.mark.parametrize("required", Company.SecondFactor.values)
def test_the_last_factor_stays_while_one_is_required(
    required: str, member: Member, company: Company, client_of: ClientOf
) -> None:
    Company.objects.filter(pk=company.pk).update(second_factor=required)
    app_of(member)
    codes_of(member)
    passkey = passkey_of(member)
    client = client_of(member)
    client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()
    client.post(reverse("mfa_deactivate_totp"))
    is_left = Authenticator.objects.filter(user=member, type="totp").exists()
    assert is_left == (required == "everybody")
