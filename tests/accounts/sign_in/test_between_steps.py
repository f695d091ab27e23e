"""What happens to an account between the password and the second factor counts (rules 9.2, 9.3)."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.actions.factors import reset_factors
from accounts.actions.members import activate_member, deactivate_member
from accounts.actor import Actor
from accounts.models import AuditEntry, Member
from tests.accounts.sign_in.pages import LOGIN, is_in, sign_in
from tests.factors import app_of, code
from tests.helpers import client_of

pytestmark = pytest.mark.django_db

SECOND_STEP, PROFILE = reverse("mfa_authenticate"), reverse("accounts:profile")
SYSTEM = Actor.system()


@pytest.fixture(autouse=True)
def counts() -> None:
    cache.clear()


def after_the_password(member: Member) -> Client:
    client = Client()
    assert sign_in(member.email, client=client)["Location"] == SECOND_STEP
    return client


def test_whoever_was_deactivated_meanwhile_is_not_let_in(member: Member) -> None:
    """Neither now nor once they are activated again."""
    secret = app_of(member)
    client = after_the_password(member)
    deactivate_member(member, actor=SYSTEM)
    assert client.post(SECOND_STEP, {"code": code(secret)})["Location"] == LOGIN
    assert not AuditEntry.objects.filter(action="sign_in.done").exists()
    activate_member(member, actor=SYSTEM)
    assert client.get(PROFILE).status_code == 302


def test_a_session_that_begins_at_the_same_moment_does_not_live_on(member: Member) -> None:
    deactivate_member(member, actor=SYSTEM)
    client = client_of(member)
    activate_member(member, actor=SYSTEM)
    assert client.get(PROFILE).status_code == 302


def test_a_password_that_is_no_longer_right_is_asked_for_again(member: Member) -> None:
    secret = app_of(member)
    client = after_the_password(member)
    member.set_password("another wide river at dawn")
    member.save()
    assert client.post(SECOND_STEP, {"code": code(secret)})["Location"] == LOGIN
    page = client.get(LOGIN)
    assert "Your account has changed. Sign in again." in page.content.decode()
    assert client.get(PROFILE).status_code == 302


def forget(member: Member) -> None:
    Member.objects.filter(pk=member.pk).delete()


def reset(member: Member) -> None:
    reset_factors(member, actor=SYSTEM)


@pytest.mark.parametrize("change", [reset, forget])
def test_whose_factors_are_gone_gets_to_the_sign_in_page(
    member: Member, change: Callable[[Member], None]
) -> None:
    """Not in circles between the two pages."""
    app_of(member)
    client = after_the_password(member)
    change(member)
    assert client.get(SECOND_STEP)["Location"] == LOGIN
    assert client.get(LOGIN).status_code == 200


def test_another_person_signs_in_where_somebody_deleted_was_signed_in(
    member: Member, outsider: Member
) -> None:
    """The session of the deleted one ends, and the other's is listed."""
    client = Client()
    sign_in(member.email, client=client)
    forget(member)
    assert is_in(sign_in(outsider.email, client=client))
    page = client.get(reverse("accounts:sessions"))
    assert [each.is_current for each in page.context["sessions"]] == [True]
