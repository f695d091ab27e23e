"""Which words of a mail server mean that an address is dead (rule 4.10): few, and no others."""

import pytest

from groups.mail.outgoing.dead_addresses import DEAD, why_dead
from groups.mail.outgoing.parcels import Reply

pytestmark = pytest.mark.one_database

DEAD_WORDS = [
    "550 5.1.1 <a@x.example>: User unknown",
    "5.1.1",
    "550 5.1.2 Domain not found",
    "553 5.1.3 Bad address syntax",
    "551 5.1.6 Moved away",
    "556 5.1.10 Recipient address has null MX",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "5.4.4 Host or domain name not found. Name service error for name=gone.example",
    "550 5.4.310 DNS domain gone.example does not exist",
    "556 Domain does not accept mail",
    # Servers that know no such codes, and those whose code says only that they failed.
    "550 No Such User Here",
    "550 Unrouteable address",
    "Sorry, no mailbox here by that name. (#5.1.1)",
    "5.0.0 550 Unknown user",
    "550 5.1.0 <a@x.example>: Recipient address does not exist",
    "554 delivery error: dd This user doesn't have a yahoo.com account",
    "5.0.0 554 This account has been disabled or discontinued [#102]",
    "5.3.0 553 <a@x.example>... No such user here",
    "550 5.5.0 Requested action not taken: mailbox unavailable",
    "550 Mailbox is frozen",
    "550 5.1.1 unknown or illegal alias: a@x.example",
    "550 5.1.1 <a@antispam.example>: User unknown; see https://x.example/quota",
    "550 5.4.1 <a@x.example>: Recipient address rejected: Access denied",
    "525 5.7.13 Disabled recipient address",
    "554 5.7.1 <a@x.example>: Recipient address rejected: Nonexistent user",
    "550 #5.1.0 Address rejected.",
    "Host unknown (Authoritative answer from name server)",
    "an MX or SRV record indicated no SMTP service",
    "User a (a@x.example) not listed in Domino Directory",
    "ユーザー a (a@x.example) は Domino ディレクトリには見つかりません。",
    "받는 사람의 메일 주소가 존재하지 않습니다.",
    "실패 사유: 존재하지 않는 사용자",
    "해당 사용자가 없습니다",
    "없는 이메일 주소",
    "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden",
    "Benutzer unbekannt",
    "L'adresse que vous avez entrée est introuvable",
    "5.0.0 The email account that you tried to reach does not exist.",
    "550 5.7.1 550 User unknown: a@x.example",
    "550 Unknown local user",
    "550 no mailbox by that name is currently available",
    "550 a@x.example not found",
    "宛先のメールアドレスが見つかりませんでした。",
    "收件人邮箱地址不存在",
    "Empfänger unbekannt",
    "the address couldn’t be found. Check for typos and try again.",
]
OTHER_WORDS = [
    # About whoever sent it, and from where.
    "발신자 주소가 존재하지 않습니다",
    "보낸 사람의 주소를 찾을 수 없습니다",
    "差出人のメールアドレスが存在しません",
    "发件人地址不存在",
    "550 reverse DNS lookup failed: host not found",
    "550 IP address not found in DNS",
    "550 Your domain does not exist",
    "550 Recipient has blocked you",
    "550 5.7.1 Unauthenticated email is not accepted due to the domain's DMARC policy",
    "550 5.7.1 No such user would want this",
    "550 5.7.26 This mail is unauthenticated",
    "552 5.3.4 Message too large",
    "552 5.2.3 Message exceeds the limit",
    "552 5.2.2 Mailbox full",
    "4.4.7 Message expired, user unknown",
    "5.4.7 Delivery time expired",
    "554 5.4.6 Too many hops",
    "554 5.6.0 Bad content",
    "550 5.1.8 Bad sender",
    "550 5.1.7 Sender address does not exist",
    "550 Sender address does not exist",
    "550 5.1.0 Sender denied",
    "550 5.1.11 Something new",
    "550 5.5.0 Go away",
    "450 5.1.1 A server that contradicts itself",
    "450 4.1.1 User unknown",
    "550 Rejected",
    "550 192.5.1.1 is listed",
    "5.0.0 came back",
    "250 5.1.1 Fine",
    "5.1.0 - Unknown address error '5.2.2 <a@x.example>... Mailbox Full'",
    "552 sorry, mailbox a@x.example is over quota temporarily (#5.1.1)",
    "550 5.1.1 Refused due to recipient preferences",
    "550-5.2.1 The user is receiving mail at a rate that prevents additional messages",
    "550 5.1.1 <a@x.example> has sent to too many recipients this hour",
    "5.4.4 Name service error: Malformed or unexpected name server reply",
    "550 5.7.1 <a@x.example>: Recipient address rejected: Access denied",
    "501 5.0.0 Invalid domain name",
    "535 5.7.13 Account disabled",
    "받는 사람의 메일함 용량이 초과되었습니다.",
    "宛先のメールボックスの容量がいっぱいです。",
    "",
]


@pytest.mark.parametrize("text", DEAD_WORDS)
def test_says_that_it_is_dead(text: str) -> None:
    assert why_dead(text)


@pytest.mark.parametrize("text", OTHER_WORDS)
def test_says_something_else(text: str) -> None:
    assert why_dead(text) is None


@pytest.mark.parametrize("status", DEAD)
def test_replies_and_bounces_share_the_table(status: str) -> None:
    assert Reply(550, f"{status} Words", True).tells_address_is_dead
    assert not Reply(550, f"{status} Words").tells_address_is_dead
    assert not Reply(450, f"{status} Words", True).tells_address_is_dead


def test_long_words_cost_nothing() -> None:
    assert why_dead("550 " + "user " * 1_000_000) is None
