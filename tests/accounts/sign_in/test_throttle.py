"""What counts failed sign-ins, and whom it hinders (rule 9.5)."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import Company, FailureCount, Member
from accounts.sign_in import check, throttle
from tests.accounts.sign_in.pages import RESET, is_in, said, sign_in
from tests.factories import MemberFactory
from tests.groups import test_concurrency as groups
from tests.groups.test_concurrency import AtOnce
from tests.helpers import Clock

at_once = groups.at_once
MOMO = "momo@hanbit.example"
FEW = throttle.OF_ACCOUNT_AT_ADDRESS.most


def few(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    """A limit that a test reaches sooner."""
    limit = getattr(throttle, name)
    monkeypatch.setattr(throttle, name, throttle.Limit(limit.kind, most, limit.span))


def test_right_sign_ins_of_an_office_never_count(company: Company) -> None:
    people = MemberFactory.create_batch(3, company=company)
    for number in range(42):
        assert is_in(sign_in(people[number % 3].email)), number
    assert not FailureCount.objects.exclude(count=0).exists()


def test_nor_do_they_while_they_are_checked(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many at the same moment, as when all programs of a person start."""
    counted: list[FailureCount] = []

    def look(*args: object, **kwargs: object) -> Member:
        counted.extend(FailureCount.objects.filter(count__gt=0))
        return member

    monkeypatch.setattr(check, "authenticate", look)
    assert is_in(sign_in(MOMO))
    assert counted == []


def test_wrong_ones_of_some_hinder_nobody_else(company: Company, member: Member) -> None:
    for person in MemberFactory.create_batch(12, company=company):
        for _time in range(2):
            assert not is_in(sign_in(person.email, "wrong"))
    assert is_in(sign_in(MOMO))


def test_an_account_waits_where_it_failed_and_nowhere_else(member: Member, clock: Clock) -> None:
    for _time in range(FEW):
        assert "not correct" in said(sign_in(MOMO, "wrong"))
    assert "too many failed sign-ins" in said(sign_in(MOMO.upper() + " "))
    assert is_in(sign_in(MOMO, ip="192.0.2.2"))
    clock.forward(minutes=16)
    assert is_in(sign_in(MOMO))


def test_ipv6_counts_by_network(member: Member) -> None:
    for number in range(FEW):
        sign_in(MOMO, "wrong", f"2001:db8:0:1::{number:x}")
    assert not is_in(sign_in(MOMO, ip="2001:db8:0:1:ffff::1"))
    assert is_in(sign_in(MOMO, ip="2001:db8:0:2::1"))


def test_ipv4_in_the_clothes_of_ipv6_counts_by_address() -> None:
    assert throttle.network_of("::ffff:192.0.2.1") == throttle.network_of("192.0.2.1")
    assert throttle.network_of("::ffff:192.0.2.1") != throttle.network_of("::ffff:192.0.2.2")
    assert throttle.network_of("") == throttle.network_of(None) == throttle.network_of("unix:") == ""


def test_no_stranger_locks_out_somebody_at_their_usual_address(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "OF_ACCOUNT", 5)
    assert is_in(sign_in(MOMO, ip="192.0.2.1"))
    for number in range(6):
        sign_in(MOMO, "wrong", f"198.51.100.{number}")
    assert "too many" in said(sign_in(MOMO, ip="198.51.100.99"))
    assert is_in(sign_in(MOMO, ip="192.0.2.1"))


def test_an_address_that_guesses_at_many_keeps_its_own_people_in(
    member: Member, teammate: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "OF_ADDRESS", 5)
    assert is_in(sign_in(MOMO))
    for number in range(6):
        sign_in(f"guess{number}@x.example", "wrong")
    assert "too many" in said(sign_in(teammate.email))
    assert is_in(sign_in(MOMO))


@pytest.mark.parametrize("limit", ["OF_ACCOUNT", "OF_ADDRESS"])
def test_who_is_usual_is_not_told_to_those_who_share_the_address(
    member: Member, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Rule 9.7: beyond a limit, a wrong password is answered alike for whoever has signed in there or not."""
    assert is_in(sign_in(MOMO))
    few(monkeypatch, limit, 0)
    assert said(sign_in(MOMO, "wrong")) == said(sign_in("nobody@hanbit.example", "wrong"))


def test_who_floods_us_does_not_keep_all_threads(
    member: Member, teammate: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an address that fails a lot, one attempt is checked in each process, and one waits.

    Whoever has signed in there before does not wait: an office may mistype a lot.
    """
    monkeypatch.setattr(throttle, "CHECKED_IN_TURN_FROM", 3)
    for number in range(3):
        assert "not correct" in said(sign_in(f"guess{number}@x.example", "wrong"))
    assert is_in(sign_in(MOMO)), "in its turn"
    inside: list[Any] = []

    def look(request: None, **credentials: str) -> Any:
        """While one is checked and, as it were, another one waits."""
        if credentials["email"] != "guess@x.example":
            return authenticate(request, **credentials)
        with check._AT_ONCE:
            inside.append(is_in(sign_in(MOMO)))
            inside.append(said(sign_in(teammate.email)))
            inside.append(is_in(sign_in(teammate.email, ip="192.0.2.2")))
        return None

    monkeypatch.setattr(check, "authenticate", look)
    sign_in("guess@x.example", "wrong")
    assert inside[0]
    assert "too many failed sign-ins" in inside[1]
    assert inside[2]
    assert is_in(sign_in(teammate.email))


def test_the_cache_may_forget(member: Member) -> None:
    """As the database's does when it is full, which strangers could bring about."""
    for _time in range(FEW):
        sign_in(MOMO, "wrong")
        cache.clear()
    assert not is_in(sign_in(MOMO))


def test_what_was_typed_is_not_stored(member: Member) -> None:
    sign_in("hunter2 is my password", "wrong")
    sign_in("hunter2@secret.example", "wrong")
    assert "hunter2" not in str(list(FailureCount.objects.values()))


def test_a_mailbox_is_not_flooded(member: Member, clock: Clock, mailoutbox: list[object]) -> None:
    """Nor does the answer change, which would tell that the mailbox is somebody's (rule 9.7)."""
    client = Client()
    answers = [
        client.post(RESET, {"email": MOMO}, REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number in range(throttle.RESETS_OF_MAILBOX.most + 3)
    ]
    assert set(answers) == {302}
    assert len(mailoutbox) == throttle.RESETS_OF_MAILBOX.most
    clock.forward(hours=1, minutes=1)
    client.post(RESET, {"email": MOMO})
    assert len(mailoutbox) == throttle.RESETS_OF_MAILBOX.most + 1


def test_an_address_that_asks_for_all_mailboxes_is_stopped(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch, "RESETS_FROM_ADDRESS", 3)
    client = Client()
    answers = [client.post(RESET, {"email": f"m{n}@x.example"}).status_code for n in range(4)]
    assert answers == [302, 302, 302, 429]


def test_old_counts_are_forgotten(member: Member, clock: Clock) -> None:
    sign_in(MOMO, "wrong")
    throttle.forget_old()
    assert FailureCount.objects.exists()
    clock.forward(days=31)
    throttle.forget_old()
    assert not FailureCount.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_of_many_at_once_none_is_lost(at_once: AtOnce) -> None:
    assert connection.vendor == "postgresql"
    count = throttle.Limit("test", 5, throttle.OF_ADDRESS.span).of("x")

    taken: list[bool] = []
    at_once(*[lambda: taken.extend(count.take() for _time in range(50))] * 2)
    assert sorted(taken) == [False] * 95 + [True] * 5
