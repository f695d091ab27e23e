"""What bounces say in words for people, where no report says it (rule 4.10).

There are hundreds of forms. What they share is read: an address that is named, the server's reply near it,
and the end of the text where the mail that came back begins.
"""

import re
from dataclasses import dataclass, field
from email.message import Message
from html import unescape
from itertools import chain, dropwhile, islice, takewhile

import nh3

from groupadmin.base.text import clean_line
from groups.mail.content import HEADER_AT_MOST
from groups.mail.header_text import header_text

from . import dead_addresses
from .bounce_reports import REPORTS, parts, text_of

LINES_READ = 500
HTML_AT_MOST = 100_000
LINE_AT_MOST = 500
ADDRESSES_AT_MOST = 100
WORDS_AT_MOST = 500
REPLIES_AT_MOST = 20

_SERVER = re.compile(
    r"mailer.?daemon|post.?master|mail.?(?:er)? ?(?:delivery|administrator|daemon|router|server|system)"
    r"|mdaemon|delivery (?:sub)?system|^\s*<>\s*$|mail ?admin|ndr administrator|sysadmin",
    re.IGNORECASE,
)
_UNDELIVERED = re.compile(
    r"undeliver|delivery (?:status|fail|report|notif|problem|error|unsuccess)|failure notice|returned mail"
    r"|mail (?:failed|could not|error)|(?:message|mail|e-mail) delivery|mail system error|returning message"
    r"|non.?deliver|could ?n.t be delivered|unzustellbar|nicht zugestellt|non remis|no entregado"
    r"|配信(?:でき|不能|エラー)|送信(?:でき|エラー)|退信|반송|(?:발송|전송|수신) ?실패|전송되지 ?(?:못|않)"
    r"|error sending your mail",
    re.IGNORECASE,
)
# Marks of answers of people, or of a program for them (RFC 3834 and what came before).
_ANSWERING = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply", "x-vacation")
_AWAY = re.compile(
    r"[\s\[(【]*(?:auto(?:mat(?:ic|ed))?[ -]?(?:reply|respon)|out of (?:the )?office|vacation|away"
    r"|ooo\b|on (?:leave|holiday)|automatische antwort|abwesen|réponse automatique|respuesta automática"
    r"|自動(?:返信|応答|回覆)|不在|休暇|自动回复|부재|휴가|자동 ?(?:응답|회신|답장))",
    re.IGNORECASE,
)
_RE = re.compile(r"\s*(?:re|aw|sv|회신|답장|返信|回复) ?[:：]", re.IGNORECASE)
_LATE = re.compile(
    r"warning message only|do(?:es)? not need to resend|delivery (?:status notification )?\(?delay"
    r"|delayed mail|will (?:keep|continue) (?:to )?(?:be )?(?:re)?tr(?:y|ied)|still being (?:re)?tried"
    r"|will be retried|(?:has|have) not yet been delivered|has been delayed|attempts? will continue",
    re.IGNORECASE,
)
# Where the mail that came back begins.
_RETURNED = re.compile(
    r"[\s>|*-]*(?:(?:this is|below is|below this line is|here is) (?:a|the) copy of"
    r"|(?:the )?(?:original|returned|unsent|undelivered) (?:message|mail)(?: headers?)?"
    r"(?:$|[^\w ]| (?:follow|is attached))"
    r"|message (?:headers|text|header) follow|start of returned|header of the original)"
    r"|(?:Received|Return-Path|DKIM-Signature|X-Original-To): ",
    re.IGNORECASE,
)
_TO = re.compile(r"[\s>]{0,8}To: ", re.IGNORECASE)
# A domain in ASCII may be followed by a particle of Korean or Japanese.
ADDRESS = re.compile(
    r"[^\s<>()\[\]{}:;,\"'`|=@\\]{1,64}@(?:(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,63}(?![a-z0-9.-]*[a-z0-9])|[\w.-]{1,253})",
    re.IGNORECASE,
)
# Whose address it is, if not the recipient's.
_OF_OTHERS = re.compile(
    r"(?:mail from|envelope.from|(?:^|\s)from|sender|reply-to|message-id|contact|return-path)\W{0,20}$",
    re.IGNORECASE,
)
_OFFICES = re.compile(r"(?:bounce\+|postmaster@|mailer-daemon@|abuse@)", re.IGNORECASE)
_REPLY = re.compile(r"(?<![\w.])(?:(?P<code>[45]\d\d)[ -](?=\S)|#?[45]\.\d{1,3}\.\d{1,3}(?!\.?\d))")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/tr|/td|/h\d|/li)\b", re.IGNORECASE)


def is_answer(message: Message) -> bool:
    """Whether a person answers, or a program for somebody who is away; never a bounce."""
    if any(message.get(name) for name in _ANSWERING):
        return True
    submitted = str(message.get("Auto-Submitted", "")).lower()
    subject = _header(message, "Subject")
    # A server's own mailbox may be away too.
    if "vacation" in submitted or (_AWAY.match(subject) and not _is_report(message)):
        return True
    return not is_of_server(message) and ("replied" in submitted or bool(_RE.match(subject)))


def is_of_server(message: Message) -> bool:
    """Whether a server wrote it, by its kind, its From or its subject."""
    if _is_report(message):
        return True
    sender, subject = _header(message, "From"), _header(message, "Subject")
    is_persons = _RE.match(subject) or _AWAY.match(subject)
    return bool(_SERVER.search(sender) or (_UNDELIVERED.search(subject) and not is_persons))


