"""Signs mail for the domain that sends it (DKIM, RFC 6376; rule 4.16), when nothing of it changes any more.

The body is hashed once for a mail, and so are the headers that all letters share. What is a recipient's own
comes last, so that a letter costs one signature and nothing else.
"""

import base64
import textwrap
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from groups.mail.header_fields import fields

from . import canonical

# Signed once more than they are there: nobody can add another one, which a mail program might show instead.
# These even if they are not there; nothing on the way has a reason to add them.
ALWAYS = (b"from", b"reply-to", b"subject", b"to", b"cc")
# These if they are there: a server on the way may add what a mail lacks.
IF_THERE = (
    *(b"sender", b"date", b"message-id", b"in-reply-to", b"references", b"auto-submitted"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition", b"content-id"),
    *(b"list-id", b"list-post", b"list-help", b"list-owner"),
)
# Of each recipient or the same for all; mail programs unsubscribe by one click if both are signed (RFC 8058).
LEAVING = (b"list-unsubscribe", b"list-unsubscribe-post")

Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Key:
    """What signs for a domain."""

    domain: str
    selector: str
    private: RSAPrivateKey

    @property
    def tags(self) -> list[tuple[bytes, bytes]]:
        """Those that name it, and the time."""
        return [(b"d", f"{self.domain}; s={self.selector}; t={int(time.time())}".encode())]

    def sign(self, digest: bytes) -> bytes:
        return base64.b64encode(self.private.sign(digest, PKCS1v15(), Prehashed(SHA256())))


@dataclass(frozen=True)
class Content:
    """A mail as it goes out, but for what is added to letters: its headers, and its body's hash."""

    fields: Fields
    body_hash: bytes

    @classmethod
    def of(cls, rest: bytes) -> "Content":
        """Of a mail below our own headers, without what the wire needs."""
        found, end = fields(rest)
        text = rest[end:].removeprefix(b"\r\n")
        digest = base64.b64encode(sha256(canonical.body(text)).digest())
        return cls(found, digest)

    def with_head(self, head: bytes) -> "Content":
        """The same with further headers on top."""
        return Content([*fields(head)[0], *self.fields], self.body_hash)


def chosen(content: Content, names: Iterable[bytes], *, once_more: bool) -> tuple[list[bytes], list[bytes]]:
    """The names that a signature lists, and the fields that it covers, those further down first."""
    listed: list[bytes] = []
    covered: list[bytes] = []
    for wanted in names:
        found = [field for name, field in reversed(content.fields) if name == wanted]
        always = wanted in ALWAYS
        listed += [wanted] * (len(found) + (once_more and (always or bool(found))))
        covered += found
    return listed, covered


def tags(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The tags of a signature, each on a line of its own; the last one is yet to be filled in."""
    return b";\r\n\t".join(name + b"=" + value for name, value in pairs)


def wrapped(value: bytes, between: str = "") -> bytes:
    """A long value in short lines, cut anywhere or only after `between`."""
    text = value.decode("ascii")
    if between:
        text = text.replace(between, f"{between} ")
        lines = textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False)
        return "\r\n\t ".join(lines).replace(f"{between} ", between).encode()
    return "\r\n\t ".join(text[start : start + 72] for start in range(0, len(text), 72)).encode()


class Signature:
    """Signs the letters of an envelope. If each is left by an address of its own, that is signed last."""

    def __init__(self, key: Key, content: Content, *, leaves: bool = False) -> None:
        self.key, self.leaves = key, leaves
        names = (*ALWAYS, *IF_THERE, *(() if leaves else LEAVING))
        listed, covered = chosen(content, names, once_more=True)
        if leaves:
            listed += [name for name in LEAVING for _time in range(2)]
        self.unsigned = b"DKIM-Signature: " + tags(
            [
                (b"v", b"1; a=rsa-sha256; c=relaxed/relaxed"),
                *key.tags,
                (b"h", wrapped(b":".join(listed), ":")),
                (b"bh", content.body_hash),
                (b"b", b""),
            ]
        )
        self.last = canonical.header(self.unsigned).removesuffix(b"\r\n")
        self.shared = sha256(b"".join(map(canonical.header, covered)))

    def header(self, own: bytes = b"") -> bytes:
        """The header that signs a letter with these headers of its own."""
        digest = self.shared.copy()
        if own:
            digest.update(b"".join(canonical.header(field) for _name, field in fields(own)[0]))
        digest.update(self.last)
        return self.unsigned + wrapped(self.key.sign(digest.digest())) + b"\r\n"
