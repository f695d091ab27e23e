"""Bodies that are files, such as photos: read before the change begins, never without a token (rule 11.3).

A file is the whole body, not a part of a form: nothing is parsed or kept before it is known who sends it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .callers import Call
from .problems import Problem

IN_MEMORY = 1024 * 1024
_BLOCK = 64 * 1024
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


@dataclass(frozen=True)
class Sent:
    """A file as it was sent."""

    content: IO[bytes]
    size: int


@dataclass(frozen=True)
class Upload:
    """How an operation takes a file: which types the description names, how large, and what to make of it."""

    types: tuple[str, ...]
    most_bytes: Callable[[], int]
    make: Callable[[Sent], Any] = lambda sent: sent

    def read(self, request: HttpRequest, call: Call) -> None:
        """Keeps the file as the call's upload. Raises Problem, RequestDataTooBig, or what `make` raises."""
        if request.content_type in FORMS or not request.content_type:
            raise Problem("not-json", _("Send the file as the body, with its own Content-Type."))
        content, digest, size = SpooledTemporaryFile(IN_MEMORY), hashlib.sha256(), 0  # noqa: SIM115
        while block := request.read(_BLOCK):
            size += len(block)
            if size > self.most_bytes():
                raise RequestDataTooBig
            digest.update(block)
            content.write(block)
        content.seek(0)
        call.upload_digest = digest.hexdigest()
        call.upload = self.make(Sent(content, size))
