"""Runs child processes that start and stop together, such as the quickstart's web server and worker."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import FrameType, TracebackType

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 10
PR_SET_PDEATHSIG = 1


class Children(AbstractContextManager["Children"]):
    """Child processes by name. Leaving the context stops those that are still running."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._asked_to_stop = False
        self._handlers: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> "Children":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._stop_soon)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, name: str, command: Sequence[str], pass_fds: Sequence[int] = ()) -> None:
        """Starts a child in its own session: only we get Ctrl-C, and we forward it once."""
        self._processes[name] = subprocess.Popen(  # noqa: S603  (commands of our own)
            command,
            pass_fds=pass_fds,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def wait(self) -> str | None:
        """Waits for a signal to stop (None), or for a child that exits by itself (its name)."""
        while not self._asked_to_stop:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    return name
            time.sleep(POLL_SECONDS)
        return None

    @property
    def exit_codes(self) -> dict[str, int | None]:
        """The children's exit codes by name; None for those still running."""
        return {name: process.returncode for name, process in self._processes.items()}

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _stop(self) -> None:
        running = [process for process in self._processes.values() if process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for process in running:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """Makes Linux stop the child if we are killed and cannot do it; otherwise it would hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
