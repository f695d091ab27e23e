"""Reads a file of a bucket as it comes, and goes elsewhere in it by asking again from there."""

import io
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from .outage import StoreAway

READ_AHEAD = 256 * 1024
SKIPPED_AT_MOST = 1024 * 1024
"""So little is read and thrown away rather than asked for anew."""
ATTEMPTS = 3


class BucketReader(io.RawIOBase):
    """`get` answers with the bytes from a place on; the first answer is what says that there is a file."""

    def __init__(self, get: Callable[[int], Any]) -> None:
        super().__init__()
        self._get = get
        answer = get(0)
        self._size = int(answer["ContentLength"])
        self._stream: Any = answer["Body"]
        self._stream_at = self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("There is nothing before the start of a file.")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self._at >= self._size or not len(view):
            return 0
        problem: Exception | None = None
        for _attempt in range(ATTEMPTS):
            try:
                self._go_there()
                data = self._stream.read(len(view))
                if data:
                    view[: len(data)] = data
                    self._at += len(data)
                    self._stream_at = self._at
                    return len(data)
            except (BotoCoreError, HTTPError, OSError) as error:
                if isinstance(error, FileNotFoundError):
                    raise
                problem = error
            # It ended too early: whoever reads slowly may have been left.
            self._leave()
        raise StoreAway(f"{problem or 'The file ended too early.'}") from problem

    def _go_there(self) -> None:
        ahead = self._at - self._stream_at
        if self._stream is not None and 0 <= ahead <= SKIPPED_AT_MOST:
            while ahead > 0 and (skipped := self._stream.read(min(ahead, READ_AHEAD))):
                ahead -= len(skipped)
                self._stream_at += len(skipped)
            if not ahead:
                return
        self._leave()
        self._stream, self._stream_at = self._get(self._at)["Body"], self._at

    def _leave(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def close(self) -> None:
        if not self.closed:
            self._leave()
        super().close()
