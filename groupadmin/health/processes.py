"""The numbers of several web processes as one (rule 11.6): each keeps its own in files that all can read.

What an ended process has counted must not be lost, or counters would fall. Its files are added to those of
all that have ended, so that there are not more and more of them.
"""

import fcntl
import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def folder() -> Path | None:
    """Where the files are; None if there is only one process."""
    name = os.environ.get(FOLDER, "")
    return Path(name) if name and Path(name).is_dir() else None


def registry_of(where: Path) -> CollectorRegistry:
    """All processes' numbers, for reading them under `reading`."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(where))  # type: ignore[no-untyped-call]
    return registry


@contextmanager
def reading(where: Path) -> Iterator[None]:
    """While nobody moves numbers from one file to another."""
    with _locked(where, fcntl.LOCK_SH):
        yield


def clear(where: Path) -> None:
    """Forgets what processes of earlier days have left."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in where.glob("*.db"):
        path.unlink(missing_ok=True)


def keep_of_ended(where: Path, pid: int) -> None:
    """Adds the numbers of a process that has ended to those of all that have."""
    for kind in ("counter", "histogram"):
        source = where / f"{kind}_{pid}.db"
        if source.is_file():
            with _locked(where, fcntl.LOCK_EX):
                _add(source, where / f"{kind}_ended.db")
                source.unlink()
    for path in glob.glob(f"{glob.escape(str(where))}/gauge_*_{pid}.db"):
        os.unlink(path)


def _add(source: Path, target: Path) -> None:
    total = MmapedDict(str(target))  # type: ignore[no-untyped-call]
    try:
        for key, value, _time, _place in MmapedDict.read_all_values_from_file(str(source)):  # type: ignore[no-untyped-call]
            known, _known_time = total.read_value(key)  # type: ignore[no-untyped-call]
            total.write_value(key, known + value, 0.0)  # type: ignore[no-untyped-call]
    finally:
        total.close()  # type: ignore[no-untyped-call]


@contextmanager
def _locked(where: Path, how: int) -> Iterator[None]:
    with (where / "lock").open("a") as file:
        fcntl.flock(file, how)
        yield
