"""A real Postfix in front, configured as operating.md says, and swaks as a client."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError

from groups.mail.incoming import acceptance
from groups.models import Group, Mail
from tests.factories import GroupFactory
from tests.groups.mail.postfix import TIMEOUT, Postfix, running
from tests.groups.mail.servers import Ports

LIST = "platform@groups.example.com"
FROM = "From: Momo <momo@hanbit.example>\r\n"


@pytest.fixture
def postfix(ports: Ports) -> Iterator[Postfix]:
    with running(ports.lmtp) as postfix:
        yield postfix


@pytest.fixture
def group_there(group: Group) -> Group:
    """The list at operating.md's domain."""
    assert group.mailing_list is not None
    assert group.mailing_list.address is not None
    domain = group.mailing_list.address.domain
    domain.name = "groups.example.com"
    domain.save()
    return group


@pytest.fixture
def kept(postfix: Postfix, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Waits until the next mail has been kept, or was tried to."""
    semaphore = threading.Semaphore(0)
    accept = acceptance.accept

    def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return accept(*args, **kwargs)
        finally:
            semaphore.release()

    def wait() -> None:
        assert semaphore.acquire(timeout=TIMEOUT), postfix.log

    monkeypatch.setattr(acceptance, "accept", watched)
    return wait


def test_a_mail_comes_in(postfix: Postfix, group_there: Group, kept: Callable[[], None]) -> None:
    """With what Postfix writes on top; the same bytes below."""
    with postfix.client() as client:
        client.sendmail("client@outside.example", [LIST], f"{FROM}Subject: Hello\r\n\r\nHi\r\n.\r\n..\r\n")
    kept()
    mail = Mail.objects.get()
    assert (mail.door, mail.envelope_sender, mail.subject) == ("lmtp", "client@outside.example", "Hello")
    assert mail.mailing_list == group_there.mailing_list
    assert mail.content is not None
    raw = bytes(mail.content.data)
    assert b"by mx.example.com (Postfix)" in raw
    assert raw.endswith(b"\r\n\r\nHi\r\n.\r\n..\r\n")


def test_swaks_sends_one(postfix: Postfix, group_there: Group, kept: Callable[[], None]) -> None:
    if shutil.which("swaks") is None:
        pytest.skip("swaks is not installed")
    command = ["swaks", "--server", f"127.0.0.1:{postfix.port}", "--from", "a@outside.example", "--to", LIST]
    subprocess.run([*command, "--attach", "@/etc/hostname"], check=True, capture_output=True, timeout=TIMEOUT)
    kept()
    assert Mail.objects.get().subject.startswith("test ")


@pytest.mark.parametrize("change", ["unknown", "off", "deleted"])
def test_what_is_refused_is_refused_to_the_sender(postfix: Postfix, group_there: Group, change: str) -> None:
    """In the dialogue with Postfix already: nobody gets a bounce for what somebody else has sent."""
    if change == "off":
        Group.objects.update(uses_mailing_list=False)
    elif change == "deleted":
        Group.objects.update(deleted_at="2026-11-24T12:00:00Z")
    address = "nobody@groups.example.com" if change == "unknown" else LIST
    with postfix.client() as client:
        client.ehlo()
        client.mail("client@outside.example")
        code, text = client.rcpt(address)
    assert code == 550, postfix.log
    assert (b"5.2.1" if change == "off" else b"5.1.1") in text
    assert (b"mailing list is off" if change == "off" else b"no mailing list") in text


def test_others_mail_is_not_relayed(postfix: Postfix, group_there: Group) -> None:
    with postfix.client() as client:
        client.ehlo()
        client.mail("client@outside.example")
        code, _text = client.rcpt("somebody@elsewhere.example")
    assert code == 454


def test_forged_results_of_the_front_server_are_taken_away(
    postfix: Postfix, group_there: Group, kept: Callable[[], None], settings: Any
) -> None:
    settings.MAIL_AUTHSERV_ID = "mx.example.com"
    forged = "Authentication-Results: mx.example.com; dmarc=pass header.from=hanbit.example\r\n"
    with postfix.client() as client:
        client.sendmail("momo@hanbit.example", [LIST], f"{forged}{forged.lower()}{FROM}\r\nHi\r\n")
    kept()
    mail = Mail.objects.get()
    assert mail.content is not None
    assert b"dmarc=pass" not in bytes(mail.content.data)
    assert mail.member_id is None


def test_a_mail_attached_to_another_keeps_its_headers(
    postfix: Postfix, group_there: Group, kept: Callable[[], None]
) -> None:
    """The body stays as it is, byte by byte, so that the author's signature stays good."""
    body = (
        "--b\r\n\r\nSee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "Authentication-Results: mx.example.com; dmarc=pass\r\nSubject: Old\r\n\r\nHi\r\n--b--\r\n"
    )
    head = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    with postfix.client() as client:
        client.sendmail("client@outside.example", [LIST], f"{FROM}{head}\r\n{body}")
    kept()
    mail = Mail.objects.get()
    assert mail.content is not None
    assert bytes(mail.content.data).endswith(f"\r\n\r\n{body}".encode())


def test_while_the_database_is_away_postfix_keeps_it(
    postfix: Postfix, group_there: Group, monkeypatch: pytest.MonkeyPatch, kept: Callable[[], None]
) -> None:
    with monkeypatch.context() as broken:
        tried = threading.Event()

        def away(*args: object, **kwargs: object) -> None:
            tried.set()
            raise OperationalError("the database is away")

        broken.setattr(acceptance, "accept", away)
        with postfix.client() as client:
            client.sendmail("client@outside.example", [LIST], f"{FROM}\r\nHi\r\n")
        assert tried.wait(TIMEOUT)
    kept()
    assert Mail.objects.count() == 1


def test_several_lists_at_once(postfix: Postfix, group_there: Group, kept: Callable[[], None]) -> None:
    lists = [
        GroupFactory.create(
            company=group_there.company, listed=True, mailing_list__address__local_part=f"list{number}"
        ).address
        for number in range(4)
    ]
    with postfix.client() as client:
        assert client.sendmail("client@outside.example", lists, f"{FROM}\r\nHi\r\n") == {}
    for _list in lists:
        kept()
    assert set(Mail.objects.values_list("list_address", flat=True)) == set(lists)
