"""Several hosts on one machine: each has its network, its processes and its disk to itself."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _run(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@dataclass
class Host:
    """A host at an address, with a disk of its own."""

    name: str
    address: str
    disk: Path
    stack: ExitStack

    def start(self, command: Sequence[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        """Runs it here until the test is over. What it says is in the disk's log."""
        # Process ids of its own, as containers and other machines have them.
        alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        log = self.stack.enter_context((self.disk / "log").open("ab"))
        started = subprocess.Popen(
            ["ip", "netns", "exec", self.name, *alone, *command],
            env=os.environ | environment | {"TMPDIR": str(self.disk), "GROUPADMIN_DATA_DIR": str(self.disk)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self.stack.callback(started.wait)
        self.stack.callback(started.kill)
        return started


@dataclass
class Network:
    """What all hosts are connected to. The test itself is at `address`, which they all get to."""

    address: str
    _mark: str
    _folder: Path
    _stack: ExitStack
    _hosts: int = 0

    def host(self) -> Host:
        """A new one."""
        self._hosts += 1
        name, cable = f"{self._mark}h{self._hosts}", f"{self._mark}c{self._hosts}"
        address = f"{self.address.rpartition('.')[0]}.{self._hosts + 1}"
        assert _run("ip", "netns", "add", name)
        self._stack.callback(_run, "ip", "netns", "del", name)
        inside = ("ip", "-n", name)
        for command in (
            ("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name),
            ("ip", "link", "set", cable, "master", self._mark, "up"),
            (*inside, "addr", "add", f"{address}/24", "dev", "eth0"),
            (*inside, "link", "set", "eth0", "up"),
            (*inside, "link", "set", "lo", "up"),
        ):
            assert _run(*command), command
        disk = self._folder / name
        disk.mkdir()
        return Host(name, address, disk, self._stack)


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    """A network of hosts, in addresses that nobody has (RFC 2544)."""
    mark = f"ga{secrets.token_hex(3)}"
    if os.getuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("needs root, ip and unshare, for hosts of their own")
    if not _run("ip", "link", "add", mark, "type", "bridge"):
        pytest.skip("needs to be allowed to make networks")
    address = f"198.{18 + secrets.randbelow(2)}.{secrets.randbelow(256)}.1"
    with ExitStack() as stack:
        stack.callback(_run, "ip", "link", "del", mark)
        made = _run("ip", "addr", "add", f"{address}/24", "dev", mark) and _run(
            "ip", "link", "set", mark, "up"
        )
        assert made
        yield Network(address, mark, folder, stack)
