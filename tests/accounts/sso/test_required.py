"""A required provider: passwords, passkeys and links let in only the emergency administrator (rule 9.6)."""

from json import dumps

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.actions.sign_in import set_own_password
from accounts.actor import Actor, Door, Refused
from accounts.factors import may_use_password_alone
from accounts.models import AuditEntry, IdentityProvider, Member
from accounts.sign_in.check import ProviderRequired, check
from accounts.source import Source
from accounts.tasks import mail_sign_in_link
from tests.accounts.sign_in.pages import RESET, is_in, sign_in
from tests.factories import PASSWORD, MemberFactory
from tests.passkeys import SoftKey, passkey_of

from .a_provider import FakeProvider

pytestmark = pytest.mark.django_db

HERE = Source("192.0.2.1", "Firefox on Linux")


@pytest.fixture
def required(provider: IdentityProvider, administrator: Member) -> IdentityProvider:
    provider.use, provider.emergency_administrator = IdentityProvider.Use.REQUIRED, administrator
    provider.save()
    return provider


def test_only_offered_both_ways_are_open(provider: IdentityProvider, member: Member) -> None:
    assert is_in(sign_in(member.email))


def test_right_and_wrong_passwords_are_answered_alike(required: IdentityProvider, member: Member) -> None:
    """Rule 9.7: by the domain alone, also for who does not exist, and for the emergency administrator."""
    assert required.emergency_administrator is not None
    nobody = f"nobody@{member.email.partition('@')[2]}"
    right = sign_in(member.email)
    tried = [right, sign_in(member.email, "wrong"), sign_in(nobody)]
    tried.append(sign_in(required.emergency_administrator.email, "wrong"))
    for answer in tried:
        assert answer.status_code == 422
        assert answer.context["providers"] == [required]
        assert "Your password or passkey is not used here." in answer.content.decode()
    assert "_auth_user_id" not in right.client.session
    reasons = (
        AuditEntry.objects.filter(action="sign_in.failed").order_by("pk").values_list("reason", flat=True)
    )
    assert list(reasons) == [
        "The person has to sign in by an identity provider.",
        "The password is wrong.",
        "There is no such account.",
        "The password is wrong.",
    ]


def test_the_emergency_administrator_keeps_the_password(
    required: IdentityProvider, administrator: Member, other_administrator: Member
) -> None:
    assert is_in(sign_in(administrator.email))
    another = MemberFactory.create(company=administrator.company, is_administrator=True)
    assert not is_in(sign_in(another.email))
    # Another company's people are none of its business.
    assert is_in(sign_in(other_administrator.email))
    # Nobody is locked out if who was named is gone.
    Member.objects.filter(pk=administrator.pk).update(is_active=False)
    assert is_in(sign_in(another.email))


def test_superusers_belong_to_the_installation(required: IdentityProvider, member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(is_superuser=True)
    assert is_in(sign_in(member.email))


def test_a_passkey_lets_nobody_in_either(required: IdentityProvider, member: Member) -> None:
    key = SoftKey(member)
    passkey_of(member, key=key)
    client, page = Client(), reverse("mfa_login_webauthn")
    options = client.get(page, headers={"Accept": "application/json"}).json()["request_options"]
    answer = client.post(page, {"credential": dumps(key.used(options["publicKey"]["challenge"]))})
    assert answer.status_code == 422
    assert "_auth_user_id" not in client.session


def test_mail_programs(required: IdentityProvider, member: Member, administrator: Member) -> None:
    with pytest.raises(ProviderRequired):
        check(member.email, PASSWORD, HERE)
    assert not may_use_password_alone(member)
    assert may_use_password_alone(administrator)


def test_links_lead_to_the_provider(
    required: IdentityProvider, member: Member, administrator: Member
) -> None:
    """Asking for one is answered the same for everybody; in the mail stands what helps."""
    assert Client().post(RESET, {"email": member.email}).status_code == 302
    mail_sign_in_link.enqueue(member.pk)
    there = reverse("sso_start", args=[required.key])
    for sent in mail.outbox:
        assert there in sent.body
        assert "/password/reset/" not in sent.body
    assert len(mail.outbox) == 2
    Client().post(RESET, {"email": administrator.email})
    assert "/password/reset/" in mail.outbox[-1].body


def test_nobody_sets_a_password_that_does_not_count(required: IdentityProvider, member: Member) -> None:
    """Such as by a link from before."""
    with pytest.raises(Refused) as refused:
        set_own_password(member, "a new one", HERE, by_link=True, actor=Actor(member, Door.WEB))
    assert refused.value.back is not None
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_a_required_provider_lets_in(required: IdentityProvider, there: FakeProvider) -> None:
    client = Client()
    there.sign_in(client, required)
    assert "_auth_user_id" in client.session
    assert client.get(reverse("accounts:profile")).status_code == 200
