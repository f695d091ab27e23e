"""This machine: its disk, its clock, and where files are stored."""

import errno
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from groupadmin.health import storage

from .finding import Facts, Finding, error, in_words, note, ok, warning

MIB = 1024 * 1024
FEW_BYTES, TOO_FEW_BYTES = 2048 * MIB, 200 * MIB
FEW_FILES = 1000
APART = timedelta(seconds=5)


def storage_of(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether a file can be stored, read and deleted."""
    name, content = f"health/doctor-{secrets.token_hex(8)}", secrets.token_bytes(64)
    try:
        stored = default_storage.save(name, ContentFile(content))
        with default_storage.open(stored) as file:
            is_same = file.read() == content
        default_storage.delete(stored)
    except Exception as problem:
        yield error(f"No file can be stored: {in_words(problem)}", _mend(problem))
        return
    if not is_same:
        yield error("A file does not come back as it was stored.")
    elif hasattr(os, "geteuid") and os.geteuid() == 0 and storage.folder() is not None:
        yield note(
            "Files can be stored, by root.", "Ask as the user of the services: runuser -u groupadmin -- …"
        )
    else:
        yield ok("Files can be stored.")


def _mend(problem: Exception) -> str:
    if storage.folder() is None:
        return "Start the server of the bucket, or correct FILES: its address, its key, what the key may do."
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room, or mount a larger disk there."
    return "Create the folder GROUPADMIN_DATA_DIR, owned by the user of the services; ask as that user."


def disk(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether there is room: for the files, and for what is being uploaded."""
    places = {storage.folder(): "files", Path(tempfile.gettempdir()): "what is being uploaded"}
    for where, what in places.items():
        if where is not None:
            yield _room(where, what)


def _room(where: Path, what: str) -> Finding:
    found = os.statvfs(where)
    free = found.f_bavail * found.f_frsize
    words = f"{free / MIB:,.0f} MB are left for {what} in {where}."
    if free < TOO_FEW_BYTES:
        return error(words, "Make room, or mount a larger disk there.")
    if found.f_files and found.f_favail < FEW_FILES:
        return error(f"Only {found.f_favail} more files fit into {where}.", "Delete files that nobody needs.")
    if free < FEW_BYTES:
        return warning(words, "Make room, or mount a larger disk there.")
    return ok(words)


def clock_of(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether it is right: codes of authenticator apps and tokens' ends depend on it."""
    if abs(facts.ahead) > APART:
        apart = facts.ahead.total_seconds()
        yield error(
            f"The database's clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} ours.",
            "Have both machines ask a time server, such as with chrony.",
        )
        return
    match _is_synchronized():
        case True:
            yield ok("It is set by a time server.")
        case False:
            yield warning("Nothing sets it: no time server is asked.", "apt install chrony")
        case None:
            yield note("Who sets it cannot be seen from here.")


def _is_synchronized() -> bool | None:
    if (command := shutil.which("timedatectl")) is None:
        return None
    asked = [command, "show", "--property=NTPSynchronized", "--value"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=3, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(said)
