"""Letters with a recipient each, one after the other over one connection (rule 4.15)."""

import pytest

from groups.mail.outgoing.parcels import ConnectionLost, Outcome, Parcel, dot_stuffed
from groups.mail.outgoing.transports import SmartHost
from tests.smtp_sink import DROP

from .test_client import CONTENT, Scripted, host, sink

pytestmark = pytest.mark.one_database

__all__ = ["host", "sink"]


def letters(*recipients: str) -> list[Parcel]:
    return [
        Parcel(f"bounce+1-p{n}@hanbit.example", (who,), (f"To-{n}: x\r\n".encode(), dot_stuffed(CONTENT)))
        for n, who in enumerate(recipients)
    ]


def people(number: int) -> list[str]:
    return [f"person{n}@x.example" for n in range(number)]


def got(sink: Scripted) -> list[tuple[str, list[str]]]:
    return [(taken.sender, taken.recipients) for taken in sink.taken]


@pytest.mark.parametrize("extensions", [("PIPELINING", "8BITMIME"), ()])
def test_everybody_gets_theirs(sink: Scripted, host: SmartHost, extensions: tuple[str, ...]) -> None:
    sink.extensions = extensions
    who = people(30)
    assert host.hand_over_each(letters(*who)) == Outcome(who)
    assert got(sink) == [(f"bounce+1-p{n}@hanbit.example", [one]) for n, one in enumerate(who)]
    assert sink.taken[7].data == b"To-7: x\r\n" + dot_stuffed(CONTENT)
    assert sink.sessions == 1


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_one_who_is_refused_is_nobody_elses_trouble(
    sink: Scripted, host: SmartHost, extensions: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Be it before the content, after it, or because no server could take the address."""
    sink.extensions = extensions
    who = ["a@x.example", "gone@x.example", "no\naddress@x.example", "b@x.example", "c@x.example"]
    sink.by_recipient = {"gone@x.example": b"550 5.1.1 Unknown"}
    spam = b"554 5.7.1 Spam"
    monkeypatch.setattr(sink, "content", lambda one: spam if one.recipients == ["b@x.example"] else b"250 OK")
    outcome = host.hand_over_each(letters(*who))
    assert outcome.accepted == ["a@x.example", "c@x.example"]
    assert {one: reply.code for one, reply in outcome.refused.items()} == {
        "gone@x.example": 550, "no\naddress@x.example": 553, "b@x.example": 554,
    }  # fmt: skip
    assert outcome.refused["gone@x.example"].tells_address_is_dead


def test_a_server_that_takes_no_mail_from_us_is_not_asked_for_each(sink: Scripted, host: SmartHost) -> None:
    """Rule 4.11: all wait."""
    who = people(5)
    sink.to_mail = [b"250 2.1.0 OK", b"550 5.7.1 Not from you"]
    outcome = host.hand_over_each(letters(*who))
    assert outcome.accepted == who[:1]
    assert all(outcome.refused[one].is_about_us for one in who[1:])
    assert sum(command.startswith("MAIL") for command in sink.commands) == 2


def test_a_connection_that_ends_between_letters_is_opened_again(sink: Scripted, host: SmartHost) -> None:
    """Servers close them after a number of mails; nobody gets anything twice."""
    sink.to_mail = [b"250 2.1.0 OK", b"250 2.1.0 OK", b"421 4.7.0 Enough", b"250 2.1.0 OK"]
    who = people(4)
    assert host.hand_over_each(letters(*who)).accepted == who
    assert [one for _sender, one in got(sink)] == [[one] for one in who]
    assert sink.sessions == 2


def test_a_letter_whose_fate_is_unknown_is_tried_later_and_alone(sink: Scripted, host: SmartHost) -> None:
    """The others go out at once, over a new connection."""
    sink.to_content = [b"250 2.0.0 Taken", DROP]
    who = people(4)
    outcome = host.hand_over_each(letters(*who))
    assert outcome.accepted == [who[0], who[2], who[3]]
    assert {one: reply.is_permanent for one, reply in outcome.refused.items()} == {who[1]: False}


def test_a_server_that_is_away_is_so_for_all(sink: Scripted, host: SmartHost) -> None:
    sink.greeting = b"554 5.7.1 Go away"
    with pytest.raises(ConnectionLost) as lost:
        host.hand_over_each(letters(*people(3)))
    assert lost.value.never_connected
    assert not sink.taken


def test_of_a_server_that_goes_away_those_who_got_it_are_known(sink: Scripted, host: SmartHost) -> None:
    sink.to_mail = [b"250 2.1.0 OK"] + [b"421 4.3.2 Closing"] * 5
    who = people(3)
    outcome = host.hand_over_each(letters(*who))
    assert outcome.accepted == who[:1]
    assert {one: reply.code for one, reply in outcome.refused.items()} == dict.fromkeys(who[1:], 451)
