"""Who names an address reaches nothing through us that only we can reach (rule 11.5)."""

import ipaddress
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groupadmin.base import public_http
from groupadmin.base.public_addresses import is_allowed
from groupadmin.base.public_http import Limits, Reason, Unreachable, get, post, target_of
from tests import receivers
from tests.receivers import Answers, Receiver

pytestmark = pytest.mark.one_database

QUICK = Limits(connect=2, total=0.3, body=1000)


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    """A receiver on loopback, in an installation that allows that."""
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.OUTGOING_PLAIN_HTTP = True
    with receivers.receiver() as found:
        yield found


def why(url: str, limits: Limits = QUICK) -> Reason:
    with pytest.raises(Unreachable) as problem:
        get(url, limits=limits)
    return problem.value.reason


def test_a_body_arrives_as_it_is(server: Receiver) -> None:
    server.behaviour = Answers(201, {"X-Said": "yes"}, b'{"a": 1}')
    answer = post(f"{server.url}?x=%20y", b"\x00\xff", headers={"Content-Type": "text/plain"})
    (request,) = server.requests
    assert request.line == "POST /hook?x=%20y HTTP/1.1"
    assert request.body == b"\x00\xff"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["content-type"] == "text/plain"
    assert (answer.status, answer.is_good, answer.headers["x-said"]) == (201, True, "yes")
    assert answer.json() == {"a": 1}


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1"),
        *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.1", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16"),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1"),
        *(
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ),
        *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"),
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "9.9.9.9", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address))


def test_an_installation_allows_networks_of_its_own(settings: Any) -> None:
    """But nobody the addresses where clouds hand out secrets."""
    settings.OUTGOING_PRIVATE_NETWORKS = ["10.1.0.0/16", "::/0"]
    assert is_allowed(ipaddress.ip_address("10.1.2.3"))
    assert is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert not is_allowed(ipaddress.ip_address("10.2.0.1"))
    assert not is_allowed(ipaddress.ip_address("::ffff:10.2.0.1"))
    settings.OUTGOING_PRIVATE_NETWORKS = ["0.0.0.0/0", "::/0"]
    for address in ("169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0"):
        assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "x",
            "ftp://a.test/",
            "file:///etc/passwd",
            "gopher://a.test",
            "//a.test/",
            "https://",
            "https:///x",
        ),
        *(
            "https://u:p@a.test/",
            "https://u@a.test/",
            "https://@a.test/",
            "https://a.test/#x",
            "https://a.test/#",
        ),
        *("https://a.test:25/", "https://a.test:22/", "https://a.test:6379/", "https://a.test:99999/"),
        *("https://a.test:0/", "https://a .test/", "https://a.test/\r\nX: y", "https://a.test/\x00"),
        *("https://a.test\\@b.test/", "https://[::1", "https://[x]/", "https://a..b/", "https://a.test/ü"),
        *("https://%61.test/", "https://a.test/" + "x" * 2000, "http://a.test/"),
    ],
)
def test_what_is_no_address_to_call_is_refused_before_any_lookup(url: str) -> None:
    assert why(url) == Reason.ADDRESS


def test_addresses_are_read_as_they_are_meant() -> None:
    target = target_of("https://BÜCHER.test.:8443")
    assert (target.host, target.port, target.path) == ("xn--bcher-kva.test", 8443, "/")
    assert target_of("https://[2606:4700::1111]/x").authority == "[2606:4700::1111]"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"],
)
def test_no_spelling_of_this_machine_is_called(server: Receiver, settings: Any, host: str) -> None:
    settings.OUTGOING_PRIVATE_NETWORKS = []
    assert why(f"http://{host}:{server.port}/") == Reason.PRIVATE
    assert server.requests == []


def test_a_name_with_one_inner_address_is_not_called_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_http, "resolve", lambda *_: ["1.1.1.1", "10.0.0.1"])
    assert why("https://mixed.test/") == Reason.PRIVATE


def test_a_name_is_looked_up_once(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers differently the second time leads nowhere else."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    monkeypatch.setattr(public_http, "resolve", lambda *_: answers.pop(0))
    assert get(f"http://rebinding.test:{server.port}/").status == 200
    assert server.requests[0].headers["host"] == f"rebinding.test:{server.port}"
    assert len(answers) == 1


def test_a_redirect_is_an_answer_and_not_followed(server: Receiver) -> None:
    server.behaviour = Answers(302, {"Location": server.url})
    assert get(server.url).status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", [receivers.drips, receivers.drips_its_body, receivers.never_answers])
def test_nobody_keeps_us_waiting(server: Receiver, behaviour: receivers.Behaviour) -> None:
    server.behaviour = behaviour
    assert why(server.url) == Reason.TIMEOUT


def test_a_lookup_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(public_http, "resolve", lambda *_: [str(over.wait(10))])
    assert why("https://slow.test/", Limits(connect=0.05)) == Reason.TIMEOUT
    over.set()


def test_a_body_is_read_up_to_the_limit(server: Receiver) -> None:
    server.behaviour = receivers.floods
    answer = get(server.url, limits=Limits(body=1000))
    assert (len(answer.body), answer.is_cut) == (1000, True)
    with pytest.raises(Unreachable):
        answer.json()


@pytest.mark.parametrize("depth", [100, 700, 100_000])
def test_json_that_is_nested_too_deeply_is_none(server: Receiver, depth: int) -> None:
    """What Python reads, it could still not store, such as in the cache."""
    server.behaviour = Answers(200, body=b"[" * depth + b"]" * depth)
    with pytest.raises(Unreachable):
        get(server.url).json()


@pytest.mark.parametrize("behaviour", [receivers.hangs_up, receivers.speaks_no_http])
def test_half_an_answer_is_none(server: Receiver, behaviour: receivers.Behaviour) -> None:
    server.behaviour = behaviour
    assert why(server.url, Limits(body=10_000)) == Reason.BROKEN


def test_nobody_listening_and_no_such_name(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receivers.receiver() as gone:
        url = gone.url
    assert why(url) == Reason.CONNECTION
    monkeypatch.setattr(public_http, "resolve", lambda *_: [])
    assert why("https://nobody.test/") == Reason.UNKNOWN


def test_the_certificate_must_be_good_for_the_name(
    server: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serving, trusting = receivers.certificate(tmp_path, "right.test")
    monkeypatch.setattr(public_http, "resolve", lambda *_: ["127.0.0.1"])
    with receivers.receiver(serving) as secure:
        assert why(f"https://right.test:{secure.port}/") == Reason.TLS
        monkeypatch.setattr(public_http, "_trust", lambda: trusting)
        assert get(f"https://right.test:{secure.port}/").status == 200
        assert why(f"https://wrong.test:{secure.port}/") == Reason.TLS
