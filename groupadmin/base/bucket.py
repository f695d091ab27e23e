"""Keeps files in a bucket of an S3 server (rule 11.7). It needs the extra `s3`.

The bucket gives nothing to anybody but us: views check who asks, and hand on what they read, piece by piece.
Nothing is held in memory as a whole, however large.
"""

import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property, partial
from typing import IO, Any, Self, cast

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from .bucket_reader import READ_AHEAD, BucketReader
from .files import Target, TooSmall, Unfinished
from .outage import StoreAway

PART = 8 * 1024 * 1024
SMALLEST_PART = 5 * 1024 * 1024
"""What S3 takes in the middle of a file."""
MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
FULL = frozenset({"507", "XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "EntityTooLarge"})
# Waiting is for those who ask for a page: they come again.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 20, 3

_one_at_a_time = threading.Lock()


@contextmanager
def _asking(name: str = "") -> Iterator[None]:
    """What a server says, as a disk says it: not there, no space; or that it is away."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in MISSING or (status == 404 and code != "NoSuchBucket"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from error
        if code in FULL or status == 507:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name) from error
        raise StoreAway(f"{code or status}: {error}") from error
    except BotoCoreError as error:
        raise StoreAway(f"{error}") from error


class Bucket(S3Storage):  # type: ignore[misc]  # without types
    """A bucket, or what is in it below a prefix."""

    def __init__(self, **options: Any) -> None:
        addressing = options.pop("addressing_style", None)
        options.setdefault("file_overwrite", False)
        options["client_config"] = Config(
            s3={"addressing_style": addressing} if addressing else {},
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            # Sums that others than Amazon's servers may not know.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # One part in memory, and no threads of its own.
        options["transfer_config"] = TransferConfig(
            multipart_threshold=PART, multipart_chunksize=PART, use_threads=False
        )
        super().__init__(**options)

    @cached_property
    def _shared(self) -> Any:
        return self._create_session().resource(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            config=self.client_config,
            verify=self.verify,
        )

    @property
    def connection(self) -> Any:
        """One for all threads: each takes some megabytes, and it lets many ask at once."""
        if "_shared" not in self.__dict__:
            with _one_at_a_time, _asking():
                return self._shared
        return self._shared

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_shared"}

    def _key(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(clean_name(name))}

    # What Django asks of a storage.

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("Files in a bucket are written whole: use writing().")
        return _Opened(partial(self._reader, name), name)

    def _reader(self, name: str) -> IO[bytes]:
        """It is read, sought and closed like any file."""
        return cast(IO[bytes], io.BufferedReader(BucketReader(self._get(name)), READ_AHEAD))

    def _get(self, name: str) -> Callable[[int], Any]:
        """Asks for the bytes of a file from a place on."""
        key = self._key(name)

        def get(start: int) -> Any:
            with _asking(name):
                return self.client.get_object(**key, **({"Range": f"bytes={start}-"} if start else {}))

        return get

    def _save(self, name: str, content: File[Any]) -> str:
        with _asking(name):
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _asking(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _asking(name):
            return bool(super().exists(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _asking(name):
            return cast(tuple[list[str], list[str]], super().listdir(name))

    def size(self, name: str) -> int:
        with _asking(name):
            return int(super().size(name))

    def get_modified_time(self, name: str) -> datetime:
        with _asking(name):
            return cast(datetime, super().get_modified_time(name))

    def path(self, name: str) -> str:
        raise NotImplementedError("There are no paths in a bucket.")

    # What groupadmin.base.files.FileStore asks for.

    @contextmanager
    def writing(self, name: str) -> Iterator[Target]:
        target = _Parts(self, self._begin(name))
        try:
            yield target
            target.finish()
        except BaseException:
            with suppress(OSError):
                self.abandon(target.file)
            raise

    def check_space(self, size: int) -> None:
        """Nobody knows how much space a bucket has."""

    def begin(self, name: str, size: int) -> Unfinished:
        if not size:
            # There will be no part of which a file could be made.
            return Unfinished(self.save(name, ContentFile(b"")))
        return self._begin(self.get_available_name(name))

    def _begin(self, name: str) -> Unfinished:
        key = self._key(name)
        with _asking(name):
            begun = self.client.create_multipart_upload(**key, **self._get_write_parameters(key["Key"]))
        return Unfinished(name, begun["UploadId"])

    def received(self, file: Unfinished) -> int | None:
        with suppress(FileNotFoundError):
            return sum(int(part["Size"]) for part in self._parts(file))
        # Whole already.
        with suppress(FileNotFoundError):
            return self.size(file.name)
        return None

    def _parts(self, file: Unfinished) -> list[dict[str, Any]]:
        """Raises FileNotFoundError if there are none, and will be none."""
        if not file.mark:
            raise FileNotFoundError(file.name)
        asked = {**self._key(file.name), "UploadId": file.mark}
        with _asking(file.name):
            pages = self.client.get_paginator("list_parts").paginate(**asked)
            return [part for page in pages for part in page.get("Parts", ())]

    def add(self, file: Unfinished, here: int, piece: Iterator[bytes], *, is_last: bool) -> None:
        data = b"".join(piece)
        if not is_last and len(data) < SMALLEST_PART:
            raise TooSmall
        parts = self._parts(file)
        self.add_part(file, len(parts) + 1, data)
        if is_last:
            self.complete(file)

    def add_part(self, file: Unfinished, number: int, data: bytes) -> None:
        asked = {**self._key(file.name), "UploadId": file.mark, "PartNumber": number}
        with _asking(file.name):
            self.client.upload_part(**asked, Body=data)

    def complete(self, file: Unfinished) -> None:
        """Makes one file of all parts."""
        parts = [{"ETag": part["ETag"], "PartNumber": part["PartNumber"]} for part in self._parts(file)]
        asked = {**self._key(file.name), "UploadId": file.mark}
        with _asking(file.name):
            self.client.complete_multipart_upload(**asked, MultipartUpload={"Parts": parts})

    def abandon(self, file: Unfinished) -> None:
        if file.mark:
            with suppress(FileNotFoundError), _asking(file.name):
                self.client.abort_multipart_upload(**self._key(file.name), UploadId=file.mark)
        self.delete(file.name)

    def unfinished(self) -> Iterator[tuple[Unfinished, datetime]]:
        prefix = f"{self.location.strip('/')}/" if self.location.strip("/") else ""
        with _asking():
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket_name, Prefix=prefix
            )
            for page in pages:
                for begun in page.get("Uploads", ()):
                    name = begun["Key"].removeprefix(prefix)
                    yield Unfinished(name, begun["UploadId"]), begun["Initiated"]

    def signed_url(self, name: str, seconds: int, content_type: str, disposition: str) -> str | None:
        shown = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        return str(self.url(name, parameters=shown, expire=seconds))


class _Opened(File):  # type: ignore[type-arg]  # at run time it takes none
    """A file that is read, and read again once it has been closed."""

    def __init__(self, ask: Callable[[], IO[bytes]], name: str) -> None:
        super().__init__(ask(), name)
        self._ask = ask

    def open(self, mode: str | None = None, *_args: Any, **_named: Any) -> Self:
        if self.closed:
            self.file = self._ask()
        else:
            self.seek(0)
        return self


class _Parts:
    """Collects what is written, and sends it in parts."""

    def __init__(self, bucket: Bucket, file: Unfinished) -> None:
        self.file = file
        self._bucket = bucket
        self._waiting = bytearray()
        self._sent = 0

    def write(self, data: bytes, /) -> int:
        self._waiting += data
        while len(self._waiting) >= self._size:
            self._send(self._size)
        return len(data)

    def flush(self) -> None:
        """Parts are sent when they are large enough."""

    @property
    def _size(self) -> int:
        """There may be 10,000 parts: of very long files, later ones are larger."""
        return PART * (1 + self._sent // 1000)

    def _send(self, size: int) -> None:
        self._sent += 1
        self._bucket.add_part(self.file, self._sent, bytes(self._waiting[:size]))
        del self._waiting[:size]

    def finish(self) -> None:
        if self._waiting:
            self._send(len(self._waiting))
        if self._sent:
            self._bucket.complete(self.file)
        else:
            # Without a part there is no file.
            self._bucket.abandon(self.file)
            self._bucket.save(self.file.name, ContentFile(b""))
