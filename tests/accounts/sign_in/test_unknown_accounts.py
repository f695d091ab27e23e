"""Nothing tells a stranger who has an account (rule 9.7). Times: tests/benchmarks/sign_in.py."""

import re
from collections import Counter
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Member
from tests.accounts.sign_in.pages import LOGIN, RESET, is_in, sign_in
from tests.factories import PASSWORD

KINDS = ["nobody@hanbit.example", "nobody@nowhere.example", "tae@hanbit.example", "ines@hanbit.example"]
"""Unknown, unknown, inactive, without a password; compared with Momo, who has one."""


@pytest.fixture(autouse=True)
def people(member: Member, teammate: Member, insider: Member) -> None:
    Member.objects.filter(pk=teammate.pk).update(is_active=False)
    insider.set_unusable_password()
    insider.save()


def without_typed(answer: Any, typed: str) -> str:
    """And without the form's token, which differs each time."""
    return re.sub(r"\b\w{64}\b", "", answer.content.decode().replace(typed, ""))


def work(send: Any) -> tuple[Any, Counter[str]]:
    """The answer, and the kinds of statements that it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = send()
    kinds = Counter(re.sub(r"'[^']*'|\d+", "", query["sql"])[:60] for query in queries)
    return answer, kinds


@pytest.mark.parametrize("address", KINDS)
def test_a_wrong_sign_in_is_answered_alike(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, status, statements and hashings."""
    hashed: list[str] = []
    usual = hashers.MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(usual(self, password, salt))

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", encode)
    known, their_work = work(lambda: sign_in("momo@hanbit.example", "wrong password"))
    once = len(hashed)
    other, other_work = work(lambda: sign_in(address, "wrong password"))
    assert known.status_code == other.status_code
    assert without_typed(known, "momo@hanbit.example") == without_typed(other, address)
    assert their_work == other_work
    assert once == 1
    assert len(hashed) == 2


def test_the_inactive_are_not_told_from_others_by_the_right_password() -> None:
    right = sign_in("tae@hanbit.example", PASSWORD)
    unknown = sign_in("nobody@hanbit.example", PASSWORD)
    assert right.status_code == 200
    assert without_typed(right, "tae@hanbit.example") == without_typed(unknown, "nobody@hanbit.example")


@pytest.mark.parametrize("address", KINDS)
def test_asking_for_a_new_password_is_answered_alike(address: str, settings: Any) -> None:
    """With the queue in the database, as in use: what is queued is the same too."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    known, their_work = work(lambda: Client().post(RESET, {"email": "momo@hanbit.example"}))
    other, other_work = work(lambda: Client().post(RESET, {"email": address}))
    assert (known.status_code, known["Location"]) == (other.status_code, other["Location"])
    assert their_work == other_work


def test_only_the_active_get_a_mail(mailoutbox: list[Any]) -> None:
    for address in ("MOMO@hanbit.example", *KINDS[:3]):
        Client().post(RESET, {"email": address})
    assert [mail.to for mail in mailoutbox] == [["momo@hanbit.example"]]


@pytest.mark.parametrize("host", ["evil.example", "groups.example:8443"])
def test_links_begin_with_the_installations_address(
    host: str, mailoutbox: list[Any], member: Member, administrator: Member
) -> None:
    """Whatever the request says (rule 9.7)."""
    Client().post(RESET, {"email": "momo@hanbit.example"}, headers={"Host": host})
    client = Client(headers={"Host": host})
    client.force_login(administrator)
    client.post(reverse("accounts:member_send_sign_in_mail", args=[member.pk]))
    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        links = re.findall(r"https?://\S+", mail.body)
        assert links
        assert all(link.startswith(f"{settings.SITE_URL}/sign-in/") for link in links)


def test_a_copied_address_is_no_way_in(member: Member) -> None:
    """allauth would sign people in by addresses of its own, also after theirs has changed."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=member, email="old@hanbit.example", verified=True, primary=True)
    assert not is_in(sign_in("old@hanbit.example"))
    Client().post(RESET, {"email": "momo@hanbit.example"})
    assert EmailAddress.objects.count() == 1


def test_django_admin_has_no_sign_in_of_its_own(superuser: Member, member: Member) -> None:
    """Which would be neither counted nor audited."""
    admin_login = reverse("admin:login")
    answer = Client().post(admin_login, {"username": superuser.email, "password": PASSWORD})
    assert answer["Location"].startswith(LOGIN)
    client = Client()
    client.force_login(superuser)
    answer = client.post(admin_login, {"username": member.email, "password": PASSWORD})
    assert answer["Location"] == reverse("admin:index")
    assert client.get(reverse("admin:password_change"))["Location"] == reverse("account_change_password")


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "accounts:profile", "accounts:sessions"]
)
def test_no_page_is_kept_by_a_browser_that_others_use_too(name: str, member: Member) -> None:
    client = Client()
    client.force_login(member)
    assert "no-store" in client.get(reverse(name))["Cache-Control"]
    assert "no-store" in Client().get(reverse(name))["Cache-Control"]
