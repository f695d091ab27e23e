"""The transport that settings.MAIL_OUT names: a smart host, or a folder for inspection."""

import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings

from .client import TIMEOUT, Client, connect
from .parcels import ConnectionLost, Outcome, Parcel, Reply

# How many envelopes a folder keeps; a mail to everybody in the demo takes a few of them.
ENVELOPES_AT_MOST = 1_000
# For those whose turn comes at once, in an envelope of their own.
NEXT_TURN = Reply(452, "4.5.3 The next ones go out by themselves", is_of_recipient=True)
_NAME = re.compile(r"[0-9]{16,20}-[0-9]{1,10}-[0-9]{1,10}")
_DOUBLED_DOT = re.compile(rb"^\.\.", re.MULTILINE)


class Transport(Protocol):
    """Takes over envelopes, one after the other."""

    def hand_over(self, parcel: Parcel) -> Outcome:
        """Raises ConnectionLost if the result is unknown."""

    def hand_over_each(self, letters: Sequence[Parcel]) -> Outcome:
        """Letters with a recipient each, who are not each other's (rule 4.15).

        Raises ConnectionLost only if nothing is known of any of them.
        """

    def close(self) -> None: ...


def open_transport(timeout: float = TIMEOUT) -> Transport:
    """The configured transport, which connects at its first use; how long it waits for an answer."""
    folder = mail_folder()
    return SmartHost(settings.MAIL_OUT, timeout) if folder is None else FolderTransport(folder)


def mail_folder() -> Path | None:
    """The folder that receives mail in place of recipients; None if mail is really sent."""
    parts = urlsplit(settings.MAIL_OUT)
    return Path(unquote(parts.path)) if parts.scheme == "folder" else None


class SmartHost:
    """A mail server that delivers to the world; one connection serves many envelopes."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.url, self.timeout = url, timeout
        self.client: Client | None = None

    def hand_over(self, parcel: Parcel) -> Outcome:
        if self.client is not None:
            try:
                return self.client.hand_over(parcel)
            except ConnectionLost as lost:
                self.client = None
                # Servers close idle connections, or after a number of mails; a new one may work.
                if not lost.before_content:
                    raise
        self.client = connect(self.url, self.timeout)
        try:
            return self.client.hand_over(parcel)
        except ConnectionLost:
            self.client = None
            raise

    def hand_over_each(self, letters: Sequence[Parcel]) -> Outcome:
        outcome = Outcome()
        while outcome.count < len(letters) and outcome.trouble is None:
            before, is_new = outcome.count, self.client is None
            try:
                self.client = self.client or connect(self.url, self.timeout)
                self.client.hand_over_each(letters, outcome)
                break
            except ConnectionLost as lost:
                self.client = None
                # Servers close connections after a number of mails; a new one that moves nothing ends it.
                if not is_new or outcome.count > before:
                    continue
                if not outcome.count:
                    raise
                return _with_rest(outcome, letters, Reply(451, str(lost), is_of_server=lost.never_connected))
        return _with_rest(outcome, letters, outcome.trouble or NEXT_TURN)

    def close(self) -> None:
        if self.client is not None:
            try:
                self.client.quit()
            except OSError:
                self.client.close()
            self.client = None


def _with_rest(outcome: Outcome, letters: Sequence[Parcel], reply: Reply) -> Outcome:
    """The outcome, with the same reply for all that nothing is known of."""
    if outcome.count == len(letters):
        # Each letter that is looked at is made for it.
        return outcome
    known = {*outcome.accepted, *outcome.refused}
    for letter in letters:
        outcome.refused.update({who: reply for who in letter.recipients if who not in known})
    return outcome


@dataclass(frozen=True)
class FolderMail:
    """An envelope in the folder."""

    name: str
    at: datetime
    sender: str
    recipients: list[str]
    path: Path  # of the mail, as it would have been sent


class FolderTransport:
    """Writes what would have been sent: the mail itself, and its recipients in a second file."""

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

    def hand_over_each(self, letters: Sequence[Parcel]) -> Outcome:
        outcome = Outcome()
        for letter in letters:
            outcome.add(self.hand_over(letter))
        return outcome

    def _write(self, name: str, data: bytes) -> None:
        """Under a temporary name first, so that nobody reads half a file."""
        half = self.path / f"{name}.half"
        half.write_bytes(data)
        half.replace(self.path / name)

    def _remove_oldest(self) -> None:
        for path in sorted(self.path.glob("*.eml"))[:-ENVELOPES_AT_MOST]:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)

    def close(self) -> None:
        """There is nothing to close."""


def names_in(folder: Path) -> list[str]:
    """The names of the envelopes in a folder, newest first."""
    return sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)


def read_mail(folder: Path, name: str) -> FolderMail | None:
    """An envelope of the folder; None if there is none with this name, or it has just been removed."""
    if not _NAME.fullmatch(name):
        return None
    path = folder / f"{name}.eml"
    try:
        envelope = json.loads(path.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return None
    at = datetime.fromtimestamp(int(name.partition("-")[0]) / 1e9, UTC)
    return FolderMail(name, at, envelope["from"], envelope["to"], path)
