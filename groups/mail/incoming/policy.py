"""Accept or refuse: one pure function of a mail and its list (rules 4.3 to 4.6).

Refusals are spoken in the SMTP dialogue, in English: a mail server does not know the reader's language.
"""

from collections.abc import Callable
from dataclasses import dataclass

from groups.mail.arrival import Arrival, Decision
from groups.mail.outgoing.headers import list_id
from groups.models import Mail

from .reading import MOST_HEADER_BYTES

# Postfix's limit; a mail with more is going round in circles.
MOST_HOPS = 50
AUTOMATIC_PRECEDENCES = frozenset({"auto_reply", "auto-reply"})


@dataclass(frozen=True)
class PolicyContext:
    """Everything that the decision needs to know about a list and a sender."""

    address: str
    exists: bool = True
    is_on: bool = True
    group_deleted: bool = False
    blocks_external_domains: bool = False
    only_designated: bool = False
    domains: frozenset[str] = frozenset()  # of the company
    sender_is_designated: bool = False  # to send to the list, or as it (rules 4.5, 4.6)
    sender_may_send_as: bool = False  # rule 4.6
    sender_is_member_account: bool = False  # From is an address of an active member of the company
    answers_sent_as: bool = False  # a reply to a mail sent as the list, from one of its addressees
    size_limit: int = 25 * 1024 * 1024
    has_front: bool = False  # a front server checks senders; only what it calls genuine is trusted
    aliases: frozenset[str] = frozenset()  # rule 4.14

    @property
    def addresses(self) -> frozenset[str]:
        """All the list's addresses."""
        return self.aliases | {self.address}


UNKNOWN = Decision(
    False, "unknown", 550, "5.1.1", "There is no mailing list with this address. Check the spelling."
)
OFF = Decision(
    False,
    "off",
    550,
    "5.2.1",
    "This mailing list is off. Ask a master of the group to switch it on.",
)
LATER = Decision(
    False, "later", 451, "4.3.0", "This cannot be delivered right now. Send it again in a few minutes."
)

NO_SPACE = Decision(
    False, "later", 452, "4.3.1", "The server has no space left. Send it again in a few hours."
)


def refuse(rule: str, status: str, text: str, code: int = 550) -> Decision:
    """A permanent refusal."""
    return Decision(False, rule, code, status, text)


def decide(arrival: Arrival, context: PolicyContext) -> Decision:
    """Whether the mail goes to the list, or out as it; by which rule, and with which reply."""
    for rule in AS_LIST if is_signed_in(arrival) else TO_LIST:
        if (decision := rule(arrival, context)) is not None:
            return decision
    return Decision(True, strictest(context))


CAME_BACK = "came back"


def to_administrators(arrival: Arrival, context: PolicyContext) -> Decision:
    """Whether a company's administrators get the mail (rule 1.10). What goes in circles ends silently."""
    if (decision := _size(arrival, context) or _headers(arrival, context)) is not None:
        return decision
    return Decision(True, CAME_BACK if _loop(arrival, context) else "1.10")


def strictest(context: PolicyContext) -> str:
    """The strictest of the list's rules, by which mail that passes them all is accepted."""
    if context.only_designated:
        return "4.5"
    return "4.4" if context.blocks_external_domains else "4.3"


def is_signed_in(arrival: Arrival) -> bool:
    """Whether the sender signed in to send it; such mail can only be sent as a list (rule 4.6)."""
    return arrival.door in (Mail.Door.SUBMISSION, Mail.Door.WEB)


def too_large(limit: int) -> Decision:
    """For a mail above the limit, in bytes."""
    megabytes = f"{limit / 1024 / 1024:.4g} MB"
    text = f"The email is larger than {megabytes}, the limit here. Send a link to the files instead."
    return refuse("size", "5.3.4", text, 552)


Rule = Callable[[Arrival, PolicyContext], Decision | None]


def check_list(context: PolicyContext) -> Decision | None:
    """What is wrong with the list itself, whatever the mail; None if it accepts mail."""
    if not context.exists:
        return UNKNOWN
    if context.group_deleted:
        # The same reply as for an address that never existed: whether there was a group stays private.
        return Decision(False, "deleted", UNKNOWN.code, UNKNOWN.status, UNKNOWN.text)
    return None if context.is_on else OFF


def _list_takes_mail(arrival: Arrival, context: PolicyContext) -> Decision | None:
    return check_list(context)


def _size(arrival: Arrival, context: PolicyContext) -> Decision | None:
    return too_large(context.size_limit) if len(arrival.raw) > context.size_limit else None


