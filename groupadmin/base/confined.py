"""Runs a script of ours on a hostile file in a process of its own: little memory, little time, no secrets.

Readers of pictures and of PDF files are large programs in C, and a small file can cost gigabytes, minutes, or
worse. Here they cost what the caller allows: the system ends the process otherwise. A script defines
`answer(source: bytes, *arguments: str) -> bytes`. Once its imports are done, it can open no file and no
connection, and start no process, or no more than the few threads that it needs; of our environment it sees
nothing.

This file is also the program that such a process starts with. It imports nothing of ours.
"""

import resource
import runpy
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

OPEN_FILES = 3
"""Standard input, output and errors."""

FAILED = 1
OUT_OF_MEMORY = 2


class Limits(NamedTuple):
    """Bytes of memory, seconds of the processor, bytes of the answer, and threads beside its own, at most."""

    memory: int
    seconds: int
    answer: int
    threads: int = 0


class Failed(Exception):  # noqa: N818  (an answer, not a fault)
    """The script gave no answer."""


class TooMuch(Failed):
    """It wanted more memory or time than it may have."""


def run(script: Path, source: IO[bytes], *arguments: str, limits: Limits) -> bytes:
    """The script's answer to the file. Raises Failed or TooMuch, or OSError if this machine cannot run it."""
    source.seek(0)
    with run_to_file(script, source, *arguments, limits=limits) as answered:
        return answered.read()


@contextmanager
def run_to_file(script: Path, source: IO[bytes], *arguments: str, limits: Limits) -> Iterator[IO[bytes]]:
    """Like run, for what need not fit into memory: the answer is a file. Of the source, its rest is given.

    Such a script defines `write_answer(source: IO[bytes], answer: IO[bytes], *arguments: str)`.
    """
    command = [sys.executable, "-I", __file__, *map(str, limits), str(script), *arguments]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answered:
        shutil.copyfileobj(source, given)
        given.seek(0)
        try:
            done = subprocess.run(  # noqa: S603  (scripts of ours)
                command,
                stdin=given,
                stdout=answered,
                stderr=subprocess.DEVNULL,
                cwd="/",
                # Threads share their memory, instead of reserving some each.
                env={"MALLOC_ARENA_MAX": "1"},
                # The limit is of the processor's time; a machine with much to do takes longer for it.
                timeout=10 + 10 * limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TooMuch from None
        # Negative: ended by the system.
        if done.returncode < 0 or done.returncode == OUT_OF_MEMORY:
            raise TooMuch
        if done.returncode:
            raise Failed
        answered.seek(0)
        yield answered


def main(memory: str, seconds: str, answer: str, threads: str, script: str, *arguments: str) -> int:
    """What the process does."""
    _limit(resource.RLIMIT_AS, int(memory))
    _limit(resource.RLIMIT_CPU, int(seconds))
    _limit(resource.RLIMIT_FSIZE, int(answer))
    _limit(resource.RLIMIT_CORE, 0)
    try:
        names: dict[str, Any] = runpy.run_path(script)
        shut_in(int(threads))
        if "write_answer" in names:
            names["write_answer"](sys.stdin.buffer, sys.stdout.buffer, *arguments)
        else:
            sys.stdout.buffer.write(names["answer"](sys.stdin.buffer.read(), *arguments))
        sys.stdout.buffer.flush()
    except MemoryError:
        return OUT_OF_MEMORY
    except Exception:
        return FAILED
    return 0


def shut_in(threads: int) -> None:
    """Lets this process open and start nothing more, but for so many threads or a few more."""
    _limit(resource.RLIMIT_NPROC, _running() + threads if threads else 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)


def _running() -> int:
    """How many threads this system counts for our user, or up to twice as many.

    It is found out by trying: what runs elsewhere, as in another container, cannot be seen but counts.
    """
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    running = 1
    while hard == resource.RLIM_INFINITY or running < hard:
        resource.setrlimit(resource.RLIMIT_NPROC, (running, hard))
        thread = threading.Thread()
        try:
            thread.start()
        except RuntimeError:
            running *= 2
        else:
            thread.join()
            break
    return running


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(what, (most, most))
    except ValueError:
        # macOS does not limit a process's memory.
        if sys.platform == "linux":
            raise


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
