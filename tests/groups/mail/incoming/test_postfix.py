"""A real Postfix in front, configured as operating.md says, and swaks as a client."""

import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from groups.mail.incoming import acceptance
from groups.models import Group, Mail
from tests.factories import GroupFactory
from tests.groups.mail.servers import Ports

ROOT = Path(__file__).resolve().parents[4]
LIST = "platform@groups.example.com"
FROM = "From: Momo <momo@hanbit.example>\r\n"
TIMEOUT = 60

# Beside operating.md's lines, these name places of the machine.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.example.com
mydestination =
# We come as strangers, though from the same machine.
mynetworks = 192.0.2.0/24
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = error:nothing leaves this machine
queue_run_delay = 1s
transport_retry_time = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A Postfix of our own, apart from the system's."""

    folder: Path
    port: int

    def run(self, *command: str) -> None:
        subprocess.run(
            [command[0], "-c", str(self.folder / "etc"), *command[1:]],
            check=True, capture_output=True, timeout=TIMEOUT,
        )  # fmt: skip

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=TIMEOUT)


def lines_of_the_page() -> str:
    """What operating.md adds to main.cf."""
    page = (ROOT / "groupadmin" / "docs" / "operating.md").read_text()
    found = re.search(r"^# /etc/postfix/main\.cf\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def postfix(ports: Ports) -> Iterator[Postfix]:
    if shutil.which("postfix") is None:
        pytest.skip("Postfix is not installed")
    if not hasattr(Path("/root"), "owner") or Path("/proc/self").owner() != "root":
        pytest.skip("Postfix has to be started by root")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # Its processes drop their rights, and have to find their way in.
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    settings = lines_of_the_page().replace("127.0.0.1:8024", f"127.0.0.1:{ports.lmtp}")
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder) + settings)
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port))
    running = Postfix(folder, port)
    running.run("postfix", "start")
    try:
        yield running
    finally:
        running.run("postfix", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def group_there(group: Group) -> Group:
    """The list at operating.md's domain."""
    assert group.mailing_list is not None
    assert group.mailing_list.address is not None
    address, domain = group.mailing_list.address, group.company.primary_domain
    domain.name = "groups.example.com"
    domain.save()
    address.domain, address.email = domain, ""
    address.save()
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
