"""Secrets that an installation generates and stores in its data folder."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def get_or_create_secret(path: Path, make: Callable[[], str]) -> tuple[str, bool]:
    """The secret in the file, and whether it was created just now. Only the file's owner can read it.

    Two processes at once get the same secret, and neither reads half of it: the file appears complete or not
    at all.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(), False
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
        os.link(draft, path)
    except FileExistsError:
        return path.read_text(), False
    finally:
        os.unlink(draft)
    return path.read_text(), True
