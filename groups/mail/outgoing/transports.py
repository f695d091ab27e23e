"""The way out that settings.MAIL_OUT names: a smart host, or a folder to look into."""

import json
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings

from .client import Client, Lost, Outcome, Parcel, connect

# Of a folder, so many envelopes are kept; a mail to everybody in the demonstration is a few of them.
KEPT = 1_000
_NAME = re.compile(r"[0-9]{16,20}-[0-9]{1,10}-[0-9]{1,10}")
_DOUBLED_DOT = re.compile(rb"^\.\.", re.MULTILINE)


class WayOut(Protocol):
    """Takes envelopes over, one after the other."""

    def hand_over(self, parcel: Parcel) -> Outcome:
        """Raises Lost if there is no telling what has become of it."""

    def close(self) -> None: ...


def way_out() -> WayOut:
    """The way out. Nothing is opened before it is used."""
    folder = folder_out()
    return SmartHost(settings.MAIL_OUT) if folder is None else Folder(folder)


def folder_out() -> Path | None:
    """The folder that mail is put into instead of being sent, None where it is sent."""
    parts = urlsplit(settings.MAIL_OUT)
    return Path(unquote(parts.path)) if parts.scheme == "folder" else None


class SmartHost:
    """A mail server that brings mail to the world; the connection to it is kept over many envelopes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client: Client | None = None

    def hand_over(self, parcel: Parcel) -> Outcome:
        if self.client is not None:
            try:
                return self.client.hand_over(parcel)
            except Lost as lost:
                self.client = None
                # Servers close connections that were idle, or good for enough mails; a new one may do.
                if not lost.before_content:
                    raise
        self.client = connect(self.url)
        try:
            return self.client.hand_over(parcel)
        except Lost:
            self.client = None
            raise

    def close(self) -> None:
        if self.client is not None:
            try:
                self.client.quit()
            except OSError:
                self.client.close()
            self.client = None


@dataclass(frozen=True)
class Written:
    """An envelope in the folder."""

    name: str
    at: datetime
    sender: str
    recipients: list[str]
    path: Path  # of the mail, as it would have gone out


class Folder:
    """Writes what would have been sent: the mail as it is, and who gets it in a file beside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def hand_over(self, parcel: Parcel) -> Outcome:
        self.path.mkdir(parents=True, exist_ok=True)
        if self.count % 100 == 0:
            self._remove_oldest()
        self.count += 1
        name = f"{time.time_ns()}-{os.getpid()}-{self.count}"
        self._write(f"{name}.json", json.dumps({"from": parcel.sender, "to": [*parcel.recipients]}).encode())
        self._write(f"{name}.eml", _DOUBLED_DOT.sub(b".", b"".join(parcel.parts)))
        return Outcome([*parcel.recipients])

    def _write(self, name: str, data: bytes) -> None:
        """Under another name first, so that nobody reads half of it."""
        half = self.path / f"{name}.half"
        half.write_bytes(data)
        half.replace(self.path / name)

    def _remove_oldest(self) -> None:
        for path in sorted(self.path.glob("*.eml"))[:-KEPT]:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is open."""


def names_written(folder: Path) -> list[str]:
    """The names of the envelopes in a folder, newest first."""
    return sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)


def read_written(folder: Path, name: str) -> Written | None:
    """One envelope of the folder; None if there is none of this name, or it has just gone."""
    if not _NAME.fullmatch(name):
        return None
    path = folder / f"{name}.eml"
    try:
        envelope = json.loads(path.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return None
    at = datetime.fromtimestamp(int(name.partition("-")[0]) / 1e9, UTC)
    return Written(name, at, envelope["from"], envelope["to"], path)
