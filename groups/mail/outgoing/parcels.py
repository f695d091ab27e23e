"""What is handed over to a mail server, and what it says to that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .dead_addresses import why_dead

# Sign-in is required or failed.
_SIGN_IN = (530, 534, 535, 538)
# About this mail, though the server has not seen it: its size (by SIZE=) or its characters.
_OF_MAIL = re.compile(r"[45]\.(?:2\.3|3\.4|6\.\d+)\b")
_NO_RELAY = re.compile(
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited)|unable to relay"
    r"|not (?:permitted|allowed|authori[sz]ed) to relay",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reply:
    """What the other side replies about one recipient or about the whole mail."""

    code: int
    text: str
    is_of_recipient: bool = False
    # Said before it has seen the mail, to whoever asks.
    is_of_server: bool = False

    @property
    def is_permanent(self) -> bool:
        if self.is_too_many or self.is_about_us:
            return False
        return self.code // 100 == 5

    @property
    def is_about_us(self) -> bool:
        """Whether the server takes no mail from us now, whichever it is and for whomever (rule 4.11).

        It is away, or an operator has to change something here or there: so the mail waits.
        """
        if self.code in _SIGN_IN:
            return True
        if self.is_of_recipient:
            return self.code // 100 == 5 and _NO_RELAY.search(self.text) is not None
        return self.is_of_server and self.code != 552 and _OF_MAIL.match(self.text) is None

    @property
    def is_refusal(self) -> bool:
        """Whether it is away only because it says no, which does not pass by itself."""
        return self.is_about_us and self.code // 100 == 5

    @property
    def is_too_many(self) -> bool:
        """Whether the recipient is one too many for this transaction, but not for the next."""
        says_so = self.text.startswith(("4.5.3", "5.5.3")) or "too many" in self.text.lower()
        return self.is_of_recipient and self.code in (452, 552) and says_so

    @property
    def tells_address_is_dead(self) -> bool:
        """Whether no mail will ever arrive at the recipient's address (rule 4.10)."""
        return self.is_of_recipient and self.is_permanent and why_dead(str(self)) is not None

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True)
class Outcome:
    """Whom the smart host has accepted, and whom not."""

    accepted: list[str] = field(default_factory=list)
    refused: dict[str, Reply] = field(default_factory=dict)

    @classmethod
    def none(cls, recipients: Sequence[str], reply: Reply) -> "Outcome":
        return cls([], dict.fromkeys(recipients, reply))

    @property
    def count(self) -> int:
        """Of how many recipients it says something."""
        return len(self.accepted) + len(self.refused)

    def add(self, more: "Outcome") -> None:
        self.accepted.extend(more.accepted)
        self.refused.update(more.refused)

    @property
    def trouble(self) -> Reply | None:
        """A reply by which the server takes no mail from us; None if there is none."""
        return next((reply for reply in self.refused.values() if reply.is_about_us), None)


class ConnectionLost(Exception):  # noqa: N818
    """The connection broke, or there never was one. The fate of the envelope is unknown."""

    def __init__(
        self,
        reason: str,
        *,
        before_content: bool = True,
        never_connected: bool = False,
        is_refusal: bool = False,
    ) -> None:
        super().__init__(reason)
        self.before_content = before_content
        self.never_connected = never_connected
        # It answered, and will say the same until somebody changes something.
        self.is_refusal = is_refusal


@dataclass(frozen=True)
class Parcel:
    """An envelope with its mail, as SMTP sends it: lines end in CRLF, leading dots are doubled."""

    sender: str
    recipients: Sequence[str]
    parts: Sequence[bytes]
    has_8bit: bool = False
    has_utf8_header: bool = False

    @property
    def size(self) -> int:
        return sum(map(len, self.parts))


def dot_stuffed(data: bytes) -> bytes:
    """Text as SMTP sends it (RFC 5321, 4.5.2), without the final dot."""
    data = data.replace(b"\n.", b"\n..")
    return b"." + data if data.startswith(b".") else data


def with_crlf(data: bytes) -> bytes:
    """Every line ends in CR and LF, the last one too: a later server could take others for the mail's end."""
    if data.count(b"\n") != data.count(b"\r\n") or data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return data if not data or data.endswith(b"\r\n") else data + b"\r\n"
