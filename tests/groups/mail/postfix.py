"""A real Postfix in front of the tests' mail server, configured as operating.md says."""

import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
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
        done = subprocess.run(
            [command[0], "-c", str(self.folder / "etc"), *command[1:]],
            capture_output=True, timeout=TIMEOUT, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + (self.log if (self.folder / "log").exists() else "")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def client(self, port: int | None = None) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", port or self.port, timeout=TIMEOUT)


def lines_of_the_page(first: str) -> str:
    """The block of operating.md that begins with this comment."""
    page = (ROOT / "groupadmin" / "docs" / "operating.md").read_text()
    found = re.search(rf"^# {re.escape(first)}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found is not None, first
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def skip_without_postfix() -> None:
    if shutil.which("postfix") is None:
        pytest.skip("Postfix is not installed")
    if not hasattr(Path("/root"), "owner") or Path("/proc/self").owner() != "root":
        pytest.skip("Postfix has to be started by root")


@contextmanager
def running(lmtp: int, main: str = "", master: str = "", names: Mapping[str, str] = {}) -> Iterator[Postfix]:
    """Runs with operating.md's lines and these; `names` are what stands for something else in them."""
    skip_without_postfix()
    port = free_port()
    # Its processes drop their rights, and have to find their way in.
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    settings = lines_of_the_page("/etc/postfix/main.cf") + main
    for old, new in {"127.0.0.1:8024": f"127.0.0.1:{lmtp}", **names}.items():
        settings = settings.replace(old, new)
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder) + settings)
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port) + master)
    postfix = Postfix(folder, port)
    try:
        postfix.run("postfix", "start")
        try:
            yield postfix
        finally:
            postfix.run("postfix", "stop")
    finally:
        shutil.rmtree(folder)
