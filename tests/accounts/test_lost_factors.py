"""Somebody has lost their second factor: who may reset it, and by which door (rule 9.2)."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.actions.factors import reset_factors
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Member
from tests.factors import app_of, codes_of, is_in, recorded, told, with_password
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db


def test_an_administrator_resets_the_factors_of_a_member(
    administrator: Member, member: Member, client_of: ClientOf
) -> None:
    app_of(member)
    codes_of(member)
    client, lost = client_of(administrator), client_of(member)
    assert is_in(lost)
    url = reverse("accounts:member_reset_factors", args=[member.pk])
    assert url in client.get(reverse("accounts:member_edit", args=[member.pk])).content.decode()
    client.post(url)
    assert not is_in(lost), "whoever has the phone may be signed in on it"
    assert is_in(with_password(member))
    assert recorded() == ["factor.reset"]
    assert mail.outbox[-1].to == [member.email]
    assert "removed all second factors" in told()
    client.post(url)
    assert recorded() == ["factor.reset"], "there was nothing left to reset"


def test_who_may_not_reset(
    administrator: Member, member: Member, superuser: Member, teammate: Member, actor_of: ActorOf
) -> None:
    """Members, administrators of themselves or of superusers: one's own are removed on one's own page."""
    for actor, person in ((teammate, member), (administrator, administrator), (administrator, superuser)):
        app_of(person)
        with pytest.raises(Refused):
            reset_factors(person, actor=actor_of(actor))
        assert Authenticator.objects.filter(user=person).exists()


def test_superusers_reset_in_django_admin(admin: Client, administrator: Member) -> None:
    app_of(administrator)
    sent = {"action": "reset_second_factors", "_selected_action": [administrator.pk]}
    assert admin.post(reverse("admin:accounts_member_changelist"), sent).status_code == 302
    assert not Authenticator.objects.exists()


def test_the_command_resets_the_only_superuser(superuser: Member, capsys: pytest.CaptureFixture[str]) -> None:
    app_of(superuser)
    call_command("resetfactors", superuser.email.upper())
    assert not Authenticator.objects.exists()
    assert "no second factor any longer" in capsys.readouterr().out
    assert AuditEntry.objects.get(action="factor.reset").door == Actor.system().door


def test_nobody_sees_secrets_in_django_admin(admin: Client) -> None:
    assert admin.get("/admin/mfa/authenticator/").status_code == 404
