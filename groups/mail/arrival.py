"""A mail as it arrived, and the decision on it: what incoming and outgoing mail share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Author:
    """Somebody in From, as written there: upper case in a local part is its server's business."""

    address: str
    name: str = ""
    words: str = ""  # instead of a name that nobody can decode: encoded words, to be passed on as they are


@dataclass(frozen=True)
class Arrival:
    """A mail as it arrived, read far enough to decide on it and to store it."""

    door: str  # one of Mail.Door
    ip: str | None
    envelope_sender: str  # empty for the null sender of bounces
    recipients: tuple[str, ...]  # as in the envelope
    raw: bytes
    # Read from the headers; bounded, decoded, without line breaks.
    from_addresses: tuple[str, ...] = ()  # lower case; usually one
    authors: tuple[Author, ...] = ()  # the same, with their names
    shown_sender: str = ""  # the From header as people read it
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()  # In-Reply-To and References
    auto_submitted: str = "no"
    precedence: str = ""
    list_ids: tuple[str, ...] = ()  # its List-Id headers, without brackets
    loops: tuple[str, ...] = ()  # our own loop marks: the lists that it has passed through
    hops: int = 0  # Received headers
    # What the trusted front server's Authentication-Results say about the From address: True genuine,
    # False forged, None unknown (no front server, or no result).
    is_genuine: bool | None = None
    front_login: str = ""  # with which the sender signed in to the front server, usually their address
    is_anothers: bool = False  # From is another person's or a list's than who signed in there
    dkim_aligned: bool = False
    dmarc_policy: str = ""  # "none", "quarantine" or "reject", if the front server reports it
    # Who signed in, for submission or the page "New mail".
    signed_in_id: int | None = None


@dataclass(frozen=True)
class Decision:
    """Accept or refuse: by which rule, and the reply for the SMTP dialogue."""

    accepted: bool
    rule: str  # a rule's number or a short name: "4.3", "4.4", "4.5", "4.6", "loop", "size", …
    code: int = 250
    status: str = "2.0.0"  # enhanced status code, RFC 3463
    text: str = "OK"
    as_list: bool = False

    @property
    def reply(self) -> str:
        return f"{self.code} {self.status} {self.text}"