def _headers(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """A mail with more headers than are read cannot be decided on."""
    if len(arrival.raw) <= MOST_HEADER_BYTES or b"\r\n\r\n" in arrival.raw[:MOST_HEADER_BYTES]:
        return None
    return refuse("headers", "5.3.4", "The headers of this email are larger than 256 KB. Shorten them.", 552)


def _loop(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """A mail that came back: with our mark, the list's own List-Id, or too many servers on its way."""
    if not context.addresses.isdisjoint(arrival.loops):
        return refuse("loop", "5.4.6", "This email has already been through this list.", 554)
    if any(list_id(address) in arrival.list_ids for address in context.addresses):
        return refuse("loop", "5.4.6", "This email already comes from this list.", 554)
    if arrival.hops > MOST_HOPS:
        text = f"This email has been through more than {MOST_HOPS} servers. It seems to be going in circles."
        return refuse("hops", "5.4.6", text, 554)
    return None


def _automatic(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """Bounces and automatic replies are never distributed; reports that a program sends on its own are."""
    if not arrival.envelope_sender:
        return refuse(
            "bounce", "5.7.1", "Emails without an envelope sender, such as bounces, are not sent to a list."
        )
    if arrival.auto_submitted == "auto-replied" or arrival.precedence in AUTOMATIC_PRECEDENCES:
        return refuse("automatic", "5.7.1", "Automatic replies are not sent to a list.")
    return None


def _one_from(arrival: Arrival, context: PolicyContext) -> Decision | None:
    if not arrival.from_addresses:
        return refuse("from", "5.6.0", "Your email needs one valid address in From.", 554)
    if len(arrival.from_addresses) > 1:
        return refuse("from", "5.6.0", "Your email has several addresses in From. Use only one.", 554)
    return None


def _is_from(arrival: Arrival, context: PolicyContext) -> bool:
    """Whether From is the list alone, by any of its addresses."""
    return len(arrival.from_addresses) == 1 and arrival.from_addresses[0] in context.addresses


def _from_is_the_list(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """Rule 4.6: a sender who has not signed in cannot prove that they are designated."""
    if not _is_from(arrival, context):
        return None
    text = (
        "To send as the list, sign in first: use New email on the group's page, or the "
        "submission server in your email program."
    )
    return refuse("4.6", "5.7.1", text)


def _may_send_as(arrival: Arrival, context: PolicyContext) -> Decision:
    """Rule 4.6: people who sign in send as a list that they are designated for, and as nothing else."""
    if arrival.signed_in_id is None:
        return refuse("4.6", "5.7.0", "Sign in first.", 530)
    if not context.sender_may_send_as or not _is_from(arrival, context):
        text = (
            "From must be the address of a mailing list you can send as. Ask a master of the "
            "group to designate you."
        )
        return refuse("4.6", "5.7.1", text)
    if arrival.door == Mail.Door.SUBMISSION and arrival.envelope_sender.lower() not in context.addresses:
        return refuse("4.6", "5.7.1", "The envelope sender must be the mailing list's address, like From.")
    return Decision(True, "4.6", as_list=True)


def _as_existing_list(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """Signing in reveals nothing about a list that one may not send as."""
    if not context.sender_may_send_as:
        return _may_send_as(arrival, context)
    return _list_takes_mail(arrival, context)


def _forged(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """A company address that the front server found forged is refused, whatever the list allows.

    So is another's address on the mail of somebody who signed in to the front server (rule 4.7).
    """
    if arrival.is_anothers:
        text = (
            "You signed in to your mail server with another address than the one in From. Send your email "
            "from your own address."
        )
        return refuse("not_own", "5.7.1", text)
    if arrival.is_genuine is False and _domain(arrival) in context.domains:
        text = (
            "From is an address of this company, but this email did not come from its servers. "
            "Send it through your company's mail server."
        )
        return refuse("forged", "5.7.1", text)
    return None


def _answer_to_list(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """Rule 4.6: the addressees of a mail sent as the list may reply to it, even where 4.4 or 4.5 refuse."""
    if context.answers_sent_as and arrival.is_genuine is not False:
        return Decision(True, "4.6")
    return None


def _external_domains(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """Rule 4.4."""
    if not context.blocks_external_domains:
        return None
    if _domain(arrival) not in context.domains:
        return refuse("4.4", "5.7.1", "This list only accepts emails from addresses of its own company.")
    return None if _is_believed(arrival, context) else _not_believed("4.4")


def _designated(arrival: Arrival, context: PolicyContext) -> Decision | None:
    """Rule 4.5."""
    if not context.only_designated:
        return None
    if not context.sender_is_designated:
        text = "Only designated members can send to this list. Ask a master of the group to designate you."
        return refuse("4.5", "5.7.1", text)
    return None if _is_believed(arrival, context) else _not_believed("4.5")


def _not_believed(rule: str) -> Decision:
    text = (
        "This list only accepts certain senders, and we could not verify the address in From. "
        "Send your email through your company's mail server."
    )
    return refuse(rule, "5.7.1", text)


def _is_believed(arrival: Arrival, context: PolicyContext) -> bool:
    """Whether From is trusted where the sender matters.

    With a front server that checks senders, no result proves nothing. Without one, From is all that there is.
    """
    return arrival.is_genuine is True or (arrival.is_genuine is None and not context.has_front)


def _domain(arrival: Arrival) -> str:
    return arrival.from_addresses[0].rpartition("@")[2]


TO_LIST: tuple[Rule, ...] = (
    _list_takes_mail,
    _size,
    _headers,
    _loop,
    _automatic,
    _one_from,
    _from_is_the_list,
    _forged,
    _answer_to_list,
    _external_domains,
    _designated,
)
AS_LIST: tuple[Rule, ...] = (_size, _headers, _as_existing_list, _may_send_as)
