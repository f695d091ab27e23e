"""Hands on a stored file, or the part of it that a player or a resumed download asks for (rule 11.7)."""

import hashlib
import re
from typing import Any

from django.core.files.base import File
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

# RFC 9110. Another unit, several parts and nonsense are answered with the whole file, as they may be.
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})", re.ASCII)


def tag_of(file: Any) -> str:
    """An ETag: a storage never gives a name to other content, so the name says which it is."""
    return f'"{hashlib.sha256(str(file.name).encode()).hexdigest()[:32]}"'


def file_answer(request: HttpRequest, file: Any, content_type: str) -> HttpResponseBase:
    """The stored file, or 206, 304 or 416. The caller has checked access. Raises FileNotFoundError."""
    tag = tag_of(file)
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    if response is None:
        content = file.open("rb")
        response = _partial(request, content, tag) or FileResponse(content)
        response["Content-Type"] = content_type
        response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _partial(request: HttpRequest, content: File[bytes], tag: str) -> HttpResponseBase | None:
    """The part that was asked for, if one was."""
    asked = request.headers.get("Range", "")
    if request.method != "GET" or not (found := _RANGE.fullmatch(asked.strip())) or not any(found.groups()):
        return None
    if request.headers.get("If-Range", tag) != tag:
        return None
    size = content.size
    start, end = _bounds(*found.groups(), size=size)
    if start > end:
        if found[2] and found[1] and int(found[1]) > int(found[2]):
            return None
        content.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    content.seek(start)
    response = FileResponse(_Part(content, end - start + 1), status=206)
    response["Content-Length"] = str(end - start + 1)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _bounds(first: str, last: str, *, size: int) -> tuple[int, int]:
    """The first byte and the last one. Without a first one, the last so many are meant."""
    if not first:
        return max(size - int(last), 0) if int(last) else size, size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


class _Part:
    """So many bytes of an open file, from where it is."""

    def __init__(self, content: File[bytes], length: int) -> None:
        self._content = content
        self._left = length

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._content.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._content.close()