def _is_report(message: Message) -> bool:
    """Whether it has what only servers write."""
    kinds = ("delivery-status", "global-delivery-status")
    return (
        bool(message.get("X-Failed-Recipients"))
        or str(message.get_param("report-type")).lower() in kinds
        or any(part.get_content_type() in REPORTS for part in parts(message))
    )


def _header(message: Message, name: str) -> str:
    charset = next(filter(None, (part.get_content_charset() for part in parts(message))), "")
    value = header_text(str(message.get(name, "")).encode("utf-8", "surrogateescape"), str(charset))
    return clean_line(" ".join(value.split()))[:HEADER_AT_MOST]


@dataclass(frozen=True)
class Text:
    """What a server says to people: its lines, and its words about each address that it names."""

    lines: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)

    def after(self, address: str) -> str:
        """The lines after an address, for people to read; they never say that it is dead."""
        start = next((number for number, line in enumerate(self.lines) if address in line.lower()), None)
        if start is None:
            return ""
        line = self.lines[start]
        rest = line[line.lower().index(address) + len(address) :].strip("<>:;,.\"' ")
        more = dropwhile(lambda line: not line.strip(), self.lines[start + 1 :])
        said = _one_line(" ".join([rest, *takewhile(str.strip, more)]))[:WORDS_AT_MOST]
        return "" if dead_addresses.why_dead(said) else said


def read(message: Message) -> Text:
    """A server's text; nothing of a mail that is only late."""
    if not is_of_server(message):
        return Text()
    lines, went_to = _lines(message)
    if any(_LATE.search(line) for line in (_header(message, "Subject"), *lines)):
        return Text()
    if not _named(lines):
        lines += ["", *went_to]
    return Text(lines, _told(lines))


def _told(lines: list[str]) -> dict[str, str]:
    named = _named(lines)
    if len({address for _line, address in named}) == 1:
        return {named[0][1]: _words(lines)}
    found: dict[str, str] = {}
    for number, (start, address) in enumerate(named):
        stop = next((line for line, other in named[number + 1 :] if other != address), len(lines))
        words = _words(_about(lines, start, max(stop, start + 1)))
        if address not in found or (words and not dead_addresses.is_decided(found[address])):
            found[address] = words
    return found


def _about(lines: list[str], start: int, stop: int) -> list[str]:
    """The lines about one of several addresses: its own and its continuation, if they have a reply."""
    if not _REPLY.search(lines[start]):
        return lines[start:stop]
    more = takewhile(lambda line: line.startswith(" "), lines[start + 1 : stop])
    return [lines[start], *more]


def _lines(message: Message) -> tuple[list[str], list[str]]:
    """The lines that the server has written; and the subject, and to whom the mail was that came back."""
    written = [part for part in parts(message) if part.get_content_type() not in REPORTS]
    texts = [text_of(part) for part in written if _is_plain(part)]
    if not "".join(texts).strip():
        html = [text_of(part) for part in written if part.get_content_subtype() == "html"]
        texts = [_without_tags(text) for text in html]
    found = chain.from_iterable(text.splitlines() for text in texts)
    lines = [_BREAKS.sub(" ", line[:LINE_AT_MOST]) for line in islice(found, LINES_READ)]
    end = next((number for number, line in enumerate(lines) if _RETURNED.match(line)), len(lines))
    return lines[:end], [_header(message, "Subject"), *(line for line in lines[end:] if _TO.match(line))]


def _without_tags(html: str) -> str:
    lines = _LINE_ENDS.sub(lambda tag: f"\n{tag[0]}", html[:HTML_AT_MOST])
    return unescape(nh3.clean(lines, tags=set(), clean_content_tags={"style", "script", "title"}))


def _is_plain(part: Message) -> bool:
    """Also what has lost its structure, or the right form of its type."""
    return part.get_content_type().startswith(("text/plain", "multipart/"))


def _named(lines: list[str]) -> list[tuple[int, str]]:
    """The lines that name an address to which the mail did not get, and which."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        for match in ADDRESS.finditer(line):
            if not _OF_OTHERS.search(line[: match.start()]):
                found.append((number, match[0].lower().rstrip(".")))
        if len(found) > ADDRESSES_AT_MOST:
            break
    people = [one for one in found if not _OFFICES.match(one[1])]
    return (people or found)[:ADDRESSES_AT_MOST]


def _words(lines: list[str]) -> str:
    """The server's reply among the lines about an address, or else the words that say that it is dead."""
    text = "\n".join(lines)
    replies = [_reply(text, match) for match in islice(_REPLY.finditer(text), REPLIES_AT_MOST)]
    replies.sort(key=lambda reply: not reply[:3].isdigit())
    decided = next((reply for reply in replies if dead_addresses.is_decided(reply)), "")
    return decided or dead_addresses.telling(_one_line(text)) or next(iter(replies), "")


def _reply(text: str, match: re.Match[str]) -> str:
    """A reply to the end of its paragraph; from the start of its line if it has an enhanced code only."""
    start = match.start() if match["code"] else text.rfind("\n", 0, match.start()) + 1
    return _one_line(text[start : match.end() + WORDS_AT_MOST].partition("\n\n")[0])[:WORDS_AT_MOST]


def _one_line(text: str) -> str:
    return " ".join(text.split())
