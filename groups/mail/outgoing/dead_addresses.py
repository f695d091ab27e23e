"""What a mail server's words say about an address: the one table for replies and for bounces (rule 4.10).

Most of what comes back says nothing about the address: the mail was too large (5.3.4), its author's DMARC
policy forbade it (5.7.1), the mailbox was full (5.2.2), the way was blocked (5.4.6) or too slow (4.4.7). Only
what says that no mail will ever arrive there, whoever sends it, is in this table.
"""

import re
from itertools import islice

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
UNDECIDED = frozenset({"5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.5.0"})
# Codes with several meanings, and the words with which they have this one.
ONLY_WITH = {
    # Exchange Online, where a domain knows all its recipients.
    "5.4.1": re.compile(r"recipient address rejected: access denied", re.IGNORECASE),
    "5.7.1": re.compile(
        r"(?:recipient address rejected:|5\.7\.1 550) (?:nonexistent user|user unknown)", re.IGNORECASE
    ),
    # In answer to RCPT the recipient's account, otherwise the sender's own.
    "5.7.13": re.compile(r"recipient", re.IGNORECASE),
    # Only some qmail servers; else its owner has changed (RFC 7293).
    "5.7.17": re.compile(r"no mailbox here", re.IGNORECASE),
}
SAYS_IN_WORDS = _("The mail server says that there is no such mailbox.")

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_CODE = re.compile(r"\s*([245]\d\d)\b")
_THING = r"(?:user|user\(s\)|username|mailbox|recipient|account|address|alias|domain|host|local[ -]part)"
_GONE = (
    r"(?:unknown|not found|(?:does not|doesn['’]?t|not) exist|not known|not recognized"
    r"|no longer (?:exists?|available|valid|on server)"
    r"|(?:been )?(?:disabled|deactivated|discontinued|deleted|closed|suspended|frozen|blocked|locked)"
    r"|inactive|(?:could not|couldn['’]?t|wasn['’]?t|was not) (?:be )?found)"
)
_WORDS = re.compile(
    rf"\bno (?:such|valid|(?:mailbox|user|account)(?: here)? by that) (?:\w+ ){{0,2}}"
    rf"(?:{_THING}s?|person|name)\b"
    rf"|\b(?:unknown|disabled|inactive|nonexistent|unroute?able) (?:or illegal |mail |local )?{_THING}\b"
    rf"|\bnot an? (?:valid|known) {_THING}\b"
    r"|\S@\S{1,253} (?:was )?not found\b|\binvalid (?:user|recipient|mailbox|address)\b"
    r"|\b542 \S{1,320} rejected\b"
    rf"|\b{_THING}(?: \S{{1,320}})? (?:account |name |address )?"
    rf"(?:(?:is|has|may have|has been|is currently|is wrong or) )?{_GONE}\b"
    r"|\baccount that you tried to reach (?:does not exist|is disabled)\b"
    r"|\bthis user doesn't have an? (?:\S{1,253} )?account\b|\binvalid final delivery userid\b"
    r"|\bnot listed in (?:domino directory|public name)|\brecip(?:ient)?notfound\b"
    r"|\b5\.1\.0 address rejected\b|\brequested action not taken: mailbox unavailable\b"
    r"|\bMX or SRV record indicated no SMTP service\b|\bMX records point to non-existent hosts\b"
    r"|\bcouldn't find (?:any host named|a mail exchanger)\b"
    r"|존재하지 ?않는 ?(?:사용자|수신|계정|메일|이메일|주소|받는)"
    r"|없는 ?(?:사용자|계정|(?:이?메일|전자 ?메일) ?주소)"
    r"|(?:사용자|수신자|수신인|계정|메일함|사서함)[가이] 없(?:습니다|음)"
    r"|(?:사용자|수신자|수신인|계정|주소|메일함|사서함|받는 ?사람)[^.\n]{0,10}(?:존재하지 ?않|찾을 수 없)"
    r"|(?:宛先|ユーザー?|アドレス|アカウント|メールボックス)[^。\n]{0,10}(?:存在しません|見つかりません|不明)"
    r"|存在しない(?:宛先|ユーザー?|アドレス|アカウント|メール)|ディレクトリ(?:に|のリストに)は?(?:見つかり|あり)ません"
    r"|(?:用户|用戶|使用者|收件人|收件者|地址|邮箱|信箱|帐号|账号)[^。\n]{0,10}不存在|无此用户|查無此"
    r"|\b(?:empfänger|benutzer|postfach|(?:empfänger|mail-?)?adresse)(?: (?:ist|wurde|konnte))? "
    r"(?:unbekannt|existiert nicht|nicht gefunden)|\bunbekannter (?:empfänger|benutzer)\b"
    r"|\b(?:utilisateur|destinataire|adresse) (?:inconnue?|introuvable)\b|\busuario desconocido\b"
    r"|\badresse[^.\n]{1,60}(?:n['’]existe pas|introuvable)|\bno matches to nameserver query\b",
    re.IGNORECASE,
)
# Words about something else than the address: the sender, a mailbox that is full, the mail, how it was sent.
_ABOUT_OTHERS = re.compile(
    r"\bsender\b|\bquota\b|\bfull\b|\btemporar|\btry again later|\bnot found, try again"
    r"|\btoo (?:many|much|large|big)\b|\bspam"
    r"|\bbl(?:ack|ock) ?list|\bdmarc\b|\bspf\b|\bdkim\b|\brate\b|\bpreferences\b|\bmalformed\b|\bvirus"
    r"|\bgr[ae]ylist|\bdisk\b|\bis listed\b"
    r"|\breverse\b|\bip address (?:not|is|has)\b|\bhas blocked\b"
    r"|\byour (?:domain|account|host|hostname) (?:does|is|has|not)\b"
    r"|(?:발신자|발신인|보낸 ?사람|보내는 ?사람)의? ?(?:메일|이메일)? ?"
    r"(?:계정|주소)?[가을를이]? (?:존재하지|찾을 수)"
    r"|(?:送信者|差出人|発信者|送信元)の?[^。\n]{0,8}(?:存在し|見つかり)"
    r"|(?:发件人|發件人|寄件者|寄件人)[^。\n]{0,6}不存在"
    r"|용량|가득|일시적|스팸|容量|いっぱい|一時|迷惑|已满|空间不足|暂时|垃圾",
    re.IGNORECASE,
)
# Lists of senders, who are the matter then.
_LISTS = re.compile(r"spamhaus|spamcop|barracudacentral|sorbs\.net", re.IGNORECASE)
# Names and links, in which words about something else mean nothing.
_NAMES = re.compile(r"https?:\S*|[^\s<>]{1,320}@[^\s<>]{1,320}|\b[\w-]{1,63}(?:\.[\w-]{1,63})+")
_READ = 1_000
# Of a text for people: how much is read, and what is kept around the words that count.
_LONG, _AROUND, _TELLING_AT_MOST = 10_000, 150, 10


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
    if code[:1] in ("2", "4") or _LISTS.search(text) or _ABOUT_OTHERS.search(_NAMES.sub(" ", text)):
        return None
    if status := _deciding(text):
        says_so = ONLY_WITH.get(status)
        return SAYS_IN_WORDS if says_so is not None and says_so.search(text) else DEAD.get(status)
    if code in DEAD_CODES:
        return DEAD_CODES[code]
    return SAYS_IN_WORDS if _WORDS.search(text) else None


def _deciding(text: str) -> str:
    return next((one for one in _STATUS.findall(text) if one not in UNDECIDED), "")


def is_decided(text: str) -> bool:
    """Whether a reply says more than that something failed."""
    return bool(_deciding(text[:_READ]) or why_dead(text))


def telling(text: str) -> str:
    """The words of a longer text that say that the address is dead, with what stands around them."""
    for found in islice(_WORDS.finditer(text[:_LONG]), _TELLING_AT_MOST):
        said = text[max(0, found.start() - _AROUND) : found.end() + _AROUND].strip()
        if why_dead(said):
            return said
    return ""
