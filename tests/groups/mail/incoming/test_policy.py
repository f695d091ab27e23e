"""The decision table: what a list takes, by which rule, and what the sender reads (rules 4.3 to 4.6)."""

from dataclasses import replace
from typing import Any

import pytest

from groups.mail.arrival import Arrival, Decision
from groups.mail.incoming.policy import MOST_HOPS, PolicyContext, decide
from groups.mail.incoming.reading import MOST_HEADER_BYTES

LIST = "platform@hanbit.example"
INSIDE = "momo@hanbit.example"
OUTSIDE = "client@outside.example"

MAIL = Arrival(
    door="lmtp",
    ip=None,
    envelope_sender=INSIDE,
    recipients=(LIST,),
    raw=b"From: momo@hanbit.example\r\n\r\nHello",
    from_addresses=(INSIDE,),
)
OPEN = PolicyContext(
    LIST, domains=frozenset({"hanbit.example", "hanbit.test"}), sender_is_member_account=True
)
EXACTLY = len(MAIL.raw)
# Headers that end with the last byte that is read, and those that end one later.
FITTING = b"a: " + b"b" * (MOST_HEADER_BYTES - 7) + b"\r\n\r\n" + b"body"

AS_LIST = {"door": "submission", "envelope_sender": LIST, "from_addresses": (LIST,), "signed_in_id": 7}
DESIGNATED_AS = {"sender_may_send_as": True, "sender_is_designated": True}
BLOCKS = {"blocks_external_domains": True}
CHOSEN = {"only_designated": True}
FRONT = {"has_front": True}
FROM_OUTSIDE = {"from_addresses": (OUTSIDE,), "envelope_sender": OUTSIDE}

