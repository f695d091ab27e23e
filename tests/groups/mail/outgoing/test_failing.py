"""When an address that mail comes back from is paused (rule 4.3): at the fifth time, not before, and once."""

import pytest

from groups.mail.outgoing import failing
from groups.models import FailingAddress
from tests.helpers import Clock

pytestmark = pytest.mark.django_db

TAE = "tae@hanbit.example"


def _fail(times: int = 1, address: str = TAE) -> FailingAddress:
    for _n in range(times):
        failing.count({address: "550 No such user"})
    return FailingAddress.objects.get(address=address.lower())


def test_the_fifth_failure_pauses_and_the_fourth_does_not(clock: Clock) -> None:
    assert _fail(4).paused_at is None
    clock.forward(hours=1)
    found = _fail()
    assert (found.failures, found.paused_at) == (5, clock.now)


def test_what_fails_after_that_leaves_it_paused_since_then(clock: Clock) -> None:
    """Mail that was on its way already: it counts, and the pause is as old as it was."""
    paused_at = _fail(5).paused_at
    clock.forward(hours=1)
    found = _fail()
    assert (found.failures, found.paused_at, found.last_failed_at) == (6, paused_at, clock.now)


def test_a_failure_a_month_later_lets_nobody_in_again(clock: Clock) -> None:
    """Only an administrator does."""
    paused_at = _fail(5).paused_at
    clock.forward(days=31)
    found = _fail()
    assert (found.failures, found.paused_at) == (1, paused_at)


def test_the_fourth_and_one_a_month_later_pause_nothing(clock: Clock) -> None:
    _fail(4)
    clock.forward(days=30, seconds=1)
    assert _fail().paused_at is None
    assert _fail(3).paused_at is None
    assert _fail().paused_at == clock.now


def test_the_case_of_an_address_makes_no_other() -> None:
    _fail(4, TAE.upper())
    assert _fail().paused_at is not None
