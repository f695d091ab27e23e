"""What the reports in bounces say about each recipient, in fields (RFC 3464, RFC 6533, rule 4.10).

Read from whatever part carries them: some servers send them as plain text, others with a broken structure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from itertools import islice

from groupadmin.base.charsets import decoded
from groupadmin.base.text import clean_line
from groups.mail.header_fields import AsItCame

from . import dead_addresses

REPORT = "multipart/report"
# The second kind is called a text, lest Python take it for a mail, which could not be encoded (see parsed).
REPORTS = frozenset({"message/delivery-status", "text/global-delivery-status"})
# The mail that came back: what it says is nobody's answer.
RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
TEXTS = frozenset({"text/plain", "text/html", "text/x-diagnostic"})

PARTS_AT_MOST = 50
BLOCKS_AT_MOST = 200
WORDS_AT_MOST = 500
DOMAIN_AT_MOST = 253

_FIELD = re.compile(r"[ >]{0,4}([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,4}:[ \t]*(.*)")
_GLOBAL = re.compile(rb"message/(global-delivery-status)", re.IGNORECASE)
_ADDRESS_FIELDS = ("original-recipient", "final-recipient", "x-actual-recipient")
# RFC 6533 3: a character in ASCII. RFC 3461 4: in hexadecimal, after a plus sign.
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_IN_BRACKETS = re.compile(r"<([^<>]{1,320})>")


@dataclass(frozen=True)
class Told:
    """What a bounce says about one address: the server's words, or that the mail is late."""

    address: str
    words: str
    is_late: bool = False


def parsed(raw: bytes) -> Message:
    """A bounce, with its reports and its headers as they are."""
    return message_from_bytes(_GLOBAL.sub(rb"text/\1", raw), policy=AsItCame())


def parts(message: Message) -> list[Message]:
    """The parts that a server has written, in their order; of a hostile bounce, the first ones."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < PARTS_AT_MOST:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting[:0] = [one for one in payload[:PARTS_AT_MOST] if isinstance(one, Message)]
        elif part.get_content_type() not in RETURNED:
            found.append(part)
    return found


def text_of(part: Message) -> str:
    """A part as text, whatever its encoding; a report as it was before Python took it apart."""
    payload = part.get_payload()
    if isinstance(payload, list):
        data: object = b"\n\n".join(
            bytes(one) for one in payload[:BLOCKS_AT_MOST] if isinstance(one, Message)
        )
    else:
        data = part.get_payload(decode=True)
    return _decoded(data if isinstance(data, bytes) else b"", str(part.get_content_charset() or "utf-8"))


def _decoded(data: bytes, charset: str) -> str:
    """Of a server that names no charset, or a wrong one, the ASCII counts."""
    texts = (decoded(data, name) for name in (charset, "utf-8"))
    return next((text for text in texts if text is not None), data.decode("latin-1"))


def told(message: Message) -> list[Told]:
    """What its reports say about each recipient, by each of the addresses that they name.

    If it has none, the first mail that it carries is looked at: some gateways send reports on like this.
    """
    return list(_told(message)) or [one for carried in _carried(message) for one in _told(carried)]


def _carried(message: Message) -> list[Message]:
    payloads = [part.get_payload() for part in islice(message.walk(), PARTS_AT_MOST) if _is_mail(part)]
    mails = [payload[0] for payload in payloads[:1] if isinstance(payload, list)]
    return [mail for mail in mails if isinstance(mail, Message) and mail.get_content_type() == REPORT]


def _is_mail(part: Message) -> bool:
    return part.get_content_type() == "message/rfc822"


def _told(message: Message) -> Iterator[Told]:
    for part in parts(message):
        kind = part.get_content_type()
        text = text_of(part) if kind in REPORTS or kind in TEXTS or kind.startswith("multipart/") else ""
        for block in islice(_blocks(text), BLOCKS_AT_MOST):
            yield from _of_block(block)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields about one recipient each, between blank lines or not; unfolded."""
    block: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        field = _FIELD.match(line)
        if not line.strip(" >\t"):
            if block:
                yield block
            block, last = {}, ""
        elif line[0] in " \t" and last:
            block[last] += f" {line.strip()}"
        elif field:
            last = field[1].lower()
            if last in block and last in _ADDRESS_FIELDS:
                yield block
                block = {}
            block.setdefault(last, field[2].strip())
    if block:
        yield block


def _of_block(block: dict[str, str]) -> Iterator[Told]:
    fields = [block[name] for name in _ADDRESS_FIELDS if name in block]
    action = block.get("action", "").lower()
    status = dead_addresses.status_in(block.get("status", ""))
    is_late = action.startswith("delayed") or (not action and status.startswith("4."))
    is_failed = action.startswith(("fail", "error")) or (not action and "diagnostic-code" in block)
    if not fields or not (is_late or is_failed):
        return
    words = _words(status, block.get("diagnostic-code", ""))
    for address in dict.fromkeys(one for field in fields for one in addresses_in(field)):
        yield Told(address, words, is_late)


def _words(status: str, diagnostic: str) -> str:
    """What the server said, with the status code if its words have none, or a milder one."""
    kind, semicolon, rest = diagnostic.partition(";")
    said = clean_line(" ".join((rest if semicolon and len(kind) < 20 else diagnostic).split()))
    if status.startswith("5.") and status not in dead_addresses.DEAD and dead_addresses.why_dead(said):
        # The reporting server's own code for a reply that has none.
        return said[:WORDS_AT_MOST]
    if status and (not said or status.startswith("4.") or not dead_addresses.status_in(said)):
        said = f"{status} {said}".strip()
    return said[:WORDS_AT_MOST]


def addresses_in(field: str) -> list[str]:
    """The address of a field such as "rfc822; name@domain", in all the ways in which we may know it."""
    kind, semicolon, rest = field.partition(";")
    shown = rest if semicolon else kind
    found = _IN_BRACKETS.search(shown)
    address = (found[1] if found else shown.strip().partition(" ")[0])[:1000]
    address = _EMBEDDED.sub(_character, address)
    return spellings(address) + [one for one in spellings(_from_xtext(address)) if one != address.lower()]


def _character(embedded: re.Match[str]) -> str:
    code = int(embedded[1], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else embedded[0]


def _from_xtext(address: str) -> str:
    data = _XTEXT.sub(lambda match: chr(int(match[1], 16)), address)
    return clean_line(data)


def spellings(address: str) -> list[str]:
    """An address in lower case, with its domain in its own script, and as mail servers know it."""
    address = clean_line(address).lower()
    local_part, at, domain = address.rpartition("@")
    if not at or len(domain) > DOMAIN_AT_MOST:
        return []
    found = [address]
    try:
        found.append(f"{local_part}@{domain.encode('idna').decode()}")
        found.append(f"{local_part}@{domain.encode('ascii', 'ignore').decode('idna')}")
    except UnicodeError:
        pass  # no domain, so there is one spelling
    return list(dict.fromkeys(found))
