"""When an address that mail servers call dead is asked once more, and when not (rule 4.10)."""

import pytest

from groups.mail.outgoing import failing, probes
from groups.models import Envelope, FailingAddress, Group, Mail
from tests.groups.mail.lists import accepted
from tests.helpers import Clock

pytestmark = pytest.mark.django_db

TAE = "tae@hanbit.example"


@pytest.fixture
def envelope(group: Group, wakes: list[str]) -> Envelope:
    return accepted(group).mail.envelopes.get()


def _fail(envelope: Envelope, times: int = 1, address: str = TAE) -> FailingAddress:
    for _n in range(times):
        failing.note(envelope.pk, envelope.mail_id, {address: "550 5.1.1 No such user"})
    return FailingAddress.objects.get(address=address.lower())


def _probes() -> int:
    return Mail.objects.filter(rule=probes.PROBE_RULE).count()


def test_the_fifth_failure_asks_and_the_fourth_does_not(envelope: Envelope, clock: Clock) -> None:
    assert (_fail(envelope, 4).failures, _probes()) == (4, 0)
    clock.forward(hours=1)
    found = _fail(envelope)
    assert (found.failures, found.probed_at, found.paused_at, _probes()) == (0, clock.now, None, 1)


def test_nobody_is_asked_more_than_once_in_two_weeks(envelope: Envelope, clock: Clock) -> None:
    """However many bounces somebody forges."""
    _fail(envelope, 30)
    assert _probes() == 1
    clock.forward(days=13, hours=23)
    _fail(envelope, 30)
    assert _probes() == 1
    clock.forward(hours=2)
    _fail(envelope)
    assert _probes() == 2


def test_a_paused_address_is_not_asked(envelope: Envelope, clock: Clock) -> None:
    """Mail that was on its way already counts, and the pause is as old as it was."""
    FailingAddress.objects.create(address=TAE, failures=4, last_failed_at=clock.now, paused_at=clock.now)
    paused_at = clock.now
    clock.forward(hours=1)
    found = _fail(envelope)
    assert (found.failures, found.paused_at, found.last_failed_at) == (5, paused_at, clock.now)
    clock.forward(days=31)
    assert (_fail(envelope).failures, _fail(envelope).paused_at) == (1, paused_at)
    assert _probes() == 0


def test_the_fourth_and_one_a_month_later_ask_nothing(envelope: Envelope, clock: Clock) -> None:
    _fail(envelope, 4)
    clock.forward(days=30, seconds=1)
    _fail(envelope, 4)
    assert _probes() == 0
    _fail(envelope)
    assert _probes() == 1


def test_the_case_of_an_address_makes_no_other(envelope: Envelope) -> None:
    _fail(envelope, 4, TAE.upper())
    assert _fail(envelope).probed_at is not None


def test_what_failed_long_ago_is_forgotten(envelope: Envelope, clock: Clock) -> None:
    _fail(envelope, 4)
    FailingAddress.objects.create(address="paused@x.example", last_failed_at=clock.now, paused_at=clock.now)
    clock.forward(days=29)
    assert failing.forget_old() == 0
    clock.forward(days=2)
    assert failing.forget_old() == 1
    assert FailingAddress.objects.get().address == "paused@x.example"
