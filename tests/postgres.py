"""A PostgreSQL of the test's own that can be stopped, and a way to it that can fall silent."""

import os
import select
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FAST = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=16MB"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    installed = shutil.which("initdb")
    return found[-1].parent if found else Path(installed).parent if installed else None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port: int = asked.getsockname()[1]
        return port


class Cluster:
    """Made in a folder; runs between start and stop. At an address, other hosts get to it too."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        binaries = _binaries()
        if binaries is None:
            pytest.skip("needs PostgreSQL's initdb")
        self._binaries = binaries
        self._folder = folder / "data"
        self.port, self.address = free_port(), address
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        self._run("initdb", "-D", self._folder, "-A", "trust", "-U", "groupadmin", "--no-sync", "-E", "UTF8")
        with (self._folder / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {address}/24 trust\n")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses={self.address} -k {self._folder} {FAST}"
        log = self._folder.parent / "log"
        self._run("pg_ctl", "-D", self._folder, "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._folder, "-w", "-m", "immediate", "stop")

    def url(self, port: int | None = None) -> str:
        return f"postgresql://groupadmin:x@{self.address}:{port or self.port}/postgres"

    def _run(self, name: str, *arguments: object) -> None:
        command = [str(self._binaries / name), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # Not through a pipe, which the server would keep open.
        out = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        )
        assert out.returncode == 0, name


@contextmanager
def cluster(address: str = "127.0.0.1") -> Iterator[Cluster]:
    """A running one, where PostgreSQL's own user gets to: pytest's folders are for ours alone."""
    with tempfile.TemporaryDirectory(prefix="groupadmin-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        made = Cluster(Path(folder), address)
        made.start()
        try:
            yield made
        finally:
            with suppress(AssertionError):
                made.stop()


class Way:
    """Passes bytes on to a port, until it falls silent: then it accepts, and never says anything."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_open = threading.Event()
        self._is_open.set()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        self._is_open.clear()

    def speak_again(self) -> None:
        self._is_open.set()

    def close(self) -> None:
        self._is_open.set()
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                self._sockets.append(near)
                threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        self._is_open.wait()
        # A socket that was closed meanwhile has no number.
        with suppress(OSError, ValueError), socket.create_connection(("127.0.0.1", self._to)) as far:
            self._sockets.append(far)
            while True:
                readable, _, _ = select.select([near, far], [], [])
                self._is_open.wait()
                for one in readable:
                    data = one.recv(65536)
                    if not data:
                        near.close()
                        return
                    (far if one is near else near).sendall(data)
