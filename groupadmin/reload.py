"""python -m groupadmin.reload PID: has a running gunicorn go on with the code that is there now (rule 11.7).

Gunicorn's own reload ends the old processes at once, and nobody is answered for the seconds that the new ones
take to start. Here they start beside the old ones, which end, with what they have begun, once all new ones
answer.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

READY = "groupadmin-web"
"""What a web process is called from the moment on in which it can answer; 15 letters at most."""
PATIENCE = 80
"""How many seconds the new ones have; systemd gives up after 90."""
BETWEEN = 0.5
"""Two signals of a kind that come together are one."""


class Unready(Exception):  # noqa: N818  (an answer, not a fault)
    """The new processes do not answer."""


def say_ready() -> None:
    """Called by a web process once it has imported everything."""
    try:
        Path("/proc/self/comm").write_text(READY)
    except OSError:
        # Not Linux: then there is no systemd either.
        return


def reload(gunicorn: int) -> int:
    """Replaces all processes. Returns how many. Raises Unready, with the old ones still there."""
    old = _processes(gunicorn)
    end = time.monotonic() + PATIENCE
    for number in range(1, len(old) + 1):
        os.kill(gunicorn, signal.SIGTTIN)
        _wait(partial(_has_begun, gunicorn, old, number), end)
    _wait(lambda: sum(map(is_ready, _processes(gunicorn) - old)) >= len(old), end)
    for _number in range(len(old)):
        # Each time the oldest one ends.
        os.kill(gunicorn, signal.SIGTTOU)
        time.sleep(BETWEEN)
    return len(old)


def _has_begun(gunicorn: int, old: set[int], number: int) -> bool:
    return len(_processes(gunicorn) - old) >= number


def is_ready(process: int) -> bool:
    """Whether a web process can answer."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip() == READY
    except OSError:
        return False


def _processes(gunicorn: int) -> set[int]:
    """Those that answer, or will."""
    return set(map(int, Path(f"/proc/{gunicorn}/task/{gunicorn}/children").read_text().split()))


def _wait(is_so: Callable[[], bool], end: float) -> None:
    while not is_so():
        if time.monotonic() > end:
            raise Unready
        time.sleep(0.05)


def main(arguments: list[str]) -> None:
    """Says in one line what went wrong."""
    try:
        reload(int(arguments[0]))
    except (OSError, Unready) as problem:
        sys.exit(
            f"Not reloaded, the old processes go on; restart instead. {type(problem).__name__} {problem}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
