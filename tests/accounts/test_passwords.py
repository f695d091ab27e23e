"""Which passwords are taken, at every door where one is set."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from tests.factories import PASSWORD
from tests.helpers import ClientOf

OWN = "Momo.Member2026!"


@pytest.mark.parametrize(
    "password",
    [
        *(OWN, "momomember", "rebmem-momo-1", "Hanbit-2026!", "hanbit momo 99", "momo@hanbit.example"),
        *(
            "password123",
            "Summer2026!",
            "qwertyuiop1",
            "P@ssw0rd1",
            "letmein12345",
            "abcdefgh1!",
            "1qaz2wsx3edc",
        ),
        "short7!",
    ],
)
def test_refused(member: Member, password: str) -> None:
    """One's own name, address and company; what is common or was in breaches; patterns; what is short."""
    with pytest.raises(ValidationError):
        validate_password(password, member)


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "xk4-9fm2-pq8s",
        "Momo likes nine green kites",
        "비밀번호가 아니다 정말",
        "a" * 40 + "7h!kQz" * 20,
    ],
)
def test_taken(member: Member, password: str) -> None:
    validate_password(password, member)


def test_names_of_other_scripts() -> None:
    with pytest.raises(ValidationError):
        validate_password("김민준20261", Member(name="김민준", email="x@y.example"))


def test_no_guess_takes_long(member: Member) -> None:
    """However long it is: the estimate reads only the beginning."""
    with pytest.raises(ValidationError):
        validate_password("a" * 100_000, member)


def test_at_the_page_to_change_it(member: Member, client_of: ClientOf) -> None:
    sent = {"oldpassword": PASSWORD, "password1": OWN, "password2": OWN}
    page = client_of(member).post(reverse("account_change_password"), sent)
    assert "must not be made of your name" in page.content.decode()


def test_who_has_changed_it_is_back_at_their_profile_and_told_so(member: Member, client_of: ClientOf) -> None:
    new = "violet tractor hums 8"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = client_of(member).post(reverse("account_change_password"), sent, follow=True)
    assert answer.redirect_chain == [(reverse("accounts:profile"), 302)]
    assert "Your password was changed." in answer.content.decode()


def test_by_the_link_in_a_mail(member: Member, mailoutbox: list[Any]) -> None:
    client = Client()
    client.post(reverse("account_reset_password"), {"email": member.email})
    link = re.search(rf"{settings.SITE_URL}(\S+)", mailoutbox[0].body)
    assert link
    form = client.get(link[1], follow=True).request["PATH_INFO"]
    page = client.post(form, {"password1": OWN, "password2": OWN})
    assert "must not be made of your name" in page.content.decode()


def test_in_django_admin(member: Member, admin: Client) -> None:
    sent = {"password1": OWN, "password2": OWN, "usable_password": "true"}
    page = admin.post(f"/admin/accounts/member/{member.pk}/password/", sent)
    assert "must not be made of your name" in page.content.decode()


def test_by_the_commands(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's own checks nothing that comes from the environment."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "password123")
    with pytest.raises(CommandError, match="too common"):
        call_command("createsuperuser", email="root@x.example", interactive=False)
    assert Member.objects.get() == member
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="root@x.example", interactive=False, verbosity=0)
    monkeypatch.setattr("getpass.getpass", lambda prompt: OWN)
    with pytest.raises(CommandError, match="Aborting"):
        call_command("changepassword", member.email)