# What the mail is like, what the list is like, and the answer: its code and rule.
Row = tuple[dict[str, Any], dict[str, Any], str, str]
TABLE: list[Row] = [
    # 4.3: everybody may write to an open list, believed or not.
    ({}, {}, "250 2.0.0", "4.3"),
    (FROM_OUTSIDE, {}, "250 2.0.0", "4.3"),
    (FROM_OUTSIDE, FRONT, "250 2.0.0", "4.3"),
    (FROM_OUTSIDE | {"is_genuine": False}, FRONT, "250 2.0.0", "4.3"),
    ({"is_genuine": None}, FRONT, "250 2.0.0", "4.3"),
    # The list's state, before anything else.
    ({}, {"exists": False}, "550 5.1.1", "unknown"),
    ({}, {"group_deleted": True}, "550 5.1.1", "deleted"),
    ({}, {"group_deleted": True, "is_on": False}, "550 5.1.1", "deleted"),
    ({}, {"is_on": False}, "550 5.2.1", "off"),
    ({"envelope_sender": ""}, {"exists": False}, "550 5.1.1", "unknown"),
    ({}, {"is_on": False} | BLOCKS, "550 5.2.1", "off"),
    # Size, to the byte.
    ({}, {"size_limit": EXACTLY}, "250 2.0.0", "4.3"),
    ({}, {"size_limit": EXACTLY - 1}, "552 5.3.4", "size"),
    ({"raw": FITTING}, {}, "250 2.0.0", "4.3"),
    ({"raw": b"a" + FITTING}, {}, "552 5.3.4", "headers"),
    ({"raw": b"a" * MOST_HEADER_BYTES}, {}, "250 2.0.0", "4.3"),
    ({"raw": b"a" * (MOST_HEADER_BYTES + 1)}, {}, "552 5.3.4", "headers"),
    # Loops.
    ({"loops": ("other@hanbit.example", LIST)}, {}, "554 5.4.6", "loop"),
    ({"loops": ("other@hanbit.example",)}, {}, "250 2.0.0", "4.3"),
    ({"list_ids": ("news.outside.example", "platform.hanbit.example")}, {}, "554 5.4.6", "loop"),
    ({"list_ids": ("news.outside.example",)}, {}, "250 2.0.0", "4.3"),
    ({"hops": MOST_HOPS}, {}, "250 2.0.0", "4.3"),
    ({"hops": MOST_HOPS + 1}, {}, "554 5.4.6", "hops"),
    # Bounces and automatic answers are not distributed; what a machine reports by itself is.
    ({"envelope_sender": ""}, {}, "550 5.7.1", "bounce"),
    ({"auto_submitted": "auto-replied"}, {}, "550 5.7.1", "automatic"),
    ({"precedence": "auto_reply"}, {}, "550 5.7.1", "automatic"),
    ({"auto_submitted": "auto-generated"}, {}, "250 2.0.0", "4.3"),
    ({"precedence": "bulk"}, {}, "250 2.0.0", "4.3"),
    ({"auto_submitted": "auto-replied"}, {"answers_sent_as": True}, "550 5.7.1", "automatic"),
    # From.
    ({"from_addresses": ()}, {}, "554 5.6.0", "from"),
    ({"from_addresses": (INSIDE, OUTSIDE)}, {}, "554 5.6.0", "from"),
    # A company address that is forged comes in nowhere; of other companies' we do not know better.
    ({"is_genuine": False}, {}, "550 5.7.1", "forged"),
    ({"is_genuine": False}, FRONT, "550 5.7.1", "forged"),
    ({"is_genuine": False, "from_addresses": ("a@hanbit.test",)}, FRONT, "550 5.7.1", "forged"),
    ({"is_genuine": False}, {"answers_sent_as": True}, "550 5.7.1", "forged"),
    # 4.4: addresses of the company's domains alone.
    ({}, BLOCKS, "250 2.0.0", "4.4"),
    ({"from_addresses": ("a@hanbit.test",)}, BLOCKS, "250 2.0.0", "4.4"),
    (FROM_OUTSIDE, BLOCKS, "550 5.7.1", "4.4"),
    (FROM_OUTSIDE | {"is_genuine": True}, BLOCKS | FRONT, "550 5.7.1", "4.4"),
    ({"from_addresses": ("a@mail.hanbit.example",)}, BLOCKS, "550 5.7.1", "4.4"),
    ({"from_addresses": ("a@evilhanbit.example",)}, BLOCKS, "550 5.7.1", "4.4"),
    ({"is_genuine": True}, BLOCKS | FRONT, "250 2.0.0", "4.4"),
    ({"is_genuine": None}, BLOCKS | FRONT, "550 5.7.1", "4.4"),
    ({"is_genuine": False}, BLOCKS | FRONT, "550 5.7.1", "forged"),
    # The envelope's sender is not who sends.
    ({"envelope_sender": OUTSIDE}, BLOCKS, "250 2.0.0", "4.4"),
    ({"from_addresses": (OUTSIDE,)}, BLOCKS, "550 5.7.1", "4.4"),
    # 4.5: designated members alone.
    ({}, CHOSEN, "550 5.7.1", "4.5"),
    ({}, CHOSEN | {"sender_is_designated": True}, "250 2.0.0", "4.5"),
    ({"is_genuine": True}, CHOSEN | FRONT | {"sender_is_designated": True}, "250 2.0.0", "4.5"),
    ({"is_genuine": None}, CHOSEN | FRONT | {"sender_is_designated": True}, "550 5.7.1", "4.5"),
    ({"is_genuine": True}, CHOSEN | FRONT, "550 5.7.1", "4.5"),
    ({}, {"sender_is_designated": False}, "250 2.0.0", "4.3"),
    # 4.4 and 4.5 together: both have to let it in.
    (FROM_OUTSIDE, BLOCKS | CHOSEN, "550 5.7.1", "4.4"),
    ({}, BLOCKS | CHOSEN, "550 5.7.1", "4.5"),
    ({}, BLOCKS | CHOSEN | {"sender_is_designated": True}, "250 2.0.0", "4.5"),
    # 4.6: answers to what was sent as the list come in, whatever 4.4 and 4.5 say.
    (FROM_OUTSIDE, BLOCKS | {"answers_sent_as": True}, "250 2.0.0", "4.6"),
    (FROM_OUTSIDE, CHOSEN | {"answers_sent_as": True}, "250 2.0.0", "4.6"),
    (FROM_OUTSIDE, BLOCKS | FRONT | {"answers_sent_as": True}, "250 2.0.0", "4.6"),
    (FROM_OUTSIDE | {"is_genuine": False}, BLOCKS | {"answers_sent_as": True}, "550 5.7.1", "4.4"),
    (FROM_OUTSIDE, {"answers_sent_as": True, "is_on": False}, "550 5.2.1", "off"),
    (FROM_OUTSIDE | {"loops": (LIST,)}, {"answers_sent_as": True}, "554 5.4.6", "loop"),
    # 4.6: From is the list's address. From outside by nobody, not even by whoever may.
    ({"from_addresses": (LIST,)}, {}, "550 5.7.1", "4.6"),
    ({"from_addresses": (LIST,)}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    ({"from_addresses": (LIST,), "is_genuine": True}, DESIGNATED_AS | FRONT, "550 5.7.1", "4.6"),
    ({"from_addresses": (LIST,), "door": "smtp"}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    ({"from_addresses": (LIST,), "signed_in_id": 7}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    ({"from_addresses": (LIST,)}, {"answers_sent_as": True}, "550 5.7.1", "4.6"),
    # 4.6: signed in, whoever is designated for it, and for that alone.
    (AS_LIST, DESIGNATED_AS, "250 2.0.0", "4.6"),
    (AS_LIST | {"door": "web"}, DESIGNATED_AS, "250 2.0.0", "4.6"),
    (AS_LIST | {"door": "web", "envelope_sender": INSIDE}, DESIGNATED_AS, "250 2.0.0", "4.6"),
    (AS_LIST, DESIGNATED_AS | BLOCKS | CHOSEN | FRONT, "250 2.0.0", "4.6"),
    (AS_LIST, {}, "550 5.7.1", "4.6"),
    (AS_LIST, {"sender_is_designated": True}, "550 5.7.1", "4.6"),
    (AS_LIST | {"door": "web"}, {"sender_is_designated": True}, "550 5.7.1", "4.6"),
    (AS_LIST | {"signed_in_id": None}, DESIGNATED_AS, "530 5.7.0", "4.6"),
    (AS_LIST | {"from_addresses": (INSIDE,)}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    (AS_LIST | {"from_addresses": (LIST, INSIDE)}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    (AS_LIST | {"from_addresses": ()}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    (AS_LIST | {"envelope_sender": INSIDE}, DESIGNATED_AS, "550 5.7.1", "4.6"),
    (AS_LIST | {"envelope_sender": LIST.upper()}, DESIGNATED_AS, "250 2.0.0", "4.6"),
    (AS_LIST, DESIGNATED_AS | {"is_on": False}, "550 5.2.1", "off"),
    (AS_LIST, DESIGNATED_AS | {"group_deleted": True}, "550 5.1.1", "deleted"),
    (AS_LIST, DESIGNATED_AS | {"size_limit": 1}, "552 5.3.4", "size"),
    (AS_LIST | {"raw": b"a" + FITTING}, DESIGNATED_AS, "552 5.3.4", "headers"),
    # Whoever may not send as a list, does not learn by trying whether there is one.
    (AS_LIST, {"exists": False}, "550 5.7.1", "4.6"),
    (AS_LIST, {"is_on": False}, "550 5.7.1", "4.6"),
]


@pytest.mark.parametrize(("mail", "context", "answer", "rule"), TABLE)
def test_decides_by_the_table(mail: dict[str, Any], context: dict[str, Any], answer: str, rule: str) -> None:
    decision = decide(replace(MAIL, **mail), replace(OPEN, **context))
    assert (f"{decision.code} {decision.status}", decision.rule) == (answer, rule)
    assert decision.accepted == answer.startswith("250")
    assert decision.as_list == (decision.accepted and MAIL.door != mail.get("door", MAIL.door))


@pytest.mark.parametrize(("mail", "context", "answer", "rule"), [row for row in TABLE if row[2][0] == "5"])
def test_a_refusal_is_one_plain_sentence_that_says_what_to_do(
    mail: dict[str, Any], context: dict[str, Any], answer: str, rule: str
) -> None:
    reply = decide(replace(MAIL, **mail), replace(OPEN, **context)).reply
    assert reply.isascii()
    assert reply.isprintable()
    assert reply.endswith(".")
    assert len(reply) <= 200


def test_a_deleted_list_is_refused_in_the_words_for_one_that_never_was() -> None:
    """Rule 2.17: whether there was a group is nobody's business; our own audit knows."""
    deleted: Decision = decide(MAIL, replace(OPEN, group_deleted=True))
    unknown = decide(MAIL, replace(OPEN, exists=False))
    assert deleted.reply == unknown.reply
