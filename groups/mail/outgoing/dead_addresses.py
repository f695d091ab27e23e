"""What a mail server's words say about an address: the one table for replies and for bounces (rule 4.10).

Most of what comes back says nothing about the address: the mail was too large (5.3.4), its author's DMARC
policy forbade it (5.7.1), the mailbox was full (5.2.2), the way was blocked (5.4.6) or too slow (4.4.7). Only
what says that no mail will ever arrive there, whoever sends it, is in this table.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By enhanced status code (RFC 3463, and the registry of RFC 5248).
DEAD: dict[str, Promise] = {
    "5.1.1": _("There is no such mailbox."),
    "5.1.2": _("There is no such domain."),
    "5.1.3": _("The address is not valid."),
    "5.1.6": _("The mailbox has moved, and left no new address."),
    # A domain that says so (RFC 7505), and Exchange Online's word for an unknown recipient.
    "5.1.10": _("There is no such mailbox, or its domain takes no email at all."),
    # Exchange Online: the other server calls the recipient unknown.
    "5.1.351": _("There is no such mailbox."),
    "5.2.1": _("The mailbox is switched off."),
    # Postfix's code for a domain that is not in the DNS, and Exchange Online's.
    "5.4.4": _("There is no such domain."),
    "5.4.310": _("There is no such domain."),
}
# By SMTP code alone, where there is no other (RFC 7504).
DEAD_CODES: dict[str, Promise] = {"556": _("The domain takes no email at all.")}
# Codes by which a server says only that it failed; then its words count, as with servers that know no codes.
UNDECIDED = frozenset({"5.0.0", "5.1.0"})
SAYS_IN_WORDS = _("The mail server says that there is no such mailbox.")

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_CODE = re.compile(r"\s*([245]\d\d)\b")
_WORDS = re.compile(
    r"\bno (?:such|mailbox here by that) (?:user|mailbox|recipient|account|address|person|name|domain)\b"
    r"|\bunknown (?:user|mailbox|recipient|account|address)\b"
    r"|\b(?:user|mailbox|recipient|account|address)(?: \S{1,320})? (?:is )?"
    r"(?:unknown|not found|disabled|doesn't exist|does not exist)\b"
    r"|\bthis user doesn't have an? (?:\S{1,253} )?account\b"
    r"|\bunrout(?:e)?able address\b|\binvalid (?:recipient|mailbox)\b",
    re.IGNORECASE,
)
# Words about who sent it: "Sender address does not exist".
_ABOUT_SENDER = re.compile(r"\bsender\b", re.IGNORECASE)
_READ = 1_000


def status_in(text: str) -> str:
    """The first enhanced status code in a server's words; empty if there is none."""
    found = _STATUS.search(text[:_READ])
    return found[0] if found else ""


def why_dead(text: str) -> Promise | None:
    """Why no mail will ever arrive at the address, by a reply such as "550 5.1.1 User unknown"; else None.

    A temporary failure is none, whatever its words.
    """
    text = text[:_READ]
    found = _CODE.match(text)
    code = found[1] if found else ""
    if code[:1] in ("2", "4"):
        return None
    status = status_in(text)
    if status and status not in UNDECIDED:
        return DEAD.get(status)
    if code in DEAD_CODES:
        return DEAD_CODES[code]
    says_so = _WORDS.search(text) and not _ABOUT_SENDER.search(text)
    return SAYS_IN_WORDS if says_so else None
